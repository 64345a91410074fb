"""Moving pictures, and a network that cannot notice it."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from networks import made

from spirula.insight.shifts import evenly, moved, right_when_moved


def test_pictures_move_and_the_border_is_repeated() -> None:
    row = np.array([1, 2, 3, 4], np.uint8).reshape(1, 1, 4, 1)
    assert moved(row, 1).ravel().tolist() == [1, 1, 2, 3]
    assert moved(row, -2).ravel().tolist() == [3, 4, 4, 4]
    assert moved(row, 0).ravel().tolist() == [1, 2, 3, 4]
    assert moved(row, 1, "down").ravel().tolist() == [1, 2, 3, 4]
    assert moved(row.reshape(1, 4, 1, 1), 1, "down").ravel().tolist() == [1, 1, 2, 3]


@given(st.integers(-3, 3))
def test_what_is_inside_moves_as_a_whole(by: int) -> None:
    pixels = np.zeros((2, 9, 9, 3), np.uint8)
    pixels[:, 4:6, 3:6] = np.random.default_rng(0).integers(1, 255, (2, 2, 3, 3))
    assert np.array_equal(moved(pixels, by), np.roll(pixels, by, axis=2))
    assert np.array_equal(moved(pixels, by, "down"), np.roll(pixels, by, axis=1))


def test_a_network_with_global_pooling_cannot_tell_where_something_is() -> None:
    """Convolutions move with the picture and the largest value does not care where it is: the curve is flat."""
    network = made(
        "Conv2D(6, 3, activation='relu'), Conv2D(8, 3, activation='relu'), GlobalMaxPooling2D()", (21, 21, 1)
    )
    dense = made("Flatten()", (21, 21, 1))
    random = np.random.default_rng(0)
    pixels = np.zeros((40, 21, 21, 1), np.float32)
    pixels[:, 8:13, 8:13] = random.normal(size=(40, 5, 5, 1))

    def answers(module: torch.nn.Module, images: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(module(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy())

    targets = answers(network.module, pixels).argmax(axis=1)
    shifts = range(-4, 5)
    flat = right_when_moved(lambda x: answers(network.module, x), pixels, targets, shifts)
    assert flat == [40] * 9
    own = answers(dense.module, pixels).argmax(axis=1)
    steep = right_when_moved(lambda x: answers(dense.module, x), pixels, own, shifts)
    assert steep[4] == 40
    assert max(steep[:4] + steep[5:]) < 40


def test_chosen_rows_are_spread_evenly() -> None:
    assert evenly(np.arange(5), 9).tolist() == [0, 1, 2, 3, 4]
    assert evenly(np.arange(100), 5).tolist() == [0, 25, 50, 74, 99]
    assert len(set(evenly(np.arange(1000), 999).tolist())) == 999
