"""Effective fields against closed forms, and what is stored and drawn of fields and maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import unchanged
from torch import nn

from spirula.insight.effective import carrying, effective_fields
from spirula.insight.effort import MEASURED, Effort, effort, pictures_affordable
from spirula.insight.layers import rows_of
from spirula.insight.looks import drawn_layers, field_arrays, scaled
from spirula.insight.receptive import Fields, receptive_fields
from spirula.models.build import Network, build
from spirula.report.figures.looks import overlaid

PIXELS = np.random.default_rng(2).random((3, 15, 15, 1), dtype=np.float32)


def boxes(count: int) -> Network:
    """Means over 3 × 3, one after the other: the gradient is a box convolved with itself."""
    network = build(
        ", ".join(["Conv2D(1, 3, padding='same', use_bias=False)"] * count) + ", GlobalAveragePooling2D()",
        input_shape=(15, 15, 1),
        outputs=2,
        seed=0,
    )
    for part in network.module.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data.fill_(1.0)
    return network


def test_the_field_of_means_is_the_trinomial_triangle() -> None:
    network = boxes(3)
    rows = rows_of(network)[:3]
    fields = receptive_fields(network, rows)
    before = [part.weight.requires_grad for part in network.module.modules() if isinstance(part, nn.Conv2d)]
    found = effective_fields(network, unchanged(1, 15), PIXELS, rows, fields)
    line = np.array([1, 3, 6, 7, 6, 3, 1])  # (1 + x + x²)³
    expected = np.zeros((15, 15))
    expected[4:11, 4:11] = np.outer(line, line) / 49
    np.testing.assert_allclose(found[2].strength, expected, rtol=1e-5)
    falling = np.sort(np.outer(line, line), axis=None)[::-1].cumsum()
    assert found[2].share == pytest.approx(((falling < 0.9 * falling[-1]).sum() + 1) / 49)
    assert found[0].share == pytest.approx(1.0)  # a flat box needs all of its nine pixels
    assert all(before)
    assert all(part.weight.grad is None for part in network.module.modules() if isinstance(part, nn.Conv2d))


def test_a_dead_layer_has_no_share() -> None:
    network = boxes(1)
    next(part for part in network.module.modules() if isinstance(part, nn.Conv2d)).weight.data.zero_()
    rows = rows_of(network)[:1]
    found = effective_fields(network, unchanged(1, 15), PIXELS, rows, receptive_fields(network, rows))
    assert np.isnan(found[0].share)
    assert not found[0].strength.any()


def test_how_few_pixels_carry_most() -> None:
    assert carrying(np.array([[90.0, 5.0], [3.0, 2.0]])) == 1
    assert carrying(np.array([[80.0, 10.0], [5.0, 5.0]])) == 2
    assert carrying(np.ones((10, 10))) == 90


def test_layers_are_drawn_whose_fields_differ() -> None:
    box = np.zeros((4, 4, 4), np.int32)
    fields = [Fields(str(n), "part", box, (size, size)) for n, size in enumerate([1, 3, 3, 5, 7, 9, 11, 11])]
    fields += [Fields("unknown", "unknown"), Fields("one", "whole", np.zeros((1, 1, 4), np.int32), (99, 99))]
    assert drawn_layers(fields) == [0, 3, 4, 7]
    assert drawn_layers(fields[:3]) == [0, 2]
    assert drawn_layers([]) == []


def test_stored_fields_have_a_row_for_every_layer_with_maps() -> None:
    network = build("timm/mobilenetv3_small_050", input_shape=(64, 48, 3), outputs=2, seed=0)
    rows = rows_of(network)
    pixels = np.random.default_rng(1).random((2, 64, 48, 3), dtype=np.float32)
    found = field_arrays(network, rows, replace(unchanged(3, 64), width=48), pixels)
    assert len(found["layers"]) == len(found["sizes"]) == len(found["centres"]) > 50
    assert found["strengths"].shape == (len(found["drawn"]), 64, 48)
    whole = found["sights"] == "whole"
    assert np.isnan(found["sizes"][whole]).any()
    assert not np.isnan(found["bare_sizes"][whole]).all()
    assert int(found["averaged"]) == 2


def test_maps_are_scaled_one_by_one_and_empty_ones_stay_empty() -> None:
    maps = np.stack([np.full((2, 2), 4.0), np.zeros((2, 2))]).astype(np.float32)
    maps[0, 0, 0] = 8
    np.testing.assert_array_equal(scaled(maps)[0], [[1, 0.5], [0.5, 0.5]])
    assert not scaled(maps)[1].any()


@pytest.mark.parametrize(
    ("multiply_adds", "trained", "expected"),
    [
        (10**6, 0, Effort(12, 8, MEASURED, 24, 10)),  # digits
        (4 * 10**8, 200, Effort(12, 8, None, 8, 5)),  # a small backbone's features
        (4 * 10**8, 100_000, Effort(12, 8, MEASURED, 24, 10)),  # the same, trained for long
        (4 * 10**9, 200, Effort(4, 2, None, 0, 5)),  # a large backbone's features
        (4 * 10**9, 2_000, Effort(10, 8, None, 8, 5)),
        (0, 0, Effort(12, 8, MEASURED, 24, 10)),
    ],
)
def test_effort_is_some_seconds_or_a_share_of_the_training(multiply_adds: int, trained: int, expected: Effort) -> None:
    assert effort(multiply_adds, trained) == expected


def test_costly_networks_are_measured_on_fewer_pictures() -> None:
    assert pictures_affordable(10**6) == 24
    assert pictures_affordable(10**10) == 8
    assert pictures_affordable(0) == 24


def test_an_overlay_is_lighter_where_the_map_is_larger() -> None:
    image = np.full((10, 20, 3), 100, np.uint8)
    heat = np.linspace(0, 5, 6, dtype=np.float32)[None].repeat(3, axis=0)
    drawn = overlaid(image, heat)
    assert drawn.shape == (70, 140, 3)  # small pictures are enlarged: the map is smooth, the pixels are not
    light = drawn.astype(float).mean(axis=(0, 2))
    assert (np.diff(light) >= 0).all()
    assert light[-1] - light[0] > 80
    np.testing.assert_array_equal(overlaid(image, 0 * heat), overlaid(image, np.zeros((1, 1), np.float32)))
    assert overlaid(np.zeros((200, 300, 1), np.uint8), heat).shape == (200, 300, 3)


def test_effective_fields_leave_no_graph_behind() -> None:
    network = boxes(2)
    rows = rows_of(network)[:2]
    effective_fields(network, unchanged(1, 15), PIXELS, rows, receptive_fields(network, rows))
    assert all(value.requires_grad for value in network.module.parameters())
    with torch.no_grad():
        assert not network.module(torch.zeros(1, 1, 15, 15)).requires_grad
