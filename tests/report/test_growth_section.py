"""The section "Will more help?": the sentence, the curve and the table, from the file that the verb left."""

from __future__ import annotations

import copy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from folders import Folder
from reading import read

from spirula.report.page import render

GAIN = {"gain": 0.006, "low": 0.003, "high": 0.0085}
LOSS = {"gain": -0.001, "low": -0.004, "high": 0.003}
KNOWN: dict[str, Any] = {
    "split": "test", "held_out": 2000, "repeats": 10,
    "sizes": [125, 250, 500, 1000, 2000],
    "accuracy": [0.9, 0.93, 0.95, 0.965, 0.975], "low": [0.88, 0.92, 0.94, 0.957, 0.969],
    "high": [0.915, 0.94, 0.957, 0.972, 0.981],
    "further": [2000, 3000, 4000, 6000, 8000], "further_accuracy": [0.975, 0.979, 0.981, 0.984, 0.986],
    "further_low": [0.969, 0.973, 0.975, 0.977, 0.978], "further_high": [0.981, 0.984, 0.987, 0.99, 0.992],
    "gain": GAIN, "verdict": "helps", "foretold": [0.9741, 0.975],
    "classes": [
        {"name": "고양이", "samples": 1000, "accuracy": 0.97, "overall": GAIN, "own": GAIN, "verdict": "helps"},
        {"name": "<dog>", "samples": 1000, "accuracy": 0.98, "overall": LOSS, "own": GAIN, "verdict": "unknown"},
    ],
    "left_out": 3, "notes": [],
}  # fmt: skip


def shown(folder: Path, known: dict[str, Any] | None) -> Any:
    written = Folder(folder)
    if known is not None:
        written.json("insight/growth.json", known)
    return read(render(written.done()))


def section(root: Any) -> Any:
    return next(part for part in root.all("section") if part.attributes.get("id") == "growth")


def test_it_says_the_gain_with_its_interval_and_names_the_classes(folder: Path) -> None:
    found = section(shown(folder, KNOWN))
    assert found.one("h2").text == "Will more help?"
    assert "Twice as many would help: +0.6 ± 0.3" in found.text
    assert "judged on 2,000 of test" in found.text
    assert "foretold 97.41" in found.text
    rows = found.one("tbody").all("tr")
    assert [row.one("th").text for row in rows] == ["고양이", "<dog>"]
    assert [cell.text for cell in rows[1].all("td")][2].startswith("−0.1 ± 0.4")
    assert "cannot be told" in rows[1].text
    assert "3 more are less weak" in found.text


def test_the_curve_has_a_point_for_each_size_and_a_band(folder: Path) -> None:
    figure = section(shown(folder, KNOWN)).one("svg")
    assert len(figure.all("circle")) == 5
    points = figure.one("polygon").attributes["points"].split()
    assert len(points) == 10
    heights = [float(dot.attributes["cy"]) for dot in figure.all("circle")]
    assert heights == sorted(heights, reverse=True)
    places = [float(dot.attributes["cx"]) for dot in figure.all("circle")]
    steps = [b - a for a, b in pairwise(places)]
    assert max(steps) - min(steps) < 0.1  # sizes double: equal steps on the axis


def test_what_cannot_be_told_is_said_without_a_curve(folder: Path) -> None:
    untold = {
        **KNOWN,
        "gain": None,
        "verdict": None,
        "classes": [],
        "notes": ["It cannot be told: too few."],
        "foretold": None,
    }
    found = section(shown(folder, untold))
    assert "It cannot be told: too few." in found.text
    assert not found.all("svg")


def test_a_run_that_was_not_asked_has_no_such_section(folder: Path) -> None:
    assert not [part for part in shown(folder, None).all("section") if part.attributes.get("id") == "growth"]


@pytest.mark.parametrize("broken", [{"sizes": []}, {"verdict": "?"}, {"classes": 3}])
def test_a_damaged_file_is_named(folder: Path, broken: dict[str, Any]) -> None:
    assert "growth.json cannot be read" in section(shown(folder, {**copy.deepcopy(KNOWN), **broken})).text
