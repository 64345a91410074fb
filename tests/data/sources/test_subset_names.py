"""Subsets: names of classes and pictures, the labels in them, and their order."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from subset_folders import files, manifest, write

import spirula as sp
from spirula.data.sources.pool import label_of_name
from spirula.data.sources.subset import natural
from spirula.errors import InputError


def test_a_class_name_that_no_folder_can_have(tmp_path: Path) -> None:
    x, y = np.zeros((6, 5, 5), np.uint8), np.array([0, 0, 0, 1, 1, 1])
    source = {"x": x, "y": y, "classes": ["T-shirt/top", "Bag"]}
    made = sp.subset(source, tmp_path / "few", train=2)
    assert (tmp_path / "few/train/T-shirt-top").is_dir()
    assert {row["label"] for row in manifest(tmp_path / "few")} == {"T-shirt/top", "Bag"}
    assert any("T-shirt-top" in note for note in made.notes)


def test_pictures_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    names = [f"a/{folder}/{name}.png" for folder in ("x", "y") for name in ("1", "same", "SAME")]
    source = write(tmp_path / "all", [*names, *(f"b/{number}.png" for number in range(6))])
    sp.subset(source, tmp_path / "few", train=6, in_order=True)
    rows = manifest(tmp_path / "few")
    assert len({row["path"].casefold() for row in rows}) == 12
    for row in rows:
        assert (tmp_path / "few" / row["path"]).read_bytes() == (source / row["source"]).read_bytes()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff\xfe")
    source = write(tmp_path / "all", [f"고양이/{odd}{number}.png" for number in range(3)])
    sp.subset(source, tmp_path / "few", train=2, in_order=True)
    assert [row["source"] for row in manifest(tmp_path / "few")] == [f"고양이/{odd}{number}.png" for number in (0, 1)]


def test_classes_are_chosen_by_name(tmp_path: Path) -> None:
    source = write(tmp_path / "all", [f"{name}/{number}.png" for name in ("cat", "dog", "emu") for number in range(2)])
    sp.subset(source, tmp_path / "few", train=2, classes=["emu", "cat"])
    assert sorted(path.name for path in (tmp_path / "few/train").iterdir()) == ["cat", "emu"]
    sp.subset(source, tmp_path / "text", train=2, classes="emu, cat")
    assert files(tmp_path / "text") == files(tmp_path / "few")
    with pytest.raises(InputError, match=r'no class "dgo"\. Did you mean "dog"'):
        sp.subset(source, tmp_path / "more", train=2, classes=["dgo"])


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("cat.0.jpg", "cat"),
        ("train/dog.12499.jpg", "dog"),
        ("great_pyrenees_12.jpg", "great_pyrenees"),
        ("고양이 (3).png", "고양이"),
        ("b2_13.png", "b2"),
        ("cat7.jpg", "cat"),
        ("1.jpg", None),
        ("_12.jpg", None),
        ("cat.jpg", None),
    ],
)
def test_labels_in_file_names(name: str, label: str | None) -> None:
    assert label_of_name(name) == label


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=2))
def test_natural_order_is_the_order_of_the_numbers(numbers: list[int]) -> None:
    names = sorted((f"cat.{number}.jpg" for number in numbers), key=natural)
    assert names == [f"cat.{number}.jpg" for number in sorted(numbers)]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_folder_can_have_is_refused(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / "all", ["a/1.png", "b/1.png"])
    with pytest.raises(InputError, match=r"cannot be written.*\n.*Choose another name"):
        sp.subset(source, tmp_path / name, train=1)


def test_classes_may_be_given_as_numbers(tmp_path: Path) -> None:
    source = write(tmp_path / "all", ["1/a.png", "2/a.png", "3/a.png"])
    assert [row["class"] for row in sp.subset(source, tmp_path / "few", train=1, classes=[1, 3]).table] == ["1", "3"]  # type: ignore[list-item]
