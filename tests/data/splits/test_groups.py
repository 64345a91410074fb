"""What must stay together by its name or by a column: patterns, folders, groups."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from linked_samples import labelled

from spirula.data.samples import Samples
from spirula.data.splits.atoms import grouped
from spirula.data.splits.patterns import searched
from spirula.errors import DataError

NAMES = ["train/cat/patient7_1.png", "train/cat/patient7_2.png", "train/dog/patient12_1.png", "train/dog/stray.png"]


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (r"patient(\d+)", ("7", "7", "12", NAMES[3])),
        (r"patient\d+", ("patient7", "patient7", "patient12", NAMES[3])),
        (r"(cat|dog)/([a-z]+)", ("cat/patient", "cat/patient", "dog/patient", "dog/stray")),
        (r"(고양이)|dog", (*NAMES[:2], "dog", "dog")),
    ],
)
def test_a_pattern_names_the_groups(pattern: str, groups: tuple[str, ...]) -> None:
    found = grouped(labelled(np.array([0, 0, 1, 1]), NAMES), pattern)
    assert found.groups == groups
    alone = sum(group == name for group, name in zip(groups, NAMES, strict=True))
    assert ("1 sample does not match" in found.notes[-1]) == (alone == 1)
    assert (f"{alone} samples do not match" in found.notes[-1]) == (alone > 1)


def test_folders_below_the_classes_are_groups() -> None:
    names = ["class 0/월요일/1.png", "class 0/월요일/2.png", "class 0/3.png", "class 1/월요일/1.png"]
    found = grouped(labelled(np.array([0, 0, 0, 1]), names), "folder")
    assert found.groups == ("class 0/월요일", "class 0/월요일", "class 0/3.png", "class 1/월요일")


def test_names_are_those_that_people_see_however_the_disk_spells_them() -> None:
    """A Mac writes NFD, a keyboard NFC."""
    names = [
        unicodedata.normalize("NFD", name) for name in ("고양이/환자1_가.png", "고양이/환자1_나.png", "개/환자2.png")
    ]
    samples = Samples("here", "classification", ("개", "고양이"), tuple(names), np.array([1, 1, 0]))
    assert grouped(samples, r"환자(\d+)").groups == ("1", "1", "2")
    with pytest.raises(DataError, match="no folder below"):  # the folders of the classes are none
        grouped(samples, "folder")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"visit(\d+)", r"finds no group.*train/cat/patient7_1\.png"),
        ("(", "not a regular expression"),
        ("train", "all 4 samples.*one group"),
        ("folder", "finds no group.*no folder below"),
    ],
)
def test_a_pattern_that_cannot_help_is_refused(pattern: str, words: str) -> None:
    samples = labelled(np.array([0, 0, 1, 1]), NAMES)
    if pattern == "folder":
        samples = Samples("here", "classification", ("cat", "dog"), tuple(NAMES), samples.targets)
    with pytest.raises(DataError, match=words):
        grouped(samples, pattern)


def test_a_column_of_groups_and_a_pattern_are_one_too_many() -> None:
    with pytest.raises(DataError, match="names its groups already"):
        grouped(labelled(np.array([0, 0, 1, 1]), NAMES, groups=("a", "a", "b", "b")), "folder")


def test_a_pattern_that_takes_forever_is_ended() -> None:
    with pytest.raises(DataError, match=r"not done after 0\.5 seconds"):
        searched("(a+)+$", ["a" * 40 + "!"], seconds=0.5)
    names = ["환자7\n_1.png", "\udcff_2.png", "none"]  # a new line, and a name that is no text
    assert searched(r"(\w+)\n_(\d)|\udcff", names) == [("환자7\n_1", ("환자7", "1")), ("\udcff", ("", "")), None]
    with pytest.raises(DataError, match="not a regular expression"):
        searched("x{99999999999}", names)
