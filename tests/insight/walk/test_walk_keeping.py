"""What a page keeps when it may not keep everything: fewer maps, then windows at some places, never a wrong sum."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from walked import network, pixels, places, preprocessing
from walked import walked as walk_of

from spirula.insight.walk.arithmetic import Arithmetic
from spirula.insight.walk.document import Walk
from spirula.insight.walk.walk import walk

SHAPE = (64, 56, 3)
MODEL = (
    "Conv2D(40, 3, padding='same', activation='relu'), DepthwiseConv2D(3, padding='same'), BatchNormalization(), "
    "Conv2D(72, 3, padding='same'), Conv2D(72, 1, groups=4), MaxPooling2D(2), Conv2D(24, 3, activation='relu'), "
    "GlobalAveragePooling2D(), Dense(300, activation='relu')"
)


def size(found: Walk) -> int:
    return sum(array.nbytes for array in found.arrays.values())


def kept(most: int) -> Walk:
    return walk(network(MODEL, SHAPE), preprocessing(SHAPE), pixels(SHAPE), most=most)


@pytest.fixture(scope="module")
def whole() -> Walk:
    return kept(17_000_000)


def all_sums_hold(found: Walk, whole: Walk) -> None:
    arithmetic = Arithmetic(found)
    for index, station in enumerate(found.document["stations"]):
        if station["kind"] in ("input", "unknown"):
            continue
        values = whole.arrays[whole.document["values"][str(station["value"])]["array"]]
        for place in places(station, 12, index):
            results = arithmetic.results(index, *place)
            assert results is not None
            assert results[-1] == pytest.approx(float(values[place]), rel=1e-4, abs=1e-5)
            assert arithmetic.value(station["value"], *place) == float(values[place])


def test_everything_is_kept_where_it_fits(whole: Walk) -> None:
    assert whole.document["complete"]
    assert all(len(s["shown"]) == s["shape"][0] and s["places"] is None for s in whole.document["stations"])


def test_the_most_active_maps_are_kept_first_and_sums_stay_whole(whole: Walk) -> None:
    found = kept(3_100_000)
    assert size(found) <= 3_110_000 < size(whole)
    assert not found.document["complete"]
    stations = {station["name"]: station for station in found.document["stations"]}
    assert not any(station["places"] for station in stations.values())
    first = stations["conv2d"]
    values = np.abs(whole.arrays[f"value{first['value']}"]).mean((1, 2))
    assert set(first["shown"]) == set(np.argsort(-values)[: len(first["shown"])].tolist())
    assert len(first["shown"]) < 40
    # What works on each map alone shows the same maps, so that one can be followed.
    assert stations["depthwise_conv2d"]["shown"] == first["shown"]
    assert stations["max_pooling2d"]["shown"] == stations["conv2d_2"]["shown"]
    all_sums_hold(found, whole)


def test_then_windows_at_some_places(whole: Walk) -> None:
    found = kept(2_000_000)
    assert size(found) <= 2_010_000
    gridded = [station for station in found.document["stations"] if station["places"]]
    assert gridded
    assert all(station["settings"]["groups"] == 1 for station in gridded)
    for station in gridded:
        map_ = whole.arrays[f"value{station['value']}"][station["shown"][0]]
        strongest = np.unravel_index(int(map_.argmax()), map_.shape)
        assert [int(side) for side in strongest] in station["places"]
        everywhere = {(row, column) for row in range(map_.shape[0]) for column in range(map_.shape[1])}
        missing = sorted(everywhere - {tuple(place) for place in station["places"]})
        index = found.document["stations"].index(station)
        assert Arithmetic(found).results(index, station["shown"][0], *missing[0]) is None
    all_sums_hold(found, whole)


def test_what_is_still_too_large_is_only_named(whole: Walk) -> None:
    found = kept(600_000)
    large = [station["name"] for station in found.document["stations"] if station["reason"] == "large"]
    assert "conv2d" in large
    assert all(s["shown"] == [] for s in found.document["stations"] if s["reason"] == "large")
    assert found.document["stations"][-1]["kind"] == "dense"
    all_sums_hold(found, whole)
    assert found.document["logits"] == whole.document["logits"]


def test_a_vision_transformer_is_named_not_drawn() -> None:
    """Attention is one station, with what it takes and gives; what is around it is drawn."""

    class Block(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv = torch.nn.Linear(8, 24)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            q, k, v = self.qkv(x).chunk(3, -1)
            return torch.softmax(q @ k.transpose(1, 2), -1) @ v

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = torch.nn.Conv2d(3, 8, 4, 4)
            self.block = Block()
            self.head = torch.nn.Linear(8, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            tokens = self.stem(x).flatten(2).transpose(1, 2)
            logits: torch.Tensor = self.head((tokens + self.block(tokens))[:, 0])
            return logits

    _, found = walk_of(Net(), SHAPE)
    stations = {station["name"]: station for station in found.document["stations"]}
    assert stations["block"]["kind"] == "unknown"
    assert stations["block"]["operator"] == "Block"
    assert stations["block"]["from_shapes"] == [[1, 224, 8]]
    assert [s["name"] for s in stations.values() if s["kind"] == "unknown"] == ["block"]
    assert stations["head"]["kind"] == "dense"
    all_sums_hold(found, found)
