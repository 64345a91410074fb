"""What lies beyond the edges of an image: NumPy's padding for whole pixels, SciPy's for everything between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates
from some_images import MANY, SHAPE, images

from spirula.data.batching import geometry
from spirula.data.batching.augment import augment, draw
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.edges import FILL_MODES, FillMode, padded
from spirula.data.batching.geometry import affine, affine_matrices, crop_and_flip
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import load
from spirula.errors import ConfigError, InputError
from spirula.recipe import make_recipe

# Ours and Keras' word: NumPy's for the same.
PADDED: dict[FillMode, Any] = {"constant": "constant", "reflect": "symmetric", "nearest": "edge"}
MODES = sorted(PADDED)
SOMETHING: list[FillMode] = ["reflect", "nearest"]


def by_numpy(before: np.ndarray, padding: int, mode: FillMode) -> np.ndarray:
    return np.pad(before, ((0, 0), (padding, padding), (padding, padding), (0, 0)), PADDED[mode])


def test_every_mode_is_known_here() -> None:
    assert set(FILL_MODES) == set(PADDED)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 3),
    st.integers(1, 14),
    st.sampled_from([np.uint8, np.float32]),
    st.sampled_from(SOMETHING),
)
def test_images_go_on_beyond_their_edges_as_numpy_pads_them(
    n: int, h: int, w: int, c: int, padding: int, dtype: type, mode: FillMode
) -> None:
    before = images(n, h, w, c, dtype)
    after = padded(torch.from_numpy(before), padding, mode)
    np.testing.assert_array_equal(after.numpy(), by_numpy(before, padding, mode))
    assert after.dtype == torch.from_numpy(before).dtype


def _on_an_accelerator(before: torch.Tensor, **how: Any) -> torch.Tensor:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "_each_once", geometry._each_twice)
        return crop_and_flip(before, **how)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 7),
    st.integers(1, 7),
    st.integers(0, 4),
    st.sampled_from(MODES),
    st.sampled_from([np.uint8, np.float32]),
    st.sampled_from([crop_and_flip, _on_an_accelerator]),
    st.data(),
)
def test_a_crop_is_padding_slicing_and_reversing(
    n: int,
    h: int,
    w: int,
    padding: int,
    mode: FillMode,
    dtype: type,
    move: Callable[..., torch.Tensor],
    data: st.DataObject,
) -> None:
    corner = st.lists(st.integers(0, 2 * padding), min_size=n, max_size=n)
    coin = st.lists(st.booleans(), min_size=n, max_size=n)
    left, top, horizontal, vertical = (data.draw(kind) for kind in (corner, corner, coin, coin))
    before = images(n, h, w, 3, dtype)
    after = move(
        torch.from_numpy(before),
        padding=padding,
        fill_mode=mode,
        left=torch.tensor(left),
        top=torch.tensor(top),
        flip_horizontal=torch.tensor(horizontal),
        flip_vertical=torch.tensor(vertical),
    )
    canvas = by_numpy(before, padding, mode)
    for i in range(n):
        expected = canvas[i, top[i] : top[i] + h, left[i] : left[i] + w]
        expected = expected[:, ::-1] if horizontal[i] else expected
        expected = expected[::-1] if vertical[i] else expected
        np.testing.assert_array_equal(after[i].numpy(), expected)
    assert after.is_contiguous()


@pytest.mark.parametrize("move", [crop_and_flip, _on_an_accelerator])
def test_what_is_not_asked_for_does_not_happen(move: Callable[..., torch.Tensor]) -> None:
    before = torch.from_numpy(images(5, 4, 6, 3))
    coins = torch.tensor([True, False, False, True, True])
    assert torch.equal(move(before), before)
    turned = move(before, flip_horizontal=coins)
    assert torch.equal(turned, torch.where(coins[:, None, None, None], before.flip(2), before))
    assert torch.equal(move(before, padding=2, left=torch.full((5,), 2), top=torch.full((5,), 2)), before)
    assert torch.equal(
        move(before, flip_vertical=coins), torch.where(coins[:, None, None, None], before.flip(1), before)
    )


def matrix(h: int, w: int, **values: float) -> torch.Tensor:
    asked = {"degrees": 0.0, "zoom": 1.0, "right": 0.0, "down": 0.0, **values}
    arrays: Any = {name: np.array([value]) for name, value in asked.items()}
    still = np.array([False])
    return torch.from_numpy(affine_matrices(h, w, flip_horizontal=still, flip_vertical=still, **arrays))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, -3), (-3, 1), (5, -8), (20, 13)])
def test_shift_by_whole_pixels_is_exact(mode: FillMode, right: int, down: int) -> None:
    before = images(1, 9, 6, 2)
    canvas = by_numpy(before, 27, mode)
    expected = canvas[:, 27 - down : 36 - down, 27 - right : 33 - right]
    moved = affine(torch.from_numpy(before), matrix(9, 6, right=right, down=down), fill_mode=mode)
    np.testing.assert_allclose(moved.numpy(), expected, atol=0.01)


@pytest.mark.parametrize("mode", SOMETHING)
@pytest.mark.parametrize(("degrees", "zoom"), [(7.0, 1.0), (-36.0, 0.8), (111.0, 1.2), (0.0, 0.31)])
@pytest.mark.parametrize(("h", "w"), [(24, 24), (15, 22)])
def test_turning_and_zooming_agree_with_scipy(mode: FillMode, degrees: float, zoom: float, h: int, w: int) -> None:
    before = images(1, h, w, 1)
    moved = affine(torch.from_numpy(before), matrix(h, w, degrees=degrees, zoom=zoom), fill_mode=mode)[0, :, :, 0]
    # SciPy is asked where each pixel comes from: about the centre, turned back and made smaller by the zoom.
    y, x = np.mgrid[0:h, 0:w] - np.array([(h - 1) / 2, (w - 1) / 2])[:, None, None]
    angle = np.deg2rad(degrees)
    from_x = (np.cos(angle) * x - np.sin(angle) * y) / zoom + (w - 1) / 2
    from_y = (np.sin(angle) * x + np.cos(angle) * y) / zoom + (h - 1) / 2
    source = before[0, :, :, 0].astype(np.float64)
    theirs = map_coordinates(source, [from_y, from_x], order=1, mode=mode)
    np.testing.assert_allclose(moved.numpy(), theirs, atol=0.02)


@pytest.mark.parametrize("mode", SOMETHING)
def test_nothing_black_comes_into_a_white_image(mode: FillMode) -> None:
    white = torch.full((40, 12, 9, 3), 255, dtype=torch.uint8)
    for changes in ({"crop": 4}, {"shift": 0.9}, {"rotate": 180.0, "zoom": 0.9}, {"crop": 3, "rotate": 5.0}):
        asked, plain = Augmentation(fill_mode=mode, **changes), Augmentation(**changes)  # type: ignore[arg-type]
        drawn = draw(asked, 0, 1, np.arange(40), (12, 9, 3))
        after = augment(white, asked, drawn)
        torch.testing.assert_close(after.float(), torch.full_like(after, 255).float(), rtol=0, atol=0.05)
        assert (augment(white, plain, draw(plain, 0, 1, np.arange(40), (12, 9, 3))) < 200).any()


def test_a_turned_piece_shows_the_picture_around_it_and_only_then_what_lies_beyond() -> None:
    before = torch.from_numpy(images(1, 20, 20, 3))
    still = {name: np.array([value]) for name, value in {"zoom": 1.0, "right": 0.0, "down": 0.0}.items()}
    turned = {"degrees": np.array([10.0]), "flip_horizontal": np.array([False]), "flip_vertical": np.array([False])}
    for box, alike in (([6, 14, 6, 14], True), ([0, 8, 0, 8], False)):
        m = torch.from_numpy(affine_matrices(20, 20, **still, **turned, boxes=np.array([box])))
        black, mirrored = affine(before, m), affine(before, m, fill_mode="reflect")
        assert torch.allclose(black, mirrored, atol=0.01) == alike


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("changes", [{"crop": 2, "flip": "both"}, {"rotate": 40.0, "zoom": 0.3}])
def test_an_image_is_moved_the_same_in_any_company_and_always(mode: FillMode, changes: dict[str, Any]) -> None:
    asked = Augmentation(fill_mode=mode, **changes)
    before = torch.from_numpy(images(12, *SHAPE))
    rows = MANY[:12]
    together = augment(before, asked, draw(asked, 3, 2, rows, SHAPE))
    assert torch.equal(together, augment(before, asked, draw(asked, 3, 2, rows, SHAPE)))
    for i in range(12):
        alone = augment(before[i : i + 1], asked, draw(asked, 3, 2, rows[i : i + 1], SHAPE))
        assert torch.equal(alone[0], together[i])


def test_what_is_drawn_does_not_depend_on_what_lies_beyond() -> None:
    plain, mirrored = Augmentation(rotate=30.0), Augmentation(rotate=30.0, fill_mode="reflect")
    drawn = [draw(asked, 0, 0, MANY, SHAPE).matrices for asked in (plain, mirrored)]
    assert torch.equal(drawn[0], drawn[1])  # type: ignore[arg-type]


@pytest.mark.parametrize("changes", [{"crop": 2}, {"shift": 0.4}])
def test_batches_of_digits_are_filled(changes: dict[str, Any]) -> None:
    dataset = load("digits")
    rows = dataset.rows("train")[:200]
    means = {}
    for mode in MODES:
        batches = Batches(
            dataset,
            rows,
            batch_size=200,
            preprocessing=fit_preprocessing(dataset, rows, "unit"),
            augmentation=Augmentation(fill_mode=mode, **changes),
        )
        means[mode] = float(next(batches.epoch(1)).images.mean())
    assert means["constant"] < means["nearest"]
    assert means["constant"] < means["reflect"]
    assert means["nearest"] != means["reflect"]


@pytest.mark.parametrize("changes", [{}, {"flip": "both"}, {"resized_crop": 0.5}, {"erase": 0.5}])
def test_where_nothing_lets_in_the_outside_it_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="nothing lets that in"):
        Augmentation(fill_mode="reflect", **changes)
    with pytest.raises(ConfigError, match="fill_mode = 'reflect' would have no effect: it needs --crop, --shift"):
        make_recipe(source="digits", fill_mode="reflect", **changes)


def test_other_words_are_refused() -> None:
    with pytest.raises(InputError, match=r"fill_mode = 'mirror' is out of range[\s\S]*constant or reflect or nearest"):
        Augmentation(crop=2, fill_mode="mirror")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="fill_mode"):
        make_recipe(source="digits", crop=2, fill_mode="mirror")
    assert make_recipe(source="digits", crop=2, fill_mode="nearest").augmentation.fill_mode == "nearest"
