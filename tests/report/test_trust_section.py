"""How far to trust it: coverage, temperature and refusal in the report, against the numbers themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from embedded import embedded
from folders import classifier, multilabel, regression
from reading import read

from spirula.metrics.calibration import calibration_error
from spirula.metrics.classification import log_loss
from spirula.metrics.temperature import tempered
from spirula.report import wording
from spirula.report.facts import Facts
from spirula.report.page import render
from spirula.report.trust.section import trust
from spirula.report.trust.words import WORDS


def test_answering_the_surest_nine_tenths(tmp_path: Path) -> None:
    run = classifier(tmp_path / "run", counts=(500, 400, 1000))
    data = trust(Facts(run))
    stored = run.predictions("test")
    right = stored.probabilities.argmax(axis=1) == stored.targets
    surest = np.argsort(-stored.probabilities.max(axis=1), kind="stable")[:900]
    row = next(row for row in data["coverage"]["rows"] if row["share"] == wording.percent(0.9))
    assert row["accuracy"] == wording.percent(right[surest].mean())
    assert data["coverage"]["rows"][0]["accuracy"] == wording.percent(right.mean())
    assert f"right in {row['accuracy']}" in data["coverage"]["words"]
    figure = str(data["coverage"]["figure"])
    assert "band series-0" in figure
    assert figure.count("<circle") == len(data["coverage"]["rows"])


def test_loss_and_calibration_error_before_and_after_temperature(tmp_path: Path) -> None:
    run = embedded(tmp_path / "run", counts=(60, 40, 200))
    data = trust(Facts(run))["temperature"]
    stored = run.predictions("test")
    after = tempered(stored.probabilities, 1.6, apart=False)
    (loss, _), (loss_after, _) = data["rows"][0]["cells"]
    assert loss == wording.number(log_loss(stored.targets, stored.probabilities))
    assert loss_after == wording.number(log_loss(stored.targets, after))
    (error, interval), (error_after, _) = data["rows"][1]["cells"]
    assert error == wording.percent(calibration_error(stored.targets, stored.probabilities))
    assert error_after == wording.percent(calibration_error(stored.targets, after))
    assert "–" in interval
    assert "claim less than the network does" in data["words"]


def test_without_a_temperature_it_says_what_it_takes(tmp_path: Path) -> None:
    html = render(embedded(tmp_path / "run", temperature=None))
    assert "No temperature was fitted" in html
    assert "--calibrated" not in html


def test_what_is_refused_and_how_the_others_fare(tmp_path: Path) -> None:
    run = embedded(tmp_path / "run", refuse=0.5)
    words = trust(Facts(run))["refusal"]
    stored = run.predictions("test")
    answered = run.arrays("embedding")["test_likeness"] >= 0.5
    right = (stored.probabilities.argmax(axis=1) == stored.targets)[answered].mean()
    assert "below 0.500" in words[0]
    assert f"it refuses {wording.percent(1 - answered.mean())}" in words[1]
    assert f"of the others {wording.percent(right)} are right" in words[1]
    offered = read(render(embedded(tmp_path / "other"))).one("section", id="trust").text
    assert "spirula calibrate" in offered


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_multilabel_run_counts_whole_samples(tmp_path: Path, language: str) -> None:
    html = render(multilabel(tmp_path / "run"), language)
    section = read(html).one("section", id="trust").text
    assert WORDS["exact_note"][language == "ko"] in section


def test_a_regression_has_no_such_section(tmp_path: Path) -> None:
    assert 'id="trust"' not in render(regression(tmp_path / "run"))


def test_every_sentence_is_there_in_both_languages() -> None:
    for english, korean in WORDS.values():
        assert english.strip()
        assert korean.strip()


def test_it_asks_as_many_questions_as_it_answers(tmp_path: Path) -> None:
    run = embedded(tmp_path / "run")
    assert trust(Facts(run))["lead"].startswith("Three questions")
    run.insight_path("embedding.npz").unlink()
    assert trust(Facts(run))["lead"].startswith("Two questions")
    assert "두 가지" in trust(Facts(run, "ko"))["lead"]
