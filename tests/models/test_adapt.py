"""Normalization layers learn from data, exactly and in order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.errors import ModelError
from spirula.models.adapt import adapt, to_adapt
from spirula.models.build import build
from spirula.models.modules import Normalization


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_statistics_are_those_of_all_samples_together(sizes: list[int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    data = [generator.normal(1000.0, 0.1, size=(size, 3, 4, 5)) for size in sizes]  # far from zero: sums would cancel
    network = build("Normalization()", input_shape=(4, 5, 3), outputs=2).module
    assert adapt(network, [torch.from_numpy(batch).float() for batch in data]) == ["normalization"]
    layer = network.get_submodule("normalization")
    assert isinstance(layer, Normalization)
    everything = np.concatenate(data).astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(layer.mean.numpy(), everything.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(layer.variance.numpy(), everything.var((0, 2, 3)), rtol=1e-4)
    assert int(layer.count) == sum(sizes) * 20


def test_a_later_layer_sees_what_the_earlier_ones_make() -> None:
    network = build(
        "Normalization(), Rescaling(5.0, offset=2.0), Dropout(0.5), Flatten(), Normalization()",
        input_shape=(2, 2, 3),
        outputs=2,
        seed=0,
    ).module.train()
    data = [torch.randn(50, 3, 2, 2) * 4 + 7 for _ in range(3)]
    assert to_adapt(network) == ["normalization", "normalization_1"]
    assert adapt(network, data) == ["normalization", "normalization_1"]
    second = network.get_submodule("normalization_1")
    assert isinstance(second, Normalization)
    assert second.mean.shape == (12,)
    assert torch.allclose(second.mean.mean(), torch.tensor(2.0), atol=1e-3)
    assert torch.allclose(second.variance.mean(), torch.tensor(25.0), rtol=1e-2)
    assert all(part.training for part in network.modules())
    whole = network.eval()[:5](torch.cat(data))
    assert torch.allclose(whole.mean(0), torch.zeros(12), atol=1e-4)
    assert torch.allclose(whole.std(0, unbiased=False), torch.ones(12), atol=1e-4)


def test_given_statistics_are_left_alone() -> None:
    network = build("Normalization(mean=1.0, variance=4.0)", input_shape=(2, 2, 1), outputs=2).module
    assert adapt(network, []) == []
    assert network.get_submodule("normalization").mean.tolist() == [1.0]


def test_constant_channels_do_not_divide_by_zero() -> None:
    network = build("Normalization()", input_shape=(2, 2, 1), outputs=2).module
    data = torch.full((4, 1, 2, 2), 3.0)
    adapt(network, [data])
    assert torch.isfinite(network(data)).all()
    assert (network.get_submodule("normalization")(data) == 0).all()


def test_data_that_cannot_be_learned_from() -> None:
    network = build("Normalization(), Rescaling(2), Normalization()", input_shape=(2, 2, 1), outputs=2).module
    with pytest.raises(ModelError, match="no data"):
        adapt(network, [])
    with pytest.raises(ModelError, match=r"normalization.* used up"):
        adapt(network, iter([torch.randn(4, 1, 2, 2)]))
    with pytest.raises(ModelError, match="infinite or missing"):
        adapt(network, [torch.tensor([float("nan")] * 4).view(1, 1, 2, 2)])
    assert not any(part._forward_pre_hooks for part in network.modules())
