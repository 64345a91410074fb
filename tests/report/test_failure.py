"""The section of a failed run: layer, operation, samples and advice, from the file that training left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from folders import Folder
from reading import read

from spirula.report.page import render

VALUES = {"shape": [32, 30], "dtype": "float32", "low": -83.5, "high": 312.0, "zeros": 0, "nans": 0, "infinities": 0}
KNOWN: dict[str, Any] = {
    "seen": "The loss became inf in epoch 2 by step 7 (learning rate 0.01)",
    "cause": "first, exp in dense (Dense(30)) gave inf (41 of 960 values)",
    "advice": ["Write softplus.", "Scale the inputs <b>now</b>."],
    "details": [],
    "where": "network",
    "layer": "dense",
    "title": "dense (Dense(30))",
    "operation": "exp",
    "inputs": [VALUES],
    "output": {**VALUES, "infinities": 41},
    "rows": [3, 17],
    "samples": ["고양이/1.jpg", "<script>.jpg"],
    "batch_size": 32,
    "epoch": 2,
    "step": 7,
    "learning_rate": 0.01,
    "precision": "float32",
    "images": {**VALUES, "shape": [32, 8], "high": 35682.0, "zeros": 1},
    "targets": None,
    "largest_weight": ["dense.weight", 0.394],
    "gradient_norm": None,
    "before": [{"step": 5, "loss": 0.5, "gradient_norm": 12.25}, {"step": 6, "loss": 0.75, "gradient_norm": None}],
}


def failed(folder: Path, known: dict[str, Any], status: str = "failed") -> str:
    written = Folder(folder, status=status, failure="The loss became inf: first, exp\n    and much more")
    written.json("insight/nonfinite.json", known)
    return render(written.done())


def test_it_comes_first_and_says_everything(folder: Path) -> None:
    root = read(failed(folder, KNOWN))
    first = root.all("section")[0]
    assert first.attributes["id"] == "failure"
    assert first.one("h2").text == "Why it failed"
    text = first.text
    assert "first, exp in dense (Dense(30)) gave inf (41 of 960 values)" in text
    assert [item.text for item in first.all("ul")[0].all("li")] == KNOWN["advice"]
    assert [item.text for item in first.all("ul")[1].all("li")] == KNOWN["samples"]
    assert "2 of the 32 in the batch" in text
    cells = {row.one("th").text: row.one("td").text for row in first.one("table", class_="pairs").all("tr")}
    assert cells["It worked on"] == "−83.5 to 312 (32 × 30, float32)"
    assert cells["It gave"] == "41 infinite (32 × 30)"
    assert cells["Inputs of the network"] == "−83.5 to 35,682, 1 zero (32 × 8, float32)"
    assert cells["Largest weight"] == "0.394 in dense.weight"
    assert "Targets" not in cells
    steps = first.one("table", class_="numbers").one("tbody").all("tr")
    assert [cell.text for cell in steps[0].all("td")] == ["0.500", "12.2"]
    assert steps[1].all("td")[1].text == "–"  # what JSON cannot hold


def test_the_badge_has_one_line_and_the_section_the_rest(folder: Path) -> None:
    badge = read(failed(folder, KNOWN)).one("p", class_="badge")
    assert "first, exp" in badge.text
    assert "and much more" not in badge.text


def test_a_culprit_without_samples_steps_or_layer(folder: Path) -> None:
    bare = {**KNOWN, "layer": "", "title": "", "rows": [], "samples": [], "before": [], "images": None, "output": None}
    first = read(failed(folder, bare)).all("section")[0]
    assert not first.all("table", class_="numbers")
    assert "in the batch" not in first.text


def test_rows_stand_in_for_names(folder: Path) -> None:
    first = read(failed(folder, {**KNOWN, "samples": []})).all("section")[0]
    assert [item.text for item in first.all("ul")[1].all("li")] == ["row 3", "row 17"]


def test_it_is_not_said_to_go_on_by_itself(folder: Path) -> None:
    assert "--resume" not in failed(folder, KNOWN)
    other = Folder(folder.parent / "other", status="failed", failure="No space left on the disk").done()
    assert "--resume" in render(other)


def test_a_run_that_went_on_well_does_not_speak_of_it(folder: Path) -> None:
    assert "Why it failed" not in failed(folder, KNOWN, status="running")


@pytest.mark.parametrize(
    "damage", [{"inputs": 5}, {"before": [{}]}, {"output": {"nans": "many"}}, {"largest_weight": []}]
)
def test_a_damaged_file_is_named_in_its_section(folder: Path, damage: dict[str, Any]) -> None:
    root = read(failed(folder, json.loads(json.dumps({**KNOWN, **damage}))))
    assert "nonfinite.json cannot be read" in root.all("section")[0].one("p", class_="missing").text
    assert len(root.all("section")) > 5
