"""Trainings with pieces of the user's own: used, recorded, found again, and never run unasked."""

from __future__ import annotations

import hashlib
import json
import math
import runpy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from own_runs import FILE, NOTES, Arrays, train
from torch.nn import functional

import spirula as sp
from spirula.errors import CustomError, RunError


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def notes_run(houses: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notes' own case, trained once: huber with a threshold, soft_relu, MyL1Regularizer."""
    folder = tmp_path_factory.mktemp("notes")
    run = train(houses, model=NOTES, loss="custom.create_huber(2.0)", custom=FILE, runs=folder, name="notes")
    assert run.verified
    return run.path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_notes_case_is_reloaded_with_its_file_and_predicts_the_same(notes_run: Path, houses: Arrays) -> None:
    x = houses[0][:20]
    with_file = sp.open_run(notes_run, custom=FILE).predict_proba(x)
    trusting = sp.open_run(notes_run, trust=digest(FILE)).predict_proba(x)
    assert (with_file == trusting).all()
    # By hand, from the stored weights alone: standardised columns, log(1 + exp z), the target's unit.
    network = sp.open_run(notes_run, custom=FILE).network()
    card = json.loads((notes_run / "model.json").read_text())
    prepared = torch.from_numpy((x - np.array(card["preprocessing"]["mean"])) / np.array(card["preprocessing"]["std"]))
    hidden = functional.softplus(functional.linear(prepared.float(), network.dense.weight, network.dense.bias))  # type: ignore[arg-type, union-attr]
    out = functional.linear(hidden, network.dense_1.weight, network.dense_1.bias)  # type: ignore[arg-type, union-attr]
    std, mean = card["spec"]["target"]
    assert np.allclose(with_file, (out * std + mean).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_without_the_file_the_error_says_both_ways(notes_run: Path, houses: Arrays) -> None:
    with pytest.raises(RunError) as caught:
        sp.open_run(notes_run).predict(houses[0][:2])
    for word in ("custom.soft_relu", "my_pieces.py", digest(FILE), "--custom my_pieces.py", "--trust"):
        assert word in str(caught.value)


def test_what_needs_no_code_works_without_it(notes_run: Path) -> None:
    run = sp.open_run(notes_run)
    assert run.evaluate()["count"] > 0
    assert run.report().exists()
    assert run.history[-1]["val_loss"] > 0


def test_nothing_runs_unless_it_is_given(notes_run: Path, houses: Arrays, tmp_path: Path) -> None:
    """A run whose copy of the file would delete something is opened, evaluated and asked for predictions."""
    copied = tmp_path / "sent"
    shutil.copytree(notes_run, copied)
    evil = b"import pathlib\npathlib.Path('ran').touch()\n" + FILE.read_bytes()
    (copied / "custom.py").write_bytes(evil)
    x = houses[0][:2]
    sp.open_run(copied).evaluate()
    for ways in ({}, {"trust": digest(FILE)}, {"trust": hashlib.sha256(evil).hexdigest()}, {"trust": "yes"}):
        with pytest.raises(RunError):
            sp.open_run(copied, **ways).predict(x)  # type: ignore[arg-type]
    changed = tmp_path / "changed.py"
    changed.write_bytes(evil)
    with pytest.raises(CustomError, match="not the file that the run was trained with"):
        sp.open_run(copied, custom=changed)
    assert not Path("ran").exists()
    assert sp.open_run(copied, custom=FILE).predict(x)


def test_the_run_keeps_the_file_and_says_what_was_used(notes_run: Path) -> None:
    assert (notes_run / "custom.py").read_bytes() == FILE.read_bytes()
    record = json.loads((notes_run / "run.json").read_text())["custom"]
    assert (record["file"], record["sha256"]) == ("my_pieces.py", digest(FILE))
    lines = FILE.read_text().splitlines()
    assert [(entry["part"], entry["piece"]) for entry in record["pieces"]] == [
        ("loss", "custom.create_huber(2.0)"),
        ("activation", "custom.soft_relu"),
        ("regularizer", "custom.MyL1Regularizer(0.01)"),
    ]
    written = [lines[entry["line"] - 1] for entry in record["pieces"]]
    assert written == ["def create_huber(threshold=1.0):", "def soft_relu(z):", "class MyL1Regularizer:"]


def test_a_huber_of_ones_own_trains_as_ours_does(houses: Arrays) -> None:
    """Same loss, same gradient scale, same weights: the built-in huber and L1 are the outside figure."""
    mine = train(houses, model=NOTES, loss="custom.create_huber(2.0)", custom=FILE)
    model = 'Dense(30, activation="softplus", kernel_regularizer=L1(0.01)), Dense(1)'
    ours = train(houses, model=model, loss="huber(2.0)")
    for row, other in zip(mine.history, ours.history, strict=True):
        for name in ("loss", "val_loss", "val_mae", "penalty"):
            assert math.isclose(row[name], other[name], rel_tol=1e-3), name


def test_everything_but_the_network_needs_no_file_afterwards(pictures: Arrays) -> None:
    run = train(
        pictures, model="Flatten(), Dense(8, activation='relu')", loss="custom.focal", schedule="custom.steps_down",
        metrics={"top2": "custom.top"}, augment="custom.noise",
        monitor="val_top2", monitor_mode="max", custom=FILE,
    )  # fmt: skip
    again = sp.open_run(run.path)
    assert len(again.predict(pictures[0][:3])) == 3
    assert again.evaluate(pictures)["count"] == 150
    assert run.verified


def test_the_schedule_is_a_factor_of_the_rate(houses: Arrays) -> None:
    run = train(
        houses, model="Dense(1)", schedule="custom.steps_down", custom=FILE, learning_rate=0.01, epochs=4, batch_size=36
    )
    assert [row["learning_rate"] for row in run.history] == [0.01, 0.005, 0.0025, 0.00125]


def test_a_metric_sees_the_whole_split_and_chooses_the_best_epoch(houses: Arrays) -> None:
    run = train(
        houses,
        model="Dense(1)",
        metrics="custom.rank_correlation",
        custom=FILE,
        monitor="val_rank_correlation",
        epochs=4,
    )
    values = [row["val_rank_correlation"] for row in run.history]
    best = run.folder.document()["best"]
    assert best["value"] == max(values) == values[best["epoch"] - 1]
    stored = run.folder.predictions("validation")
    module = runpy.run_path(str(FILE))
    outputs, targets = torch.from_numpy(stored.probabilities[:, 0]), torch.from_numpy(stored.targets)
    assert math.isclose(float(module["rank_correlation"](outputs, targets)), best["value"], rel_tol=1e-6)
    assert run.folder.config()["training"]["monitor_mode"] == "max"


def test_layers_and_networks_of_ones_own(pictures: Arrays) -> None:
    layered = train(
        pictures, model="Flatten(), custom.Scale(6, factor=0.5), Dense(8, activation=custom.Learned(0.1))", custom=FILE
    )
    whole = train(pictures, model="custom.small_network(width=4)", custom=FILE)
    for run in (layered, whole):
        assert run.verified
        again = sp.open_run(run.path, custom=FILE)
        assert (again.predict_proba(pictures[0]) == run.predict_proba(pictures[0])).all()
        with pytest.raises(RunError, match="--trust"):
            sp.open_run(run.path).predict(pictures[0])
    assert sum(value.numel() for value in whole.network().parameters()) == 64 * 4 + 4 + 4 * 3 + 3


def test_resuming_needs_the_same_file_and_is_exact(houses: Arrays, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {
        "model": NOTES,
        "loss": "custom.create_huber(2.0)",
        "augment": "custom.noise",
        "custom": file,
        "epochs": 3,
        "batch_size": 36,
    }
    whole = train(houses, name="whole", **options)
    from spirula.training import loop

    epochs = 0

    def cut(*arguments: Any) -> Any:
        nonlocal epochs
        epochs += 1
        if epochs == 2:
            raise KeyboardInterrupt
        return original(*arguments)

    original = loop.epoch_metrics
    with monkeypatch.context() as patched:
        patched.setattr(loop, "epoch_metrics", cut)
        with pytest.raises(KeyboardInterrupt):
            train(houses, name="cut", **options)
    with pytest.raises(RunError, match=r"custom\.create_huber\(2\.0\).*my_pieces\.py"):
        sp.train(houses, resume="runs/cut", progress="quiet")
    text = file.read_text()
    file.write_text(text + "\n# another\n")
    with pytest.raises(CustomError, match="not the file"):
        sp.train(houses, resume="runs/cut", custom=file, progress="quiet")
    file.write_text(text)
    resumed = sp.train(houses, resume="runs/cut", trust=digest(file), progress="quiet")
    assert resumed.folder.card()["custom"] == {"file": "my_pieces.py", "sha256": digest(file)}
    assert resumed.status == "finished"
    x = houses[0]
    assert (resumed.predict_proba(x) == whole.predict_proba(x)).all()
    assert [row["val_loss"] for row in resumed.history] == [row["val_loss"] for row in whole.history]
