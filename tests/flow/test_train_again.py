"""Runs that are resumed, trained again from their own recipe, or damaged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import SMALL

import spirula as sp
from spirula.errors import ConfigError, InputError, RunError
from spirula.runs.folder import RunFolder


def test_a_damaged_model_is_noticed_by_the_reload_test(run: sp.Run, tmp_path: Path) -> None:
    from spirula.evaluation.verify import verify

    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    data = sp.load("digits")
    rows = data.rows("validation")
    assert verify(RunFolder(copy), "validation", data.pixels, rows)["status"] == "verified"
    # A shifted label order, as other tools have shipped it: the pixels belong to other rows.
    assert verify(RunFolder(copy), "validation", data.pixels, np.roll(rows, 1))["status"] == "failed"
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-2] ^= 0x40
    (copy / "model.safetensors").write_bytes(weights)
    answer = verify(RunFolder(copy), "validation", data.pixels, rows)
    assert answer["status"] == "failed"
    assert "model.safetensors" in answer["detail"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The fresh processes that the reload test starts."""
    processes: list[subprocess.Popen[str]] = []

    class Noted(subprocess.Popen[str]):
        def __init__(self, command: list[str], **options: Any) -> None:
            super().__init__(command, **options)
            if "spirula.evaluation.verify" in command:
                processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return processes


def test_the_reload_test_starts_early_and_predicts_when_it_is_asked(
    run: sp.Run, started: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    from spirula.evaluation.verify import reloading

    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    data, meanwhile = sp.load("digits"), []
    rows = data.rows("validation")
    stored = copy / "predictions" / "validation.npz"
    with reloading(RunFolder(copy), "validation", data.pixels, rows) as ask:
        with pytest.raises(subprocess.TimeoutExpired):  # it has long loaded everything, and waits
            started[0].wait(8)
        with np.load(stored) as found:
            np.savez(stored, **{**found, "probabilities": found["probabilities"][::-1]})
        answer = ask(lambda: meanwhile.append(started[0].poll()))
    assert answer["status"] == "failed"  # what was changed after it had started was seen: it had not looked before
    assert meanwhile == [None]


def test_no_process_stays_when_nobody_asks(run: sp.Run, started: list[subprocess.Popen[str]]) -> None:
    from spirula.evaluation.verify import reloading

    data = sp.load("digits")
    rows = data.rows("validation")
    with pytest.raises(KeyboardInterrupt), reloading(run.folder, "validation", data.pixels, rows):
        raise KeyboardInterrupt
    assert [process.returncode for process in started] == [-signal.SIGKILL]


def test_the_reload_test_starts_while_insights_are_computed(
    started: list[subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spirula.api.session import afterwards

    beside = []
    monkeypatch.setattr(afterwards, "note_afterwards", lambda *_: beside.extend(p.poll() for p in started))
    trained = sp.train("digits", model=SMALL, epochs=1, runs=tmp_path, progress="quiet")
    assert beside == [None]
    assert trained.folder.document()["verification"]["status"] == "verified"


def test_an_interrupted_run_resumes_to_the_same_bits(
    run: sp.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spirula.training import loop

    original, calls = loop.training_step, 0

    def interrupting(*args: object, **kwargs: object) -> object:
        step = original(*args, **kwargs)  # type: ignore[arg-type]

        def counted(*batch: object) -> object:
            nonlocal calls
            calls += 1
            if calls == 60:
                os.kill(os.getpid(), signal.SIGTERM)
            return step(*batch)  # type: ignore[arg-type]

        return counted

    monkeypatch.setattr(loop, "training_step", interrupting)
    cut = sp.train("digits", model=SMALL, epochs=20, runs=tmp_path, name="cut", progress="quiet", crop=1)
    assert cut.status == "interrupted"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert len(cut.history) == 1
    assert not (cut.path / "model.safetensors").exists()
    monkeypatch.setattr(loop, "training_step", original)
    resumed = sp.train(resume=cut.path, progress="quiet")
    assert resumed.status == "finished"
    assert (resumed.path / "model.safetensors").read_bytes() == (run.path / "model.safetensors").read_bytes()
    timing = {"seconds", "images_per_second", "data_wait"}
    rows = [[{k: v for k, v in row.items() if k not in timing} for row in r.history] for r in (resumed, run)]
    assert rows[0] == rows[1]
    with pytest.raises(RunError, match="finished already"):
        sp.train(resume=cut.path, progress="quiet")


def test_resume_takes_no_options_and_only_the_same_data(run: sp.Run) -> None:
    with pytest.raises(ConfigError, match="epochs would have no effect"):
        sp.train(resume=run.path, epochs=3, progress="quiet")


def test_a_stored_recipe_stands_by_itself(tmp_path: Path) -> None:
    """Layers given in Python or in a file are kept as what they were; objects are named and asked for."""
    from spirula.layers import Dense, Flatten

    options = {"epochs": 1, "runs": tmp_path, "progress": "quiet", "threads": 1}
    layers = sp.train("digits", model=[Flatten(), Dense(7, activation="relu")], name="layers", **options)
    assert layers.folder.config()["model"]["model"] == 'Flatten(), Dense(7, activation="relu")'
    file = tmp_path / "net.toml"
    file.write_text('layers = ["Flatten()", "Dense(5, activation=\\"tanh\\")"]\n')
    from_file = sp.train("digits", model=file, name="file", **options)
    file.unlink()
    again = sp.train(recipe=from_file.path / "config.toml", name="again", runs=tmp_path, progress="quiet")
    assert (again.path / "model.safetensors").read_bytes() == (from_file.path / "model.safetensors").read_bytes()
    x, y = np.zeros((20, 3), np.float32), np.arange(20) % 2
    arrays = sp.train((x, y), name="arrays", **options)
    with pytest.raises(InputError, match="tuple") as caught:
        sp.train(recipe=arrays.path / "config.toml", name="more", runs=tmp_path, progress="quiet")
    assert "Pass it" in caught.value.remedy


def test_resume_refuses_words_it_would_ignore(run: sp.Run) -> None:
    with pytest.raises(ConfigError, match="data, model would have no effect"):
        sp.train("digits", model="linear", resume=run.path, progress="quiet")


def test_a_damaged_run_does_not_hide_the_others(run: sp.Run, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "good")
    (tmp_path / "bad").mkdir()
    for text in ("{", "[]", '{"schema": 1, "status": "finished", "created": "9999", "data": null}'):
        (tmp_path / "bad" / "run.json").write_text(text)
        table = sp.list_runs(tmp_path)
        assert [row["run"] for row in table] == ["good", "bad"]
        assert table[1]["status"] == "damaged"
        assert sp.open_run("last", tmp_path).name == "good"
