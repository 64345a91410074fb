"""Changes of pictures: against Pillow and SciPy, and the augmentation that they share with training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from scipy.ndimage import gaussian_filter, rotate

from spirula.data.batching.geometry import crop_and_flip
from spirula.insight.robustness.changes import KINDS, Kind, changed, usual_strengths
from spirula.insight.robustness.measured import robustness, robustness_arrays, told_of

NOTHING: dict[Kind, float] = {"shift": 0, "rotate": 0, "blur": 0.05, "contrast": 1, "brightness": 0, "noise": 0}


def photos(count: int = 9, height: int = 20, width: int = 26, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(4)
    coarse = rng.integers(30, 220, (count, 5, 6, channels)).astype(np.uint8)
    return np.stack(
        [np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.BILINEAR)) for one in coarse]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_strength_is_no_change_and_types_stay(kind: Kind) -> None:
    pixels = photos()
    same = changed(pixels, kind, NOTHING[kind])
    assert same.dtype == np.uint8
    np.testing.assert_array_equal(same, pixels)
    floats = pixels.astype(np.float32) / 255
    found = changed(floats, kind, NOTHING[kind], ends=(0.0, 1.0))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, floats, atol=1e-5)
    strong = usual_strengths(20, 26)[KINDS.index(kind)].values[-1]
    moved = changed(floats, kind, strong, ends=(0.0, 1.0))
    assert not np.allclose(moved, floats, atol=0.02)
    assert moved.min() >= 0
    assert moved.max() <= 1
    np.testing.assert_array_equal(changed(pixels, kind, strong), changed(pixels, kind, strong))  # noise too


def test_a_blur_is_scipys_gaussian() -> None:
    pixels = photos()
    for sigma in (0.6, 1.5, 4.0):
        expected = gaussian_filter(pixels.astype(np.float64), (0, sigma, sigma, 0), mode="nearest", truncate=4.0)
        assert np.abs(changed(pixels, "blur", sigma).astype(float) - expected).max() <= 0.5001


def test_contrast_and_brightness_are_pillows() -> None:
    grey = photos(channels=3)[..., :1].repeat(3, axis=3)
    for factor in (0.75, 0.5, 0.1):
        pillow = np.stack([np.asarray(ImageEnhance.Contrast(Image.fromarray(one)).enhance(factor)) for one in grey])
        assert np.abs(changed(grey, "contrast", factor).astype(int) - pillow).max() <= 1  # it rounds the mean
    lighter = changed(grey, "brightness", 0.2).astype(int)
    np.testing.assert_array_equal(lighter, np.minimum(grey.astype(int) + 51, 255))


def test_turning_is_scipys_and_takes_turns() -> None:
    pixels = photos(4, 25, 25)
    turned = changed(pixels, "rotate", 20).astype(float)
    for number, picture in enumerate(pixels.astype(np.float64)):
        angle = 20 if number % 2 == 0 else -20
        expected = rotate(picture, angle, reshape=False, order=1, mode="nearest")
        assert np.abs(turned[number] - expected).max() <= 1.0
    quarter = changed(pixels, "rotate", 90)
    np.testing.assert_array_equal(quarter[0], np.rot90(pixels[0]))
    np.testing.assert_array_equal(quarter[1], np.rot90(pixels[1], -1))


def test_moving_is_the_trainings_crop_in_four_directions() -> None:
    pixels = photos(8)
    moved = changed(pixels, "shift", 3)
    left = torch.tensor([0, 3, 6, 3] * 2)
    top = torch.tensor([3, 0, 3, 6] * 2)
    same = crop_and_flip(torch.from_numpy(pixels), padding=3, fill_mode="nearest", left=left, top=top)
    np.testing.assert_array_equal(moved, same.numpy())


def test_noise_is_as_strong_as_asked_and_does_not_depend_on_how_many() -> None:
    grey = np.full((70, 30, 30, 1), 128, np.uint8)
    noisy = changed(grey, "noise", 0.1)
    assert np.std(noisy.astype(float)) == pytest.approx(25.5, rel=0.02)
    assert noisy.astype(float).mean() == pytest.approx(128, abs=0.5)
    np.testing.assert_array_equal(changed(grey[:66], "noise", 0.1)[:64], noisy[:64])


def test_usual_strengths_suit_the_size() -> None:
    for height, width in ((1, 1), (2, 9), (8, 8), (28, 28), (180, 240), (2000, 1000)):
        for entry in usual_strengths(height, width):
            assert list(entry.values) == sorted(entry.values, reverse=entry.kind == "contrast")
            assert set(entry.mild) <= set(entry.values)
            assert entry.mild
            if entry.kind == "shift":
                assert all(value == int(value) and 0 < value < min(height, width) for value in entry.values)
    assert [entry.kind for entry in usual_strengths(28, 28)] == list(KINDS)
    assert "shift" not in [entry.kind for entry in usual_strengths(1, 1)]


def test_what_is_measured_is_what_is_asked() -> None:
    """A network that sees only how light a picture is."""
    light = np.repeat(np.linspace(10, 245, 40).astype(np.uint8), 12 * 12).reshape(40, 12, 12, 1)
    targets = (light[:, 0, 0, 0] > 127).astype(np.int64)

    def ask(pixels: np.ndarray) -> np.ndarray:
        mean = pixels.mean(axis=(1, 2, 3)) / 255
        return np.stack([1 - mean, mean], axis=1).astype(np.float32)

    found = robustness("classification", ask, light, targets, usual_strengths(12, 12), (0.0, 255.0))
    arrays = robustness_arrays(found)
    assert arrays["kinds"][0] == "none"
    assert arrays["right"].shape == arrays["probabilities"].shape == (len(found), 40)
    assert found[0].told["right"].all()
    for entry in found:
        if entry.kind in ("shift", "rotate", "blur"):
            np.testing.assert_array_equal(entry.told["right"], found[0].told["right"])
    lighter = next(entry for entry in found if entry.kind == "brightness" and entry.strength == 0.2)
    assert 0 < (~lighter.told["right"]).sum() == ((light[:, 0, 0, 0] <= 127) & (light[:, 0, 0, 0] + 51 > 127)).sum()
    assert lighter.mild
    assert lighter.told["probabilities"][-1] == 1.0  # cut off at white


def test_what_is_told_of_several_labels_and_of_numbers() -> None:
    values = np.array([[0.9, 0.2], [0.6, 0.7]], np.float32)
    labels = told_of("multilabel", np.array([[1, 0], [1, 0]], np.uint8), values)
    assert labels["right"].tolist() == [True, False]
    assert labels["probabilities"] == pytest.approx([0.85, 0.45])
    numbers = told_of("regression", np.array([1.0, 3.0], np.float32), np.array([[1.5], [1.0]], np.float32))
    assert numbers.keys() == {"errors"}
    assert numbers["errors"].tolist() == [0.5, 2.0]
