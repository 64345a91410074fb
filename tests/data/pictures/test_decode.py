from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from bad_files import bmp_of, encoded, png_of, webp_of
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from spirula.data.pictures.decode import decode, read_header
from spirula.data.pictures.opening import ImageRefused
from spirula.data.pictures.quiet import quiet_pillow

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (12, 20, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_eight_exif_orientations_give_the_same_pixels(orientation: int, kind: str) -> None:
    upright = Image.fromarray(COLOUR)
    undo = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    turned = upright
    if orientation > 1:
        probe = upright.copy()
        probe.getexif()[0x0112] = undo[orientation]
        turned = ImageOps.exif_transpose(probe)  # Pillow's own reading of the standard, as the reference
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(turned, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    assert (decode(data) == COLOUR).all()
    header = read_header(io.BytesIO(data))
    assert (header.height, header.width) == (12, 20)


def test_a_name_does_not_decide_the_format(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(Image.fromarray(COLOUR), "PNG"))
    assert (decode(path) == COLOUR).all()


def test_16_bit_grey_is_scaled_by_its_depth() -> None:
    deep = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    for kind in ("PNG", "TIFF"):
        assert decode(encoded(Image.fromarray(deep), kind)).ravel().tolist() == [0, 1, 128, 255]


def test_float_pixels_are_0_to_1() -> None:
    values = np.array([[0.0, 0.5, 1.0]], dtype=np.float32)
    assert decode(encoded(Image.fromarray(values), "TIFF")).ravel().tolist() == [0, 128, 255]
    with pytest.raises(ImageRefused, match="0…1"):
        decode(encoded(Image.fromarray(values * 3), "TIFF"))
    with pytest.raises(ImageRefused, match="32-bit"):
        decode(encoded(Image.fromarray(values.astype(np.int32)), "TIFF"))


def test_transparency_lies_on_white() -> None:
    rgba = np.zeros((1, 3, 4), dtype=np.uint8)
    rgba[0, :, 0] = 200
    rgba[0, :, 3] = (0, 128, 255)
    pixels = decode(encoded(Image.fromarray(rgba)))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 2].tolist() == [200, 0, 0]
    assert abs(int(pixels[0, 1, 1]) - 127) <= 1


def test_a_transparent_palette_colour_is_white_not_the_hidden_colour() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    for kind in ("PNG", "GIF"):
        pixels = decode(encoded(image, kind, transparency=0))
        assert pixels[0].tolist() == [[255, 255, 255], [0, 0, 255]]


def test_a_grey_image_with_a_transparent_grey_stays_grey() -> None:
    data = encoded(Image.fromarray(np.array([[7, 9]], dtype=np.uint8)), "PNG", transparency=7)
    assert decode(data).tolist() == [[[255], [9]]]


def test_cmyk_becomes_rgb() -> None:
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert np.abs(decode(encoded(image, "JPEG", quality=95))[8, 8].astype(int) - (255, 0, 0)).max() <= 4


def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue", "lime")]
    for kind in ("GIF", "WEBP", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert decode(data)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "RGB"])
def test_channels_are_as_asked(mode: str) -> None:
    data = encoded(Image.fromarray(COLOUR).convert(mode))
    assert decode(data, channels=1).shape == (12, 20, 1)
    assert decode(data, channels=3).shape == (12, 20, 3)
    assert decode(data).shape[2] == (1 if mode in ("1", "L", "LA") else 3)


def test_grey_is_the_luma_of_itu_r_601() -> None:
    data = encoded(Image.fromarray(COLOUR))
    expected = COLOUR.astype(float) @ (0.299, 0.587, 0.114)
    assert np.abs(decode(data, channels=1)[:, :, 0] - expected).max() <= 1


def test_resizing_is_pillows_bilinear_with_antialiasing() -> None:
    image = Image.fromarray(RNG.integers(0, 256, (60, 100, 3), dtype=np.uint8))
    data = encoded(image)
    squashed = np.asarray(image.resize((10, 10), Image.Resampling.BILINEAR))
    assert (decode(data, height=10, width=10) == squashed).all()
    cropped = np.asarray(image.crop((20, 0, 80, 60)).resize((10, 10), Image.Resampling.BILINEAR))
    assert (decode(data, height=10, width=10, resize="crop") == cropped).all()
    padded = decode(data, height=10, width=10, resize="pad")
    assert (padded[:2] == 0).all()
    assert (padded[8:] == 0).all()
    assert (padded[2:8] == np.asarray(image.resize((10, 6), Image.Resampling.BILINEAR))).all()


@pytest.mark.parametrize("resize", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (3, 7), (200, 1)])
def test_any_shape_comes_out_as_asked(resize: str, size: tuple[int, int]) -> None:
    for shape in ((1, 1, 3), (1, 90, 3), (90, 1, 3), (12, 20, 3)):
        data = encoded(Image.fromarray(np.full(shape, 255, dtype=np.uint8)))
        assert decode(data, height=size[0], width=size[1], resize=resize).shape == (*size, 3)


BOMBS = {
    "one pixel wide": png_of(89_000_000, 1),
    "one pixel high": png_of(1, 89_000_000),
    "large square": png_of(20_000, 20_000),
    "beyond Pillow's own limit": png_of(30_000, 30_000),
    "largest number": png_of(2**31 - 1, 2**31 - 1),
    "gif": b"GIF89a"
    + struct.pack("<HH", 65_535, 65_535)
    + b"\0\0\0,\0\0\0\0"
    + struct.pack("<HH", 65_535, 65_535)
    + b"\0",
    "webp": webp_of(16_384 * 64, 1),
    "webp, square": webp_of(16_383, 16_383),
    "bmp": bmp_of(30_000, 30_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_from_the_header(name: str) -> None:
    with pytest.raises(ImageRefused, match=r"pixels|header"):
        decode(BOMBS[name])


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    for number, data in enumerate(BOMBS.values()):
        (tmp_path / f"{number}.png").write_bytes(data)
    script = """
import resource, sys
from pathlib import Path
from spirula.data.pictures.decode import decode
from spirula.data.pictures.opening import ImageRefused
decode(Path(sys.argv[1]) / "small.bmp")
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (32 << 20), used + (32 << 20)))
refused = 0
for path in sorted(Path(sys.argv[1]).glob("*.png")):
    try:
        decode(path)
    except ImageRefused as error:
        assert "Memory" not in error.reason, error
        refused += 1
print(refused)
"""
    (tmp_path / "small.bmp").write_bytes(encoded(Image.new("L", (3, 3)), "BMP"))
    if not sys.platform.startswith("linux"):
        pytest.skip("the limit on memory is Linux's")
    ran = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == str(len(BOMBS)), ran.stderr


def bad_files() -> dict[str, bytes]:
    image = Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    whole = {kind: encoded(image, kind) for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")}
    files = {f"{kind} cut in half": data[: len(data) // 2] for kind, data in whole.items()}
    files |= {f"{kind} cut to 5 %": data[: len(data) // 20] for kind, data in whole.items()}
    files |= {f"{kind} cut to 20 bytes": data[:20] for kind, data in whole.items()}
    png = whole["PNG"]
    return files | {
        "empty": b"",
        "one byte": b"\xff",
        "text": b"this is not an image, whatever its name says",
        "html": b"<!DOCTYPE html><html><body>404 not found</body></html>",
        "zeros": bytes(4096),
        "noise": RNG.bytes(4096),
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "png with a wrong checksum": png[:60] + bytes([png[60] ^ 0xFF]) + png[61:],
        "png without pixels": png_of(0, 0),
        "jpeg magic, then noise": b"\xff\xd8\xff\xe0" + RNG.bytes(2000),
        "tiff magic, then noise": b"II*\0" + RNG.bytes(2000),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    }


@pytest.mark.parametrize("name", list(bad_files()))
def test_bad_files_are_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(bad_files()[name])
    with pytest.raises(ImageRefused) as caught:
        decode(path)
    assert str(path) in str(caught.value)
    assert len(caught.value.reason) > 8
    assert "\n" not in caught.value.reason


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20), "JPEG 2000"),
        (b"8BPS\0\1" + bytes(20), "Photoshop"),
    ],
)
def test_a_format_that_is_not_read_is_named_whatever_the_files_name_says(
    start: bytes, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "IMG_1.jpg"
    path.write_bytes(start + RNG.bytes(500))
    with pytest.raises(ImageRefused) as caught:
        decode(path)
    assert (caught.value.code, caught.value.reason) == (
        "unread-format",
        f"{kind} content is not read; save it as JPEG or PNG",
    )


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageRefused, match="No such file"):
        decode(tmp_path / "missing.png")
    with pytest.raises(ImageRefused, match="regular file"):
        decode(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageRefused, match="regular file"):
        decode(tmp_path / "pipe.png")  # opening it would wait for ever


def test_damaged_exif_does_not_lose_the_picture() -> None:
    data = encoded(Image.fromarray(COLOUR), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode(data).shape == (12, 20, 3)


def test_warnings_are_restored_when_threads_overlap() -> None:
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: decode(png := encoded(Image.new("L", (3, 3)))) is not None and png, range(200)))
    with quiet_pillow(), quiet_pillow():
        pass
    assert list(warnings.filters) == before


def test_a_refusal_survives_pickling_between_processes() -> None:
    import copy

    refused = ImageRefused("no-pixels", "a: b.png", width=0, height=3)
    assert str(copy.copy(refused)) == str(refused)


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"]), st.data())
@settings(max_examples=300, deadline=None)
def test_any_damage_is_decoded_or_refused(kind: str, data: st.DataObject) -> None:
    content = bytearray(encoded(Image.fromarray(COLOUR), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(content)))
    try:
        pixels = decode(bytes(content[:end]), height=6, width=5, channels=3)
    except ImageRefused:
        return
    assert pixels.shape == (6, 5, 3)
    assert pixels.dtype == np.uint8
