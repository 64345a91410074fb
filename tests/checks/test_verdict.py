"""``spirula check``, ``run.check()``, ``sp.check`` and the report's first section."""

from __future__ import annotations

import json
from pathlib import Path

import faults
import numpy as np
import pytest
from made_runs import healthy

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import ConfigError, InputError
from spirula.recipe import make_recipe, read_recipe, recipe_toml
from spirula.report.page import render
from spirula.runs.folder import RunFolder


def leaking(path: Path, **config: object) -> RunFolder:
    made = healthy(1)
    made.document["data"]["twins"] = {
        "cross_split": {"test": 90},
        "pairs": [{"ids": ["학습/1.png", "test/<b>.png"], "splits": ["train", "test"], "labels": ["a", "a"]}],
    }
    made.config |= config
    return made.write(path)


def test_a_problem_fails_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaking(tmp_path / "leaking")
    assert command(["check", "leaking", "--runs", str(tmp_path)]) == 3
    said = capsys.readouterr().out
    assert "D001 problem: 90 of 1,200 test samples are copies" in said
    assert "학습/1.png – test/<b>.png" in said
    assert "→ spirula inspect photos --out inspection.html" in said


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--fail-on", "never"], 0), (["--mute", "D001"], 0), (["--mute", "t003,d001"], 0), (["--fail-on", "hint"], 3)],
)
def test_what_fails_is_chosen(options: list[str], code: int, tmp_path: Path) -> None:
    leaking(tmp_path / "leaking")
    assert command(["check", "leaking", "--runs", str(tmp_path), *options]) == code


def test_a_warning_fails_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = healthy(1)
    faults.overfit(made, np.random.default_rng(0))
    path = made.write(tmp_path / "run").path
    assert command(["check", str(path)]) == 0
    assert command(["check", str(path), "--fail-on", "warning", "--lang", "ko"]) == 3
    assert "과적합" in capsys.readouterr().out


def test_nothing_found_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = healthy(1).write(tmp_path / "run").path
    assert command(["check", str(path), "--fail-on", "hint", "--mute", "D002"]) == 0
    assert capsys.readouterr().out == "Nothing found (D002 muted)\n"


def test_what_is_muted_does_not_stand_behind_a_command(tmp_path: Path) -> None:
    run = leaking(tmp_path / "leaking")
    *_, told, muted = str(sp.check(run.path, mute=["D002"])).splitlines()
    assert told.endswith("--out inspection.html")
    assert muted == "(D002 muted)"


def test_an_unknown_code_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = healthy(1).write(tmp_path / "run").path
    assert command(["check", str(path), "--mute", "T999"]) == 2
    assert 'There is no check "T999"' in capsys.readouterr().err


def test_json_holds_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaking(tmp_path / "leaking")
    command(["check", "leaking", "--runs", str(tmp_path), "--json"])
    document = json.loads(capsys.readouterr().out)
    (row,) = document["findings"]
    assert document["runs"] == ["leaking"]
    assert {name: row[name] for name in ("code", "severity")} == {"code": "D001", "severity": "problem"}
    assert row["evidence"]["count"] == 90
    assert row["command"].startswith("spirula inspect")


def test_a_run_can_be_muted_by_its_own_recipe(tmp_path: Path) -> None:
    run = leaking(tmp_path / "leaking", mute=["D001"])
    verdict = sp.check(run.path)
    assert list(verdict.findings) == []
    assert verdict.muted == ("D001",)
    assert "Muted: D001." in render(run)


def test_mute_is_an_option_of_a_recipe(tmp_path: Path) -> None:
    asked = make_recipe(source="digits", mute="t003, D002")
    assert asked.run.mute == ("T003", "D002")
    (tmp_path / "recipe.toml").write_text(recipe_toml(asked), encoding="utf-8")
    assert read_recipe(tmp_path / "recipe.toml").run.mute == ("T003", "D002")
    with pytest.raises(ConfigError, match="no code of a check"):
        make_recipe(source="digits", mute="overfitting")


def test_python_gives_a_table(tmp_path: Path) -> None:
    run = sp.open_run(leaking(tmp_path / "leaking").path)
    verdict = run.check()
    assert verdict.findings[0]["code"] == "D001"
    assert verdict.at_least("problem") == 1
    assert len(verdict.findings.to_pandas()) == 1
    assert "&lt;b&gt;" in verdict._repr_html_()
    assert list(run.check(mute=["D001"]).findings) == []
    with pytest.raises(InputError, match="language"):
        run.check(lang="de")


def test_several_runs_are_checked_one_by_one_and_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaking(tmp_path / "first")
    leaking(tmp_path / "second", model="lenet5")
    assert command(["check", "first", "second", "--runs", str(tmp_path)]) == 3
    said = capsys.readouterr().out
    assert "D001 problem [first]" in said
    assert "D001 problem [second]" in said
    assert "cannot tell “first” and “second” apart" in said
    assert said.index("E007") < said.index("D001")
    verdict = sp.check(tmp_path / "first", tmp_path / "second", mute=["E007"])
    assert {row["code"] for row in verdict.findings} == {"D001"}


def test_the_report_begins_with_the_verdict(tmp_path: Path) -> None:
    html = render(leaking(tmp_path / "runs" / "leaking"))
    assert html.index('id="verdict"') < html.index('id="test"')
    assert "D001 · problem" in html
    assert "90 of 1,200 test samples are copies" in html
    assert "test/&lt;b&gt;.png" in html
    assert "spirula check runs/leaking" in html


def test_a_report_of_a_damaged_file_names_it_and_goes_on(tmp_path: Path) -> None:
    run = healthy(1).write(tmp_path / "run")
    (run.path / "insight" / "baselines.json").write_text("{", encoding="utf-8")
    html = render(run)
    assert "baselines.json cannot be read" in html
    assert 'id="learning"' in html
