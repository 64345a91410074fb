"""Working in place changes no bit of what is learned, and is over when training is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from spirula.models.build import Network, build
from spirula.models.inplace import activating_in_place, own_relus


def gradients(network: Network, in_place: bool) -> list[torch.Tensor]:
    torch.manual_seed(0)
    x, y = torch.randn(6, network.spec.input_shape[2], *network.spec.input_shape[:2]), torch.randint(0, 4, (6,))
    network.module.zero_grad()
    network.module.train()
    torch.manual_seed(1)
    if in_place:
        with activating_in_place(network):
            nn.functional.cross_entropy(network.module(x), y).backward()
    else:
        nn.functional.cross_entropy(network.module(x), y).backward()
    return [p.grad.clone() for p in network.module.parameters() if p.grad is not None]


@pytest.mark.parametrize(
    "model",
    [
        "two-conv",
        "vgg-small",
        "resnet18-small",
        """
        a = Conv2D(4, 3, padding="same", activation="relu")(input)
        b = Conv2D(4, 1)(a)
        c = Add()(a, b)
        d = ReLU()(c)
        e = Concatenate()(c, d)
        """,
    ],
)
def test_the_same_gradients_to_the_last_bit(model: str) -> None:
    network = build(model, input_shape=(16, 16, 1), outputs=4, seed=0)
    for plain, fast in zip(gradients(network, False), gradients(network, True), strict=True):
        assert torch.equal(plain, fast)


def test_only_a_layers_own_activation_and_only_for_a_while() -> None:
    network = build("two-conv", input_shape=(28, 28, 1), outputs=10, seed=0)
    assert len(own_relus(network)) == 3
    with activating_in_place(network):
        assert all(relu.inplace for relu in own_relus(network))
    assert not any(relu.inplace for relu in own_relus(network))
    alone = build("Flatten(), Dense(4), ReLU()", input_shape=(4, 4, 1), outputs=2, seed=0)
    assert own_relus(alone) == []
    own = build(nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(16, 2)), input_shape=(4, 4, 1), outputs=2)
    assert own_relus(own) == []
