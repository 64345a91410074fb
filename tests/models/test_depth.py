"""Levels of a network from its input to its output layer, and what the names of layers stand for."""

import pytest
import timm
import torch
from torch import nn

from spirula.errors import ConfigError
from spirula.models.build import build
from spirula.models.depth import depths, named_modules, named_parameters


@pytest.fixture(scope="module")
def backbone() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("test_efficientnet", num_classes=2)


def test_the_levels_of_a_timm_network_are_its_blocks(backbone):
    levels = depths(backbone)
    assert levels["conv_stem.weight"] == levels["bn1.weight"] == 0
    assert [levels[f"blocks.{n}.0.bn1.weight"] for n in range(5)] == [1, 2, 3, 4, 5]
    assert levels["classifier.weight"] == levels["classifier.bias"] == 6 == max(levels.values())
    assert list(levels) == [name for name, _ in backbone.named_parameters()]


def test_the_levels_of_layers_are_those_with_kernels():
    text = "Conv2D(4, 3), BatchNormalization(), Activation('relu'), Conv2D(8, 3), Flatten(), Dense(3)"
    levels = depths(build(text, input_shape=(8, 8, 1), outputs=3).module)
    assert list(levels.values()) == [0, 0, 0, 0, 1, 1, 2, 2]


def test_a_wrapped_network_has_the_levels_of_what_is_in_it(backbone):
    wrapped = build("timm/test_efficientnet", input_shape=(64, 64, 3), outputs=1, task="regression", target=(2.0, 5.0))
    levels = depths(wrapped.module)
    assert levels == {f"backbone.{name}": level for name, level in depths(backbone).items()}
    assert set(named_parameters(wrapped.module, ["blocks.0"])) == set(
        named_parameters(wrapped.module, ["backbone.blocks.0"])
    )


def test_backbone_is_everything_but_the_output_layer(backbone):
    chosen = named_parameters(backbone, ["backbone"])
    assert {name for name, _ in backbone.named_parameters()} - set(chosen) == {"classifier.weight", "classifier.bias"}


def test_a_name_stands_for_whole_parts_of_the_path(backbone):
    assert all(name.startswith("blocks.1.") for name in named_parameters(backbone, ["blocks.1"]))
    ten = nn.Sequential(*[nn.Linear(1, 1) for _ in range(11)])
    assert set(named_parameters(ten, ["1"])) == {"1.weight", "1.bias"}  # and not "10"


def test_the_modules_of_a_name_include_those_without_parameters(backbone):
    kinds = {type(module).__name__ for module in named_modules(backbone, ["blocks.3"])}
    assert {"InvertedResidual", "BatchNormAct2d", "SiLU"} <= kinds
    assert backbone.classifier not in named_modules(backbone, ["backbone"])
    assert backbone not in named_modules(backbone, ["backbone"])


@pytest.mark.parametrize(
    ("name", "words"),
    [("block.0", 'Did you mean "blocks.0"'), ("global_pool", "no parameters"), ("고양이", "no such layer")],
)
def test_names_that_cannot_work_are_told(backbone, name, words):
    with pytest.raises(ConfigError, match=words):
        named_parameters(backbone, [name])
