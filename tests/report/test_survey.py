"""A survey: what the numbers of a data set must be, for planted problems and against the decoder itself."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat
from surveyed import CLASSES, pets

from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.data.pictures.decode import fit
from spirula.data.survey.findings import LEVELS, findings
from spirula.data.survey.light import light, measure
from spirula.data.survey.shapes import kept_shares, resizing, scales, sizes
from spirula.data.survey.shortcuts import guessed
from spirula.data.survey.shown import cut_off, shown
from spirula.data.survey.spread import bars, spread
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


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 300), st.integers(8, 300), st.integers(8, 64), st.integers(8, 64))
def test_what_a_crop_keeps_is_what_the_decoder_keeps(h: int, w: int, to_h: int, to_w: int) -> None:
    """Of a picture whose pixels say where they lie, the crop's ends say how much of it is there."""
    share = kept_shares(np.array([h]), np.array([w]), (to_h, to_w))[0]
    image = cut_off(np.full((h, w, 1), 255, np.uint8), (to_h, to_w))
    assert (image == 255).mean() == pytest.approx(share, abs=1.5 / min(h, w))


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 300), st.integers(8, 300), st.integers(16, 64), st.integers(16, 64))
def test_what_padding_fills_is_what_the_decoder_fills(h: int, w: int, to_h: int, to_w: int) -> None:
    white = fit(Image.new("L", (w, h), 255), to_h, to_w, "pad")
    share = kept_shares(np.array([h]), np.array([w]), (to_h, to_w))[0]
    assert (white > 0).mean() == pytest.approx(share, abs=1.5 / min(to_h, to_w))


@settings(max_examples=60, deadline=None)
@given(st.integers(40, 300), st.integers(40, 300), st.sampled_from([0.875, 0.95, 1.0]))
def test_a_crop_that_keeps_a_share_of_the_side_keeps_its_square_of_the_area(h: int, w: int, share: float) -> None:
    found = resizing(("a",), np.array([h]), np.array([w]), (224, 224), "crop", share)
    kept = (cut_off(np.full((h, w, 1), 255, np.uint8), (224, 224), share) == 255).mean()
    assert kept == pytest.approx(1 - found["lost"]["most"], abs=4.5 / min(h, w))
    assert found["lost"]["most"] >= found["empty"]["most"]
    assert scales(np.array([h]), np.array([w]), (224, 224), "crop", share) == pytest.approx(224 / min(h, w) / share)


def test_scales_of_each_mode() -> None:
    h, w = np.array([100]), np.array([400])
    assert scales(h, w, (50, 50), "crop") == pytest.approx([0.5])  # the shorter side fits
    assert scales(h, w, (50, 50), "pad") == pytest.approx([0.125])  # the longer side fits
    assert scales(h, w, (50, 50), "squash") == pytest.approx([0.25])  # half × an eighth: √(1/16)


def test_resizing_in_numbers() -> None:
    h, w = np.array([100, 200, 50, 100]), np.array([100, 100, 50, 300])
    found = resizing(("a", "b", "c", "d"), h, w, (100, 100), "crop")
    assert found["enlarged"] == {"count": 1, "times": {"least": 2.0, "median": 2.0, "most": 2.0}}
    assert found["reduced"]["count"] == 0  # a crop of b and d keeps their shorter side of 100
    assert found["lost"]["most"] == pytest.approx(2 / 3)
    assert found["stretched"]["most"] == pytest.approx(3)
    assert (found["reshaped"], found["far"]) == (2, 2)
    assert [(entry["id"], entry["height"]) for entry in found["worst"]] == [("d", 100), ("b", 200)]
    assert resizing((), h[:0], w[:0], (9, 9), None)["count"] == 0


def test_sizes_in_numbers() -> None:
    found = sizes(np.array([10, 10, 30]), np.array([20, 20, 15]))
    assert found["distinct"] == 2
    assert found["common"][0] == {"height": 10, "width": 20, "count": 2}
    assert (found["lying"], found["upright"]) == (2, 1)
    assert found["height"] == {"least": 10, "median": 10, "most": 30}
    assert sizes(np.zeros(0, np.int64), np.zeros(0, np.int64)) == {"count": 0}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 5000), max_size=60))
def test_bars_count_every_value_once(values: list[int]) -> None:
    found = bars(np.array(values, dtype=np.int64))
    if not values:
        assert found is None
        assert spread(np.array(values)) is None
        return
    assert found is not None
    assert sum(found["counts"]) == len(values)
    assert len(found["edges"]) == len(found["counts"]) + 1


def test_one_giant_does_not_hide_the_others_in_one_bar() -> None:
    found = bars(np.array([*range(200, 400), 20_000]))
    assert found is not None
    assert found["beyond"] >= 1
    assert found["edges"][-1] < 500
    assert sum(found["counts"]) == 201


# Light


def test_light_of_known_pictures() -> None:
    pixels = np.zeros((5, 20, 20, 3), np.uint8)
    pixels[1] = 255
    pixels[2, :10] = 255  # half black, half white: mean and deviation are one half
    pixels[3, :, :, 0] = 255  # pure red: luma 0.299
    pixels[4, 0, 0] = 90
    found = measure(pixels)
    assert found.brightness == pytest.approx([0, 1, 0.5, 0.299, 90 / 255 / 400], abs=1e-5)
    assert found.contrast[:4] == pytest.approx([0, 0, 0.5, 0], abs=1e-5)
    assert found.grey.tolist() == [True, True, True, False, True]
    said = light(("a", "b", "c", "d", "e"), pixels)
    assert set(said["blank"]["ids"]) == {"a", "b", "d", "e"}
    assert said["dark"]["count"] == said["bright"]["count"] == 0  # what is blank is not also called dark
    assert (said["grey"], said["coloured"]) == (4, 1)


def test_light_is_what_pillow_measures() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (6, 50, 70, 3), dtype=np.uint8)
    pixels[:, :25] //= 3
    found = measure(pixels)
    for row, image in enumerate(pixels):
        told = ImageStat.Stat(Image.fromarray(image).convert("L"))
        assert found.brightness[row] * 255 == pytest.approx(told.mean[0], abs=0.6)  # Pillow rounds each pixel
        assert found.contrast[row] * 255 == pytest.approx(told.stddev[0], abs=0.6)


def test_light_in_chunks_and_samples_is_light_as_a_whole() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (40, 200, 240, 3), dtype=np.uint8)
    pixels[:, :100] //= 4
    found = measure(pixels)
    luma = pixels.astype(np.float64) @ [0.299, 0.587, 0.114] / 255
    assert found.brightness == pytest.approx(luma.mean(axis=(1, 2)), abs=0.01)
    assert found.contrast == pytest.approx(luma.std(axis=(1, 2)), abs=0.01)


def test_dark_and_bright_pictures_are_named_worst_first() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (10, 16, 16, 1), dtype=np.uint8)
    pixels[2] = 0  # a drawing: a white stroke on black
    pixels[2, 0] = 255
    pixels[3] = pixels[3] // 9
    pixels[4] = pixels[4] // 10
    pixels[5] = 255 - pixels[5] // 10
    said = light([str(row) for row in range(10)], pixels)
    assert said["dark"]["ids"] == ["4", "3"]
    assert said["bright"]["ids"] == ["5"]


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
