"""Any number of channels: transparency kept, the pages of a TIFF, NumPy arrays; in training, evaluation, prediction."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from bad_files import encoded, picture
from PIL import Image

from spirula.data.batching.preprocess import Preprocessing
from spirula.data.dataset import load, load_all
from spirula.data.pictures.decode import decode
from spirula.data.pictures.opening import ImageRefused
from spirula.errors import DataError, InputError
from spirula.evaluation.inputs import read_pictures
from spirula.recipe import make_recipe

RNG = np.random.default_rng(0)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def pages(array: np.ndarray, **options: object) -> bytes:
    """Return a TIFF with a page for each channel."""
    first, *rest = [Image.fromarray(np.ascontiguousarray(array[:, :, each])) for each in range(array.shape[2])]
    return encoded(first, "TIFF", save_all=True, append_images=rest, **options)


def bytes_of(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def test_transparency_is_kept_when_four_channels_are_asked() -> None:
    rgba = bytes_of(9, 11, 4)
    data = encoded(Image.fromarray(rgba))
    assert (decode(data, channels=4) == rgba).all()
    opaque = decode(encoded(picture(RNG), "JPEG"), channels=4)
    assert (opaque[:, :, 3] == 255).all()
    palette = encoded(Image.fromarray(rgba[:, :, :3]).quantize(4), transparency=2)
    assert set(np.unique(decode(palette, channels=4)[:, :, 3])) == {0, 255}
    small = decode(data, height=4, width=5, channels=4)
    assert (small == np.asarray(Image.fromarray(rgba).resize((5, 4), Image.Resampling.BILINEAR))).all()


@pytest.mark.parametrize("channels", [2, 4, 5, 12])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_have_as_many_channels_as_they_have(channels: int, order: str) -> None:
    array = bytes_of(7, 9, channels)
    data = npy(np.asarray(array, order=order))  # type: ignore[call-overload]
    assert (decode(data, channels=channels) == array).all()
    plane = Image.fromarray(np.ascontiguousarray(array[:, :, 1])).resize((4, 3), Image.Resampling.BILINEAR)
    assert (decode(data, height=3, width=4, channels=channels)[:, :, 1] == np.asarray(plane)).all()


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_pages_of_a_tiff_are_channels(channels: int) -> None:
    array = bytes_of(7, 9, channels)
    assert (decode(pages(array), channels=channels) == array).all()
    deep = pages(array.astype(np.uint16) * 257)
    assert (decode(deep, channels=channels) == array).all()
    assert (decode(pages(array), channels=1)[:, :, 0] == array[:, :, 0]).all()  # as ever, the first


@pytest.mark.parametrize(
    ("data", "channels", "code"),
    [
        (npy(bytes_of(5, 5, 6)), 5, "wrong-channels"),
        (npy(bytes_of(5, 5, 6)), None, "wrong-channels"),
        (npy(bytes_of(5, 5, 6).astype(float)), 6, "array-form"),
        (npy(bytes_of(5, 5, 6, 2)), 6, "array-form"),
        (npy(bytes_of(5, 5, 6))[:-9], 6, "truncated"),
        (npy(bytes_of(0, 5, 6)), 6, "no-pixels"),
        (npy(bytes_of(5, 5, 6))[:40], 6, "damaged-header"),
        (b"\x93NUMPY\x01\x00\x40\x00{'descr': __import__('os').system('x')}".ljust(80), 6, "damaged-header"),
        (npy(bytes_of(1, 1, 5)).replace(b"(1, 1, 5)", b"(90000, 90000, 5)"), 5, "too-many-pixels"),
        (pages(bytes_of(5, 5, 4)), 5, "wrong-channels"),
        (encoded(picture(RNG), "JPEG"), 5, "wrong-channels"),
        (encoded(picture(RNG), "TIFF", save_all=True, append_images=[picture(RNG)] * 4), 5, "wrong-channels"),
        (
            encoded(
                Image.fromarray(bytes_of(4, 4)), "TIFF", save_all=True, append_images=[Image.fromarray(bytes_of(5, 4))]
            ),
            2,
            "wrong-channels",
        ),
    ],
)
def test_what_does_not_fit_is_refused(data: bytes, channels: int | None, code: str) -> None:
    with pytest.raises(ImageRefused) as caught:
        decode(data, channels=channels)
    assert caught.value.code == code


def test_objects_in_an_array_are_never_unpickled() -> None:
    file = io.BytesIO()
    np.save(file, np.array([[object]], dtype=object), allow_pickle=True)
    with pytest.raises(ImageRefused) as caught:
        decode(file.getvalue(), channels=5)
    assert caught.value.code == "array-form"


@pytest.mark.parametrize("suffix", [".npy", ".tif"])
@pytest.mark.parametrize("size", [None, (5, 6)])
def test_a_folder_of_many_channels(tmp_path: Path, suffix: str, size: tuple[int, int] | None) -> None:
    root = tmp_path / "data"
    arrays = {}
    for name in ("crop", "weed"):
        (root / name).mkdir(parents=True)
        for row in range(35):
            array = bytes_of(8, 10, 5)
            arrays[f"{name}/{row:02d}{suffix}"] = array
            (root / name / f"{row:02d}{suffix}").write_bytes(npy(array) if suffix == ".npy" else pages(array))
    data = load(root, channels=5, image_size=size)
    height, width = size or (8, 10)
    assert data.pixels.shape == (70, height, width, 5)
    assert data.settings["channels"] == 5
    if size is None:
        assert all((data.pixels[row] == arrays[name]).all() for row, name in enumerate(data.manifest.ids))
    assert (load_all(root, channels=5, image_size=size).pixels == data.pixels).all()
    resize = data.settings.get("resize")
    preprocessing = Preprocessing(height, width, 5, resize, 1.0, (0.0,) * 5, (1.0,) * 5)
    predicted, reasons = read_pictures([root / name for name in data.manifest.ids], preprocessing)
    assert (predicted == data.pixels).all()
    assert reasons == [None] * 70
    if suffix == ".npy":
        with pytest.raises(DataError, match="no image"):
            load(root)  # arrays of numbers are images only for who asks for their channels


def test_arrays_that_have_other_channels_than_asked() -> None:
    x, y = bytes_of(20, 4, 4, 3), np.arange(20) % 2
    with pytest.raises(DataError, match="have 3 channels, and 4 were asked"):
        load((x, y), channels=4)
    assert load((x, y), channels=1).pixels.shape == (20, 4, 4, 1)


def test_the_option_takes_any_number() -> None:
    assert make_recipe(source="x", channels=5).data.channels == 5
    for wrong in (0, 256, -1):
        with pytest.raises(InputError, match="channels"):
            make_recipe(source="x", channels=wrong)


@pytest.mark.parametrize(
    ("shape", "read_as"),
    [
        ((20, 16, 18, 5), (16, 18, 5)),
        ((20, 5, 16, 18), (16, 18, 5)),
        ((20, 3, 40, 2), (40, 2, 3)),
        ((20, 3, 40, 40), (40, 40, 3)),
        ((20, 3, 40, 3), (3, 40, 3)),
        ((20, 6, 6, 6), None),
        ((20, 5, 5, 7), None),
    ],
)
def test_arrays_of_many_channels(shape: tuple[int, ...], read_as: tuple[int, ...] | None) -> None:
    source = (bytes_of(*shape), np.arange(20) % 2)
    if read_as is None:
        with pytest.raises(DataError, match="channels"):
            load(source)
    else:
        assert load(source).input_shape == read_as


def test_transparency_counts_as_a_channel_where_others_were_asked_for(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4)).save(tmp_path / "clear.png")
    with pytest.raises(ImageRefused, match="it has 4 channels, and 5 channels were asked for"):
        decode(tmp_path / "clear.png", channels=5)
