"""The notes' question, from the user's side: why is the result NaN? What is said, and what is left in the folder."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import spirula as sp
from spirula.errors import TrainingError
from spirula.runs.folder import RunFolder
from spirula.training.checkpoints import load_checkpoint

QUICK = {"epochs": 2, "progress": "quiet", "precision": "float32", "batch_size": 32, "threads": 1}


class SoftReLU(nn.Module):
    """The notes' custom activation."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.log(1.0 + torch.exp(z))


def houses() -> tuple[np.ndarray, np.ndarray]:
    """Columns as unscaled as California housing; targets in hundreds of thousands of dollars."""
    rng = np.random.default_rng(42)
    centre = np.array([3.9, 28.6, 5.4, 1.1, 1425.0, 3.1, 35.6, -119.6])
    spread = np.array([1.9, 12.6, 2.5, 0.5, 1132.0, 10.0, 2.1, 2.0])
    x = (centre + spread * rng.standard_normal((300, 8))).astype(np.float32)
    return x, (2.0 + rng.standard_normal(300)).astype(np.float32)


def notes_network(activation: nn.Module) -> nn.Module:
    torch.manual_seed(42)
    network = nn.Sequential(nn.Linear(8, 30), activation, nn.Linear(30, 1))
    nn.init.xavier_uniform_(network[0].weight)  # as Keras
    return network


def test_the_notes_activation_on_unscaled_houses(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        sp.train(houses(), model=notes_network(SoftReLU()), normalize="none", runs=tmp_path, name="nan", **QUICK)
    message = str(caught.value)
    assert "exp in 1 (SoftReLU()) gave inf" in message
    assert "softplus" in message
    assert 'normalize = "standardize"' in message
    assert "samples (" in message

    run = RunFolder(tmp_path / "nan")
    facts = json.loads(run.insight_path("nonfinite.json").read_text(encoding="utf-8"))
    assert (facts["where"], facts["layer"], facts["operation"]) == ("network", "1", "exp")
    assert facts["inputs"][0]["high"] > 88.7
    assert facts["images"]["high"] > 1000
    assert facts["samples"]
    assert set(facts["samples"]) <= set(run.manifest()["id"])
    document = run.document()
    assert document["status"] == "failed"
    assert "exp in 1" in document["failure"]

    left = load_checkpoint(run.path / "checkpoints").content
    assert all(tensor.isfinite().all() for tensor in left.tensors.values() if tensor.is_floating_point())

    page = unescape((run.path / "report.html").read_text(encoding="utf-8"))
    assert "Why it failed" in page
    assert "1 (SoftReLU())" in page
    assert "write softplus" in page


@pytest.mark.parametrize("given", ["file", "function"])
def test_the_activation_as_a_piece_of_ones_own_in_a_layer(given: str, tmp_path: Path) -> None:
    source = "import torch\n\n\ndef soft_relu(z):\n    return torch.log(1.0 + torch.exp(z))\n"
    (tmp_path / "my_pieces.py").write_text(source)
    if given == "file":
        words = {"model": "Dense(30, activation=custom.soft_relu), Dense(1)", "custom": tmp_path / "my_pieces.py"}
    else:
        words = {"model": [sp.layers.Dense(30, activation=soft_relu), sp.layers.Dense(1)]}
    with pytest.raises(TrainingError, match=r"exp in dense \(Dense\(30, activation=custom\.soft_relu\)\) gave inf"):
        sp.train(houses(), **words, normalize="none", runs=tmp_path, name="nan", **QUICK)


def soft_relu(z: Tensor) -> Tensor:
    return torch.log(1.0 + torch.exp(z))


def test_a_house_that_is_out_of_all_proportion_is_named(tmp_path: Path) -> None:
    x, y = houses()
    x[[17, 203], 4] *= 1e6
    x = (x - np.median(x, 0)) / np.array([1.9, 12.6, 2.5, 0.5, 1132.0, 10.0, 2.1, 2.0], np.float32)
    x[:, 4] = np.abs(x[:, 4])
    network = notes_network(SoftReLU())
    with torch.no_grad():
        network[0].weight[0, 4] = 1.0
    with pytest.raises(TrainingError) as caught:
        sp.train((x, y), model=network, normalize="none", runs=tmp_path, name="집값", validation=0.0, test=0.0, **QUICK)
    run = RunFolder(tmp_path / "집값")
    facts = json.loads(run.insight_path("nonfinite.json").read_text(encoding="utf-8"))
    named = set(facts["samples"])
    assert named
    assert named <= {"000017", "000203"}
    assert facts["samples"][0] in str(caught.value)
    assert facts["samples"][0] in (run.path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("activation", "normalize"), [(nn.Softplus(), "none"), (SoftReLU(), "standardize")])
def test_each_piece_of_advice_helps(activation: nn.Module, normalize: str, tmp_path: Path) -> None:
    run = sp.train(houses(), model=notes_network(activation), normalize=normalize, runs=tmp_path, name="ok", **QUICK)
    assert run.status == "finished"
    assert not (run.path / "insight" / "nonfinite.json").exists()
    assert "Why it failed" not in (run.path / "report.html").read_text(encoding="utf-8")


def test_a_layer_is_named_as_the_summary_names_it(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), dtype=np.uint8)
    network = 'Conv2D(4, 3, activation="relu"), Flatten(), Dense(16, activation="relu")'
    with pytest.raises(TrainingError) as caught:
        sp.train(
            (images, np.arange(60) % 3), model=network, runs=tmp_path, name="loud", optimizer="sgd",
            learning_rate=1e25, **QUICK,
        )  # fmt: skip
    error = caught.value
    assert error.remedy.startswith("Lower the learning rate")
    facts = json.loads((tmp_path / "loud" / "insight" / "nonfinite.json").read_text(encoding="utf-8"))
    assert facts["title"] in (
        'conv2d (Conv2D(4, 3, activation="relu"))', 'dense (Dense(16, activation="relu"))', "dense_1 (Dense(3))"
    )  # fmt: skip
    assert facts["title"] in str(error)


def test_a_failed_run_that_is_resumed_with_nothing_changed_fails_alike(tmp_path: Path) -> None:
    module = notes_network(SoftReLU())
    with pytest.raises(TrainingError):
        sp.train(houses(), model=module, normalize="none", runs=tmp_path, name="nan", **QUICK)
    first = (tmp_path / "nan" / "insight" / "nonfinite.json").read_bytes()
    with pytest.raises(TrainingError, match="exp in 1"):
        sp.train(houses(), model=notes_network(SoftReLU()), resume=tmp_path / "nan", progress="quiet")
    assert (tmp_path / "nan" / "insight" / "nonfinite.json").read_bytes() == first
