"""Moving images by one resampling: agreement with exact moves and with Pillow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from some_images import MANY, SHAPE, images

from spirula.data.batching.augment import augment, draw
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.geometry import affine, affine_matrices, crop_and_flip


def matrices(h: int, w: int, **values: float | bool) -> torch.Tensor:
    defaults = {
        "degrees": 0.0,
        "zoom": 1.0,
        "right": 0.0,
        "down": 0.0,
        "flip_horizontal": False,
        "flip_vertical": False,
    }
    arrays: Any = {name: np.array([value]) for name, value in (defaults | values).items()}
    return torch.from_numpy(affine_matrices(h, w, **arrays))


def moved(before: np.ndarray, **values: float | bool) -> np.ndarray:
    return affine(torch.from_numpy(before), matrices(*before.shape[1:3], **values)).numpy()


def test_nothing_to_do_changes_nothing() -> None:
    before = images(1, 7, 11, 3)
    np.testing.assert_allclose(moved(before), before, atol=0.01)


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, 3), (-3, 1), (2, -2)])
def test_shift_by_whole_pixels_is_exact(right: int, down: int) -> None:
    before = images(1, 9, 6, 2)
    expected = np.pad(before, ((0, 0), (9, 9), (9, 9), (0, 0)))[:, 9 - down : 18 - down, 9 - right : 15 - right]
    np.testing.assert_allclose(moved(before, right=right, down=down), expected, atol=0.01)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_exact_and_counter_clockwise(quarters: int) -> None:
    before = images(1, 8, 8, 1)
    expected = np.rot90(before, quarters, axes=(1, 2))
    np.testing.assert_allclose(moved(before, degrees=90.0 * quarters), expected, atol=0.02)
    np.testing.assert_allclose(moved(before, degrees=90.0 * quarters - 360), expected, atol=0.02)


def test_flips_within_the_affine_equal_flips() -> None:
    before = images(1, 7, 5, 3)
    np.testing.assert_allclose(moved(before, flip_horizontal=True), before[:, :, ::-1], atol=0.01)
    np.testing.assert_allclose(moved(before, flip_vertical=True), before[:, ::-1], atol=0.01)


@pytest.mark.parametrize("degrees", [7.0, -30.0, 111.0])
@pytest.mark.parametrize(("h", "w"), [(40, 40), (30, 50)])
def test_rotation_agrees_with_pillow(degrees: float, h: int, w: int) -> None:
    # A smooth picture, fading out at the edges: resampling at the border is where implementations differ.
    y, x = np.mgrid[0:h, 0:w]
    bump = np.exp(-(((x - 0.6 * w) / (0.15 * w)) ** 2) - ((y - 0.4 * h) / (0.15 * h)) ** 2) * 200
    before = bump.astype(np.float32)[None, :, :, None]
    theirs = np.asarray(Image.fromarray(before[0, :, :, 0]).rotate(degrees, Image.Resampling.BILINEAR))
    np.testing.assert_allclose(moved(before, degrees=degrees)[0, :, :, 0], theirs, atol=1.0)


def test_zoom_by_two_enlarges_the_middle() -> None:
    before = np.repeat(np.repeat(images(1, 4, 4, 1), 4, axis=1), 4, axis=2)  # 16×16 of flat 4×4 blocks
    after = moved(before, zoom=2.0)[0, :, :, 0]
    # The middles of the enlarged blocks, 8 pixels wide, show the four blocks of the centre.
    assert after[3:5, 3:5] == pytest.approx(before[0, 5, 5, 0], abs=0.01)
    assert after[3:5, 11:13] == pytest.approx(before[0, 5, 9, 0], abs=0.01)
    small = moved(before, zoom=0.5)[0, :, :, 0]
    assert (small[:3] == 0).all()
    assert (small[:, 13:] == 0).all()


def test_order_of_the_affine_is_mirror_zoom_turn_shift() -> None:
    before = images(1, 8, 8, 1)
    steps = moved(moved(moved(before, flip_horizontal=True), degrees=90.0), right=2.0, down=1.0)
    at_once = moved(before, flip_horizontal=True, degrees=90.0, right=2.0, down=1.0)
    np.testing.assert_allclose(at_once, steps, atol=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 2), (9, 1, 3)])
def test_the_smallest_images_survive_everything(shape: tuple[int, int, int]) -> None:
    everything = Augmentation(
        flip="both", shift=0.5, rotate=180, zoom=0.9, brightness=1, contrast=1, erase=1, mixup=1, cutmix=1
    )
    before = torch.from_numpy(images(4, *shape))
    after = augment(before, everything, draw(everything, 0, 0, np.arange(4), shape))
    assert after.shape == before.shape
    assert torch.isfinite(after).all()


def test_a_crop_beside_a_rotation_is_part_of_the_affine() -> None:
    with_crop = draw(Augmentation(rotate=1e-6, crop=2), 3, 1, np.arange(50), SHAPE)
    plain = draw(Augmentation(crop=2), 3, 1, np.arange(50), SHAPE)
    before = torch.from_numpy(images(50, *SHAPE))
    assert with_crop.left is None
    expected = crop_and_flip(before, padding=2, left=plain.left, top=plain.top).float()
    assert (augment(before, Augmentation(rotate=1e-6, crop=2), with_crop) - expected).abs().max() < 0.02


def test_affine_parameters_cover_their_ranges() -> None:
    def terms(**options: float) -> np.ndarray:
        drawn = draw(Augmentation(**options), 0, 0, MANY, (8, 8, 1)).matrices  # type: ignore[arg-type]
        assert drawn is not None
        return drawn.numpy()

    turned = np.rad2deg(np.arctan2(terms(rotate=20.0)[:, 1, 0], terms(rotate=20.0)[:, 0, 0]))
    assert turned.min() == pytest.approx(-20, abs=0.1)
    assert turned.max() == pytest.approx(20, abs=0.1)
    assert abs(turned.mean()) < 0.5
    scaled = 1 / terms(zoom=0.3)[:, 0, 0]
    assert (scaled.min(), scaled.max()) == (pytest.approx(0.7, abs=1e-3), pytest.approx(1.3, abs=1e-3))
    shifted = terms(shift=0.25)[:, :, 2] / 2  # in sides
    assert shifted.min() == pytest.approx(-0.25, abs=1e-3)
    assert shifted.max() == pytest.approx(0.25, abs=1e-3)
    assert abs(np.corrcoef(shifted.T)[0, 1]) < 0.05
