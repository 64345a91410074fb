from __future__ import annotations

import hashlib
import os
import shutil
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spirula.data.dataset import load, load_all
from spirula.data.manifest import read_csv
from spirula.data.sources.folders import walk
from spirula.errors import DataError

MakeFolder = Callable[[dict[str, int]], Path]


def tree_hash(root: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(root.rglob("*"), key=os.fsencode):
        status = path.lstat()
        state.update(os.fsencode(path.relative_to(root)) + str((status.st_mtime_ns, status.st_mode)).encode())
        state.update(path.read_bytes() if stat.S_ISREG(status.st_mode) else b"")
    return state.hexdigest()


def test_class_folders_are_loaded_and_never_changed(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 20, "dog": 30})
    before = tree_hash(root)
    data = load(root)
    assert tree_hash(root) == before
    assert data.manifest.classes == ("cat", "dog")
    assert data.manifest.class_counts() == {
        "train": {"cat": 14, "dog": 22},
        "validation": {"cat": 4, "dog": 5},
        "test": {"cat": 2, "dog": 3},
    }
    assert data.pixels.shape == (50, 8, 8, 3)
    row = data.manifest.ids.index("dog/007.png")
    assert (data.pixels[row] == np.asarray(Image.open(root / "dog/007.png"))).all()
    assert data.settings == {
        "task": "classification",
        "image_size": (8, 8),
        "channels": 3,
        "validation": 0.2,
        "test": 0.1,
    }
    assert set(data.derived) == set(data.settings)


def test_split_folders(make_folder: MakeFolder) -> None:
    root = make_folder({"train/cat": 8, "train/dog": 8, "val/cat": 3, "val/dog": 2, "test/dog": 4})
    data = load(root)
    assert data.manifest.counts() == {"train": 16, "validation": 5, "test": 4}
    assert any('"cat"' in note for note in data.manifest.notes)
    assert not {"validation", "test"} & set(data.settings)
    with pytest.raises(DataError, match="validation split of its own"):
        load(root, validation=0.2)


def test_a_share_of_zero_holds_nothing_out(make_folder: MakeFolder) -> None:
    data = load(make_folder({"cat": 5, "dog": 5}), validation=0.0, test=0.0)
    assert data.manifest.counts() == {"train": 10}
    assert not {"validation", "test"} & set(data.derived)


@pytest.mark.parametrize("share", [-0.1, 1.0, 2])
def test_shares_out_of_range(make_folder: MakeFolder, share: float) -> None:
    with pytest.raises(DataError, match="is not a share"):
        load(make_folder({"cat": 5, "dog": 5}), validation=share)
    with pytest.raises(DataError, match="leave no sample"):
        load(make_folder({"cat": 5, "dog": 5}), validation=0.6, test=0.5)


def test_the_smallest_folders(make_folder: MakeFolder) -> None:
    data = load(make_folder({"cat": 1, "dog": 1}))
    assert data.manifest.counts() == {"train": 2}
    assert any("too few" in note for note in data.manifest.notes)
    assert any("single sample" in note for note in data.manifest.notes)
    with pytest.raises(DataError, match="holds nothing out"):
        load(make_folder({"cat": 1, "dog": 1}), validation=0.5)


def test_litter_links_and_odd_names(make_folder: MakeFolder) -> None:
    korean = unicodedata.normalize("NFD", "고양이")
    root = make_folder({korean: 4, "🐶 dog": 4, "empty": 0})
    picture = (root / korean / "000.png").read_bytes()
    for name in ("사진.PNG", "줄\n바꿈.png", "emoji 🐕.png", "a" * 240 + ".png", "'\"<b>.png", "non\udce9utf8.png"):
        (root / korean / name).write_bytes(picture)
    for name in (".DS_Store", "Thumbs.db", "notes.txt", ".hidden.png", "README"):
        (root / korean / name).write_text("litter")
    (root / ".ipynb_checkpoints").mkdir()
    (root / ".ipynb_checkpoints" / "x.png").write_bytes(picture)
    (root / korean / "deeper").mkdir()
    (root / korean / "deeper" / "x.png").write_bytes(picture)
    (root / korean / "loop").symlink_to(root / korean, target_is_directory=True)
    (root / korean / "up").symlink_to(root, target_is_directory=True)
    data = load(root)
    assert data.manifest.classes == ("고양이", "🐶 dog")
    assert (
        data.manifest.class_counts()["train"]["고양이"]
        + sum(counts["고양이"] for split, counts in data.manifest.class_counts().items() if split != "train")
        == 11
    )
    told = next(note for note in data.manifest.notes if "passed over" in note)
    for kind in (
        ".txt (1)",
        "no suffix (1)",
        "link to a folder above itself (2)",
        "hidden folder (1)",
        "hidden picture (1)",
    ):
        assert kind in told
    assert told.startswith("6 things")  # .DS_Store and Thumbs.db are nothing to speak of
    assert any('"empty"' in note for note in data.manifest.notes)

    path = root.parent / "manifest.csv"
    data.manifest.write_csv(path)
    again = read_csv(path, task="classification", classes=data.manifest.classes)
    assert again.ids == data.manifest.ids
    assert (again.targets == data.manifest.targets).all()
    assert (again.splits == data.manifest.splits).all()


def test_a_walk_lists_each_file_once(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 3, "b": 2})
    (root / "a" / "self").symlink_to(root, target_is_directory=True)
    (root / "c").symlink_to(root / "b", target_is_directory=True)
    listing = walk(root)
    assert sorted(listing.paths) == [
        *(f"a/00{i}.png" for i in range(3)),
        "b/000.png",
        "b/001.png",
        "c/000.png",
        "c/001.png",
    ]


def test_bad_files_are_named_and_left_out(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 50, "dog": 50})
    (root / "cat" / "bad.jpg").write_bytes(b"nonsense")
    (root / "dog" / "empty.png").touch()
    (root / "dog" / "gone.png").symlink_to("nowhere.png")
    data = load(root)
    assert len(data) == 100
    reasons = dict(data.manifest.verdicts)
    assert set(reasons) == {"cat/bad.jpg", "dog/empty.png", "dog/gone.png"}
    assert reasons["dog/empty.png"] == "the file is empty"
    assert "3 files could not be used" in " ".join(data.manifest.notes)
    assert "cat/bad.jpg" not in data.manifest.ids
    row = data.manifest.ids.index("dog/000.png")
    assert (data.pixels[row] == np.asarray(Image.open(root / "dog/000.png"))).all()


def test_too_many_bad_files_stop_with_the_list(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 50, "dog": 50})
    for index in range(6):
        (root / "cat" / f"bad{index}.jpg").write_bytes(b"nonsense")
    with pytest.raises(DataError, match=r"6 of 106 files(.|\n)*cat/bad5\.jpg"):
        load(root)


def test_a_class_that_loses_a_fifth_stops(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 96, "dog": 8})
    for index in range(3):
        (root / "dog" / f"bad{index}.jpg").write_bytes(b"nonsense")
    with pytest.raises(DataError, match=r'20% of the files of "dog"'):
        load(root)


def test_copies_across_splits_are_told(make_folder: MakeFolder) -> None:
    root = make_folder({"train/cat": 5, "train/dog": 5, "test/cat": 2, "test/dog": 2})
    shutil.copy(root / "train/cat/001.png", root / "test/cat/other-name.png")
    assert "1 test file is an exact copy of training files" in " ".join(load(root).manifest.notes)


def test_new_content_with_the_old_size_and_time_is_read_anew(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 5, "dog": 5})
    for path in root.rglob("*.png"):
        Image.open(path).save(path.with_suffix(".bmp"))
        path.unlink()
    first = load(root)
    changed = root / "cat" / "002.bmp"
    before = changed.stat()
    Image.new("RGB", (8, 8), "red").save(changed)
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed.stat().st_size == before.st_size
    second = load(root)
    assert (second.pixels[2] == (255, 0, 0)).all()
    assert second.manifest.fingerprint != first.manifest.fingerprint


def test_the_fingerprint_follows_content_not_place_or_time(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder({"cat": 5, "dog": 5})
    first = load(root).manifest.fingerprint
    moved = tmp_path / "elsewhere" / "moved"
    shutil.copytree(root, moved)
    for path in moved.rglob("*.png"):
        os.utime(path, (1, 1))
    assert load(moved).manifest.fingerprint == first
    assert load(root, seed=1).manifest.fingerprint != first
    Image.new("RGB", (8, 8)).save(moved / "cat" / "000.png")
    assert load(moved).manifest.fingerprint != first


def test_sizes_are_derived_or_as_asked(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 5, "dog": 5})
    assert load(root, image_size=(6, 4), resize="pad").input_shape == (6, 4, 3)
    assert load(root, channels=1).input_shape == (8, 8, 1)
    with pytest.raises(DataError, match="would have no effect"):
        load(root, resize="crop")
    assert load_all(root, resize="crop").input_shape == (8, 8, 3)
    Image.new("L", (100, 60)).save(root / "cat" / "large.png")
    data = load(root)
    assert data.input_shape == (8, 8, 3)
    assert data.settings["resize"] == "squash"
    assert "differ in size" in data.derived["image_size"]


def test_grey_folders_have_one_channel(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(5):
            Image.new("L", (300, 400), index).save(tmp_path / name / f"{index}.png")
    data = load(tmp_path)
    assert data.input_shape == (168, 128, 1)  # the images' shape, the shorter side brought to 128
    assert data.derived["channels"] == "every image is grey"


def test_large_images_are_decoded_one_at_a_time_and_right(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 4, "dog": 4})
    for index in range(3):
        Image.new("L", (4000, 2200), 50 * index).save(root / "cat" / f"large{index}.png")
    data = load(root, channels=3)
    for index in range(3):
        assert (data.pixels[data.manifest.ids.index(f"cat/large{index}.png")] == 50 * index).all()


def test_evaluation_data_are_matched_to_the_run_by_name(make_folder: MakeFolder) -> None:
    root = make_folder({"zebra": 2, "ant": 3})
    data = load_all(root, classes=("zebra", "bee", "ant"), image_size=(8, 8), channels=3)
    assert data.manifest.counts() == {"test": 5}
    assert data.manifest.targets.tolist() == [2, 2, 2, 0, 0]
    assert data.manifest.classes == ("zebra", "bee", "ant")
    with pytest.raises(DataError, match='"zebra"'):
        load_all(root, classes=("ant", "bee"))


def test_links_that_lead_nowhere_stop_nothing(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 30, "dog": 30})
    (root / "cat" / "itself.png").symlink_to("itself.png")
    (root / "cat" / "inside a file.png").symlink_to("000.png/x.png")
    (root / "dog" / "there.png").symlink_to("back.png")
    (root / "dog" / "back.png").symlink_to("there.png")
    (root / "ring").symlink_to("ring")
    (root / "nowhere").symlink_to("/no/such/place")
    data = load(root, max_refused=0.2)
    assert len(data) == 60
    assert {name: code for name, code, _ in data.ledger.refused()} == {
        "cat/inside a file.png": "unreadable",
        "cat/itself.png": "unreadable",
        "dog/back.png": "unreadable",
        "dog/there.png": "unreadable",
    }
    assert any("link that leads nowhere (2)" in note for note in data.manifest.notes)


def test_a_file_that_vanishes_while_the_folder_is_listed_is_lost_alone(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spirula.data.sources import folders

    root = make_folder({"cat": 30, "dog": 30})
    visit = folders._visit

    def late(entry: os.DirEntry[str], relative: str, *rest: object) -> None:
        visit(entry, relative, *rest)
        if relative == "cat/003.png":
            (root / relative).unlink()  # after it was listed, before it is read

    monkeypatch.setattr(folders, "_visit", late)
    data = load(root)
    assert len(data) == 59
    assert dict(data.manifest.verdicts) == {"cat/003.png": "No such file or directory"}


def test_one_image_and_empty_classes_are_named(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 10, "dog": 10, "lone": 1, "none": 0})
    notes = " ".join(load(root).manifest.notes)
    assert '"lone"' in notes
    assert 'without images were left out: "none"' in notes
