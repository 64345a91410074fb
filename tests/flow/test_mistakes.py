"""Mistakes of the user and accidents of the machine: what is said, and what is left in the folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import spirula as sp
from spirula.errors import ConfigError, InputError, RunError, TrainingError
from spirula.runs.folder import RunFolder
from spirula.runs.writer import RunWriter

QUICK = {"epochs": 1, "progress": "quiet"}


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (None, {}, "nothing to train on"),
        ("digits", {"monitor": "val_acuracy"}, "val_accuracy"),
        ("digits", {"model": "two-cnov"}, "two-conv"),
        ("digits", {"class_weights": {"eleven": 2.0}}, "eleven"),
        ("digits", {"device": "tpu"}, "tpu"),
        ("digits", {"loss": "binary-cross-entropy"}, "here are 10"),
        ("no-such-folder", {}, "no-such-folder"),
    ],
)
def test_mistakes_are_named_before_a_run_folder_is_made(
    source: str | None, options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        sp.train(source, runs=tmp_path / "runs", progress="quiet", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "runs").exists()


def test_a_failing_run_says_so_in_its_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="learning"):
        sp.train("digits", runs=tmp_path, name="bad", optimizer="sgd", learning_rate=1e30, epochs=1, progress="quiet")
    document = json.loads((tmp_path / "bad" / "run.json").read_text())
    assert document["status"] == "failed"
    assert "learning rate" in document["failure"]


def test_a_budget_that_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too small"):
        sp.train("digits", model="linear", budget="0.001s", runs=tmp_path, name="mine", progress="quiet")
    assert list(tmp_path.iterdir()) == []
    assert sp.train("digits", model="linear", runs=tmp_path, name="mine", **QUICK).status == "finished"


def test_a_batch_of_one_where_the_batch_is_normalised(tmp_path: Path) -> None:
    network = "Conv2D(4, 8), BatchNormalization(), Flatten()"
    with pytest.raises(ConfigError, match="one value per channel"):
        sp.train("digits", model=network, batch_size=1, runs=tmp_path / "runs", **QUICK)
    assert not (tmp_path / "runs").exists()
    images, labels = np.zeros((30, 6, 6, 1), np.uint8), np.arange(30) % 2
    with_maps = "Conv2D(4, 3), BatchNormalization(), Flatten()"  # 4×4 values per channel: one picture is enough
    assert sp.train((images, labels), model=with_maps, batch_size=1, runs=tmp_path, **QUICK).status == "finished"


def test_one_output_is_asked_for_by_its_number(tmp_path: Path) -> None:
    images, labels = np.zeros((30, 6, 6, 1), np.uint8), np.arange(30) % 2
    with pytest.raises(ConfigError, match="needs one output, but the network has 2"):
        sp.train((images, labels), model="Flatten(), Dense(2)", loss="binary-cross-entropy", runs=tmp_path, **QUICK)


def test_two_processes_do_not_train_one_run(run: sp.Run, tmp_path: Path) -> None:
    folder = RunFolder(_unfinished(run, tmp_path))
    code = f"""
from pathlib import Path
from spirula.runs.folder import RunFolder
from spirula.runs.writer import RunWriter
writer = RunWriter.reopen(RunFolder(Path({str(folder.path)!r})))
print("held", flush=True)
input()
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
        with pytest.raises(RunError, match="by another process"):
            sp.train(resume=folder.path, progress="quiet")
        assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before
    finally:
        holder.kill()  # a killed process lets go
        holder.communicate()
    RunWriter.reopen(folder).close()
    writer = RunWriter.reopen(folder)
    with pytest.raises(RunError, match="by another process"):
        RunWriter.reopen(folder)
    writer.close()


def test_resuming_with_another_network_changes_nothing(tmp_path: Path) -> None:
    images, labels = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 1), dtype=np.uint8), np.arange(40) % 2
    module = nn.Sequential(nn.Flatten(), nn.Linear(36, 2))
    run = sp.train((images, labels), model=module, runs=tmp_path, name="own", **QUICK)
    document = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**document, "status": "interrupted"}))
    drawn = (run.path / "insight" / "network.json").read_bytes()
    torch.manual_seed(0)
    other = nn.Sequential(nn.Flatten(), nn.Linear(36, 5), nn.ReLU(), nn.Linear(5, 2))
    with pytest.raises(RunError, match="checkpoint"):
        sp.train((images, labels), model=other, resume=run.path, progress="quiet")
    assert (run.path / "insight" / "network.json").read_bytes() == drawn
    assert any((run.path / "checkpoints").glob("*.json"))


def test_the_newest_finished_run_is_named_where_the_last_has_no_network(run: sp.Run, tmp_path: Path) -> None:
    sp.train("digits", model="linear", runs=tmp_path, name="good", **QUICK)
    with pytest.raises(TrainingError):
        sp.train("digits", runs=tmp_path, name="bad", optimizer="sgd", learning_rate=1e30, **QUICK)
    with pytest.raises(RunError, match=r"the run is failed(?s:.*)good, the newest finished"):
        sp.open_run("last", tmp_path).predict(np.zeros((8, 8), np.uint8))


def _unfinished(run: sp.Run, tmp_path: Path) -> Path:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    document = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**document, "status": "interrupted"}))
    return copy
