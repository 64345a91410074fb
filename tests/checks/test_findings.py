"""What a finding says, what it rests on, and that the command it names can be typed."""

from __future__ import annotations

import re
import shlex
import string
from itertools import pairwise
from pathlib import Path

import faults
import numpy as np
import pytest
from collection import Case, made_cases
from made_runs import healthy, losses

from spirula.checks import sources
from spirula.checks.check import CHECKS, CODES, at_least, check_run, read_codes
from spirula.checks.facts import RunFacts
from spirula.checks.finding import SEVERITIES, Finding
from spirula.checks.sentences import SENTENCES, sentence, severity_word
from spirula.cli.main import app
from spirula.errors import InputError, RunError
from spirula.recipe import make_recipe


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return list(made_cases(tmp_path_factory.mktemp("made")))


@pytest.fixture(scope="module")
def findings(made: list[Case]) -> list[Finding]:
    return [entry for case in made for entry in check_run(RunFacts(case.run, "runs/my photos"))]


def test_each_finding_has_a_sentence_in_both_languages_with_its_values(findings: list[Finding]) -> None:
    assert {entry.code for entry in findings} == set(CHECKS)
    for entry in findings:
        english, korean = sentence(entry), sentence(entry, "ko")
        assert "{" not in english + korean
        assert re.search("[가-힣]", korean)
        assert english.count("\n") == 0
        assert severity_word(entry) == entry.severity
        assert entry.evidence["file"]


def test_both_languages_say_the_same_values() -> None:
    for key, texts in SENTENCES.items():
        used = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts]
        assert used[1] <= used[0], key
        assert key.partition("/")[0] in CODES


def test_each_command_is_understood_by_the_command_line(findings: list[Finding]) -> None:
    asked = {entry.command for entry in findings} - {""}  # what only a training makes
    assert len(asked) > 15
    for text in asked:
        words = shlex.split(text)
        assert words[0] == "spirula"
        command, _, ignored = app.parse_args(words[1:], exit_on_error=False, print_error=False)
        assert callable(command)
        assert not ignored


def test_options_of_suggested_trainings_have_an_effect(findings: list[Finding]) -> None:
    """What a recipe refuses is no advice: each option is laid over those of the run."""
    for text in {entry.command for entry in findings if entry.command.startswith("spirula train")}:
        words = shlex.split(text)
        given = dict(pairwise(words))
        options = {name[2:].replace("-", "_"): value for name, value in given.items() if name.startswith("--")}
        if "resume" in options:
            continue
        assert options.pop("recipe", "") in ("", "runs/my photos/config.toml")
        assert make_recipe(**{"source": "photos", "epochs": 12, "schedule": "one-cycle"} | options)


def test_a_name_with_spaces_is_one_word(made: list[Case]) -> None:
    facts = RunFacts(made[0].run, "runs/고양이 사진")
    assert shlex.split(facts.train_again(epochs=3)) == [
        *("spirula", "train", "--recipe", "runs/고양이 사진/config.toml", "--epochs", "3")
    ]


def test_what_only_python_held_is_called_data(tmp_path: Path) -> None:
    run = healthy(0)
    run.config["source"] = "<Python object: dict>"
    run.document["custom"] = {"file": "mine.py"}
    facts = RunFacts(run.write(tmp_path / "run"), "runs/r")
    assert facts.train_again() == "spirula train DATA --recipe runs/r/config.toml --custom runs/r/custom.py"


def test_overfitting_names_the_epoch(tmp_path: Path) -> None:
    run = healthy(0)
    losses(run, [1.0, 0.6, 0.3, 0.1, 0.05, 0.02], [1.0, 0.7, 0.5, 0.6, 0.8, 0.9])
    (found,) = [entry for entry in check_run(RunFacts(run.write(tmp_path / "run"), "r")) if entry.code == "T003"]
    assert found.evidence["epoch"] == 3
    assert found.evidence["least"] == 0.5
    assert found.evidence["end"] == pytest.approx((0.6 + 0.8 + 0.9) / 3)
    assert "from epoch 3 on" in sentence(found)


def test_suspects_are_those_with_wrong_labels(tmp_path: Path) -> None:
    run = healthy(3, accuracy=0.98)
    targets, probabilities = run.held["test"]
    flipped = targets.copy()
    flipped[:60] = (targets[:60] + 1) % 10
    rows = sources.suspects(flipped, probabilities)
    assert set(rows[:12].tolist()) <= set(range(60))
    assert len(set(rows.tolist()) & set(range(60))) > 20
    sure = probabilities.max(axis=1)[rows]
    assert np.all(np.diff(sure) <= 0)
    run.held["test"] = (flipped, probabilities)
    (found,) = [entry for entry in check_run(RunFacts(run.write(tmp_path / "run"), "r")) if entry.code == "D003"]
    assert found.evidence["share"] == pytest.approx(0.05, abs=0.02)
    first = found.evidence["suspects"][0]
    assert first[0].startswith("test/")
    assert first[1] != first[2]


def test_an_older_run_without_measurements_is_checked_by_what_it_has(tmp_path: Path) -> None:
    run = healthy(0)
    run.health, run.baselines, run.survey = {}, {}, {}
    del run.document["data"]["twins"], run.document["timing"], run.document["machine"]
    assert check_run(RunFacts(run.write(tmp_path / "run"), "r")) == []


def test_muting_leaves_a_check_out_before_it_reads_anything(made: list[Case]) -> None:
    case = next(case for case in made if "D001" in case.planted)
    assert check_run(RunFacts(case.run, "r"), mute=["D001"]) == []


@pytest.mark.parametrize("content", ["[]", '{"units": {"layers": [{"units": "x"}]}}', '{"input": {"mean": []}}'])
def test_a_file_that_holds_something_else_is_an_error_with_the_code(content: str, tmp_path: Path) -> None:
    run = healthy(0).write(tmp_path / "run")
    (run.path / "insight" / "health.json").write_text(content, encoding="utf-8")
    if content == "[]":
        assert check_run(RunFacts(run, "r")) == []
        return
    with pytest.raises(RunError, match=r"--mute [DT]0"):
        check_run(RunFacts(run, "r"))


def test_predictions_of_other_classes_are_an_error(tmp_path: Path) -> None:
    run = healthy(0)
    run.classes = run.classes[:3]
    with pytest.raises(RunError, match="do not fit"):
        check_run(RunFacts(run.write(tmp_path / "run"), "r"))


def test_the_gravest_come_first_and_codes_are_read() -> None:
    found = [Finding("T007", "hint"), Finding("D004", "warning"), Finding("D001", "problem")]
    assert [len(at_least(found, severity)) for severity in SEVERITIES] == [1, 2, 3]
    assert read_codes(["t003 ", "D001"]) == ("T003", "D001")
    with pytest.raises(InputError, match="Did you mean"):
        read_codes(["T0031"])
    with pytest.raises(InputError, match="language"):
        sentence(Finding("D002", "hint"), "de")


@pytest.mark.parametrize(
    ("options", "image", "advice"),
    [
        ({}, [64, 64, 3], "--shift 0.1"),
        ({"shift": 0.1, "optimizer": "adamw"}, [64, 64, 3], "--weight-decay 0.1"),
        ({"shift": 0.1, "optimizer": "adam"}, [64, 64, 3], "--l2 0.0001"),
        ({"optimizer": "adam", "l2": 0.001}, [30], "--l2 0.01"),
        ({"optimizer": "sgd", "weight_decay": 0.0}, [30], "--weight-decay 0.05"),
    ],
)
def test_the_next_command_is_something_that_was_not_tried(
    options: dict[str, object], image: list[int], advice: str, tmp_path: Path
) -> None:
    run = healthy(0)
    losses(run, [1.0, 0.6, 0.3, 0.1, 0.05, 0.02], [1.0, 0.7, 0.5, 0.6, 0.8, 0.9])
    run.config |= options
    run.document["data"]["image"] = image
    (found,) = [entry for entry in check_run(RunFacts(run.write(tmp_path / "run"), "r")) if entry.code == "T003"]
    assert advice in found.command


def test_a_budget_is_lengthened_and_not_the_epochs(tmp_path: Path) -> None:
    run = healthy(0)
    losses(run, [np.exp(-0.2 * e) for e in range(8)], [np.exp(-0.2 * e) for e in range(8)])
    run.config |= {"schedule": "constant", "budget": "5m"}
    run.document["stopped"] = {"reason": "budget", "epoch": 8}
    (found,) = [entry for entry in check_run(RunFacts(run.write(tmp_path / "run"), "r")) if entry.code == "T007"]
    assert found.command.endswith("--budget 600s")


def test_folds_are_advised_with_what_describes_the_data(tmp_path: Path) -> None:
    """A table's columns, a size that was asked for and one's own file: without them the command would fail."""
    made = healthy(1)
    faults.small(made, np.random.default_rng(0))
    made.config = {"source": "photos", "path_column": "사진", "image_size": [64, 96], "test": 0.1, "channels": 3}
    made.config["labels"] = ["a.csv", "b.csv"]
    made.config |= {"model": "custom.net", "epochs": 4, "nesterov": False, "learning_rate": 0.1}
    made.document |= {"derived": {"channels": "x", "learning_rate": "x"}, "custom": {"file": "custom.py"}}
    (found,) = CHECKS["E001"](RunFacts(made.write(tmp_path / "run"), "runs/a"))
    expected = (
        "--path-column 사진 --image-size 64x96 --labels a.csv,b.csv --model custom.net --epochs 4 --no-nesterov "
        "--custom runs/a/custom.py"
    )
    assert shlex.split(found.command)[3:] == ["--folds", "5", *expected.split()]


def test_gradients_of_a_regression_are_in_its_own_units(tmp_path: Path) -> None:
    made = healthy(1)
    made.document["data"] |= {"task": "regression"}
    for row in made.health["epochs"]:
        row["gradient"] = 400 * row["weight"]
    first = RunFacts(made.write(tmp_path / "first"), "a")
    assert not CHECKS["T010"](first)
    made.health["epochs"][5]["gradient"] *= 20
    (found,) = CHECKS["T010"](RunFacts(made.write(tmp_path / "second"), "b"))
    assert found.evidence["epoch"] == made.health["epochs"][5]["epoch"]
