"""``--lr find`` in a whole run: said, stored, drawn, re-runnable, refused where it means nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spirula as sp
from spirula.cli.main import run as command

NETWORK = 'Flatten(), Dense(16, activation="relu")'


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    runs = tmp_path_factory.mktemp("runs")
    arguments = ["train", "digits", "--model", NETWORK, "--lr", "find", "--epochs", "2", "--threads", "1"]
    assert command([*arguments, "--runs", str(runs), "--name", "found", "--progress", "quiet"]) == 0
    return sp.open_run("found", runs)


def test_the_found_rate_is_stored_with_its_reason_and_curve(found: sp.Run) -> None:
    rate = found.folder.config()["training"]["learning_rate"]
    said = found.folder.document()["learning_rate"]
    assert said["asked"] == "find"
    assert said["found"] == rate
    curve = json.loads(found.folder.insight_path("rates.json").read_text())
    assert curve["rate"] == rate
    assert len(curve["rates"]) == len(curve["losses"])
    assert "found: " in (found.path / "config.toml").read_text(encoding="utf-8")


def test_the_report_draws_the_curve(found: sp.Run) -> None:
    page = (found.path / "report.html").read_text(encoding="utf-8")
    assert "How the learning rate was found" in page
    assert f"chosen: {found.folder.config()['training']['learning_rate']:g}" in page


def test_a_damaged_curve_is_named_in_its_section(found: sp.Run) -> None:
    path = found.folder.insight_path("rates.json")
    whole = path.read_text()
    try:
        path.write_text('{"rates": [1], "losses": []}')
        assert "rates.json cannot be read" in found.report().read_text(encoding="utf-8")
    finally:
        path.write_text(whole)
        found.report()


def test_the_stored_recipe_trains_the_same_network_again(found: sp.Run, tmp_path: Path) -> None:
    again = sp.train(recipe=found.path / "config.toml", runs=tmp_path, name="again", progress="quiet")
    assert (again.path / "model.safetensors").read_bytes() == (found.path / "model.safetensors").read_bytes()
    assert "learning_rate" not in again.folder.document()


def test_it_is_said_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sp.train("digits", model=NETWORK, learning_rate="find", epochs=1, threads=1, runs=tmp_path, progress="lines")
    assert "half way down this valley (range test," in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--lr", "find", "--strategy", "features"], "no effect on strategy = 'features'"),
        (["--lr", "best"], "learning"),
    ],
)
def test_mistakes(options: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command(["train", "digits", "--runs", str(tmp_path), *options]) == 2
    assert words in capsys.readouterr().err
