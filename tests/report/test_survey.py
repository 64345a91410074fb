"""A survey: what the numbers of a data set must be, for planted problems and against the decoder itself."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from surveyed import CLASSES, pets

from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.data.survey.findings import LEVELS, findings
from spirula.data.survey.shortcuts import guessed
from spirula.data.survey.shown import cut_off, shown
from spirula.data.survey.survey import MOST_STORED, abridged, survey
from spirula.errors import UnusableDataError
from spirula.runs.files import finite


def test_planted_problems_are_all_found() -> None:
    document = survey(pets())
    assert document["counts"]["splits"] == {"train": 40, "test": 20}
    assert document["counts"]["classes"]["train"] == {"dog": 20, "고양이": 20}
    files = document["files"]
    assert files["verdicts"] == {"accepted": 58, "converted": 1, "suspect": 1, "refused": 2}
    assert [(row["verdict"], row["id"], row["code"]) for row in files["rows"]] == [
        ("refused", "train/dog/empty.jpg", "empty"),
        ("refused", "test/dog/gone.jpg", "missing"),
        ("suspect", "train/고양이/7.jpg", "damaged-data"),
        ("converted", "train/dog/8.jpg", "cmyk"),
    ]
    assert {(entry["code"], entry["count"]) for entry in files["codes"]} == {
        ("empty", 1), ("missing", 1), ("damaged-data", 1), ("cmyk", 1)
    }  # fmt: skip
    assert (files["turned"], files["orientations"]) == (1, {"6": 1})
    assert files["modes"] == {"RGB": 59, "CMYK": 1}
    assert files["formats"] == {"JPEG": 60}  # those that could not be opened have none
    copies = document["copies"]
    assert (copies["groups"], copies["pictures"], copies["leaks"], copies["conflicts"]) == (2, 4, {"test": 2}, 1)
    assert copies["kinds"] == {"pixels": 1, "near": 1}
    assert [pair["ids"] for pair in copies["pairs"]] == [
        ["train/고양이/5.jpg", "test/dog/50.jpg"],
        ["train/dog/10.jpg", "test/dog/52.jpg"],
    ]
    codes = [finding["code"] for finding in document["findings"]]
    assert codes == ["leak", "copies-with-other-labels", "refused", "suspect", "reshaped-squash", "converted", "turned"]


def test_it_is_json_with_any_name() -> None:
    dataset = pets()
    odd = replace(dataset.manifest, source="caf\udce9/집")
    text = json.dumps(finite(survey(replace(dataset, manifest=odd))), ensure_ascii=False, allow_nan=False)
    assert json.loads(text)["source"] == "caf\\xe9/집"


def test_a_clean_set_has_no_findings() -> None:
    dataset = pets()
    rows = dataset.ledger.rows("accepted")[:11]
    clean = replace(dataset, ledger=None, twins=None, manifest=replace(dataset.manifest, verdicts=()))
    assert survey(clean)["findings"] == []
    assert survey(clean)["files"]["rows"] == []
    assert len(rows) == 11


def test_vectors_and_floats_are_surveyed_too() -> None:
    manifest = Manifest("regression", (), ("a", "b"), np.float32([1.5, 2.5]), np.array(["train", "test"]))
    for shape in ((2, 5), (2, 4, 4, 1)):
        document = survey(Dataset(manifest, np.zeros(shape, np.float32)))
        assert document["light"] is None
        assert document["sizes"] is None
        assert document["counts"]["classes"] == {}


# What resizing does


# Light


# Shortcuts


def test_a_format_that_gives_the_class_away_is_a_finding() -> None:
    dataset = pets()
    formats = np.where(dataset.manifest.targets == 0, "PNG", "JPEG")
    ledger = replace(dataset.ledger, formats=np.concatenate([formats, ["", ""]]))
    document = survey(replace(dataset, ledger=ledger))
    assert [entry["fact"] for entry in document["shortcuts"]] == ["format"]
    assert document["shortcuts"][0]["accuracy"] == 1.0
    assert "shortcut-format" in [finding["code"] for finding in document["findings"]]


def test_sizes_that_all_differ_give_nothing_away() -> None:
    """Guessing from what occurs once would be right always, and mean nothing."""
    assert guessed(np.arange(100), np.arange(100) % 2) == 0.5


# Findings


def test_a_set_that_training_refuses_says_so_first() -> None:
    document = survey(
        replace(pets(), problems=(UnusableDataError("too many files cannot be used\n  'a'", "Repair them."),))
    )
    assert document["findings"][0]["code"] == "refused-by-training"
    assert document["findings"][0]["values"] == {
        "problem": "too many files cannot be used",
        "remedy": "Repair them.",
    }
    assert "refused" not in [finding["code"] for finding in document["findings"]]  # said already


def test_findings_come_gravest_first() -> None:
    levels = [LEVELS.index(finding["level"]) for finding in findings(survey(pets()))]
    assert levels == sorted(levels)


def test_uneven_and_small_classes() -> None:
    dataset = pets()
    targets = (np.arange(60) % 10 == 0).astype(np.int64)
    found = survey(replace(dataset, manifest=replace(dataset.manifest, targets=targets)))["findings"]
    uneven = next(finding["values"] for finding in found if finding["code"] == "uneven")
    assert uneven == {"ratio": 9.0, "largest": "dog", "smallest": "고양이"}
    assert next(finding["values"]["names"] for finding in found if finding["code"] == "few") == ["고양이"]


def test_a_set_that_is_dark_by_nature_is_no_finding() -> None:
    dataset = pets()
    dark = dataset.pixels[:, :, :, :1] // 10
    codes = [finding["code"] for finding in survey(replace(dataset, pixels=dark))["findings"]]
    assert "dark" not in codes
    one = dataset.pixels.copy()
    one[3] = one[3, :, :, :1] // 10
    codes = [finding["code"] for finding in survey(replace(dataset, pixels=one))["findings"]]
    assert "dark" in codes


# Pictures


def test_pictures_follow_what_they_show() -> None:
    dataset = pets()
    document = survey(dataset)
    pictures = shown(dataset, document)
    assert (pictures["suspects"][0] == dataset.pixels[7]).all()
    assert (pictures["pairs"][0] == dataset.pixels[5]).all()
    assert (pictures["pairs"][1] == dataset.pixels[50]).all()
    assert pictures["worst"] == []  # without the files, the borders are not there to be drawn
    assert shown(replace(dataset, pixels=dataset.pixels.astype(np.float32)), document) == {}


def test_what_a_crop_cuts_off_is_shaded() -> None:
    image = np.full((40, 100, 3), 200, np.uint8)
    drawn = cut_off(image, (50, 50))
    assert (drawn[:, 30:70] == 200).all()
    assert (drawn[:, :30] < 140).all()
    assert (drawn[:, 70:] < 140).all()


def test_a_run_folder_gets_long_lists_abridged() -> None:
    document = survey(pets())
    document["files"]["rows"] = document["files"]["rows"] * 1000
    short = abridged(document)
    assert len(short["files"]["rows"]) == MOST_STORED
    assert len(document["files"]["rows"]) == 4000
    assert short["files"]["verdicts"] == document["files"]["verdicts"]


def test_classes_are_the_planted_ones() -> None:
    assert survey(pets())["classes"] == list(CLASSES)
