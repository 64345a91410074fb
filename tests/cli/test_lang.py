"""The language of reports: asked for with a training, or when a page is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import InputError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    asked = ["train", "digits", "--model", "linear", "--epochs", "1", "--lang", "ko", "--name", "숫자"]
    assert command([*asked, "--runs", str(folder), "--progress", "quiet"]) == 0
    return folder


def language(page: Path) -> str:
    found = re.search(r'<html lang="(\w+)">', page.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def test_a_training_reports_in_the_language_that_it_was_asked_for(runs: Path) -> None:
    report = runs / "숫자" / "report.html"
    assert language(report) == "ko"
    assert "digits 학습" in report.read_text(encoding="utf-8")
    assert re.search(r'^lang = "ko"$', (runs / "숫자" / "config.toml").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_figures_speak_as_the_report_does(runs: Path) -> None:
    drawn = sp.open_run("숫자", runs).weight_histogram().svg
    assert "학습 전" in drawn
    assert "before training" not in drawn


def test_the_report_is_written_again_in_the_same_or_in_another_language(runs: Path) -> None:
    report = runs / "숫자" / "report.html"
    for options, spoken in ((["--lang", "en"], "en"), ([], "ko")):
        assert command(["report", "숫자", "--runs", str(runs), *options]) == 0
        assert language(report) == spoken
    run = sp.open_run("숫자", runs)
    assert language(run.report(lang="en")) == "en"
    assert language(run.report()) == "ko"
    with pytest.raises(InputError, match='no pages in "kr"'):
        run.report(lang="kr")


def test_a_language_that_there_is_not_is_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["train", "digits", "--lang", "kr", "--runs", str(tmp_path)]) == 2
    assert "lang" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_page_of_a_comparison_speaks_korean(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = runs.parent / "flips.html"
    both = ["compare", "숫자", "숫자", "--runs", str(runs), "--lang", "ko"]
    assert command([*both, "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert language(page) == "ko"
    assert "0개 고침, 0개 망침: 구별할 수 없음." in text
    assert "같은 테스트 샘플" in text
    assert "not distinguishable" not in text
    assert command(both) == 2
    assert "--lang ko would have no effect without --out" in capsys.readouterr().err
