"""Resized crops, saturation and hue: what torchvision makes of the same parameters, and how these are drawn."""

from __future__ import annotations

import colorsys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torchvision.transforms.v2 import functional as theirs

from spirula.data.batching.augment import Draws, augment, draw
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.boxes import CROP_ASPECT, area, crop_boxes
from spirula.data.batching.colour import tint
from spirula.data.batching.geometry import affine, affine_matrices, crop_and_resize
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.errors import InputError

MANY = np.arange(20_000)


def photos(n: int, h: int, w: int, c: int = 3) -> torch.Tensor:
    """Random, but smooth at the scale of a few pixels, as photographs are; all 256 levels occur."""
    rng = np.random.default_rng(n * h + w)
    coarse = torch.from_numpy(rng.random((n, c, h // 4 + 2, w // 4 + 2), dtype=np.float32))
    fine = torch.nn.functional.interpolate(coarse, (h, w), mode="bicubic", antialias=True) * 300 - 20
    return fine.clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def flat(image: torch.Tensor) -> torch.Tensor:
    return image.permute(2, 0, 1)


# Resized crops.


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.sampled_from([1, 3, 4, 5]), st.booleans(), st.data())
def test_a_resized_crop_is_torchvisions(h: int, w: int, c: int, bytes_: bool, data: st.DataObject) -> None:
    before = photos(3, h, w, c)
    boxes = []
    for _ in before:
        tops = sorted(
            data.draw(st.tuples(st.integers(0, h), st.integers(0, h)).filter(lambda ends: ends[0] != ends[1]))
        )
        lefts = sorted(
            data.draw(st.tuples(st.integers(0, w), st.integers(0, w)).filter(lambda ends: ends[0] != ends[1]))
        )
        boxes.append([*tops, *lefts])
    mirrored = torch.tensor([False, True, False])
    upside_down = torch.tensor([False, True, True])
    images = before if bytes_ else before.float()
    after = crop_and_resize(images, torch.tensor(boxes), flip_horizontal=mirrored, flip_vertical=upside_down)
    assert after.dtype == images.dtype
    assert after.is_contiguous()
    for i, (top, bottom, left, right) in enumerate(boxes):
        expected = theirs.resized_crop(flat(images[i]), top, left, bottom - top, right - left, [h, w], antialias=True)
        expected = theirs.horizontal_flip(expected) if mirrored[i] else expected
        expected = theirs.vertical_flip(expected) if upside_down[i] else expected
        assert (flat(after[i]).float() - expected.float()).abs().max() <= (0 if bytes_ else 0.05)


def test_bytes_are_resized_alike_on_every_device() -> None:
    from spirula.data.batching.geometry import (  # the second is for CPUs, the first for the rest
        _resized,
        _resized_bytes,
    )

    before = photos(40, 30, 44)
    boxes = torch.from_numpy(crop_boxes(30, 44, **{name: np.linspace(0.1, 0.9, 40) for name in PARAMETERS}))
    size = (30, 44)
    assert (_resized(before, boxes, size).int() - _resized_bytes(before, boxes, size).int()).abs().max() <= 1


PARAMETERS = ("share", "aspect", "x", "y")


@pytest.mark.parametrize(("h", "w"), [(180, 180), (120, 160)])
def test_areas_are_spread_evenly_and_ratios_stay_in_the_published_range(h: int, w: int) -> None:
    drawn = draw(Augmentation(resized_crop=0.08), 0, 0, MANY, (h, w, 3)).boxes
    assert drawn is not None
    boxes = drawn.numpy()
    top, bottom, left, right = boxes.T
    assert ((top >= 0) & (top < bottom) & (bottom <= h) & (left >= 0) & (left < right) & (right <= w)).all()
    share = area(boxes) / (h * w)
    assert stats.kstest(share, stats.uniform(0.08, 0.92).cdf).statistic < 0.015
    ratio = (right - left) / (bottom - top)
    assert ratio.min() > CROP_ASPECT[0] * 0.97
    assert ratio.max() < CROP_ASPECT[1] * 1.03
    small = share < 0.5  # every ratio fits
    logarithms = np.log(ratio[small])
    assert stats.kstest(logarithms, stats.uniform(np.log(3 / 4), 2 * np.log(4 / 3)).cdf).statistic < 0.03
    free = left[share < 0.3] / (w - (right - left))[share < 0.3]
    assert free.mean() == pytest.approx(0.5, abs=0.02)


def test_of_a_long_picture_the_largest_allowed_box_is_taken() -> None:
    one, half = np.ones(1), np.full(1, 0.5)
    assert crop_boxes(60, 200, share=one, aspect=half, x=half, y=half).tolist() == [[0, 60, 60, 140]]  # 80 = 60 * 4/3
    assert crop_boxes(200, 60, share=one, aspect=half, x=half, y=half).tolist() == [[60, 140, 0, 60]]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (9, 1, 3), (2, 3, 3)])
def test_the_smallest_images_survive(shape: tuple[int, int, int]) -> None:
    asked = Augmentation(flip="both", resized_crop=0.01, saturation=1, hue=0.5)
    before = photos(8, *shape[:2])
    after = augment(before, asked, draw(asked, 0, 0, np.arange(8), shape))
    assert after.shape == before.shape
    assert torch.isfinite(after).all()


def test_a_resized_crop_beside_a_turn_is_part_of_the_one_resampling() -> None:
    before = photos(50, 24, 36)
    alone = Augmentation(flip="horizontal", resized_crop=0.3)
    turned = replace(alone, rotate=1e-6)
    draws = draw(turned, 3, 1, np.arange(50), (24, 36, 3))
    assert draws.boxes is None
    assert draws.flip_horizontal is None
    expected = augment(before, alone, draw(alone, 3, 1, np.arange(50), (24, 36, 3))).float()
    off = (augment(before, turned, draws) - expected).abs()
    # At the border of a box the one knows only what is inside, the other the picture around it too.
    assert off[:, 3:-3, 3:-3].max() < 1.1


def test_what_a_turn_lets_in_beside_a_resized_crop_is_the_picture_around_it() -> None:
    zeros, never = np.zeros(1), np.zeros(1, np.bool_)
    numbers: Any = {"degrees": zeros + 45, "zoom": zeros + 1, "right": zeros, "down": zeros}
    flips: Any = {"flip_horizontal": never, "flip_vertical": never}
    white = torch.full((1, 40, 40, 1), 200, dtype=torch.uint8)
    inner = affine_matrices(40, 40, **numbers, **flips, boxes=np.array([[12, 28, 12, 28]]))
    assert (affine(white, torch.from_numpy(inner)) - 200).abs().max() < 0.01
    corner = affine_matrices(40, 40, **numbers, **flips, boxes=np.array([[0, 16, 0, 16]]))
    dark = affine(white, torch.from_numpy(corner))[0, :, :, 0] < 1
    # Two corners look beyond the edges of the picture, the two others only beyond those of the box.
    assert sum(bool(dark[row, column]) for row in (0, 39) for column in (0, 39)) == 2


# Colour.


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0, 1.7, 2.0])
def test_saturation_is_torchvisions(factor: float) -> None:
    before = photos(4, 20, 30)
    after = tint(before, saturation=torch.full((4,), factor), hue=None)
    for image, other in zip(before, after, strict=True):
        expected = theirs.adjust_saturation(flat(image), factor).float()
        assert (flat(other) - expected).abs().max() < 2  # they round down, twice


@pytest.mark.parametrize("turns", [-0.5, -0.31, -0.02, 0.0, 0.1, 1 / 3, 0.5])
def test_hue_is_torchvisions(turns: float) -> None:
    before = photos(4, 20, 30)
    after = tint(before, saturation=None, hue=torch.full((4,), turns))
    for image, other in zip(before, after, strict=True):
        expected = theirs.adjust_hue(flat(image), turns).float()
        assert (flat(other) - expected).abs().max() < 1.5


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3), st.floats(-0.5, 0.5))
def test_hue_is_that_of_the_standard_library(colour: tuple[int, int, int], turns: float) -> None:
    h, s, v = colorsys.rgb_to_hsv(*(value / 255 for value in colour))
    expected = [255 * value for value in colorsys.hsv_to_rgb((h + turns) % 1.0, s, v)]
    after = tint(torch.tensor(colour).view(1, 1, 1, 3), saturation=None, hue=torch.tensor([turns]))
    np.testing.assert_allclose(after.flatten().numpy(), expected, atol=0.01)


def test_every_image_of_a_batch_has_its_own_colour_whatever_the_company() -> None:
    before = photos(11, 9, 7)
    saturation, hue = torch.linspace(0, 2, 11), torch.linspace(-0.5, 0.5, 11)
    together = tint(before, saturation=saturation, hue=hue)
    for i in range(11):
        assert torch.equal(
            together[i : i + 1], tint(before[i : i + 1], saturation=saturation[i, None], hue=hue[i, None])
        )


def test_colour_parameters_cover_their_ranges() -> None:
    draws = draw(Augmentation(saturation=0.4, hue=0.1), 0, 0, MANY, (8, 8, 3))
    for values, low, high in ((draws.saturation, 0.6, 1.4), (draws.hue, -0.1, 0.1)):
        assert values is not None
        assert float(values.min()) == pytest.approx(low, abs=1e-3)
        assert float(values.max()) == pytest.approx(high, abs=1e-3)
        assert float(values.mean()) == pytest.approx((low + high) / 2, abs=0.01)


def test_the_steps_come_in_the_order_that_is_written_down() -> None:
    before = photos(6, 16, 16)
    asked = Augmentation(flip="both", resized_crop=0.5, brightness=0.3, contrast=0.5, saturation=0.8, hue=0.2)
    draws = draw(asked, 0, 0, np.arange(6), (16, 16, 3))
    assert draws.boxes is not None
    for i in range(6):
        one = draws.part(i, i + 1)
        top, bottom, left, right = draws.boxes[i].tolist()
        image = theirs.resized_crop(flat(before[i]), top, left, bottom - top, right - left, [16, 16]).float()
        image = image.flip(2) if one.flip_horizontal else image
        image = image.flip(1) if one.flip_vertical else image
        mean = before[i].float().mean()
        image = ((image - mean) * float(one.contrast) + mean + 255 * float(one.brightness)).clamp(0, 255)  # type: ignore[arg-type]
        image = theirs.adjust_saturation(image / 255, float(one.saturation))  # type: ignore[arg-type]
        image = theirs.adjust_hue(image, float(one.hue)) * 255  # type: ignore[arg-type]
        after = augment(before[i : i + 1], asked, one)
        assert (flat(after[0]) - image).abs().max() < 0.1


def test_colours_of_floats_keep_to_their_range() -> None:
    before = photos(5, 8, 8).float() / 51 - 2.5
    asked = Augmentation(saturation=1.0, hue=0.5)
    for epoch in range(10):
        after = augment(before, asked, draw(asked, 0, epoch, np.arange(5), (8, 8, 3)), value_range=(-2.5, 2.5))
        assert after.min() >= -2.5
        assert after.max() <= 2.5


# Purity.

NEW: dict[str, Any] = {"resized_crop": 0.3, "saturation": 0.5, "hue": 0.1}


def same(one: Draws, other: Draws, name: str) -> bool:
    return torch.equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(("name", "drawn"), [("resized_crop", "boxes"), ("saturation", "saturation"), ("hue", "hue")])
def test_a_draw_depends_on_seed_epoch_and_sample_alone(name: str, drawn: str) -> None:
    asked = Augmentation(**{name: NEW[name]})
    base = draw(asked, 1, 1, np.arange(50), (8, 8, 3))
    assert not same(base, draw(asked, 1, 2, np.arange(50), (8, 8, 3)), drawn)
    assert not same(base, draw(asked, 2, 1, np.arange(50), (8, 8, 3)), drawn)
    assert same(base, draw(Augmentation(flip="both", erase=0.5, **NEW), 1, 1, np.arange(50), (8, 8, 3)), drawn)
    assert same(base.part(7, 8), draw(asked, 1, 1, np.arange(7, 8), (8, 8, 3)), drawn)


@pytest.mark.parametrize("more", [{}, {"rotate": 10.0, "mixup": 0.4}])
def test_batches_depend_neither_on_their_size_nor_on_the_threads(more: dict[str, Any]) -> None:
    pixels = photos(41, 24, 24).numpy()
    ids = tuple(f"train/{row}" for row in range(41))
    data = Dataset(Manifest("classification", ("a", "b"), ids, np.arange(41) % 2, np.full(41, "train")), pixels)
    rows = np.arange(41)
    asked = Augmentation(flip="horizontal", brightness=0.2, contrast=0.2, **NEW, **more)
    preprocessing = fit_preprocessing(data, rows, "standardize")

    def epoch(size: int, threads: int) -> torch.Tensor:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            made = Batches(
                data, rows, batch_size=size, preprocessing=preprocessing, shuffle=True, seed=3, augmentation=asked
            )
            return torch.cat([batch.images for batch in made.epoch(2)])
        finally:
            torch.set_num_threads(before)

    assert torch.equal(epoch(8, 1), epoch(41, 2))


# Mistakes.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resized_crop", 0.0),
        ("resized_crop", 1.0),
        ("saturation", 0.0),
        ("saturation", 1.1),
        ("hue", 0.51),
        ("hue", -0.1),
    ],
)
def test_values_out_of_range_are_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"{name} = .*[\s\S]*It must be"):
        Augmentation(**{name: value})


def test_two_ways_to_choose_a_window_are_one_too_many() -> None:
    with pytest.raises(InputError, match=r"crop and resized_crop[\s\S]*Leave one"):
        Augmentation(crop=2, resized_crop=0.5)


@pytest.mark.parametrize(("name", "channels"), [("saturation", 1), ("hue", 1), ("hue", 4)])
def test_grey_has_no_colour_to_change(name: str, channels: int) -> None:
    asked: Any = {name: 0.2}
    with pytest.raises(InputError, match=rf"{name} would have no meaning: the images have {channels} channel"):
        Augmentation(**asked).check((8, 8, channels), "classification")
    with pytest.raises(InputError, match=f"{name} cannot work on vectors"):
        Augmentation(**asked).check((8,), "classification")
    Augmentation(**asked).check((8, 8, 3), "classification")
