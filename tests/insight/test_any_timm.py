"""One look inside works on networks of timm that are built in very different ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spirula.data.batching.preprocess import Preprocessing, apply
from spirula.insight.attention import Looker, maps_of
from spirula.insight.embedding.ending import last_layer
from spirula.insight.layers import rows_of
from spirula.insight.looked import layer_for_maps
from spirula.insight.receptive import receptive_fields
from spirula.insight.stored import weight_arrays
from spirula.insight.units.following import every_convolution
from spirula.insight.units.responses import responses
from spirula.insight.walk.walk import walk
from spirula.models.build import build

SIDE = 32
PREPROCESSING = Preprocessing(SIDE, SIDE, 3, None, 1 / 255, (0.4,) * 3, (0.3,) * 3, "uint8")
PICTURES = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3)).astype(np.uint8)
# Shortcuts, gates, channels last, groups, halves of maps made of one another, products of branches.
NAMES = ("resnet10t", "mobilenetv3_small_050", "convnext_atto", "regnetx_002", "ghostnet_100", "starnet_s1")


@pytest.mark.parametrize("name", NAMES)
def test_everything_inside_is_there(name: str) -> None:
    network = build(f"timm/{name}", input_shape=(SIDE, SIDE, 3), outputs=3, seed=0)
    rows = rows_of(network)
    images = apply(torch.from_numpy(PICTURES), PREPROCESSING)
    stations = walk(network, PREPROCESSING, PICTURES[0]).document["stations"]
    assert len(stations) > 10
    assert [station["name"] for station in stations if station["kind"] == "unknown"] == []
    convolutions = every_convolution(network, rows)
    told = responses(network, rows, [images], len(images))
    assert [filters.row.name for filters in told.filters] == [row.name for row, _ in convolutions]
    known = [entry.sight for entry in receptive_fields(network, rows)]
    assert "part" in known
    assert "unknown" not in known
    where = layer_for_maps(network)
    looker = Looker(network, PREPROCESSING, 3)
    assert np.isfinite(maps_of(looker, PICTURES, [0, 2], "layercam", where.call)).all()
    assert last_layer(network.module, images[:1]) is not None
    assert weight_arrays(network, rows)


def test_what_is_no_convolution_is_said() -> None:
    network = build("timm/skresnet18", input_shape=(SIDE, SIDE, 3), outputs=3, seed=0)
    stations = walk(network, PREPROCESSING, PICTURES[0]).document["stations"]
    assert {station["operator"] for station in stations if station["kind"] == "unknown"} == {"SelectiveKernel"}
