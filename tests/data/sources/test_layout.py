from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from spirula.data.sources.layout import arrange
from spirula.errors import DataError


def arranged(*paths: str, folders: tuple[str, ...] = (), whole: bool = False):  # type: ignore[no-untyped-def]
    every = set(folders)
    for path in paths:
        parts = path.split("/")[:-1]
        every.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return arrange(list(paths), every, source="DATA", whole=whole)


def test_one_folder_per_class() -> None:
    layout = arranged("cat/1.jpg", "dog/1.jpg", "cat/old/2.jpg")
    assert layout.classes == ("cat", "dog")
    assert layout.labels.tolist() == [0, 1, 0]
    assert layout.splits is None


@pytest.mark.parametrize(
    "names", [("train", "validation", "test"), ("Training", "val", "testing"), ("TRAIN", "valid", "Test")]
)
def test_splits_and_their_synonyms(names: tuple[str, str, str]) -> None:
    layout = arranged(*(f"{name}/{label}/1.jpg" for name in names for label in ("cat", "dog")))
    assert layout.splits is not None
    assert layout.splits.tolist() == ["train"] * 2 + ["validation"] * 2 + ["test"] * 2
    assert layout.labels.tolist() == [0, 1] * 3


def test_numbers_are_sorted_by_value() -> None:
    assert arranged(*(f"{number}/1.png" for number in range(12))).classes == tuple(map(str, range(12)))


def test_train_may_be_a_class() -> None:
    layout = arranged("train/1.jpg", "bus/1.jpg", "car/1.jpg")
    assert layout.classes == ("bus", "car", "train")
    assert layout.splits is None


def test_a_class_missing_from_validation_keeps_its_index_and_is_named() -> None:
    layout = arranged("train/a/1.png", "train/b/1.png", "train/c/1.png", "val/a/1.png", "val/c/1.png")
    assert layout.labels.tolist() == [0, 1, 2, 0, 2]
    assert any('"b"' in note and "validation" in note for note in layout.notes)


@pytest.mark.parametrize("extra", ["d", "B", "ghost"])
def test_a_class_that_train_lacks_is_an_error(extra: str) -> None:
    with pytest.raises(DataError, match=f'"{extra}"'):
        arranged("train/a/1.png", "train/b/1.png", f"val/{extra}/1.png")


def test_an_empty_train_folder_does_not_make_a_class() -> None:
    with pytest.raises(DataError, match='"c"'):
        arranged("train/a/1.png", "train/b/1.png", "val/c/1.png", folders=("train/c",))
    layout = arranged("train/a/1.png", "train/b/1.png", folders=("train/c",))
    assert layout.classes == ("a", "b")
    assert any('"c"' in note for note in layout.notes)


def test_nfc_and_nfd_spellings_are_one_class() -> None:
    nfc, nfd = (unicodedata.normalize(form, "고양이") for form in ("NFC", "NFD"))
    layout = arranged(f"train/{nfc}/1.png", "train/b/1.png", f"val/{nfd}/1.png")
    assert layout.classes == ("b", nfc)
    assert layout.labels.tolist() == [1, 0, 1]


def test_names_that_differ_in_capitals_are_kept_apart_and_named() -> None:
    layout = arranged("Cat/1.png", "cat/1.png")
    assert layout.classes == ("Cat", "cat")
    assert any("capitals" in note for note in layout.notes)


@pytest.mark.parametrize(
    ("paths", "folders", "message"),
    [
        ((), (), "neither class folders nor images"),
        (("1.jpg", "2.jpg"), (), "2 images but no class folders"),
        ((), ("cat", "dog"), "no image"),
        (("train/1.jpg", "test/2.jpg"), (), "train/ holds 1 image directly|test/ holds 1 image directly"),
        (("train/a/1.jpg", "extra/1.jpg"), (), "extra"),
        (("train/a/1.jpg", "val/a/1.jpg", "validation/a/1.jpg"), (), "both validation"),
        (("val/a/1.jpg", "test/a/1.jpg"), (), "no train folder"),
        (("pets/cat/1.jpg", "pets/dog/1.jpg"), (), "one folder only"),
    ],
)
def test_what_cannot_be_arranged_says_what_is_accepted(
    paths: tuple[str, ...], folders: tuple[str, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        arranged(*paths, folders=folders)
    assert caught.value.remedy


def test_eval_is_used_and_said_to_be_unclear() -> None:
    layout = arranged("train/a/1.png", "eval/a/1.png")
    assert layout.splits is not None
    assert layout.splits.tolist() == ["train", "validation"]
    both = arranged("train/a/1.png", "val/a/1.png", "eval/a/1.png")
    assert both.splits is not None
    assert both.splits.tolist() == ["train", "validation", "test"]
    assert any("eval" in note for note in both.notes)


def test_for_an_evaluation_a_test_folder_alone_will_do() -> None:
    layout = arranged("test/a/1.png", "test/b/1.png", whole=True)
    assert layout.splits is not None
    assert set(layout.splits) == {"test"}


def test_a_name_that_is_not_utf8_becomes_printable() -> None:
    layout = arranged("caf\udce9/1.png", "tee/1.png")
    assert layout.classes == ("caf\\xe9", "tee")
    assert "".join(layout.classes).encode("utf-8")


def test_two_hundred_layouts_without_a_silent_mismatch() -> None:
    """Whatever is missing, extra, empty or spelled differently: a label is right, or the layout is refused."""
    rng = np.random.default_rng(0)
    names = ["Café", "고양이", "b", "zebra", "Ångström", "10", "9"]
    refused = arranged_well = 0
    for _ in range(200):
        chosen = list(rng.permutation(names)[: rng.integers(2, 7)])
        truth: dict[str, str] = {}
        folders: set[str] = set()
        for split in ("train", "val", "test"):
            for name in chosen:
                fate = rng.random()
                if fate < 0.06:
                    continue  # missing
                shown = unicodedata.normalize("NFD" if rng.random() < 0.5 else "NFC", name)
                if fate < 0.09:
                    shown = shown.swapcase()
                folders.add(f"{split}/{shown}")
                if fate > 0.12:  # else empty
                    for index in range(rng.integers(1, 3)):
                        truth[f"{split}/{shown}/{index}.png"] = unicodedata.normalize("NFC", shown)
            if rng.random() < 0.05:
                truth[f"{split}/extra/0.png"] = "extra"
                folders.add(f"{split}/extra")
        paths = list(truth)
        rng.shuffle(paths)
        trained = {name for path, name in truth.items() if path.startswith("train/")}
        unknown = {name for path, name in truth.items() if not path.startswith("train/")} - trained
        try:
            layout = arrange(paths, folders | {"train", "val", "test"}, source="DATA")
        except DataError as error:
            message = str(error)
        else:
            message = ""
        if message:
            refused += 1
            assert any(f'"{name}"' in message for name in unknown) or not trained
            continue
        arranged_well += 1
        assert not unknown
        assert set(layout.classes) == trained
        for row, label in zip(layout.rows, layout.labels, strict=True):
            assert layout.classes[label] == truth[paths[row]]
        assert len(layout.rows) == len(paths)
    assert refused > 20
    assert arranged_well > 50
