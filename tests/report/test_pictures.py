"""Embedded pictures decode to what went in."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from folders import pictures
from PIL import Image

from spirula.report.pictures import picture


def decode(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


@pytest.mark.parametrize("channels", [1, 3])
def test_small_pictures_are_exact(channels: int) -> None:
    (image,) = pictures(1, 28, channels)
    shown = picture(image)
    assert (shown.width, shown.height, shown.pixelated) == (28, 28, True)
    assert np.array_equal(decode(shown.uri).reshape(image.shape), image)


def test_large_pictures_are_scaled_down_and_keep_their_shape() -> None:
    image = np.repeat(pictures(1, 300, 3)[0], 2, axis=1)  # 300 high, 600 wide
    shown = picture(image, most=100)
    assert (shown.width, shown.height, shown.pixelated) == (100, 50, False)
    assert decode(shown.uri).shape == (50, 100, 3)
    assert len(shown.uri) < 6000
    reference = np.asarray(Image.fromarray(image).resize((100, 50), Image.Resampling.LANCZOS))
    assert np.abs(decode(shown.uri).astype(int) - reference).mean() < 6


def test_other_channel_counts_are_shown_as_their_mean() -> None:
    (image,) = pictures(1, 16, 5)
    assert np.array_equal(decode(picture(image).uri), image.mean(axis=2).round().astype(np.uint8))


def test_a_line_of_pixels_is_still_a_picture() -> None:
    shown = picture(np.zeros((1, 500, 1), np.uint8), most=100)
    assert (shown.width, shown.height) == (100, 1)
