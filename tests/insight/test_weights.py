"""Every tensor, once, in Keras's shapes, with torch's statistics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import BRANCHES, DEPTHWISE, NOTES, RESIDUAL, Own, made
from torch import nn

from spirula.errors import InputError
from spirula.insight.weights import fingerprint, kernels_of, statistics, weights
from spirula.models.summary import summarize


def test_shapes_are_those_that_the_notes_print() -> None:
    found = weights(made(NOTES, (28, 28, 1), 10))
    assert [(w.layer, w.tensor, w.shape) for w in found] == [
        ("conv2d", "kernel", (3, 3, 1, 32)),
        ("conv2d", "bias", (32,)),
        ("conv2d_1", "kernel", (3, 3, 32, 64)),
        ("conv2d_1", "bias", (64,)),
        ("dense", "kernel", (3136, 100)),
        ("dense", "bias", (100,)),
        ("dense_1", "kernel", (100, 10)),
        ("dense_1", "bias", (10,)),
    ]
    assert sum(w.values.size for w in found) == 333_526


def test_depthwise_separable_and_normalisation_have_the_names_and_shapes_of_keras() -> None:
    # Keras 3: DepthwiseConv2D(3, depth_multiplier=2) on 3 channels has a kernel of (3, 3, 3, 2).
    found = weights(made(DEPTHWISE, (8, 8, 3)))
    assert [(w.tensor, w.shape) for w in found[:3]] == [("kernel", (3, 3, 3, 2)), ("gamma", (6,)), ("beta", (6,))]
    branches = {(w.layer, w.tensor): w for w in weights(made(BRANCHES))}
    assert branches["c", "depthwise_kernel"].shape == (3, 3, 4, 2)
    assert branches["c", "pointwise_kernel"].shape == (1, 1, 8, 6)
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    assert [branches["b", name].trainable for name in names] == [True, True, False, False]


@pytest.mark.parametrize("model", [NOTES, BRANCHES, RESIDUAL, DEPTHWISE, "timm/test_resnet"])
def test_sizes_add_up_to_the_summary(model: str) -> None:
    network = made(model, (32, 32, 3))
    found = weights(network)
    table = summarize(network)
    assert sum(w.values.size for w in found) == table.parameters
    assert sum(w.values.size for w in found if w.trainable) == table.trainable
    assert {w.layer for w in found} <= {row.name for row in table.rows}
    assert len({w.parameter for w in found}) == len(found)


def test_a_module_of_the_users_own_has_all_its_tensors_also_those_that_nobody_calls() -> None:
    network = made(Own())
    found = weights(network)
    assert sorted(w.parameter for w in found) == sorted(name for name, _ in network.module.named_parameters())
    assert {w.layer for w in found} == {"first", "second", "unused", "last"}


def test_shared_tensors_come_once() -> None:
    shared = nn.Conv2d(1, 1, 3, padding=1)
    found = weights(made(nn.Sequential(shared, shared, nn.Flatten(), nn.Linear(64, 4))))
    assert [w.parameter for w in found] == ["0.weight", "0.bias", "3.weight", "3.bias"]


def test_statistics_are_those_of_torch() -> None:
    values = torch.randn(3, 1, 5, 5, generator=torch.Generator().manual_seed(3))
    values[0, 0, 0, :3] = 0.0
    told = statistics(values.numpy())
    assert told.mean == pytest.approx(values.double().mean().item(), abs=1e-12)
    assert told.std == pytest.approx(values.double().std(correction=0).item(), abs=1e-12)
    assert (told.low, told.high) == (values.min().item(), values.max().item())
    assert (told.count, told.zeros) == (75, 3 / 75)


def test_the_untrained_kernels_of_the_notes_are_spread_as_theirs() -> None:
    # Glorot uniform on 3×3, 1 → 32: limit √(6 / 297); the notes print a standard deviation of 0.0819 for 288 draws.
    kernel = weights(made(NOTES, (28, 28, 1), 10))[0]
    limit = (6 / (9 + 288)) ** 0.5
    assert np.abs(kernel.values).max() <= limit
    assert statistics(kernel.values).std == pytest.approx(limit / 3**0.5, rel=0.08)
    assert pytest.approx(limit / 3**0.5, rel=0.08) == 0.081879705


def test_kernels_of_a_layer() -> None:
    found = weights(made(NOTES, (28, 28, 1), 10))
    assert [w.layer for w in kernels_of(found)] == ["conv2d", "conv2d_1", "dense", "dense_1"]
    assert [w.tensor for w in kernels_of(found, "dense")] == ["kernel"]
    with pytest.raises(InputError, match=r'no layer with a kernel "dnese".*Did you mean "dense"'):
        kernels_of(found, "dnese")


def test_a_fingerprint_sees_every_bit_and_not_the_memory_format() -> None:
    module = made(NOTES, (28, 28, 1), 10).module
    before = fingerprint(module)
    assert fingerprint(made(NOTES, (28, 28, 1), 10).module) == before
    assert fingerprint(module.to(memory_format=torch.channels_last)) == before  # type: ignore[call-overload]
    with torch.no_grad():
        first = next(module.parameters())
        first[0, 0, 0, 0] = torch.nextafter(first[0, 0, 0, 0], torch.tensor(9.0))
    assert fingerprint(module) != before
