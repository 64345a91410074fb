"""A large JPEG is reduced by libjpeg before it is resized: to Pillow's pixels, which lie where the picture's lay."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from bad_files import encoded
from hypothesis import given
from hypothesis import strategies as st
from photos import photo
from PIL import Image, ImageOps
from test_jpeg import zeroed

from spirula.data.pictures import jpeg
from spirula.data.pictures.decode import Encoded, decode
from spirula.data.pictures.fitting import Whole, fit, reduction
from spirula.data.pictures.opening import open_image

UNDO = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
SQUASH = {"resize": "squash", "channels": 3}


def drafted(data: bytes, factor: int) -> Image.Image:
    """Pillow's own way to a reduced picture."""
    image = Image.open(io.BytesIO(data))
    image.draft(image.mode, (image.width // factor, image.height // factor))
    return image


def the_long_way(data: bytes, **how: object) -> np.ndarray:
    return fit(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"), **how)


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}, {"quality": 30, "optimize": True}])
def test_reduced_pixels_are_pillows(factor: int, mode: str, options: dict[str, object]) -> None:
    for place, (height, width) in enumerate([(160, 240), (161, 239), (167, 233), (200, 201), (64, 71)]):
        image = photo(place).resize((width, height)).convert(mode)
        data = encoded(image, "JPEG", **options)
        opened, _ = open_image(io.BytesIO(data))
        found, damage = jpeg.load_jpeg(opened, data, factor)
        assert damage == ""
        assert found.size == (-(-width // factor), -(-height // factor))
        assert (np.asarray(found) == np.asarray(drafted(data, factor))).all()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_they_do_not_depend_on_what_is_installed(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damaged files included; CMYK is Pillow's either way."""
    rng = np.random.default_rng(4)
    whole = encoded(photo(1, 400).convert(mode), "JPEG", quality=90)
    files = [whole, *(zeroed(whole, rng, 64) for _ in range(10))]
    how = {"height": 40, "width": 60, "channels": 3}
    fast = [decode(data, **how) for data in files]
    expected = drafted(whole, 4).convert("RGB")
    width, height = (side / 4 for side in Image.open(io.BytesIO(whole)).size)
    assert (fast[0] == np.asarray(expected.resize((60, 40), Image.Resampling.BILINEAR, (0, 0, width, height)))).all()
    monkeypatch.setattr(jpeg, "simplejpeg", None)
    assert all((one == decode(data, **how)).all() for one, data in zip(fast, files, strict=True))


@pytest.mark.parametrize("how", [{"resize": "squash"}, {"resize": "crop"}, {"resize": "pad"}])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("sides", [(151, 233), (152, 239), (159, 225)])
def test_a_turned_photo_lies_where_it_lay(orientation: int, sides: tuple[int, int], how: dict[str, object]) -> None:
    height, width = sides
    upright = Image.merge("RGB", [ramp.resize((width, height)) for ramp in ramps()])
    probe = upright.copy()
    probe.getexif()[0x0112] = UNDO[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(ImageOps.exif_transpose(probe), "JPEG", exif=exif, quality=100, subsampling=0)
    for size in [(17, 18), (36, 27)]:
        assert reduction((width, height), *size, **how) > 1
        wanted = fit(upright, *size, **how).astype(float)
        found = decode(data, height=size[0], width=size[1], channels=3, **how).astype(float)
        # A reduced pixel is 4 to 13 levels of these ramps, so one that is out of place shows.
        assert np.abs(found - wanted).mean() < 1
        assert np.abs((found - wanted).mean(axis=(0, 1))).max() < 0.5


def ramps() -> list[Image.Image]:
    down = Image.linear_gradient("L")
    return [down, down.transpose(Image.Transpose.ROTATE_90), down.transpose(Image.Transpose.ROTATE_180)]


@given(st.integers(8, 5000), st.integers(8, 5000), st.integers(1, 300), st.integers(1, 300), st.data())
def test_as_much_is_left_as_is_wanted(width: int, height: int, high: int, wide: int, data: st.DataObject) -> None:
    resize = data.draw(st.sampled_from(["squash", "crop", "pad"]))
    share = data.draw(st.sampled_from([None, 0.875, 1.0])) if resize == "crop" else None
    factor = reduction((width, height), high, wide, resize, crop_share=share)
    assert factor in (1, 2, 4, 8)
    if resize == "squash":
        assert factor == 1 or (width / factor >= wide and height / factor >= high)
        assert factor == 8 or width / (2 * factor) < max(wide, 8) or height / (2 * factor) < max(high, 8)
    elif resize == "pad" and factor > 1:
        assert max(width / factor / wide, height / factor / high) >= 0.99  # the inner picture is rounded
    elif factor > 1:
        assert min(width / factor / wide, height / factor / high) >= 1


def test_what_is_not_much_larger_is_read_in_full() -> None:
    data = encoded(photo(2), "JPEG")
    with Encoded(data) as encoded_file:
        height, width = encoded_file.header.height, encoded_file.header.width
    size = {"height": height // 2 + 1, "width": width // 2 + 1}
    assert (decode(data, **size, **SQUASH) == the_long_way(data, **size, resize="squash")).all()
    assert (decode(data) == np.asarray(Image.open(io.BytesIO(data)))).all()


def test_other_formats_are_read_in_full() -> None:
    data = encoded(photo(3))
    size = {"height": 20, "width": 20}
    assert (decode(data, **size, **SQUASH) == the_long_way(data, **size, resize="squash")).all()


def test_the_header_says_the_files_own_size() -> None:
    data = encoded(photo(2, 300), "JPEG")
    with Encoded(data) as encoded_file:
        before = encoded_file.header
        encoded_file.fitted(3, 16, 16, "squash")
        assert encoded_file.header == before
        assert (before.width, before.height) == Image.open(io.BytesIO(data)).size


@pytest.mark.parametrize("progressive", [False, True])
def test_damage_is_heard_as_before(progressive: bool) -> None:
    rng = np.random.default_rng(3)
    wholes = [encoded(photo(seed, 320), "JPEG", quality=85, progressive=progressive) for seed in range(6)]
    files = [zeroed(wholes[number % 6], rng) for number in range(60)]
    heard = [[is_heard(data, factor) for data in files] for factor in (1, 2, 4, 8)]
    assert sum(heard[0]) > 30
    assert heard == heard[:1] * 4


def is_heard(data: bytes, factor: int) -> bool:
    opened, _ = open_image(io.BytesIO(data))
    try:
        return bool(jpeg.load_jpeg(opened, data, factor)[1])
    except OSError:  # refused altogether
        return True


def test_a_box_of_the_picture_is_found_in_the_reduced_one() -> None:
    whole = Whole((101, 50), (0.5, 0.0, 51.0, 25.0))
    assert whole.seen((0, 0, 101, 50)) == whole.box
    assert whole.seen((10, 20, 30, 40)) == pytest.approx((5.5, 10.0, 15.5, 20.0))


@pytest.mark.data
@pytest.mark.parametrize("how", [{"resize": "squash"}, {"resize": "crop", "interpolation": "bicubic"}])
@pytest.mark.parametrize("side", [96, 180])
def test_real_photos_hardly_change(how: dict[str, object], side: int, real_data: Path) -> None:
    """Against the long way, the full picture resized with antialiasing: by about one of 255 levels."""
    ratios, means = [], []
    with tarfile.open(real_data / "cats_vs_dogs_originals.tar") as archive:
        for name in [name for name in archive.getnames() if name.endswith(".jpg")][::10]:
            file = archive.extractfile(name)
            assert file is not None
            data = file.read()
            if reduction(Image.open(io.BytesIO(data)).size, side, side, **how) == 1:
                continue
            found = decode(data, height=side, width=side, channels=3, **how).astype(float)
            error = found - the_long_way(data, height=side, width=side, **how)
            ratios.append(10 * np.log10(255**2 / np.mean(error**2)))
            means.append(np.abs(error).mean())
    assert len(ratios) > 50
    assert np.median(ratios) > 42  # decibels of signal to noise
    assert np.percentile(ratios, 5) > 35
    assert min(ratios) > 31
    assert np.mean(means) < 1.25
