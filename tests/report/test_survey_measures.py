"""What a survey measures: what resizing keeps and fills, sizes, and light, held against the decoder and Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from spirula.data.pictures.decode import fit
from spirula.data.survey.light import light, measure
from spirula.data.survey.shapes import kept_shares, resizing, scales, sizes
from spirula.data.survey.shown import cut_off
from spirula.data.survey.spread import bars, spread


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 300), st.integers(8, 300), st.integers(8, 64), st.integers(8, 64))
def test_what_a_crop_keeps_is_what_the_decoder_keeps(h: int, w: int, to_h: int, to_w: int) -> None:
    """Of a picture whose pixels say where they lie, the crop's ends say how much of it is there."""
    share = kept_shares(np.array([h]), np.array([w]), (to_h, to_w))[0]
    image = cut_off(np.full((h, w, 1), 255, np.uint8), (to_h, to_w))
    assert (image == 255).mean() == pytest.approx(share, abs=1.5 / min(h, w))


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 300), st.integers(8, 300), st.integers(16, 64), st.integers(16, 64))
def test_what_padding_fills_is_what_the_decoder_fills(h: int, w: int, to_h: int, to_w: int) -> None:
    white = fit(Image.new("L", (w, h), 255), to_h, to_w, "pad")
    share = kept_shares(np.array([h]), np.array([w]), (to_h, to_w))[0]
    assert (white > 0).mean() == pytest.approx(share, abs=1.5 / min(to_h, to_w))


@settings(max_examples=60, deadline=None)
@given(st.integers(40, 300), st.integers(40, 300), st.sampled_from([0.875, 0.95, 1.0]))
def test_a_crop_that_keeps_a_share_of_the_side_keeps_its_square_of_the_area(h: int, w: int, share: float) -> None:
    found = resizing(("a",), np.array([h]), np.array([w]), (224, 224), "crop", share)
    kept = (cut_off(np.full((h, w, 1), 255, np.uint8), (224, 224), share) == 255).mean()
    assert kept == pytest.approx(1 - found["lost"]["most"], abs=4.5 / min(h, w))
    assert found["lost"]["most"] >= found["empty"]["most"]
    assert scales(np.array([h]), np.array([w]), (224, 224), "crop", share) == pytest.approx(224 / min(h, w) / share)


def test_scales_of_each_mode() -> None:
    h, w = np.array([100]), np.array([400])
    assert scales(h, w, (50, 50), "crop") == pytest.approx([0.5])  # the shorter side fits
    assert scales(h, w, (50, 50), "pad") == pytest.approx([0.125])  # the longer side fits
    assert scales(h, w, (50, 50), "squash") == pytest.approx([0.25])  # half × an eighth: √(1/16)


def test_resizing_in_numbers() -> None:
    h, w = np.array([100, 200, 50, 100]), np.array([100, 100, 50, 300])
    found = resizing(("a", "b", "c", "d"), h, w, (100, 100), "crop")
    assert found["enlarged"] == {"count": 1, "times": {"least": 2.0, "median": 2.0, "most": 2.0}}
    assert found["reduced"]["count"] == 0  # a crop of b and d keeps their shorter side of 100
    assert found["lost"]["most"] == pytest.approx(2 / 3)
    assert found["stretched"]["most"] == pytest.approx(3)
    assert (found["reshaped"], found["far"]) == (2, 2)
    assert [(entry["id"], entry["height"]) for entry in found["worst"]] == [("d", 100), ("b", 200)]
    assert resizing((), h[:0], w[:0], (9, 9), None)["count"] == 0


def test_sizes_in_numbers() -> None:
    found = sizes(np.array([10, 10, 30]), np.array([20, 20, 15]))
    assert found["distinct"] == 2
    assert found["common"][0] == {"height": 10, "width": 20, "count": 2}
    assert (found["lying"], found["upright"]) == (2, 1)
    assert found["height"] == {"least": 10, "median": 10, "most": 30}
    assert sizes(np.zeros(0, np.int64), np.zeros(0, np.int64)) == {"count": 0}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 5000), max_size=60))
def test_bars_count_every_value_once(values: list[int]) -> None:
    found = bars(np.array(values, dtype=np.int64))
    if not values:
        assert found is None
        assert spread(np.array(values)) is None
        return
    assert found is not None
    assert sum(found["counts"]) == len(values)
    assert len(found["edges"]) == len(found["counts"]) + 1


def test_one_giant_does_not_hide_the_others_in_one_bar() -> None:
    found = bars(np.array([*range(200, 400), 20_000]))
    assert found is not None
    assert found["beyond"] >= 1
    assert found["edges"][-1] < 500
    assert sum(found["counts"]) == 201


def test_light_of_known_pictures() -> None:
    pixels = np.zeros((5, 20, 20, 3), np.uint8)
    pixels[1] = 255
    pixels[2, :10] = 255  # half black, half white: mean and deviation are one half
    pixels[3, :, :, 0] = 255  # pure red: luma 0.299
    pixels[4, 0, 0] = 90
    found = measure(pixels)
    assert found.brightness == pytest.approx([0, 1, 0.5, 0.299, 90 / 255 / 400], abs=1e-5)
    assert found.contrast[:4] == pytest.approx([0, 0, 0.5, 0], abs=1e-5)
    assert found.grey.tolist() == [True, True, True, False, True]
    said = light(("a", "b", "c", "d", "e"), pixels)
    assert set(said["blank"]["ids"]) == {"a", "b", "d", "e"}
    assert said["dark"]["count"] == said["bright"]["count"] == 0  # what is blank is not also called dark
    assert (said["grey"], said["coloured"]) == (4, 1)


def test_light_is_what_pillow_measures() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (6, 50, 70, 3), dtype=np.uint8)
    pixels[:, :25] //= 3
    found = measure(pixels)
    for row, image in enumerate(pixels):
        told = ImageStat.Stat(Image.fromarray(image).convert("L"))
        assert found.brightness[row] * 255 == pytest.approx(told.mean[0], abs=0.6)  # Pillow rounds each pixel
        assert found.contrast[row] * 255 == pytest.approx(told.stddev[0], abs=0.6)


def test_light_in_chunks_and_samples_is_light_as_a_whole() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (40, 200, 240, 3), dtype=np.uint8)
    pixels[:, :100] //= 4
    found = measure(pixels)
    luma = pixels.astype(np.float64) @ [0.299, 0.587, 0.114] / 255
    assert found.brightness == pytest.approx(luma.mean(axis=(1, 2)), abs=0.01)
    assert found.contrast == pytest.approx(luma.std(axis=(1, 2)), abs=0.01)


def test_dark_and_bright_pictures_are_named_worst_first() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (10, 16, 16, 1), dtype=np.uint8)
    pixels[2] = 0  # a drawing: a white stroke on black
    pixels[2, 0] = 255
    pixels[3] = pixels[3] // 9
    pixels[4] = pixels[4] // 10
    pixels[5] = 255 - pixels[5] // 10
    said = light([str(row) for row in range(10)], pixels)
    assert said["dark"]["ids"] == ["4", "3"]
    assert said["bright"]["ids"] == ["5"]
