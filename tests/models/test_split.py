"""The lower part of a network runs once, the upper part is trained: together they are the network."""

import pytest
import timm
import torch
from torch import nn

from spirula.models.build import build
from spirula.models.depth import depths
from spirula.models.split import lower_layers, split

IMAGES = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet", "test_convnext", "tf_efficientnet_lite0"])
def test_both_parts_together_are_the_network(name):
    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=4)
    frozen = lower_layers(module, 0.6)
    parts = split(module, frozen, IMAGES)
    assert parts is not None
    other = torch.randn(5, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    values = parts.lower(other)
    with torch.no_grad():
        torch.testing.assert_close(parts.upper.eval()(values), module.eval()(other))
    assert values.shape[-1] < 64
    below = {n for n, _ in module.named_parameters() if n.startswith(tuple(f"{path}." for path in frozen))}
    assert {n for n, _ in parts.upper.named_parameters()} == {n for n, _ in module.named_parameters()} - below
    last = max(depths(module).values())
    assert last - max(depths(parts.upper).values()) == int(0.6 * (last + 1))


def test_training_the_upper_part_trains_the_network():
    torch.manual_seed(0)
    module = timm.create_model("test_efficientnet", num_classes=2)
    parts = split(module, ["conv_stem", "bn1", "blocks.0", "blocks.1"], IMAGES)
    assert parts is not None
    assert parts.cut == "blocks.2"
    parts.upper.train()
    parts.upper(parts.lower(IMAGES)).sum().backward()
    assert module.conv_stem.weight.grad is None
    assert module.classifier.weight.grad is not None
    assert parts.upper.classifier.weight is module.classifier.weight
    assert isinstance(module.conv_stem, nn.Conv2d)  # the network itself is whole


def test_a_network_of_our_layers_and_a_wrapped_one_can_be_cut():
    text = "Conv2D(4, 3, activation='relu'), MaxPooling2D(2), Conv2D(8, 3, activation='relu'), Flatten(), Dense(6)"
    ours = build(f"{text}, Dense(1)", input_shape=(16, 16, 3), outputs=1, task="regression", target=(2.0, 5.0)).module
    wrapped = build("timm/test_resnet", input_shape=(64, 64, 3), outputs=1, task="regression", target=(2.0, 5.0)).module
    for module, images in ((ours, IMAGES[..., :16, :16]), (wrapped, IMAGES)):
        parts = split(module, lower_layers(module, 0.5), images)
        assert parts is not None
        with torch.no_grad():
            torch.testing.assert_close(parts.upper.eval()(parts.lower(images)), module.eval()(images))


class Skipping(nn.Module):
    """What the first layer makes is needed twice."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Conv2d(3, 2, 1)

    def forward(self, x):
        a = self.first(x)
        return self.third(self.second(a) + a.sin()).mean((2, 3))


def test_what_is_no_chain_is_not_cut():
    torch.manual_seed(0)
    assert split(Skipping(), ["first", "second"], IMAGES) is None
    assert split(Skipping(), ["second"], IMAGES) is None  # not the first layers
    vit = timm.create_model("test_vit", num_classes=2, img_size=64)
    assert split(vit, lower_layers(vit, 0.5), IMAGES) is None  # positions are added between its layers
