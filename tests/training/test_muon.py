"""Muon beside PyTorch's own on matrices, beside Nesterov SGD elsewhere, and what the iteration promises."""

from __future__ import annotations

import math

import pytest
import torch
from small_training import run_small, same_weights, small_network, small_settings, weights
from torch import nn

from spirula.errors import InputError
from spirula.training.checkpoints import load_checkpoint
from spirula.training.updates.muon import Muon, orthogonalized
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.parameters import hidden_kernels


@pytest.mark.parametrize("shape", [(16, 16), (8, 40), (40, 8), (1, 5)])
def test_singular_values_come_near_one_and_the_directions_stay(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    result = orthogonalized(matrix)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    assert values.max() / values.min() < 300  # within what five iterations can lift
    found = torch.linalg.svdvals(result)
    assert 0.6 < found.min() <= found.max() < 1.25
    inside = left.T @ result @ right.T  # diagonal: U and V are those of the matrix
    torch.testing.assert_close(inside, torch.diag(inside.diagonal()), atol=1e-4, rtol=0)
    assert inside.diagonal().min() > 0


@pytest.mark.parametrize("shape", [(6, 6), (6, 11), (6, 50), (50, 6), (32, 288)])
@pytest.mark.parametrize("smallest", [1.0, 1e-3, 1e-6])
def test_a_long_matrix_gets_the_published_iteration(shape, smallest):
    generator = torch.Generator().manual_seed(4)
    left, _, right = torch.linalg.svd(torch.randn(shape, generator=generator, dtype=torch.float64), full_matrices=False)
    values = torch.logspace(0, math.log10(smallest), min(shape), dtype=torch.float64)
    matrix = (left * values) @ right
    lifted = values / values.norm()
    for _ in range(5):  # what the quintic makes of each singular value
        lifted = 3.4445 * lifted - 4.7750 * lifted**3 + 2.0315 * lifted**5
    torch.testing.assert_close(orthogonalized(matrix), (left * lifted) @ right, atol=1e-9, rtol=0)
    torch.testing.assert_close(orthogonalized(matrix.float()).double(), (left * lifted) @ right, atol=1e-3, rtol=0)


def test_its_size_does_not_matter_and_zeros_stay_zeros():
    matrix = torch.randn(5, 9, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(orthogonalized(matrix), orthogonalized(1000 * matrix), atol=1e-5, rtol=1e-4)
    assert torch.equal(orthogonalized(torch.zeros(3, 4)), torch.zeros(3, 4))


def descend(optimizer: torch.optim.Optimizer, weight: nn.Parameter, steps: int = 4) -> list[torch.Tensor]:
    """Walk towards a fixed matrix, and return the weights after each step."""
    goal, seen = torch.linspace(-1, 1, weight.numel()).view_as(weight), []
    for _ in range(steps):
        optimizer.zero_grad()
        (weight - goal).pow(4).sum().backward()
        optimizer.step()
        seen.append(weight.detach().clone())
    return seen


@pytest.mark.parametrize("shape", [(6, 10), (10, 6)])
def test_same_updates_as_pytorch_on_matrices(shape):
    start = torch.randn(shape, generator=torch.Generator().manual_seed(5))
    mine, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    ours = Muon([{"params": [mine], "orthogonal": True}], lr=0.1, momentum=0.9, weight_decay=0.1)
    # PyTorch's averages the momentum where this adds it up, which the orthogonal step cannot tell apart; it counts in
    # bfloat16.
    peer = torch.optim.Muon([theirs], lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True)
    for one, other in zip(descend(ours, mine), descend(peer, theirs), strict=True):
        torch.testing.assert_close(one, other, atol=0.01, rtol=0)


def test_a_convolution_is_the_matrix_of_its_filters():
    start = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(5))
    kernel, matrix = nn.Parameter(start.clone()), nn.Parameter(start.flatten(1).clone())
    runs = [descend(Muon([{"params": [weight], "orthogonal": True}], lr=0.1), weight) for weight in (kernel, matrix)]
    for one, other in zip(*runs, strict=True):
        torch.testing.assert_close(one.flatten(1), other)


def test_the_rest_takes_the_steps_of_nesterov_sgd():
    start = torch.randn(7, generator=torch.Generator().manual_seed(5))
    mine, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    ours = Muon([{"params": [mine]}], lr=0.01, momentum=0.8, weight_decay=0.5)
    peer = torch.optim.SGD([theirs], lr=0.01, momentum=0.8, nesterov=True)
    for one, other in zip(descend(ours, mine), descend(peer, theirs), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("shape", [(4, 10), (10, 4), (4, 3, 2, 2)])
def test_unit_filters_are_turned_and_not_lengthened(shape):
    weight = nn.Parameter(7 * torch.randn(shape, generator=torch.Generator().manual_seed(5)))
    offset = nn.Parameter(torch.full((3,), 5.0))
    groups = [{"params": [weight], "orthogonal": True}, {"params": [offset]}]
    optimizer = Muon(groups, lr=0.1, momentum=0.0, unit_filters=True)
    for _ in range(3):
        start = weight.detach() * math.sqrt(len(weight)) / weight.detach().norm()
        weight.grad = torch.randn(shape, generator=torch.Generator().manual_seed(6))
        offset.grad = torch.zeros(3)
        optimizer.step()
        scale = math.sqrt(max(1.0, shape[0] / start[0].numel()))
        moved = (weight.detach() - start).flatten(1) / (-0.1 * scale)
        torch.testing.assert_close(moved, orthogonalized(weight.grad.flatten(1)), atol=1e-4, rtol=0)
        assert torch.equal(offset.detach(), torch.full((3,), 5.0)), "only what it makes orthogonal"


def test_unit_filters_are_refused_where_they_would_do_nothing():
    for rule in (UpdateRule("adamw", unit_filters=True), UpdateRule("muon", weight_decay=0.1, unit_filters=True)):
        with pytest.raises(InputError, match="unit_filters"):
            rule.optimizer(small_network())


def test_what_is_made_orthogonal():
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, groups=4), nn.Flatten(),
        nn.Linear(16, 8), nn.Linear(8, 2),
    )  # fmt: skip
    assert list(hidden_kernels(module)) == ["1.weight", "5.weight"]
    optimizer = UpdateRule("muon", weight_decay=0.1).optimizer(module)
    told = {
        name: (group["orthogonal"], group["weight_decay"])
        for name, parameter in module.named_parameters()
        for group in optimizer.param_groups
        if any(parameter is member for member in group["params"])
    }
    assert {name for name, (orthogonal, _) in told.items() if orthogonal} == {"1.weight", "5.weight"}
    assert {decay for orthogonal, decay in told.values() if not orthogonal} == {0.0}
    assert len(told) == len(list(module.parameters()))


def test_a_network_without_such_kernels_is_refused():
    with pytest.raises(InputError, match="no kernel to make orthogonal"):
        UpdateRule("muon").optimizer(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    with pytest.raises(InputError, match="nesterov"):
        UpdateRule("muon", nesterov=True).optimizer(small_network())


def test_resumed_it_goes_on_to_the_last_bit(tmp_path):
    settings = small_settings(rule=UpdateRule("muon", 0.8, weight_decay=0.01))
    unbroken, _ = run_small(settings)
    calls = iter(range(10**6))
    run_small(settings, checkpoints=tmp_path, interrupted=lambda: next(calls) == 4)
    resumed, _ = run_small(settings, network_seed=9, checkpoints=tmp_path, resume=load_checkpoint(tmp_path))
    assert same_weights(weights(resumed), weights(unbroken))
