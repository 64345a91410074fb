"""A compiled training learns what the plain one learns, goes on exactly, and leaves no trace of the compiler."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_training import (
    run_small,
    same_weights,
    small_feeds,
    small_network,
    small_settings,
    untimed,
    weights,
)
from torch import Tensor, nn

import spirula as sp
from spirula.training.checkpoints import load_checkpoint
from spirula.training.compiling.tools import has_cpp_compiler
from spirula.training.device import Machine
from spirula.training.diagnosis.culprit import NotFiniteError
from spirula.training.loop import fit
from spirula.training.records import CompiledRecord, EpochRecord
from spirula.training.stopping import StoppingRule
from spirula.training.updates.optimizers import UpdateRule

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_cpp_compiler(), reason="needs a C++ compiler"),
    pytest.mark.usefixtures("compiler_cache"),
]

CPU = torch.device("cpu")
# Batches of 8, 8 and 4: the last of an epoch has a size of its own. Dropout and BatchNorm are in the network.
SETTINGS = small_settings(
    machine=Machine(CPU, compiled=True), ema=0.9, rule=UpdateRule("adamw", weight_decay=0.01), epochs=2
)


def test_the_same_options_give_the_same_bits_wherever_it_is_interrupted(tmp_path: Path) -> None:
    polls = itertools.count()
    unbroken, records = run_small(SETTINGS, checkpoints=tmp_path / "unbroken", interrupted=lambda: next(polls) < 0)
    expected, history = weights(unbroken), untimed(load_checkpoint(tmp_path / "unbroken").history)
    (compiled,) = (record for record in records if isinstance(record, CompiledRecord))
    assert compiled.samples == 8
    total = next(polls)
    for stop_at in (1, total // 2 + 1):
        folder, calls = tmp_path / str(stop_at), itertools.count()
        run_small(SETTINGS, checkpoints=folder, interrupted=lambda c=calls, k=stop_at: next(c) == k)
        resumed, _ = run_small(SETTINGS, network_seed=123, checkpoints=folder, resume=load_checkpoint(folder))
        assert same_weights(weights(resumed), expected), stop_at
        assert untimed(load_checkpoint(folder).history) == history


def test_it_learns_what_it_would_learn_without() -> None:
    """Dropout draws other masks; without it only rounding differs."""
    after = []
    for compiled in (False, True):
        module = small_network()
        module[5] = nn.Dropout(0.0)
        settings = small_settings(machine=Machine(CPU, compiled=compiled))
        records = list(fit(module, *small_feeds(), settings))
        losses = [record.metrics["loss"] for record in records if isinstance(record, EpochRecord)]
        after.append((weights(module), losses))
    assert after[0][1] == pytest.approx(after[1][1], rel=1e-4)
    for name, tensor in after[0][0].items():
        torch.testing.assert_close(after[1][0][name], tensor, rtol=1e-3, atol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_graphs_learn_what_a_gpu_learns_without() -> None:
    gpu, losses = torch.device("cuda"), []
    for compiled in (False, True):
        module = small_network()
        module[5] = nn.Dropout(0.0)
        feeds = small_feeds()
        for feed in feeds:
            feed.images, feed.targets, feed.noise = feed.images.to(gpu), feed.targets.to(gpu), 0.0
        records = list(fit(module, *feeds, small_settings(machine=Machine(gpu, compiled=compiled))))
        losses.append([record.metrics["loss"] for record in records if isinstance(record, EpochRecord)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


class Scaled(nn.Module):
    """Brings every image to length 1, which a black one has no direction for."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(16, 2)

    def forward(self, images: Tensor) -> Tensor:
        values = images.flatten(1)
        logits: Tensor = self.layer(values / values.norm(dim=1, keepdim=True))
        return logits


def test_what_is_not_finite_is_found_in_the_network_as_it_is(tmp_path: Path) -> None:
    settings = small_settings(machine=Machine(CPU, compiled=True), stopping=StoppingRule("loss"))
    train, _ = small_feeds()
    train.noise = 0.0
    train.images[11] = 0.0
    with pytest.raises(NotFiniteError, match="division") as caught:
        list(fit(Scaled(), train, None, settings, checkpoints=tmp_path))
    assert caught.value.culprit.where == "network"


TINY = 'Conv2D(4, 3, activation="relu"), BatchNormalization(), MaxPooling2D(2), Flatten(), Dense(16, activation="relu")'


@pytest.fixture(scope="module")
def runs(compiler_cache: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[sp.Run, sp.Run]:
    """The same training, plain and compiled, in batches of 64."""
    folder = tmp_path_factory.mktemp("runs")
    options = {"model": TINY, "epochs": 3, "batch_size": 64, "precision": "float32", "threads": 1, "progress": "quiet"}
    plain = sp.train("digits", name="plain", runs=folder, **options)
    return plain, sp.train("digits", name="compiled", runs=folder, compile=True, **options)


def test_the_run_is_as_any_other(runs: tuple[sp.Run, sp.Run]) -> None:
    plain, compiled = runs
    assert compiled.verified
    assert compiled.results["test"]["accuracy"] == pytest.approx(plain.results["test"]["accuracy"], abs=0.02)
    for one, other in zip(plain.history, compiled.history, strict=True):
        assert other["loss"] == pytest.approx(one["loss"], rel=0.01)
    networks = [load_file(run.path / "model.safetensors") for run in runs]
    assert networks[0].keys() == networks[1].keys()
    assert {name: tensor.shape for name, tensor in networks[0].items()} == {
        name: tensor.shape for name, tensor in networks[1].items()
    }
    for file in (path for path in compiled.path.rglob("*") if path.is_file()):
        assert b"_orig_mod" not in file.read_bytes(), file
    assert (
        json.loads((compiled.path / "model.json").read_text()).keys()
        == json.loads((plain.path / "model.json").read_text()).keys()
    )


def test_the_run_says_that_it_was_compiled_and_why_another_was_not(runs: tuple[sp.Run, sp.Run]) -> None:
    plain, compiled = runs
    assert compiled.folder.config()["machine"]["compile"] is True
    assert plain.folder.config()["machine"]["compile"] is False
    assert "compile = false # not asked for" in (plain.path / "config.toml").read_text()
    said = compiled.folder.document()["compiled"]
    assert said["samples"] == 64
    assert said["seconds"] > 0
    assert "compiled" not in plain.folder.document()


def test_what_was_compiled_is_listed_in_the_cache(runs: tuple[sp.Run, sp.Run]) -> None:
    (row,) = (row for row in sp.list_cache() if row["kind"] == "compiled")
    assert row["key"] == f"torch-{torch.__version__}"
    assert row["source"] == f"PyTorch {torch.__version__}"
    assert row["bytes"] > 10_000
    assert row["images"] is None
    (pruned,) = (row for row in sp.prune_cache(everything=True) if row["kind"] == "compiled")
    assert pruned["why"] == "used within the last hour"


def test_another_process_finds_what_was_compiled_and_gives_the_same_bits(
    runs: tuple[sp.Run, sp.Run], tmp_path: Path
) -> None:
    first = runs[1]
    command = ["-m", "spirula", "train", "--recipe", str(first.path / "config.toml"), "--runs", str(tmp_path)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.iterdir()
    assert (path / "model.safetensors").read_bytes() == (first.path / "model.safetensors").read_bytes()
    assert "the training step is compiled first" in done.stderr
    assert "Compiled the training step for 64 samples at once in" in done.stderr
