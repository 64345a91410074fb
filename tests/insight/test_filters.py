"""Dead and similar filters: planted ones are named, healthy ones are not, whatever stands behind the convolution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import DEPTHWISE, NOTES, RESIDUAL, made
from torch import Tensor, nn
from torch.nn import functional

from spirula.insight.layers import rows_of
from spirula.insight.units.following import every_convolution
from spirula.insight.units.judged import Judged, judge
from spirula.insight.units.responses import Responses, responses
from spirula.models.build import Network

SAMPLES, SIDE = 48, 12
COLOURS = (SIDE, SIDE, 3)


def pictures(channels: int = 3, count: int = SAMPLES) -> Tensor:
    return torch.randn(count, channels, SIDE, SIDE, generator=torch.Generator().manual_seed(2))


def told(network: Network, images: Tensor, *, peaks_of: tuple[str, ...] = ()) -> Responses:
    return responses(network, rows_of(network), images.split(20), len(images), peaks_of=peaks_of)


def judged(network: Network, images: Tensor) -> dict[str, Judged]:
    return {filters.row.name: judge(filters) for filters in told(network, images).filters}


def statistics(module: nn.Module, images: Tensor) -> None:
    """Give every BatchNorm the statistics of what comes in, and parameters of some spread, as training leaves them."""
    torch.manual_seed(3)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.uniform_(part.bias, -0.3, 0.3)
            part.momentum = 1.0
    module.train()
    with torch.no_grad():
        module(images)
    module.eval()


def convolution(network: Network, name: str) -> nn.Conv2d:
    return next(part for row, part in every_convolution(network, rows_of(network)) if row.name == name)


STACKS = {
    "bias": 'Conv2D(16, 3, activation="relu"), Conv2D(24, 3, activation="relu"), Flatten()',
    "norm": (
        'Conv2D(16, 3, use_bias=False), BatchNormalization(), Activation("relu"), '
        'Conv2D(24, 3, use_bias=False), BatchNormalization(), Activation("relu"), Flatten()'
    ),
    "smooth": 'Conv2D(16, 3), BatchNormalization(), Activation("gelu"), Conv2D(24, 3), Activation("silu"), Flatten()',
    "shortcut": (
        'Conv2D(16, 3, activation="relu"), '
        'Residual(Conv2D(16, 3, padding="same"), BatchNormalization(), activation="relu"), Flatten()'
    ),
}


@pytest.mark.parametrize("kind", STACKS)
def test_healthy_filters_are_neither_dead_nor_alike(kind: str) -> None:
    network, images = made(STACKS[kind], COLOURS), pictures()
    statistics(network.module, images)
    for found in judged(network, images).values():
        assert (found.dead, found.silent, found.pairs) == ((), (), ())


@pytest.mark.parametrize("kind", STACKS)
@torch.no_grad()
def test_planted_filters_are_named(kind: str) -> None:
    """Whose kernel is zero, and one that is another one times three."""
    network, images = made(STACKS[kind], COLOURS), pictures()
    name = next(name for name in judged(network, images) if name != "conv2d")
    part = convolution(network, name)
    part.weight[[2, 5]] = 0.0
    times = 1.0 if kind == "smooth" else 3.0  # ReLU(3 x) = 3 ReLU(x)
    part.weight[9] = times * part.weight[4]
    if part.bias is not None:
        part.bias[9] = times * part.bias[4]
    statistics(network.module, images)
    for norm in network.module.modules():  # the same scale and shift for the same filter
        if isinstance(norm, nn.BatchNorm2d) and norm.num_features == part.out_channels:
            norm.weight[9], norm.bias[9] = norm.weight[4], norm.bias[4]
    found = judged(network, images)[name]
    assert found.dead == (2, 5)
    assert [(pair.first, pair.second, pair.same) for pair in found.pairs] == [(4, 9, True)]
    assert judged(network, images)["conv2d"].pairs == ()


@torch.no_grad()
def test_every_way_of_being_dead() -> None:
    network, images = made(STACKS["norm"], COLOURS), pictures()
    statistics(network.module, images)
    norm = next(part for part in network.module.modules() if isinstance(part, nn.BatchNorm2d))
    norm.weight[1], norm.bias[1] = 0.0, 0.7  # always the same number
    norm.bias[3] = -50.0  # the ReLU never opens
    norm.weight[6], norm.bias[6] = 0.0, -1.0
    convolution(network, "conv2d").weight[8] *= 1e-12
    found = judged(network, images)["conv2d"]
    assert found.dead == (1, 3, 6, 8)
    assert found.silent == tuple(k for k in (1, 3, 6, 8) if k in (3, 6) or norm.bias[k] + _shifted(norm, k) <= 0)


def _shifted(norm: nn.BatchNorm2d, k: int) -> float:
    """What the normalisation makes of zero, without its bias."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return float(-norm.running_mean[k] * norm.weight[k] / (norm.running_var[k] + norm.eps).sqrt())


@torch.no_grad()
def test_a_relu_tells_filters_apart_that_only_differ_in_their_threshold() -> None:
    network, images = made(STACKS["bias"], COLOURS), pictures()
    part = convolution(network, "conv2d")
    assert part.bias is not None
    part.weight[1], part.bias[1] = part.weight[0], part.bias[0] + 1.5
    part.weight[3], part.bias[3] = -part.weight[2], -part.bias[2]
    assert judged(network, images)["conv2d"].pairs == ()


@torch.no_grad()
def test_answers_may_agree_where_kernels_do_not() -> None:
    """On grey pictures only the sum over the colours counts."""
    network = made(STACKS["bias"], COLOURS)
    grey = pictures(1).expand(-1, 3, -1, -1).contiguous()
    part = convolution(network, "conv2d")
    assert part.bias is not None
    part.weight[7] = part.weight[0].flip(0)
    part.bias[7] = part.bias[0]
    pairs = judged(network, grey)["conv2d"].pairs
    assert [(pair.first, pair.second, pair.same) for pair in pairs] == [(0, 7, False)]
    assert judged(network, pictures())["conv2d"].pairs == ()


@torch.no_grad()
def test_depthwise_filters_with_one_kernel_read_different_inputs() -> None:
    network, images = made(DEPTHWISE, COLOURS), pictures()
    part = convolution(network, rows_of(network)[0].name)
    part.weight[2] = part.weight[0]  # of another channel
    part.weight[5] = part.weight[4]  # both of the third
    pairs = next(iter(judged(network, images).values())).pairs
    assert [(pair.first, pair.second, pair.same) for pair in pairs] == [(4, 5, True)]


class Functional(nn.Module):
    """Activations that are functions, one in place; a shortcut that is added to what a convolution made."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.out = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.norm(self.first(x)), inplace=True)
        y = self.second(x)
        y += x
        found: Tensor = self.out(functional.relu(y).mean((2, 3)))
        return found


@torch.no_grad()
def test_functions_are_followed_and_a_shortcut_is_not_the_filters_answer() -> None:
    network, images = made(Functional(), COLOURS), pictures()
    module = network.module
    module.get_parameter("norm.bias")[2] = -50.0
    module.get_parameter("second.weight")[5] = 0.0  # what follows still varies: the shortcut's
    found = {filters.row.name: filters for filters in told(network, images).filters}
    assert judge(found["first"]).silent == judge(found["first"]).dead == (2,)
    assert found["first"].active
    assert judge(found["second"]).dead == (5,)
    assert not found["second"].active
    expected = module.get_submodule("norm")(module.get_submodule("first")(images)).relu()
    np.testing.assert_allclose(found["first"].high, expected.amax((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(found["first"].mean, expected.mean((0, 2, 3)), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(found["second"].low, module.get_submodule("second")(expected).amin((0, 2, 3)), rtol=1e-4)


def test_peaks_are_the_largest_answers_and_where_they_are() -> None:
    network, images = made(NOTES, (SIDE, SIDE, 1)), pictures(1)
    found = told(network, images, peaks_of=("conv2d_1",)).filters
    assert found[0].peaks is None
    peaks, places = found[1].peaks, found[1].places
    assert peaks is not None
    assert places is not None
    with torch.no_grad():
        value = nn.Sequential(*list(network.module.children())[:5])(images)
    assert value.shape[1:] == (64, 6, 6)
    np.testing.assert_allclose(peaks, value.amax((2, 3)), rtol=1e-5, atol=1e-6)
    there = value.flatten(2).gather(2, torch.from_numpy(places)[..., None])[..., 0]
    np.testing.assert_allclose(there, peaks, rtol=1e-5, atol=1e-6)


def test_nothing_about_the_network_changes() -> None:
    network, images = made(RESIDUAL, (SIDE, SIDE, 1)), pictures(1)
    network.module.train()
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    random = torch.get_rng_state()
    told(network, images)
    assert all(torch.equal(value, before[name]) for name, value in network.module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert all(part.training for part in network.module.modules())
    assert not any(part._forward_hooks for part in network.module.modules())


def test_every_convolution_has_a_name_of_its_own() -> None:
    network = made("SeparableConv2D(6, 3, activation='relu'), Conv2D(4, 1), Flatten()", COLOURS)
    names = [row.name for row, _ in every_convolution(network, rows_of(network))]
    assert names == ["separable_conv2d_depthwise", "separable_conv2d_pointwise", "conv2d"]
    assert [filters.row.name for filters in told(network, pictures()).filters] == names


def test_one_relu_may_serve_values_of_different_widths() -> None:
    """As in HRNet and Res2Net: its units are told apart by how many there are."""

    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.act = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 6, 3), nn.ReLU()
            self.last = nn.Linear(6, 4)

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.last(self.act(self.second(self.act(self.first(x)))).mean((2, 3)))
            return found

    rectified = told(made(Shared(), COLOURS), pictures()).rectified
    assert [(entry.layer, len(entry.high)) for entry in rectified] == [("act", 4), ("act", 6)]
