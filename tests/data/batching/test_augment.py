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
from some_images import MANY, SHAPE, images

from spirula.config import AugmentationOptions
from spirula.data.batching.augment import Draws, augment, draw
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.boxes import ERASE_AREA, ERASE_ASPECT, area, erase_boxes
from spirula.data.batching.colour import image_means, recolour
from spirula.data.batching.geometry import crop_and_flip
from spirula.errors import InputError

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
    guide = (Path(__file__).parents[3] / "docs" / "augmentation.md").read_text(encoding="utf-8")
    assert [line.split("`")[1] for line in guide.splitlines() if line.startswith("| `")] == names


def test_the_code_in_the_guide_runs() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "augmentation.md").read_text(encoding="utf-8")
    code = textwrap.dedent(guide.split("## From Python")[1])
    names: dict[str, Any] = {}
    exec(compile(code, "docs/augmentation.md", "exec"), names)  # noqa: S102 (our own text)
    assert names["images"].shape == (64, 8, 8, 1)
    assert names["batch"].images.shape[1:] == (1, 8, 8)
