"""BatchNorms folded into convolutions: the same numbers with fewer steps; what cannot be folded stays."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import Tensor, nn

from spirula.models.folding import folded_norms


def lively(module: nn.Module) -> nn.Module:
    """Statistics and scales as a training leaves them: not those of a new layer, which change nothing."""
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.3, 3.0)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.3)
    return module


def norms(module: nn.Module) -> int:
    return sum(isinstance(part, nn.BatchNorm2d) for part in module.modules())


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet", "resnet18"])
def test_the_same_numbers_without_the_norms(name: str) -> None:
    module = lively(timm.create_model(name, num_classes=5))
    folded = folded_norms(module, (64, 64, 3))
    images = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(folded(images), module.eval()(images), rtol=1e-3, atol=1e-3)
    assert norms(module) > 0
    assert norms(folded) == 0


class Twice(nn.Module):
    """What a convolution makes is used before its normalisation as well."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        made = self.conv(x)
        return (made + self.norm(made)).mean((2, 3))


class Shared(nn.Module):
    """One normalisation after two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.norm = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        return (self.norm(self.one(x)) + self.norm(self.two(x))).mean((2, 3))


@pytest.mark.parametrize("kind", [Twice, Shared])
def test_what_cannot_be_folded_stays(kind: type[nn.Module]) -> None:
    module = lively(kind())
    folded = folded_norms(module, (9, 9, 3))
    images = torch.rand(2, 3, 9, 9)
    with torch.no_grad():
        torch.testing.assert_close(folded(images), module.eval()(images))
    assert norms(folded) == 1
