"""Training, evaluation and prediction see the same pixels of the same file, whatever its orientation and its mode."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bad_files import encoded, picture
from PIL import Image, ImageOps

from spirula.data.batching.preprocess import Preprocessing
from spirula.data.dataset import load, load_all
from spirula.data.pictures.decode import decode
from spirula.evaluation.inputs import read_pictures

RNG = np.random.default_rng(0)
PHOTO = picture(RNG, (48, 64))
UNDO = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def turned(orientation: int, kind: str) -> bytes:
    """Return a file that shows the photo upright when its orientation is applied."""
    probe = PHOTO.copy()
    probe.getexif()[0x0112] = UNDO[orientation]
    stored = ImageOps.exif_transpose(probe)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(stored, kind, exif=exif, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}))


def see_through() -> Image.Image:
    image = PHOTO.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


FILES: dict[str, bytes] = {
    **{f"turned{each}.png": turned(each, "PNG") for each in range(1, 9)},
    **{f"turned{each}.jpg": turned(each, "JPEG") for each in range(1, 9)},
    "deep.png": encoded(Image.fromarray(np.asarray(PHOTO.convert("L")).astype(np.uint16) * 257)),
    "printed.jpg": encoded(PHOTO.convert("CMYK"), "JPEG", quality=95),
    "glass.png": encoded(see_through()),
    "palette.png": encoded(PHOTO.quantize(64), transparency=3),
    "wave.gif": encoded(PHOTO, "GIF", save_all=True, append_images=[ImageOps.invert(PHOTO)]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("files")
    for place, (name, content) in enumerate(FILES.items()):
        (root / f"class{place % 2}").mkdir(exist_ok=True)
        (root / f"class{place % 2}" / name).write_bytes(content)
    return root


@pytest.mark.parametrize("resize", ["squash", "crop", "pad"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(20, 24), (48, 64)])
def test_all_paths_give_the_same_pixels(folder: Path, resize: str, channels: int, size: tuple[int, int]) -> None:
    options = {"image_size": size, "channels": channels, "resize": None if size == (48, 64) else resize}
    trained = load(folder, validation=0, test=0, duplicates="ignore", **options)
    evaluated = load_all(folder, **options)
    fitted = trained.settings.get("resize")
    preprocessing = Preprocessing(*size, channels, fitted, 1.0, (0.0,) * channels, (1.0,) * channels)
    predicted, reasons = read_pictures([folder / name for name in trained.manifest.ids], preprocessing)
    assert reasons == [None] * len(FILES)
    assert trained.manifest.ids == evaluated.manifest.ids
    assert (trained.pixels == evaluated.pixels).all()
    assert (trained.pixels == predicted).all()


def test_and_they_are_the_right_ones(folder: Path) -> None:
    data = load(folder, image_size=(48, 64), validation=0, test=0, duplicates="ignore")
    pixels = {Path(name).name: data.pixels[row].astype(int) for row, name in enumerate(data.manifest.ids)}
    upright = np.asarray(PHOTO).astype(int)
    for each in range(1, 9):
        assert (pixels[f"turned{each}.png"] == upright).all()
        assert np.abs(pixels[f"turned{each}.jpg"] - upright).mean() < 4  # JPEG itself changes them a little
    grey = np.asarray(PHOTO.convert("L")).astype(int)
    assert (pixels["deep.png"] == grey[:, :, None]).all()
    assert np.abs(pixels["printed.jpg"] - upright).mean() < 4
    share = np.asarray(see_through())[:, :, 3:] / 255
    assert np.abs(pixels["glass.png"] - (upright * share + 255 * (1 - share))).max() <= 2
    hidden = np.asarray(PHOTO.quantize(64)) == 3
    assert (pixels["palette.png"][hidden] == 255).all()
    assert np.abs(pixels["wave.gif"] - upright).mean() < 12


def test_the_public_decoder_agrees(folder: Path) -> None:
    data = load_all(folder, image_size=(20, 24), channels=3, resize="crop")
    for row, name in enumerate(data.manifest.ids):
        assert (decode(folder / name, height=20, width=24, channels=3, resize="crop") == data.pixels[row]).all()
