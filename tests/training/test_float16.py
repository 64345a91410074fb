"""Training in float16: small gradients survive, infinite ones are left out, and what is broken is still found."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from faulty import RowFeed, vectors
from planted import failure, regression
from small_training import SmallBatch, run_small, same_weights, small_settings, weights
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from spirula.training.checkpoints import load_checkpoint
from spirula.training.device import Machine
from spirula.training.losses import Loss, Objective
from spirula.training.parts import Parts
from spirula.training.state import Position
from spirula.training.step import training_step

CPU = torch.device("cpu")
HALF = Machine(CPU, "float16")


def stepped(machine: Machine, module: nn.Sequential, factor: float, steps: int = 1, **more: Any) -> list[Tensor]:
    """Take steps of gradient descent towards targets that are ``factor`` away; return the weights after each."""
    optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
    step = training_step(module, optimizer, Objective(Loss("mse")), machine, **more)
    images, seen = torch.ones(4, 2), []
    for _ in range(steps):
        with torch.no_grad(), machine.arithmetic():
            targets = module(images)[:, 0].float() + factor
        step(SmallBatch(images, targets), 1.0)
        seen.append(weights(module)["0.weight"])
    return seen


def two_layers() -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))


@pytest.mark.parametrize("micro", [0, 3])
def test_gradients_too_small_for_float16_survive(micro: int) -> None:
    module, other = two_layers(), two_layers()
    before = weights(module)["0.weight"]
    # Of float16 the smallest number is 6e-8, and these are its quarters; float32 knows them beside weights of about 1.
    got = stepped(HALF, module, 1.5e-6, parts=Parts(Position(1, micro=micro)))[0] - before
    expected = stepped(Machine(CPU), other, 1.5e-6)[0] - before
    assert expected.abs().max() > 3e-7
    torch.testing.assert_close(got, expected, atol=1.3e-7, rtol=0)


def test_a_step_with_infinite_gradients_is_left_out_and_the_factor_halved_until_they_fit() -> None:
    module, scaler = two_layers(), HALF.scaler()
    assert scaler is not None
    first, before = scaler.get_scale(), weights(module)["0.weight"]
    seen = stepped(HALF, module, 100.0, steps=12, scaler=scaler, clip_norm=1e-3)
    moved = [not torch.equal(weight, before) for weight in seen]
    skipped = moved.index(True)
    assert skipped > 0
    assert all(moved[skipped:])
    assert scaler.get_scale() == first / 2**skipped
    assert all(weight.isfinite().all() for weight in seen)
    exact = stepped(Machine(CPU), two_layers(), 100.0, clip_norm=1e-3)[0]
    torch.testing.assert_close(seen[skipped], exact, atol=1e-6, rtol=0)


def test_a_resumed_training_knows_the_factor(tmp_path, monkeypatch):
    # So large a factor that the first steps are left out, in a training that is stopped between two of them.
    monkeypatch.setattr(Machine, "scaler", lambda _: GradScaler("cpu", init_scale=2.0**22))
    settings = small_settings(machine=HALF)
    unbroken, _ = run_small(settings, checkpoints=tmp_path / "whole")
    factor = load_checkpoint(tmp_path / "whole").content.document["scaler"]["scale"]
    assert factor <= 2**20
    asked = iter([False, True])
    run_small(settings, checkpoints=tmp_path / "broken", interrupted=lambda: next(asked, True))
    stopped = load_checkpoint(tmp_path / "broken")
    assert factor < stopped.content.document["scaler"]["scale"] < 2**22
    resumed, _ = run_small(settings, network_seed=9, checkpoints=tmp_path / "broken", resume=stopped)
    assert same_weights(weights(resumed), weights(unbroken))


class Root(nn.Module):
    """The root of 0 is 0, and its gradient infinite."""

    def forward(self, x: Tensor) -> Tensor:
        return (x * 0).sqrt() + x


@pytest.mark.parametrize("machine", [HALF, Machine(CPU)])
def test_a_gradient_that_is_infinite_by_itself_is_found_all_the_same(machine):
    feed = RowFeed(vectors(8, samples=300), vectors(1, samples=300)[:, 0])
    error = failure(nn.Sequential(nn.Linear(8, 4), Root(), nn.Linear(4, 1)), feed, machine=machine, epochs=30)
    assert (error.culprit.where, error.culprit.layer, error.culprit.operation) == ("gradient", "1", "sqrt")


def test_values_beyond_its_end_are_told():
    feed = regression()
    feed.images = feed.images.abs() + 20_000
    module = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 1))
    nn.init.ones_(module[0].weight)
    error = failure(module, feed, machine=HALF)
    assert error.culprit.where == "network"
    assert "65,504" in error.remedy
