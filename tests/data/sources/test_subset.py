"""Subsets: the right pictures in the right places, from any source, or a clear word and nothing written."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from small_sets import png
from subset_folders import files, manifest, write

import spirula as sp
from spirula.data.sources.pool import pool_of
from spirula.data.sources.subset import natural
from spirula.errors import DataError, InputError

Make = Callable[[Mapping[str, int]], Path]


def kaggle(root: Path, per_class: int = 12) -> Path:
    return write(root, [f"{name}.{number}.jpg" for name in ("cat", "dog") for number in range(per_class)])


def test_in_order_is_the_range_of_the_study_notes(tmp_path: Path) -> None:
    """make_subset("train", 0, 5), ("validation", 5, 7), ("test", 7, 11) by file number, and not 0, 1, 10, 11, 2."""
    made = sp.subset(kaggle(tmp_path / "all"), tmp_path / "few", train=5, validation=2, test=4, in_order=True)
    expected = [
        f"{split}/{name}/{name}.{number}.jpg"
        for split, numbers in (("train", range(5)), ("validation", range(5, 7)), ("test", range(7, 11)))
        for name in ("cat", "dog")
        for number in numbers
    ]
    assert files(made.folder) == sorted([*expected, "subset.csv"])
    for name in expected:
        assert (made.folder / name).read_bytes() == (tmp_path / "all" / Path(name).name).read_bytes()
    assert any("read from the file names: cat (12), dog (12)" in note for note in made.notes)
    assert [dict(row) for row in made.table] == [
        {"class": name, "there": 12, "train": 5, "validation": 2, "test": 4} for name in ("cat", "dog")
    ]


def test_the_manifest_says_where_each_picture_came_from(tmp_path: Path) -> None:
    source = write(tmp_path / "all", [f"{name}/{number}.png" for name in ("a", "b") for number in range(9)])
    made = sp.subset(source, tmp_path / "few", train=4, test=2, seed=3)
    rows = manifest(made.folder)
    assert [row["path"] for row in rows] == sorted((row["path"] for row in rows), key=[r["path"] for r in rows].index)
    assert sorted(row["path"] for row in rows) == [name for name in files(made.folder) if name != "subset.csv"]
    assert len({row["source"] for row in rows}) == len(rows) == 12
    for row in rows:
        assert row["path"].split("/")[:2] == [row["split"], row["label"]]
        assert (made.folder / row["path"]).read_bytes() == (source / row["source"]).read_bytes()


def test_the_draw_depends_on_the_seed_only(tmp_path: Path) -> None:
    source = write(tmp_path / "all", [f"{name}/{number}.png" for name in ("a", "b") for number in range(30)])
    drawn = {}
    for name, seed in (("one", 0), ("default", None), ("other", 1)):
        sp.subset(source, tmp_path / name, train=10, validation=5, seed=seed)
        drawn[name] = [row["source"] for row in manifest(tmp_path / name)]
    assert drawn["one"] == drawn["default"] != drawn["other"]
    assert drawn["one"][:10] != sorted(drawn["one"][:10], key=natural)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_gives_what_its_folder_gives(tmp_path: Path, kind: str, wrapped: bool) -> None:
    source = write(tmp_path / "all", [f"{name}/{number}.png" for name in ("고양이", "개") for number in range(8)])
    archive = tmp_path / f"all.{kind}"
    members = [(path, ("wrap/" if wrapped else "") + path.relative_to(source).as_posix()) for path in source.rglob("*")]
    if kind == "tar":
        with tarfile.open(archive, "w") as tar:
            for path, name in members:
                tar.add(path, name, recursive=False)
    else:
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
            for path, name in members:
                out.write(path, name)
    sp.subset(source, tmp_path / "a", train=3, test=2)
    sp.subset(archive, tmp_path / "b", train=3, test=2)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert (tmp_path / "a/subset.csv").read_bytes() == (tmp_path / "b/subset.csv").read_bytes()
    assert {row["label"] for row in manifest(tmp_path / "b")} == {"고양이", "개"}
    for name in files(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_kaggles_zip_of_a_flat_folder(tmp_path: Path) -> None:
    archive = tmp_path / "train.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for name in ("cat", "dog"):
            for number in range(4):
                out.writestr(f"train/{name}.{number}.jpg", png(number))
    sp.subset(archive, tmp_path / "few", train=2, validation=1, in_order=True)
    assert "validation/dog/dog.2.jpg" in files(tmp_path / "few")


def test_an_archive_of_archives_says_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "dogs-vs-cats.zip", "w") as out:
        out.writestr("train.zip", b"")
        out.writestr("test1.zip", b"")
    with pytest.raises(DataError, match="2 archives") as caught:
        sp.subset(tmp_path / "dogs-vs-cats.zip", tmp_path / "few", train=1)
    assert "inside" in caught.value.remedy


def test_a_folder_around_everything_is_no_class(tmp_path: Path) -> None:
    write(tmp_path / "all", [f"pets/{name}/{number}.png" for name in "ab" for number in range(3)])
    made = sp.subset(tmp_path / "all", tmp_path / "few", train=2)
    assert [row["class"] for row in made.table] == ["a", "b"]
    assert any('"pets"' in note for note in made.notes)


def test_kaggles_unpacked_folders_train_and_test1(tmp_path: Path) -> None:
    source = kaggle(tmp_path / "kaggle" / "train").parent
    write(source, ["test1/1.jpg", "test1/2.jpg"])
    made = sp.subset(source, tmp_path / "few", train=2)
    assert [row["class"] for row in made.table] == ["cat", "dog"]
    assert any("2 images whose name says no class" in note for note in made.notes)


def test_splits_of_the_source_are_kept_apart(tmp_path: Path) -> None:
    names = [f"{split}/{name}/{number}.png" for split in ("train", "test") for name in "ab" for number in range(6)]
    source = write(tmp_path / "all", names)
    sp.subset(source, tmp_path / "few", train=3, validation=3, test=6)
    for row in manifest(tmp_path / "few"):
        assert row["source"].startswith("test/" if row["split"] == "test" else "train/")
    with pytest.raises(DataError, match=r'"a" \(train\): 7 asked, 6 there; "b" \(train\): 7 asked, 6 there'):
        sp.subset(source, tmp_path / "more", train=4, validation=3)


def test_too_few_names_every_class_and_both_numbers(tmp_path: Path) -> None:
    source = write(tmp_path / "all", [f"{name}/{n}.png" for name, many in (("a", 3), ("b", 9)) for n in range(many)])
    with pytest.raises(DataError, match='"a": 5 asked, 3 there') as caught:
        sp.subset(source, tmp_path / "few", train=4, test=1)
    assert '"b"' not in caught.value.problem
    assert not (tmp_path / "few").exists()


def test_unreadable_pictures_are_replaced_or_the_reason_is_told(tmp_path: Path) -> None:
    source = write(tmp_path / "all", [f"{name}/{number}.png" for name in "ab" for number in range(6)])
    (source / "a/0.png").write_bytes(b"")
    (source / "a/1.png").write_bytes(b"no picture at all")
    made = sp.subset(source, tmp_path / "few", train=3, test=1, in_order=True)
    assert "train/a/0.png" not in files(made.folder)
    assert "test/a/5.png" in files(made.folder)
    assert any("a/0.png: the file is empty" in note for note in made.notes)
    with pytest.raises(DataError, match="too few readable pictures"):
        sp.subset(source, tmp_path / "more", train=5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "few"]  # no half folder, no hidden one


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "all", [f"{name}/{number}.png" for name in "ab" for number in range(6)])

    def interrupt(done: str, number: int, total: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sp.subset(source, tmp_path / "few", train=3, progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["all"]

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        sp.subset(source, tmp_path / "few", train=3)
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


def test_links_lead_to_the_originals(tmp_path: Path) -> None:
    source = write(tmp_path / "all", [f"a b/{number}.png" for number in range(3)])
    sp.subset(source, tmp_path / "few", train=2, link=True)
    for row in manifest(tmp_path / "few"):
        path = tmp_path / "few" / row["path"]
        assert path.is_symlink()
        assert path.samefile(source / row["source"])
    with pytest.raises(InputError, match="no effect"):
        sp.subset("digits", tmp_path / "more", train=2, link=True)


def test_a_named_set_becomes_png_files_that_load_gives_back(tmp_path: Path) -> None:
    made = sp.subset("digits", tmp_path / "few", train=4, validation=2, test=3)
    whole, few = sp.load("digits"), sp.load(tmp_path / "few")
    assert few.manifest.counts() == {"train": 40, "validation": 20, "test": 30}
    assert few.manifest.classes == whole.manifest.classes
    assert not few.manifest.notes  # the manifest file is known, not "passed over"
    place = {name: row for row, name in enumerate(whole.manifest.ids)}
    rows = {row["path"]: place[row["source"]] for row in manifest(made.folder)}
    for row, name in enumerate(few.manifest.ids):
        assert np.array_equal(few.pixels[row], whole.pixels[rows[name]])


def test_what_cannot_be_asked(tmp_path: Path) -> None:
    source = write(tmp_path / "all", ["a/1.png", "b/1.png"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    (tmp_path / "empty").mkdir()
    for match, where, options in (
        ("no pictures", "few", {}),
        ("-1", "few", {"train": -1}),
        ("not an empty folder", "full", {"train": 1}),
        ("lies inside", "all/few", {"train": 1}),
        ("no effect", "few", {"train": 1, "in_order": True, "seed": 4}),
        ("unknown", "few", {"train": 1, "label_from": "file"}),
    ):
        with pytest.raises(InputError, match=match):
            sp.subset(source, tmp_path / where, **options)
    with pytest.raises(InputError, match="no effect"):
        sp.subset("digits", tmp_path / "few", train=1, label_from="name")
    with pytest.raises(DataError, match="label-from name") as caught:
        sp.subset(write(tmp_path / "flat", ["x.png", "y.png"]), tmp_path / "few", train=1)
    assert "2 images but no class folders" in caught.value.problem
    with pytest.raises(DataError, match=r"the first is .x\.png"):
        sp.subset(tmp_path / "flat", tmp_path / "few", train=1, label_from="name")
    (tmp_path / "all.7z").write_bytes(b"")
    with pytest.raises(DataError, match="compressed as a whole"):
        sp.subset(tmp_path / "all.7z", tmp_path / "few", train=1)
    sp.subset(source, tmp_path / "empty", train=1)
    assert (tmp_path / "empty/train/a/1.png").is_file()


@pytest.mark.data
def test_the_real_pictures(real_data: Path, tmp_path: Path) -> None:
    archive = real_data / "cats_vs_dogs_originals.tar"
    made = sp.subset(archive, tmp_path / "small", train=12, validation=4, test=6, in_order=True)
    assert [row["there"] for row in made.table] == [1001, 1001]
    with pool_of(archive) as pool:
        numbers = sorted((name for name in pool.ids if name.startswith("dog/")), key=natural)
    assert [row["source"] for row in manifest(made.folder) if row["label"] == "dog"] == numbers[:22]
    loaded = sp.load(tmp_path / "small", image_size=(32, 32))
    assert loaded.manifest.class_counts()["test"] == {"cat": 6, "dog": 6}
    again = sp.subset(real_data / "cats_vs_dogs_small.tar", tmp_path / "split", train=9, test=9, in_order=True)
    sources = [row["source"] for row in manifest(again.folder) if row["label"] == "cat"]
    assert sources == [f"train/cat/cat.{n}.jpg" for n in range(9)] + [
        f"test/cat/cat.{n}.jpg" for n in range(1500, 1509)
    ]
    with pytest.raises(DataError, match='"cat": 2,500 asked, 1,001 there'):
        sp.subset(archive, tmp_path / "all", train=1000, validation=500, test=1000)


@pytest.mark.parametrize("number", [2.5, "2", None])
def test_counts_are_whole_numbers(tmp_path: Path, number: object) -> None:
    source = write(tmp_path / "all", ["a/1.png", "a/2.png", "a/3.png", "b/1.png", "b/2.png", "b/3.png"])
    with pytest.raises(InputError, match=r"train = .* is no number of pictures"):
        sp.subset(source, tmp_path / "few", train=number)  # type: ignore[arg-type]
    assert not (tmp_path / "few").exists()
