import copy

import pytest
import torch
from small_training import small_network
from torch import nn

from spirula.errors import InputError
from spirula.training.updates.optimizers import OPTIMIZERS, UpdateRule
from spirula.training.updates.parameters import kernels


def network() -> nn.Module:
    torch.manual_seed(3)
    # no bias before the normalization: its gradient is 0 but for rounding, which Adam would turn into whole steps
    return nn.Sequential(nn.Conv2d(1, 3, 3, bias=False), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2))


def several_steps(module: nn.Module, optimizer: torch.optim.Optimizer, rate: float) -> list[torch.Tensor]:
    images = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(5))
    for group in optimizer.param_groups:
        group["lr"] = rate
    for _ in range(5):
        optimizer.zero_grad()
        module(images).square().mean().backward()
        optimizer.step()
    return [parameter.detach() for parameter in module.parameters()]


PLAIN = {
    "sgd": (UpdateRule("sgd"), lambda p: torch.optim.SGD(p, lr=0.01)),
    "momentum": (UpdateRule("sgd", momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
    "nesterov": (
        UpdateRule("sgd", momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    ),
    "adam": (UpdateRule("adam"), lambda p: torch.optim.Adam(p, lr=0.01, eps=1e-7)),
    "adamw": (UpdateRule("adamw", weight_decay=0.0), lambda p: torch.optim.AdamW(p, lr=0.01, eps=1e-7, weight_decay=0)),
    "rmsprop": (
        UpdateRule("rmsprop", momentum=0.5),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-7, momentum=0.5),
    ),
}


@pytest.mark.parametrize("case", PLAIN)
def test_same_updates_as_pytorch(case):
    rule, theirs = PLAIN[case]
    ours, reference = network(), network()
    got = several_steps(ours, rule.optimizer(ours), 0.01)
    expected = several_steps(reference, theirs(reference.parameters()), 0.01)
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_adam_first_step_by_hand():
    # m = 0.1 g, v = 0.001 g², both bias-corrected to g and g²: the step is lr * g / (|g| + eps)
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 1.0)
    optimizer = UpdateRule("adam").optimizer(layer)
    optimizer.param_groups[0]["lr"] = 0.1
    (3 * layer.weight).sum().backward()
    optimizer.step()
    assert layer.weight.item() == pytest.approx(0.9, abs=1e-6)


def test_rmsprop_first_step_by_hand():
    # v = 0.1 g²: the step is lr * g / sqrt(0.1 g²)
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 1.0)
    optimizer = UpdateRule("rmsprop").optimizer(layer)
    optimizer.param_groups[0]["lr"] = 0.01
    (3 * layer.weight).sum().backward()
    optimizer.step()
    assert layer.weight.item() == pytest.approx(1 - 0.01 / 0.1**0.5, abs=1e-6)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_only_kernels_decay(name):
    module = network()
    before = {key: value.detach().clone() for key, value in module.named_parameters()}
    optimizer = UpdateRule(name, weight_decay=0.5).optimizer(module)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for group in optimizer.param_groups:
        group["lr"] = 0.1
    optimizer.step()
    for key, value in module.named_parameters():
        factor = 1 - 0.1 * 0.5 if key in ("0.weight", "3.weight") else 1.0
        torch.testing.assert_close(value.detach(), before[key] * factor)


def test_kernels_leave_out_norms_biases_frozen_and_count_shared_once():
    assert list(kernels(network())) == ["0.weight", "3.weight"]
    assert list(kernels(small_network())) == ["2.weight", "8.weight"]
    assert list(kernels(nn.LayerNorm((3, 4, 4)))) == []


def test_every_trainable_parameter_is_updated_once():
    module = small_network()
    for name in OPTIMIZERS:
        optimizer = UpdateRule(name).optimizer(module)
        given = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
        assert sorted(given) == sorted(id(p) for p in module.parameters() if p.requires_grad)


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (UpdateRule("adam", weight_decay=0.1), "weight_decay"),
        (UpdateRule("adamw", momentum=0.9), "momentum"),
        (UpdateRule("rmsprop", nesterov=True), "nesterov"),
        (UpdateRule("lion"), "lion"),  # type: ignore[arg-type]
    ],
)
def test_options_without_effect_are_errors(rule, word):
    with pytest.raises(InputError, match=word):
        rule.optimizer(network())


def test_a_frozen_network_is_an_error():
    with pytest.raises(InputError, match="trainable"):
        UpdateRule("adam").optimizer(copy.deepcopy(network()).requires_grad_(False))
