"""What is measured while training: the numbers are torch's, and the training does not notice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from trained_runs import Plan, digits, train

from spirula.api.keeping.health import note_gradients
from spirula.api.keeping.units import note_filters
from spirula.api.session.describe import summary_of
from spirula.models.build import Network
from spirula.recipe import make_recipe
from spirula.runs.writer import RunWriter
from spirula.training.assemble import assemble
from spirula.training.assembly import Assembly
from spirula.training.health import first_input, gradients

NETWORK = (
    'Conv2D(4, 3, padding="same"), BatchNormalization(), Activation("relu"), Flatten(), '
    'Dense(16, activation="relu"), Dropout(0.5)'
)


@pytest.fixture
def assembly() -> Assembly:
    (x, y), _, _ = digits().values()
    options = {
        "model": NETWORK,
        "epochs": 2,
        "batch_size": 16,
        "precision": "float32",
        "threads": 1,
        "validation": 0.2,
        "test": 0.0,
    }
    return assemble(make_recipe(source="arrays", **options), source=(x[:300], y[:300]))


def state_of(network: Network) -> list[bytes]:
    values = [value.detach().numpy().tobytes() for value in network.module.state_dict().values()]
    return [*values, torch.get_rng_state().numpy().tobytes()]


def norm(tensors: Any) -> float:
    return float(np.sqrt(sum(np.square(tensor.detach().double().numpy()).sum() for tensor in tensors)))


def test_norms_are_those_of_autograd(assembly: Assembly) -> None:
    module = assembly.network.module
    torch.manual_seed(5)
    random = torch.get_rng_state()
    told = gradients(assembly, summary_of(assembly).rows)
    torch.set_rng_state(random)
    batch = next(iter(assembly.train.epoch(1)))
    module.train()
    nn.functional.cross_entropy(module(batch.images), batch.targets).backward()
    every = [value for value in module.parameters() if value.grad is not None]
    assert told["gradient"] == pytest.approx(norm([value.grad for value in every]), rel=1e-5)
    assert told["weight"] == pytest.approx(norm(every), rel=1e-5)
    assert [row["layer"] for row in told["layers"]] == ["conv2d", "dense", "dense_1"]
    convolution = next(part for part in module.modules() if isinstance(part, nn.Conv2d))
    expected = norm([value.grad for value in convolution.parameters()])
    assert told["layers"][0]["gradient"] == pytest.approx(expected, rel=1e-5)


def test_everything_is_as_it_was(assembly: Assembly, tmp_path: Path) -> None:
    module = assembly.network.module
    module.train()
    module.get_submodule(next(name for name, part in module.named_modules() if isinstance(part, nn.Dropout))).eval()
    before, modes = state_of(assembly.network), [part.training for part in module.modules()]
    gradients(assembly, summary_of(assembly).rows)
    units(assembly, tmp_path)
    assert state_of(assembly.network) == before
    assert [part.training for part in module.modules()] == modes
    assert all(value.grad is None for value in module.parameters())


def units(assembly: Assembly, folder: Path) -> dict[str, Any]:
    """Return what is noted of the units, each layer by its name."""
    writer = RunWriter.create(folder, None, "x", config="", document={})
    note_filters(writer, assembly, summary_of(assembly))
    known = json.loads(writer.folder.insight_path("health.json").read_text())["units"]
    writer.close()
    assert known["samples"] == min(512, len(assembly.dataset.rows("train")))
    return {row["layer"]: row for row in known["layers"]}


def test_a_training_that_is_measured_is_the_same_to_the_last_bit(tmp_path: Path, monkeypatch: Any) -> None:
    options = {"model": NETWORK, "epochs": 2, "crop": 1}
    measured = train(Plan(options), tmp_path, "measured")
    monkeypatch.setattr("spirula.api.keeping.health.note_gradients", lambda *given: None)
    plain = train(Plan(options), tmp_path, "plain")
    weights = [(run.path / "model.safetensors").read_bytes() for run in (measured, plain)]
    assert weights[0] == weights[1]
    told = [[{k: v for k, v in row.items() if "loss" in k} for row in run.history()] for run in (measured, plain)]
    assert told[0] == told[1]
    assert not json.loads(plain.insight_path("health.json").read_text()).get("epochs")


def test_dead_units_are_counted(assembly: Assembly, tmp_path: Path) -> None:
    dense = next(part for part in assembly.network.module.modules() if isinstance(part, nn.Linear))
    with torch.no_grad():
        dense.bias[:5] = -1e6
        dense.weight[:5] = 0.0
    told = units(assembly, tmp_path)
    assert told["dense"]["units"] == 16
    assert told["dense"]["dead"] >= 5
    with torch.no_grad():
        dense.bias[:5] = 1e6
    assert units(assembly, tmp_path)["dense"]["dead"] == told["dense"]["dead"] - 5


def test_the_input_is_described(assembly: Assembly) -> None:
    told = first_input(assembly)
    images = next(iter(assembly.train.epoch(1))).images.numpy()
    assert told["mean"] == pytest.approx(float(images.mean()), abs=1e-6)
    assert told["std"] == pytest.approx(float(images.std()), rel=1e-5)
    assert (told["low"], told["high"]) == (float(images.min()), float(images.max()))


def test_epochs_that_are_trained_again_are_measured_again(assembly: Assembly, tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, "run", "x", config="", document={})
    summary = summary_of(assembly)
    for epoch in (1, 2, 3, 2):
        note_gradients(writer, assembly, summary, epoch)
    path = writer.folder.insight_path("health.json")
    assert [row["epoch"] for row in json.loads(path.read_text())["epochs"]] == [1, 2]
    path.write_text("{", encoding="utf-8")  # a hand has damaged it
    note_gradients(writer, assembly, summary, 3)
    assert [row["epoch"] for row in json.loads(path.read_text())["epochs"]] == [3]
    writer.close()


def test_of_short_epochs_not_each_is_measured(assembly: Assembly, tmp_path: Path, monkeypatch: Any) -> None:
    """Three batches: a fourth one each epoch would be a third more; one in four epochs is a twelfth."""
    writer = RunWriter.create(tmp_path, "run", "x", config="", document={})
    summary = summary_of(assembly)
    monkeypatch.setattr(type(assembly.train), "__len__", lambda feed: 3)
    for epoch in range(1, 10):
        note_gradients(writer, assembly, summary, epoch)
    known = json.loads(writer.folder.insight_path("health.json").read_text())
    assert [row["epoch"] for row in known["epochs"]] == [1, 5, 9]
    writer.close()
