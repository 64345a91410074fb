"""The ledger: one row per file that was asked for, with verdict, codes, reason and facts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
from bad_files import encoded, picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from spirula.data.dataset import Dataset, load
from spirula.data.manifest import read_csv
from spirula.data.pictures.ledger import CODES, VERDICTS, Entry, Ledger, absent, ledger_of, sentence, verdict
from spirula.data.pictures.quiet import quiet_pillow
from spirula.data.pictures.reading import Item, Place, read_item

MakeFolder = Callable[[dict[str, int]], Path]
RNG = np.random.default_rng(0)
PHOTO = picture(RNG, (30, 40))


def read(path: Path, name: str = "") -> Entry:
    with quiet_pillow():
        item = Item(0, Path(name or path.name).suffix.lower(), Place(str(path), 0, -1))
        return read_item(item, {"height": 8, "width": 8, "channels": 3, "resize": "squash"}).entry


def see_through(mode: str = "RGBA") -> Image.Image:
    image = PHOTO.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image.convert(mode)


def transparent_palette() -> bytes:
    return encoded(PHOTO.quantize(8), "PNG", transparency=0)


def oriented() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(PHOTO, "JPEG", exif=exif)


DEEP = Image.fromarray(RNG.integers(0, 65535, (30, 40), dtype=np.uint16))
FRAMES = {"save_all": True, "append_images": [PHOTO.transpose(0)]}
# name → (content, codes, format, mode, channels)
FILES: dict[str, tuple[bytes, str, str, str, int]] = {
    "photo.jpg": (encoded(PHOTO, "JPEG"), "", "JPEG", "RGB", 3),
    "photo.JPEG": (encoded(PHOTO.convert("L"), "JPEG"), "", "JPEG", "L", 1),
    "turned.jpg": (oriented(), "", "JPEG", "RGB", 3),
    "printed.jpg": (encoded(PHOTO.convert("CMYK"), "JPEG"), "cmyk", "JPEG", "CMYK", 3),
    "drawing.png": (encoded(PHOTO.quantize(8)), "palette", "PNG", "P", 3),
    "sticker.png": (transparent_palette(), "palette+alpha", "PNG", "P", 4),
    "glass.png": (encoded(see_through()), "alpha", "PNG", "RGBA", 4),
    "glass, grey.png": (encoded(see_through("LA")), "alpha", "PNG", "LA", 2),
    "opaque.png": (encoded(PHOTO.convert("RGBA")), "", "PNG", "RGBA", 4),
    "line art.png": (encoded(PHOTO.convert("1")), "", "PNG", "1", 1),
    "deep.png": (encoded(DEEP), "16-bit", "PNG", "I;16", 1),
    "deep.tif": (encoded(DEEP, "TIFF"), "16-bit", "TIFF", "I;16", 1),
    "float.tiff": (encoded(Image.fromarray(RNG.random((30, 40), dtype=np.float32)), "TIFF"), "float", "TIFF", "F", 1),
    "lab.tif": (encoded(Image.new("LAB", (40, 30), "red"), "TIFF"), "colour-space", "TIFF", "LAB", 3),
    "wave.gif": (encoded(PHOTO, "GIF", **FRAMES), "first-frame+palette", "GIF", "P", 3),
    "wave.webp": (encoded(PHOTO, "WEBP", **FRAMES), "first-frame", "WebP", "RGB", 3),
    "pages.tif": (encoded(PHOTO, "TIFF", **FRAMES), "first-frame", "TIFF", "RGB", 3),
    "named wrongly.jpg": (encoded(PHOTO, "PNG"), "wrong-suffix", "PNG", "RGB", 3),
    "both.jpg": (encoded(PHOTO.quantize(8), "BMP"), "palette+wrong-suffix", "BMP", "P", 3),
    "no suffix": (encoded(PHOTO, "BMP"), "", "BMP", "RGB", 3),
}


@pytest.mark.parametrize("name", FILES)
def test_what_was_decided_on_the_way_is_written_down(name: str, tmp_path: Path) -> None:
    content, codes, kind, mode, channels = FILES[name]
    (tmp_path / name).write_bytes(content)
    entry = read(tmp_path / name)
    assert (entry.code, entry.format, entry.mode, entry.channels) == (codes, kind, mode, channels)
    assert verdict(entry.code) == ("converted" if codes else "accepted")
    assert entry.bytes == len(content)
    assert len(entry.reason.split("; ")) == len(codes.split("+"))
    turned = name == "turned.jpg"
    assert (entry.height, entry.width) == ((40, 30) if turned else (30, 40))
    assert entry.orientation == (6 if turned else 1)


def test_16_bit_colours_are_told_although_pillow_gives_bytes(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + RNG.bytes(4 * 6) for _ in range(4))
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0))
    (tmp_path / "deep.png").write_bytes(content + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    assert read(tmp_path / "deep.png").code == "16-bit"


def test_the_facts_of_a_refused_file_are_kept(tmp_path: Path) -> None:
    whole = encoded(PHOTO, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) * 3 // 4])
    entry = read(tmp_path / "cut.jpg")
    assert (entry.code, entry.format, entry.height, entry.width) == ("truncated", "JPEG", 30, 40)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(encoded(PHOTO, "JPEG"))
    (tmp_path / "secret.jpg").chmod(0)
    assert read(tmp_path / "secret.jpg").reason == "Permission denied"


def test_every_code_has_a_sentence_and_a_verdict() -> None:
    values = {"detail": "d", "format": "PNG", "mode": "LAB", "suffix": ".jpg", "megabytes": 1, "seconds": 2.0}
    values |= {"dtype": "float64", "shape": (2, 3), "found": "3 channels", "asked": 5}
    values |= dict.fromkeys(("width", "height", "side", "pixels"), 5)
    for code, (level, template) in CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert level in VERDICTS[1:]
        assert {name for _, name, _, _ in Formatter().parse(template) if name} <= values.keys()
        assert "{" not in sentence(code, values)


def test_the_worst_code_decides() -> None:
    assert verdict("") == "accepted"
    assert verdict("alpha") == "converted"
    assert verdict("wrong-suffix+damaged-data") == "suspect"
    assert verdict("damaged-data+suspect-dropped") == "refused"


def some_ledger() -> Ledger:
    entries = [Entry(), Entry("alpha", "on white", "PNG", 3, 4, 4, "RGBA", 1, 99), Entry("empty", "the file is empty")]
    return ledger_of(["a.png", "줄\n바꿈.png", "non\udce9utf8.png"], entries)


def test_counts_rows_and_refusals() -> None:
    ledger = some_ledger()
    assert ledger.counts() == {"accepted": 1, "converted": 1, "suspect": 0, "refused": 1}
    assert ledger.code_counts() == {"alpha": 1, "empty": 1}
    assert ledger.rows("converted", "refused").tolist() == [1, 2]
    assert ledger.refused() == (("non\udce9utf8.png", "empty", "the file is empty"),)
    assert ledger.to_rows()[1] == {
        "id": "줄\n바꿈.png", "verdict": "converted", "code": "alpha", "reason": "on white", "format": "PNG",
        "height": 3, "width": 4, "channels": 4, "mode": "RGBA", "orientation": 1, "bytes": 99,
    }  # fmt: skip
    assert ledger.take(np.array([2, 0])).ids == ("non\udce9utf8.png", "a.png")
    both = ledger.joined(absent([("gone.png", "missing", "there is no such file")]))
    assert (len(both), both.verdicts.tolist()[-1], both.ids[-1]) == (4, "refused", "gone.png")


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=5))
def test_any_names_survive_the_store(names: list[str]) -> None:
    ledger = ledger_of(names, [Entry(code="alpha", reason=name) for name in names])
    read_back = Ledger.from_arrays(ledger.to_arrays())
    assert (read_back.ids, read_back.reasons) == (tuple(names), tuple(names))


def test_a_ledger_survives_an_npz_without_pickle(tmp_path: Path) -> None:
    ledger = some_ledger()
    np.savez(tmp_path / "it.npz", allow_pickle=False, **ledger.to_arrays())
    with np.load(tmp_path / "it.npz", allow_pickle=False) as arrays:
        assert Ledger.from_arrays(arrays).to_rows() == ledger.to_rows()
    damaged = {**ledger.to_arrays(), "ledger_codes": np.zeros(0, np.uint8)}
    with pytest.raises(ValueError, match="differ in length"):
        Ledger.from_arrays(damaged)


def fill(root: Path) -> Path:
    (root / "cat").mkdir(parents=True)
    (root / "dog").mkdir()
    for row in range(20):
        for name in ("cat", "dog"):
            Image.fromarray(RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(root / name / f"{row:02d}.png")
    (root / "cat/00.png").write_bytes(encoded(see_through()))
    (root / "cat/01.png").write_bytes(encoded(PHOTO, "JPEG"))
    (root / "dog/02.png").write_bytes(b"")
    (root / "dog/gone.png").symlink_to(root / "nowhere.png")
    return root


def test_the_ledger_of_a_folder(tmp_path: Path) -> None:
    data = load(fill(tmp_path / "data"), max_refused=0.2)
    again = load(tmp_path / "data", max_refused=0.2)  # out of the store
    for found in (data, again):
        assert found.ledger is not None
        rows = {row["id"]: row for row in found.ledger.to_rows()}
        assert len(rows) == 41
        assert found.ledger.counts() == {"accepted": 37, "converted": 2, "suspect": 0, "refused": 2}
        assert rows["dog/02.png"]["code"] == "empty"
        assert rows["dog/gone.png"]["code"] == "broken-link"
        assert rows["cat/01.png"]["reason"] == "it is named .png, and its content is JPEG"
        assert set(found.manifest.ids) == {name for name, row in rows.items() if row["verdict"] != "refused"}
    assert data.ledger is not None
    assert again.ledger is not None
    assert again.ledger.to_rows() == data.ledger.to_rows()


def test_arrays_have_no_ledger() -> None:
    assert load((np.zeros((20, 4, 4), np.uint8), np.arange(20) % 2)).ledger is None


def test_the_manifest_has_a_verdict_and_a_reason_for_every_file(tmp_path: Path) -> None:
    data: Dataset = load(fill(tmp_path / "data"), max_refused=0.2)
    data.manifest.write_csv(tmp_path / "manifest.csv")
    lines = (tmp_path / "manifest.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,label,split,group,verdict,code,reason"
    assert sum(",accepted,," in line for line in lines) == 37
    assert "dog/02.png,,,,refused,empty,the file is empty" in lines
    read_back = read_csv(tmp_path / "manifest.csv", task="classification", classes=data.manifest.classes)
    assert read_back.ids == data.manifest.ids
    assert read_back.remarks == data.manifest.remarks
    assert read_back.verdicts == data.manifest.verdicts


def test_a_manifest_of_an_older_run_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text("id,label,split,group,refused\na.png,cat,train,,\nb.png,,,,the file is empty\n")
    found = read_csv(path, task="classification", classes=("cat",))
    assert found.ids == ("a.png",)
    assert found.verdicts == (("b.png", "the file is empty"),)
    assert found.remarks == {"b.png": ("refused", "", "the file is empty")}
