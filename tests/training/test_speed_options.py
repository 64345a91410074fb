"""Whitening, dirac, the rate of BatchNorm's offsets, the straight schedule: what each does, and where it is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from small_training import small_settings
from torch import nn

import spirula as sp
from spirula.errors import ConfigError, InputError, ModelError
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble
from spirula.training.assembly import Assembly
from spirula.training.transfer.tuning import Tuning
from spirula.training.updates.schedules import Schedule

LAYERS = 'Conv2D(8, 2), ReLU(), Conv2D(8, 3, padding="same"), BatchNormalization(), ReLU(), Flatten()'


def untrained(**options: object) -> Assembly:
    return assemble(make_recipe(source="digits", model=LAYERS, epochs=1, **options))


def trained(**options: object) -> nn.Module:
    assembly = untrained(**options)
    for _ in assembly.fit(None):
        pass
    return assembly.network.module


def test_whitening_fills_the_first_layer_and_it_stays_so():
    assembly, after = untrained(whitening=True), trained(whitening=True)
    before = assembly.network.module
    assert torch.equal(before.conv2d.weight, after.conv2d.weight)
    assert not before.conv2d.weight.requires_grad
    assert not torch.equal(before.conv2d_1.weight, after.conv2d_1.weight)
    images = torch.cat([batch.images for batch in assembly.batches("train").epoch(0)])
    outputs = nn.functional.conv2d(images, after.conv2d.weight).movedim(1, -1).reshape(-1, 8)[:, :4]
    # There are fewer images than whitening looks at, so all of them were seen.
    covariance = torch.cov(outputs.T.double(), correction=0)
    torch.testing.assert_close(covariance, torch.eye(4).double(), atol=0.01, rtol=0)
    assert assembly.recipe.training.whitening is True


def test_dirac_is_the_start_and_is_learned_on():
    plain, begun = (untrained(dirac=value).network.module for value in (False, True))
    expected = torch.zeros(8, 8, 3, 3)
    expected[range(8), range(8), 1, 1] = 1.0
    assert torch.equal(begun.conv2d_1.weight.detach(), expected)
    assert torch.equal(plain.conv2d.weight, begun.conv2d.weight)  # 2×2 has no middle
    assert not torch.equal(plain.conv2d_1.weight, begun.conv2d_1.weight)
    assert not torch.equal(trained(dirac=True).conv2d_1.weight, expected)


def test_offsets_of_batchnorm_move_by_their_own_rate():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2), nn.LayerNorm(2))
    factors = Tuning(norm_bias_rate=64.0).rate_factors(network)
    assert {name for name, factor in factors.items() if factor != 1.0} == {"1.bias"}
    assert factors["1.bias"] == 64.0
    both = Tuning(layer_decay=0.5, norm_bias_rate=64.0).rate_factors(network)
    assert both["1.bias"] == 32.0
    assert both["0.weight"] == 0.5
    assert Tuning().rate_factors(network) == {}


def test_a_step_of_sgd_shows_the_factor():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))
    before = copy.deepcopy(network)
    images, targets = torch.randn(6, 1, 4, 4), torch.tensor([0, 1] * 3)
    settings = small_settings(tuning=Tuning(norm_bias_rate=8.0))
    optimizer = type(settings.rule)("sgd").optimizer(network, settings.tuning.rate_factors(network))
    nn.functional.cross_entropy(network(images), targets).backward()
    for group in optimizer.param_groups:
        group["lr"] = 0.1 * group["lr_scale"]
    optimizer.step()
    for name, parameter in network.named_parameters():
        rate = 0.8 if name == "1.bias" else 0.1
        torch.testing.assert_close(parameter.detach(), before.get_parameter(name).detach() - rate * parameter.grad)


@pytest.mark.parametrize(("warmup", "steps"), [(0, 10), (4, 24)])
def test_linear_is_a_straight_line_to_zero_and_a_triangle_with_a_warm_up(warmup, steps):
    rates = [Schedule("linear", 2.0, warmup_steps=warmup).at(step, steps) for step in range(steps)]
    assert max(rates) == 2.0
    falling = np.diff(rates[warmup:])
    np.testing.assert_allclose(falling, -2.0 / (steps - warmup))
    np.testing.assert_allclose(rates[-1], 2.0 / (steps - warmup))
    np.testing.assert_allclose(rates[:warmup], [2.0 * (step + 1) / 4 for step in range(warmup)])


def test_muon_is_told_its_constants():
    recipe = untrained(optimizer="muon").recipe.training
    assert (recipe.optimizer, recipe.momentum, recipe.learning_rate) == ("muon", 0.95, 0.02)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "dense", "whitening": True}, "does not begin with a convolution"),
        ({"model": "two-conv", "whitening": True}, "32 filters"),
        ({"model": "dense", "dirac": True}, "dirac would have no effect"),
        ({"model": "two-conv", "norm_bias_rate": 64}, "no BatchNormalization with an offset"),
        ({"model": "linear", "optimizer": "muon"}, "no kernel to make orthogonal"),
        ({"model": LAYERS, "optimizer": "muon", "nesterov": True}, "nesterov"),
        ({"strategy": "features", "whitening": True}, "random weights"),
        ({"strategy": "finetune", "dirac": True}, "random weights"),
        ({"strategy": "features", "norm_bias_rate": 2}, "norm_bias_rate"),
    ],
)
def test_what_would_have_no_effect_is_refused(options, words, tmp_path):
    with pytest.raises((ConfigError, InputError, ModelError), match=words):
        sp.train("digits", epochs=1, runs=tmp_path, progress="quiet", **options)


def test_they_may_be_switched_off_in_words():
    one, other = trained(whitening=False, dirac=False, norm_bias_rate=1.0), trained()
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
