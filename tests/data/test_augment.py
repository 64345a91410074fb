"""Augmentation: exact against NumPy and Pillow where pixels are exact, right in distribution where they are drawn."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import stats

from spirula.config import AugmentationOptions
from spirula.data.batching.augment import Augmentation, Draws, augment, draw
from spirula.data.batching.boxes import ERASE_AREA, ERASE_ASPECT, area, cutmix_boxes, erase_boxes, inside
from spirula.data.batching.colour import image_means, recolour
from spirula.data.batching.geometry import affine, affine_matrices, crop_and_flip
from spirula.data.batching.mixing import beta_quantile, mix_images, mix_targets
from spirula.errors import InputError

MANY = np.arange(10_000)
SHAPE = (8, 8, 3)


def images(n: int, h: int, w: int, c: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(n + h + w).integers(0, 256, (n, h, w, c)).astype(dtype)


# Whole pixels: flips and crops.


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5),
    st.integers(1, 7),
    st.integers(1, 7),
    st.integers(1, 4),
    st.integers(0, 4),
    st.sampled_from([np.uint8, np.float32]),
    st.data(),
)
def test_crop_and_flip_is_padding_slicing_and_reversing(
    n: int, h: int, w: int, c: int, padding: int, dtype: type, data: st.DataObject
) -> None:
    corner = st.lists(st.integers(0, 2 * padding), min_size=n, max_size=n)
    coin = st.none() | st.lists(st.booleans(), min_size=n, max_size=n)
    left, top, horizontal, vertical = (data.draw(kind) for kind in (corner, corner, coin, coin))
    before = images(n, h, w, c, dtype)
    after = crop_and_flip(
        torch.from_numpy(before),
        padding=padding,
        left=torch.tensor(left),
        top=torch.tensor(top),
        flip_horizontal=None if horizontal is None else torch.tensor(horizontal),
        flip_vertical=None if vertical is None else torch.tensor(vertical),
    )
    padded = np.pad(before, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    for i in range(n):
        expected = padded[i, top[i] : top[i] + h, left[i] : left[i] + w]
        if horizontal is not None and horizontal[i]:
            expected = expected[:, ::-1]
        if vertical is not None and vertical[i]:
            expected = expected[::-1]
        np.testing.assert_array_equal(after[i].numpy(), expected)
    assert after.dtype == torch.from_numpy(before).dtype


def test_flips_and_crops_of_bytes_stay_bytes() -> None:
    before = torch.from_numpy(images(20, 8, 8, 3))
    for augmentation in (Augmentation(flip="both"), Augmentation(crop=2), Augmentation(flip="vertical", crop=1)):
        after = augment(before, augmentation, draw(augmentation, 0, 0, np.arange(20), SHAPE))
        assert after.dtype == torch.uint8
        assert not torch.equal(after, before)


@pytest.mark.parametrize("flip", ["horizontal", "vertical", "both"])
def test_each_way_is_flipped_half_of_the_time(flip: Any) -> None:
    draws = draw(Augmentation(flip=flip), 0, 0, MANY, SHAPE)
    asked = {"horizontal": draws.flip_horizontal, "vertical": draws.flip_vertical}
    for way, coin in asked.items():
        if flip in (way, "both"):
            assert coin is not None
            assert abs(float(coin.float().mean()) - 0.5) < 0.02
        else:
            assert coin is None
    if flip == "both":
        assert abs(float((draws.flip_horizontal == draws.flip_vertical).float().mean()) - 0.5) < 0.02


def test_every_crop_is_equally_likely() -> None:
    draws = draw(Augmentation(crop=2), 0, 0, MANY, SHAPE)
    assert draws.left is not None
    assert draws.top is not None
    counts = np.bincount((draws.top * 5 + draws.left).numpy(), minlength=25)
    assert len(counts) == 25
    assert ((counts - 400) ** 2 / 400).sum() < 24 + 5 * np.sqrt(48)


# Resampling.


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


# Colour.


def test_recolour_is_the_formula() -> None:
    before = images(3, 4, 5, 3)
    contrast, brightness = np.array([0.5, 1.0, 1.8]), np.array([0.1, -0.3, 0.0])
    tensor = torch.from_numpy(before)
    after = recolour(
        tensor,
        image_means(tensor),
        contrast=torch.tensor(contrast, dtype=torch.float32),
        brightness=torch.tensor(brightness, dtype=torch.float32),
        low=0.0,
        high=255.0,
    )
    mean = before.mean(axis=(1, 2, 3), keepdims=True)
    by = (slice(None), None, None, None)
    expected = np.clip((before - mean) * contrast[by] + mean + 255 * brightness[by], 0, 255)
    np.testing.assert_allclose(after.numpy(), expected, atol=1e-3)


def test_recolour_of_floats_keeps_to_their_range() -> None:
    before = torch.linspace(-2, 2, 16).view(1, 4, 4, 1)
    augmentation = Augmentation(brightness=1.0, contrast=1.0)
    for epoch in range(20):
        draws = draw(augmentation, 0, epoch, np.arange(1), (4, 4, 1))
        after = augment(before, augmentation, draws, value_range=(-2.0, 2.0))
        assert after.min() >= -2
        assert after.max() <= 2


def test_colour_parameters_cover_their_ranges() -> None:
    draws = draw(Augmentation(brightness=0.2, contrast=0.4), 0, 0, MANY, SHAPE)
    for values, low, high in ((draws.brightness, -0.2, 0.2), (draws.contrast, 0.6, 1.4)):
        assert values is not None
        assert float(values.min()) == pytest.approx(low, abs=1e-3)
        assert float(values.max()) == pytest.approx(high, abs=1e-3)
        assert float(values.mean()) == pytest.approx((low + high) / 2, abs=0.01)


# Erasing.


@pytest.mark.parametrize("probability", [0.25, 1.0])
def test_erase_blanks_one_rectangle_with_its_probability(probability: float) -> None:
    augmentation = Augmentation(erase=probability)
    draws = draw(augmentation, 0, 0, np.arange(4000), (16, 12, 1))
    assert draws.erased is not None
    boxes = draws.erased.numpy()
    hit = area(boxes) > 0
    assert abs(hit.mean() - probability) < 0.03
    before = torch.full((300, 16, 12, 2), 9, dtype=torch.uint8)
    after = augment(before, augmentation, draws.part(0, 300)).numpy()
    for image, (top, bottom, left, right) in zip(after, boxes, strict=False):
        expected = np.full((16, 12, 2), 9)
        expected[top:bottom, left:right] = 0
        np.testing.assert_array_equal(image, expected)


def test_erased_boxes_have_the_published_sizes_and_lie_inside() -> None:
    u = [np.random.default_rng(k).random(5000) for k in range(4)]
    boxes = erase_boxes(200, 100, area=u[0], aspect=u[1], x=u[2], y=u[3])
    top, bottom, left, right = boxes.T
    assert ((top >= 0) & (top < bottom) & (bottom <= 200)).all()
    assert ((left >= 0) & (left < right) & (right <= 100)).all()
    share = area(boxes) / 20_000
    assert share.max() <= ERASE_AREA[1] + 0.01
    assert share.min() == pytest.approx(ERASE_AREA[0], abs=0.003)
    free = (right - left < 100) & (bottom - top < 200)
    ratio = ((bottom - top) / (right - left))[free]
    assert ratio.min() > ERASE_ASPECT[0] * 0.85
    assert ratio.max() < ERASE_ASPECT[1] * 1.15
    assert share[free].mean() == pytest.approx(np.mean(ERASE_AREA), abs=0.02)


# Mixing.


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 2.0, 8.0, 300.0])
def test_beta_quantiles_agree_with_scipy(alpha: float) -> None:
    u = np.linspace(0.001, 0.999, 999)
    np.testing.assert_allclose(beta_quantile(u, alpha), stats.beta.ppf(u, alpha, alpha), atol=2e-4)
    ends = beta_quantile(np.array([0.0, 1 - 2.0**-53]), alpha)
    assert ((ends >= 0) & (ends <= 1)).all()


def test_mixup_is_the_convex_combination_with_the_next() -> None:
    before, targets = images(5, 3, 3, 2), np.eye(4, dtype=np.float32)[[0, 1, 1, 3, 2]]
    share = np.array([0.0, 0.25, 0.9, 1.0], np.float32)
    after = mix_images(torch.from_numpy(before), blend=torch.from_numpy(share), patch=None).numpy()
    by = share[:, None, None, None]
    np.testing.assert_allclose(after, before[:-1] * by + before[1:] * (1 - by), rtol=1e-5)
    mixed = mix_targets(torch.from_numpy(targets), torch.from_numpy(share)).numpy()
    np.testing.assert_allclose(mixed, targets[:-1] * share[:, None] + targets[1:] * (1 - share[:, None]))
    np.testing.assert_allclose(mixed.sum(axis=1), 1)


def test_cutmix_pastes_a_box_of_the_next_and_counts_its_pixels() -> None:
    augmentation = Augmentation(cutmix=1.0)
    draws = draw(augmentation, 0, 0, np.arange(41), (10, 14, 1))
    assert draws.patch is not None
    assert draws.share is not None
    assert draws.blend is None
    before = images(41, 10, 14, 1)
    after = mix_images(torch.from_numpy(before), blend=None, patch=draws.patch[:-1])
    assert after.dtype == torch.uint8
    for i, (top, bottom, left, right) in enumerate(draws.patch[:-1].tolist()):
        expected = before[i].copy()
        expected[top:bottom, left:right] = before[i + 1, top:bottom, left:right]
        np.testing.assert_array_equal(after[i].numpy(), expected)
        kept = 1 - (bottom - top) * (right - left) / 140
        assert float(draws.share[i]) == pytest.approx(kept, abs=1e-6)


def test_cutmix_boxes_follow_the_paper() -> None:
    share = np.full(5000, 0.75)
    u = np.random.default_rng(0).random((2, 5000))
    boxes = cutmix_boxes(100, 60, share=share, x=u[0], y=u[1])
    top, bottom, left, right = boxes.T
    assert ((top >= 0) & (top <= bottom) & (bottom <= 100) & (left >= 0) & (left <= right) & (right <= 60)).all()
    uncut = (top > 0) & (bottom < 100) & (left > 0) & (right < 60)
    # A quarter of the image: half of each side.
    assert set((bottom - top)[uncut].tolist()) == {50}
    assert set((right - left)[uncut].tolist()) == {30}


def test_both_mixings_share_the_samples_evenly() -> None:
    draws = draw(Augmentation(mixup=0.4, cutmix=1.0), 0, 0, MANY, SHAPE)
    assert draws.blend is not None
    assert draws.patch is not None
    assert draws.share is not None
    cut = area(draws.patch.numpy()) > 0
    blended = draws.blend.numpy() < 1
    assert not (cut & blended).any()
    assert abs(blended.mean() - 0.5) < 0.02
    np.testing.assert_allclose(draws.share.numpy()[blended], draws.blend.numpy()[blended])


def test_shares_follow_their_distribution() -> None:
    draws = draw(Augmentation(mixup=0.3), 0, 0, MANY, (5,))
    assert draws.share is not None
    assert stats.kstest(draws.share.numpy(), stats.beta(0.3, 0.3).cdf).pvalue > 1e-4


def test_inside_is_the_box() -> None:
    mask = inside(torch.tensor([[1, 3, 0, 2], [0, 0, 0, 0]]), 4, 3)[..., 0].numpy()
    expected = np.zeros((2, 4, 3), bool)
    expected[0, 1:3, 0:2] = True
    np.testing.assert_array_equal(mask, expected)


# Purity.

OPTIONS: dict[str, Any] = {
    "flip": "both",
    "crop": 2,
    "shift": 0.1,
    "rotate": 15.0,
    "zoom": 0.2,
    "brightness": 0.2,
    "contrast": 0.2,
    "erase": 0.5,
    "mixup": 0.4,
    "cutmix": 1.0,
}


def equal(one: Draws, other: Draws) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(Draws)]
    return all(a is b if a is None or b is None else torch.equal(a, b) for a, b in pairs)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(OPTIONS)), st.none(), min_size=1),
    st.lists(st.integers(0, 2**45), min_size=1, max_size=12),
    st.integers(0, 2**63 - 1),
    st.integers(0, 500),
)
def test_a_sample_draws_the_same_in_any_company(names: dict[str, None], rows: list[int], seed: int, epoch: int) -> None:
    augmentation = Augmentation(**{name: OPTIONS[name] for name in names})
    together = draw(augmentation, seed, epoch, np.array(rows), SHAPE)
    for place, row in enumerate(rows):
        assert equal(draw(augmentation, seed, epoch, np.array([row]), SHAPE), together.part(place, place + 1))


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_another_epoch_or_seed_draws_otherwise(name: str) -> None:
    augmentation = Augmentation(**{name: OPTIONS[name]})
    base = draw(augmentation, 1, 1, np.arange(50), SHAPE)
    assert not equal(base, draw(augmentation, 1, 2, np.arange(50), SHAPE))
    assert not equal(base, draw(augmentation, 2, 1, np.arange(50), SHAPE))


def test_an_option_leaves_the_others_as_they_are() -> None:
    alone = draw(Augmentation(contrast=0.2, flip="horizontal"), 0, 0, MANY, SHAPE)
    more = draw(Augmentation(contrast=0.2, flip="both", erase=0.5, brightness=0.1), 0, 0, MANY, SHAPE)
    assert torch.equal(alone.contrast, more.contrast)  # type: ignore[arg-type]
    assert torch.equal(alone.flip_horizontal, more.flip_horizontal)  # type: ignore[arg-type]


# Mistakes.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flip", "sideways"),
        ("crop", 0),
        ("crop", 1.5),
        ("shift", 1.0),
        ("shift", -0.1),
        ("rotate", 181.0),
        ("zoom", 1.0),
        ("brightness", 0.0),
        ("contrast", 1.5),
        ("erase", float("nan")),
        ("mixup", 0.0),
        ("cutmix", float("inf")),
    ],
)
def test_values_out_of_range_are_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"{name} = .*[\s\S]*It must be"):
        Augmentation(**{name: value})


@pytest.mark.parametrize("name", sorted(set(OPTIONS) - {"mixup"}))
def test_vectors_have_no_pixels_to_move(name: str) -> None:
    augmentation = Augmentation(**{name: OPTIONS[name]})
    with pytest.raises(InputError, match=rf"{name} cannot work on vectors[\s\S]*Leave it out"):
        augmentation.check((7,), "classification")
    augmentation.check((8, 8, 1), "classification")


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(InputError, match="out of view"):
        Augmentation(crop=8).check((28, 8, 1), "classification")
    for augmentation in (Augmentation(mixup=0.2), Augmentation(cutmix=1.0)):
        with pytest.raises(InputError, match="regression"):
            augmentation.check(SHAPE, "regression")
        augmentation.check(SHAPE, "multilabel")
    Augmentation(mixup=0.2).check((7,), "classification")


# The outside: one meaning under one name.


def test_the_recipe_and_the_guide_know_exactly_these_options() -> None:
    names = [field.name for field in fields(Augmentation)]
    assert [name for name in AugmentationOptions.model_fields if name != "augment"] == names  # that one is code
    guide = (Path(__file__).parents[2] / "docs" / "augmentation.md").read_text(encoding="utf-8")
    assert [line.split("`")[1] for line in guide.splitlines() if line.startswith("| `")] == names


def test_the_code_in_the_guide_runs() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "augmentation.md").read_text(encoding="utf-8")
    code = textwrap.dedent(guide.split("## From Python")[1])
    names: dict[str, Any] = {}
    exec(compile(code, "docs/augmentation.md", "exec"), names)  # noqa: S102 (our own text)
    assert names["images"].shape == (64, 8, 8, 1)
    assert names["batch"].images.shape[1:] == (1, 8, 8)
