"""``kill -9`` at random moments: every run, resumed to the end, equals the unbroken one to the last bit."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doubles import not_reloaded
from spirula.api.train import train
from spirula.data.dataset import load
from spirula.runs.folder import RunFolder

KILLS = 30
TIMING = {"seconds", "images_per_second", "data_wait"}
NETWORK = 'Conv2D(4, 3, activation="relu"), BatchNormalization(), Dropout(0.3), Flatten(), Dense(16, activation="relu")'

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def in_a_fork(work: Callable[[], object]) -> int:
    """Run ``work`` in a forked process: torch is imported already, so a kill costs no start-up time."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def start(runs: Path, name: str) -> None:
    train(
        "digits", model=NETWORK, name=name, runs=runs, epochs=6, batch_size=32, ema=0.9, crop=1, momentum=0.9,
        optimizer="sgd", checkpoint_every="0.02s", threads=1, precision="float32", progress="quiet",
    )  # fmt: skip


def outcome(path: Path) -> tuple[bytes, list[dict[str, Any]], np.ndarray]:
    run = RunFolder(path)
    history = [{k: v for k, v in row.items() if k not in TIMING} for row in run.history()]
    return (path / "model.safetensors").read_bytes(), history, run.predictions("test").probabilities


@pytest.mark.slow
def test_killed_and_resumed_runs_are_bit_identical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The reload test and the report have their own tests; here they would cost seconds per run.
    monkeypatch.setattr("spirula.report.page.build_report", lambda run, *_: run.path / "report.html")
    monkeypatch.setattr("spirula.evaluation.verify.reloading", not_reloaded)
    warm_up()
    began = time.perf_counter()
    assert os.waitpid(in_a_fork(lambda: start(tmp_path, "unbroken")), 0)[1] == 0
    whole = time.perf_counter() - began
    training = RunFolder(tmp_path / "unbroken").document()["timing"]["training_seconds"]
    weights, history, probabilities = outcome(tmp_path / "unbroken")
    moments = random.Random(7)
    killed_in_training = 0
    for number in range(KILLS):
        name = f"killed-{number}"
        pid = in_a_fork(lambda name=name: start(tmp_path, name))
        if number % 4 == 0:  # anywhere, before and after the training too
            time.sleep(moments.uniform(0.0, whole))
        else:
            wait_for(tmp_path / name / "checkpoints" / "000001.json", pid)
            time.sleep(moments.uniform(0.0, training))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        path = tmp_path / name
        if not (path / "run.json").exists():
            pid = in_a_fork(lambda name=name: (clear(tmp_path / name), start(tmp_path, name)))
        elif RunFolder(path).document()["status"] != "finished":
            killed_in_training += any((path / "checkpoints").glob("*.json"))
            pid = in_a_fork(lambda path=path: train(resume=path, progress="quiet"))
        else:
            pid = in_a_fork(lambda: None)
        assert os.waitpid(pid, 0)[1] == 0, f"resuming {name} failed"
        again = outcome(path)
        assert again[0] == weights, name
        assert again[1] == history, name
        np.testing.assert_array_equal(again[2], probabilities)
    assert killed_in_training >= KILLS // 4, "the kills missed the training"


def warm_up() -> None:
    """Import what a training needs before forking. Nothing is trained here: autograd does not survive a fork."""
    for module in ("training.assemble", "evaluation.evaluate", "models.diagram", "models.card", "api.session.describe"):
        import_module(f"spirula.{module}")
    load("digits")


def wait_for(path: Path, pid: int) -> None:
    deadline = time.perf_counter() + 60
    while not path.exists():
        assert time.perf_counter() < deadline, f"process {pid} never wrote {path}"
        time.sleep(0.002)


def clear(path: Path) -> None:
    """Remove what a run killed before it became a run folder left behind (a user would take another name)."""
    import shutil

    shutil.rmtree(path, ignore_errors=True)
