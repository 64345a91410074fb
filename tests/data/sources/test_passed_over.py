"""What is no picture, or of a format that is not read, is counted and named; a changed file is read anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from spirula.data.dataset import load, load_all
from spirula.errors import DataError

MakeFolder = Callable[..., Path]


def test_pictures_of_a_format_that_is_not_read_are_told(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 5, "dog": 5})
    (root / "cat" / "IMG_1.HEIC").write_bytes(b"a phone's picture")
    (root / "cat" / "notes.txt").write_text("none")
    data = load(root, max_refused=0.2)
    assert data.ledger is not None
    assert data.ledger.refused() == (("cat/IMG_1.HEIC", "unread-format", ".heic is not read; save it as JPEG or PNG"),)
    notes = data.manifest.notes
    assert any(
        note.startswith("1 picture of a format that is not read was left out: .heic (1). Save") for note in notes
    )
    assert any("1 thing that is no image was passed over: .txt (1)." in note for note in notes)
    for path in root.rglob("*.png"):
        path.rename(path.with_suffix(".heic"))
    with pytest.raises(DataError, match=r"only pictures of formats that are not read: \.heic \(11\)"):
        load(root)


def test_too_many_of_a_format_that_is_not_read_stop_as_other_refusals_do(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 5, "dog": 5})
    (root / "cat" / "IMG_1.HEIC").write_bytes(b"a phone's picture")
    with pytest.raises(DataError, match=r"1 of 11 files cannot be used.*unread-format.*\n.*IMG_1\.HEIC.*\n.*convert"):
        load(root)


def test_a_raw_file_beside_its_picture_is_no_loss(make_folder: MakeFolder) -> None:
    """Cameras write both; the picture is there."""
    root = make_folder({"cat": 5, "dog": 5})
    for path in (root / "cat").glob("*.png"):
        path.with_suffix(".NEF").write_bytes(b"raw")
    data = load(root)
    assert data.ledger is not None
    assert not data.ledger.refused()
    assert any(".nef beside a picture of that name (5)" in note for note in data.manifest.notes)


def test_a_file_rewritten_with_the_same_size_is_read_anew(tmp_path: Path) -> None:
    for name in ("a/1.bmp", "a/2.bmp", "b/1.bmp", "b/2.bmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4), 10).save(tmp_path / name)
    assert (load_all(tmp_path).pixels == 10).all()
    Image.new("L", (4, 4), 11).save(tmp_path / "b/2.bmp")
    assert load_all(tmp_path).pixels[:, 0, 0, 0].tolist() == [10, 10, 10, 11]


def test_a_class_that_loses_its_phone_photos_stops_whatever_the_others_have(make_folder: MakeFolder) -> None:
    """Of all files two in a hundred, but of the class a third; or all of it."""
    root = make_folder({"cat": 4, "dog": 100})
    for number in range(2):
        (root / "cat" / f"IMG_{number}.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(DataError, match=r'More than 20% of the files of "cat".*unread-format \(2\)'):
        load(str(root))
    assert load(str(root), max_refused=0.4).manifest.classes == ("cat", "dog")
    (root / "bird").mkdir()
    (root / "cat" / "IMG_1.heic").rename(root / "bird" / "IMG_1.heic")
    with pytest.raises(DataError, match='More than 20% of the files of "bird"'):
        load(str(root))


def test_rows_of_a_table_that_lead_nowhere_count_in_their_class(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 6, "dog": 100})
    files = [f"{path.parent.name}/{path.name},{path.parent.name}" for path in sorted(root.rglob("*.png"))]
    (root / "labels.csv").write_text("path,label\n" + "\n".join([*files, "cat/a.png,cat", "cat/b.png,cat"]))
    with pytest.raises(DataError, match=r'More than 20% of the files of "cat".*missing \(2\)'):
        load(str(root / "labels.csv"))
    assert len(load(str(root / "labels.csv"), max_refused=0.3)) == 106
