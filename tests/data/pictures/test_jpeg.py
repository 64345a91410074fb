"""The fast way to read a JPEG gives Pillow's pixels, and hears of damage that Pillow passes over."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bad_files import encoded, picture
from PIL import Image

from spirula.data.dataset import load
from spirula.data.pictures import jpeg
from spirula.data.pictures.decode import decode
from spirula.data.pictures.opening import open_image
from spirula.data.pictures.quiet import quiet_pillow
from spirula.errors import InputError, UnusableDataError

MakeFolder = Callable[[dict[str, int]], Path]
RNG = np.random.default_rng(0)


@pytest.fixture
def without_simplejpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, "simplejpeg", None)


def damage_of(data: bytes) -> str:
    with quiet_pillow():
        image, kind = open_image(io.BytesIO(data))
        assert kind == "JPEG"
        return jpeg.load_jpeg(image, data)[1]


def zeroed(data: bytes, rng: np.random.Generator, length: int = 2048) -> bytes:
    """Return the file with a block of its picture data overwritten by zeros, as a bad disk or download leaves it."""
    start = data.index(b"\xff\xda") + 20  # behind the last header; in a progressive file, that of the first scan
    length = min(length, (len(data) - start) // 2)
    place = int(rng.integers(start, len(data) - length - 2))
    return data[:place] + bytes(length) + data[place + length :]


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (16, 16), (33, 65), (240, 161)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_the_pixels_are_pillows(size: tuple[int, int], mode: str, progressive: bool, subsampling: int) -> None:
    image = picture(RNG, size).convert(mode)
    data = encoded(image, "JPEG", quality=85, progressive=progressive, subsampling=subsampling)
    assert (decode(data) == np.asarray(Image.open(io.BytesIO(data))).reshape((*size, -1))).all()
    assert damage_of(data) == ""


@pytest.mark.parametrize(
    "options",
    [
        {"quality": 1},
        {"quality": 100},
        {"keep_rgb": True},  # an Adobe marker: the file holds RGB, not YCbCr
        {"restart_marker_rows": 1},
        {"optimize": True},
        {"comment": "사진"},
        {"exif": b"Exif\0\0II*\0\xff\xff\xff\xff"},
        {"icc_profile": bytes(3000)},
    ],
)
def test_so_they_are_with_odd_options(options: dict[str, object]) -> None:
    data = encoded(picture(RNG, (50, 70)), "JPEG", **options)
    with quiet_pillow():
        expected = np.asarray(Image.open(io.BytesIO(data)))
    assert (decode(data) == expected).all()
    assert damage_of(data) == ""


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_the_pixels_do_not_depend_on_what_is_installed(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damaged files included; CMYK is Pillow's either way."""
    whole = encoded(picture(RNG, (90, 120)).convert(mode), "JPEG", quality=90)
    files = [whole, *(zeroed(whole, RNG, 64) for _ in range(20))]
    fast = [decode(data) for data in files]
    monkeypatch.setattr(jpeg, "simplejpeg", None)
    assert all((one == decode(data)).all() for one, data in zip(fast, files, strict=True))


def test_bytes_behind_the_picture_are_no_damage() -> None:
    """Cameras append previews and padding."""
    data = encoded(picture(RNG), "JPEG")
    for tail in (bytes(500), data, b"\r\n", b"trailing text"):
        assert damage_of(data + tail) == ""


@pytest.mark.parametrize(("progressive", "least"), [(False, 297), (True, 240)])
def test_zeroed_blocks_are_found(progressive: bool, least: int) -> None:
    """The last scans of a progressive file refine single bits, and zeros are as good there as any."""
    rng = np.random.default_rng(3)
    options = [{"quality": quality, "subsampling": factor} for quality in (60, 85, 95) for factor in (0, 2)]
    wholes = [encoded(picture(rng, (240, 320)), "JPEG", progressive=progressive, **each) for each in options]
    assert [damage_of(data) for data in wholes] == [""] * len(wholes)
    found = 0
    for number in range(300):
        harmed = zeroed(wholes[number % len(wholes)], rng)
        try:
            found += bool(damage_of(harmed))
        except OSError:  # a header between two scans was hit, and Pillow refuses the file
            found += 1
    assert found >= least


@pytest.mark.data
def test_zeroed_blocks_in_real_photos_are_found_and_whole_photos_are_not_suspected(real_data: Path) -> None:
    rng = np.random.default_rng(0)
    false_flags = flagged = damaged = whole = silent = 0
    with tarfile.open(real_data / "cats_vs_dogs_originals.tar") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None or not member.name.endswith(".jpg"):
                continue
            data = file.read()
            whole += 1
            false_flags += bool(damage_of(data))
            if damaged < 300 and len(data) > 8000:
                damaged += 1
                harmed = zeroed(data, rng)
                flagged += bool(damage_of(harmed))
                Image.open(io.BytesIO(harmed)).load()  # Pillow alone does not mind
                silent += 1
    assert (whole, damaged, silent) == (2002, 300, 300)
    assert false_flags <= 0.005 * whole
    assert flagged >= 0.99 * damaged


def photos(root: Path, damaged: int) -> Path:
    """Write 60 JPEGs in two classes, the first few of "cat" damaged."""
    rng = np.random.default_rng(5)
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for row in range(30):
            data = encoded(picture(rng, (120, 160)), "JPEG", quality=90)
            harm = name == "cat" and row < damaged
            (root / name / f"{row:02d}.jpg").write_bytes(zeroed(data, rng, 1500) if harm else data)
    return root


def test_suspects_are_used_and_named(tmp_path: Path) -> None:
    data = load(photos(tmp_path / "data", 2), duplicates="ignore")
    assert len(data) == 60
    assert data.ledger is not None
    assert data.ledger.counts() == {"accepted": 58, "converted": 0, "suspect": 2, "refused": 0}
    assert data.manifest.remarks.keys() == {"cat/00.jpg", "cat/01.jpg"}
    verdict, code, reason = data.manifest.remarks["cat/00.jpg"]
    assert (verdict, code) == ("suspect", "damaged-data")
    assert "Corrupt JPEG data" in reason
    assert any("2 pictures are damaged but can be shown" in note for note in data.manifest.notes)


def test_suspects_can_be_dropped(tmp_path: Path) -> None:
    root = photos(tmp_path / "data", 2)
    kept = load(root, duplicates="ignore")
    data = load(root, suspects="drop", duplicates="ignore")
    assert data.manifest.ids == kept.manifest.ids[2:]
    assert (data.pixels == kept.pixels[2:]).all()
    assert [name for name, _ in data.manifest.verdicts] == ["cat/00.jpg", "cat/01.jpg"]
    assert data.ledger is not None
    assert set(data.ledger.code_counts()) == {"damaged-data", "suspect-dropped"}
    with pytest.raises(InputError, match="suspects"):
        load(root, suspects="maybe")


def test_dropped_suspects_count_as_refused(tmp_path: Path) -> None:
    root = photos(tmp_path / "data", 7)
    assert len(load(root)) == 60
    with pytest.raises(UnusableDataError, match=r"7 of 60 files .*suspect-dropped"):
        load(root, suspects="drop")
    assert len(load(root, suspects="drop", max_refused=0.5)) == 53


@pytest.mark.usefixtures("without_simplejpeg")
def test_without_simplejpeg_a_note_says_what_is_not_looked_for(tmp_path: Path, make_folder: MakeFolder) -> None:
    data = load(photos(tmp_path / "photos", 2))
    assert sum("was not looked for" in note for note in data.manifest.notes) == 1
    assert not any("was not looked for" in note for note in load(make_folder({"cat": 5, "dog": 5})).manifest.notes)


@pytest.mark.parametrize("option", [{"suspects": "drop"}, {"max_refused": 0.1}])
def test_options_for_files_need_files(option: dict[str, object]) -> None:
    x = np.zeros((20, 4, 4), dtype=np.uint8)
    with pytest.raises(InputError, match="would have no effect"):
        load((x, np.arange(20) % 2), **option)
