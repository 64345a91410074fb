"""``spirula bench``: a table, the fastest, the line to use; no run folder is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import spirula as sp
from spirula.api.bench import SPEED_ONLY, UNCOMPILED, _told
from spirula.cli.main import run
from spirula.errors import ConfigError, InputError
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble
from spirula.training.device import Machine
from spirula.training.searching.trials import Trial

TINY = 'Conv2D(2, 3, activation="relu"), Flatten()'


@pytest.fixture(scope="module")
def assembly():
    return assemble(make_recipe(source="digits", model=TINY, threads=1))


def trial(size: int, speeds: list[float], *, failed: str = "", last: bool = True) -> Trial:
    return Trial(size, Machine(torch.device("cpu"), "float32", last), speeds, failed)


def test_of_those_that_noise_cannot_tell_apart_the_smallest_batch_is_suggested(assembly) -> None:
    ways = [
        trial(32, [500.0, 510.0, 520.0]),
        trial(64, [900.0, 980.0, 1010.0]),
        trial(256, [990.0, 1000.0, 1050.0]),
        trial(512, [], failed="out of memory"),
    ]
    found = _told(ways, assembly)
    assert [row["batch_size"] for row in found] == [256, 64, 32, 512]
    assert [row["note"] for row in found] == ["≈", "≈", "", "out of memory"]
    assert found.line == "--batch-size 64 --precision float32 --channels-last"
    text = str(found)
    assert "Fastest: batch 256, float32, channels last, 1,000 images/s." in text
    assert "1 other lies within noise" in text
    assert "Suggested: batch 64" in text
    assert SPEED_ONLY in text


def test_a_clear_winner_is_suggested_alone(assembly) -> None:
    found = _told([trial(32, [100.0, 101.0, 99.0]), trial(64, [400.0, 410.0, 390.0], last=False)], assembly)
    assert found.line == "--batch-size 64 --precision float32 --no-channels-last"
    assert "noise" not in str(found)
    assert found[0]["ms_per_step"] == pytest.approx(160.0)


def test_too_few_turns_are_no_knowledge_of_noise(assembly) -> None:
    assert "more --seconds" in str(_told([trial(32, [100.0]), trial(64, [101.0])], assembly))


def test_nothing_measured_is_an_error_with_the_reason(assembly) -> None:
    with pytest.raises(InputError, match="out of memory"):
        _told([trial(32, [], failed="out of memory")], assembly)


def test_the_command_prints_a_table_or_json_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["bench", "digits", "--model", TINY, "--seconds", "1.5", "--threads", "1", "--precision", "float32"]
    assert run([*arguments, "--channels-last", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["threads"] == 1
    assert found["rows"][0]["images_per_second"] > 0
    assert {row["precision"] for row in found["rows"]} == {"float32"}
    assert {row["channels_last"] for row in found["rows"]} == {True}
    assert found["line"].startswith("--batch-size ")
    assert run([*arguments, "--no-channels-last", "--batch-size", "48"]) == 0
    assert "Use: --batch-size 48 --precision float32 --no-channels-last" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_the_suggestion_is_options_of_a_training(tmp_path: Path) -> None:
    found = sp.bench("digits", model=TINY, seconds=1.0, threads=1, batch_size=64)
    done = sp.train(
        "digits", model=TINY, epochs=1, threads=1, runs=tmp_path, name="as-found", progress="quiet", **found.options
    )
    assert done.folder.config()["training"]["batch_size"] == 64


def test_what_has_no_steps_cannot_be_measured() -> None:
    with pytest.raises(ConfigError, match="features"):
        sp.bench("digits", strategy="features")
    with pytest.raises(InputError, match="seconds"):
        sp.bench("digits", seconds=0.0)
    with pytest.raises(ConfigError, match="nothing to bench"):
        sp.bench()


def test_folds_have_no_speed_of_their_own() -> None:
    with pytest.raises(ConfigError, match=r"folds = 3 would have no effect: a step takes as long in every fold"):
        sp.bench("digits", folds=3)


def test_a_recipe_that_compiles_is_measured_without(tmp_path: Path) -> None:
    recipe = tmp_path / "compiled.toml"
    recipe.write_text(
        f"source = 'digits'\n[model]\nmodel = '{TINY}'\n[training]\nbatch_size = 64\n[machine]\ncompile = true\n",
        encoding="utf-8",
    )
    found = sp.bench(recipe=recipe, seconds=1.0, threads=1, precision="float32", channels_last=True)
    assert found.words[-1] == UNCOMPILED
    with pytest.raises(ConfigError, match="cannot be measured here"):
        sp.bench("digits", model=TINY, compile=True)
