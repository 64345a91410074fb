"""The gallery of mistakes as files, and what it says of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spirula as sp
from spirula.errors import InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    runs = tmp_path_factory.mktemp("runs")
    return sp.train("digits", model="Flatten()", epochs=1, runs=runs, progress="quiet")


def test_mistakes_are_saved_as_png_on_white(run: sp.Run, tmp_path: Path) -> None:
    mistakes = run.mistakes()
    with Image.open(mistakes.save(tmp_path / "틀린 것.png", rows=1, columns=2)) as picture:
        assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
        assert len(picture.convert("L").getcolors() or []) > 2
    for wrong, words in (
        ({"path": tmp_path / "no" / "x.svg"}, "could not be written"),
        ({"path": tmp_path / "no" / "x.png"}, "could not be written"),
        ({"path": tmp_path / "x.svg", "rows": 0}, "rows = 0"),
        ({"path": tmp_path / "x.svg", "columns": 1.5}, "columns = 1.5"),
    ):
        with pytest.raises(InputError, match=words):
            mistakes.save(**wrong)  # type: ignore[arg-type]


def test_mistakes_of_numbers_have_errors_not_confidence(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 255, (60, 6, 6), np.uint8)
    made = sp.train(
        (x, x.mean((1, 2))), task="regression", model="Flatten()", epochs=1, runs=tmp_path, progress="quiet"
    )
    worst = made.mistakes("test")
    assert worst.title == "Largest errors of test"
    for row in worst:
        assert "confidence" not in row
        assert row["error"] == pytest.approx(abs(float(row["label"]) - float(row["predicted"])), rel=0.05, abs=0.05)
    assert "±" in worst.save(tmp_path / "worst.svg").read_text(encoding="utf-8")
    assert "±" in worst._repr_html_()
