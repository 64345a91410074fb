"""Receptive fields of whole networks: timm's against the gradient, and published sizes."""

from __future__ import annotations

import pytest
import timm
import torch
from networks import RESIDUAL, Own, made
from supports import box, corners, positive, same_boxes
from torch import Tensor, nn

from spirula.insight.layers import rows_of
from spirula.insight.receptive import Fields, fields_of, receptive_fields
from spirula.models.build import build
from spirula.models.summary import Row

SIDE = 96


def of(module: nn.Module, path: str, side: int, *, gates: bool = True) -> Fields:
    row = Row(path, "Module", (1, 1, 1), 0, 0, 0, 0, None, None, 0, (path,))
    return fields_of(module, (side, side, 3), [row], gates=gates)[0][0]


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("resnet18", ["maxpool", "layer1", "layer2.0", "layer3"]),
        ("efficientnet_lite0", ["blocks.1", "blocks.2", "conv_head"]),
        ("mobilenetv3_small_100", ["conv_stem", "blocks.0", "blocks.1"]),
        ("convnext_atto", ["stem", "stages.0", "stages.1", "stages.1.blocks.0.mlp.fc1"]),
        ("densenet121", ["features.pool0", "features.denseblock1", "features.denseblock2.denselayer3.conv2"]),
        ("inception_v3", ["Conv2d_4a_3x3", "Mixed_5b", "Mixed_6a"]),
    ],
)
def test_networks_of_timm_see_what_their_gradients_say(name: str, paths: list[str]) -> None:
    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=3).eval()
    found = {path: of(module, path, SIDE) for path in paths}
    positive(module)
    image = torch.rand(1, 3, SIDE, SIDE, dtype=torch.float64, requires_grad=True)
    values: dict[str, Tensor] = {}
    for path in paths:
        module.get_submodule(path).register_forward_hook(lambda part, args, out, path=path: values.update({path: out}))
    module(image)
    for path in paths:
        boxes = found[path].boxes
        assert boxes is not None
        places = corners(*found[path].maps)
        wanted = [box(image, values[path][0, :, row, column].sum()) for row, column in places]
        assert same_boxes(boxes, wanted, places), path


# Sizes and strides from the table of Araujo, Norris, Sim 2019 (distill.pub/2019/computing-receptive-fields).
def test_published_field_of_vgg16() -> None:
    module = nn.Sequential(nn.Conv2d(3, 1, 1))
    for convolutions in (2, 2, 3, 3, 3):
        module.extend([*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(convolutions)), nn.MaxPool2d(2)])
    found = of(module, "", 320)
    assert (found.size, found.step) == ((212, 212), (32.0, 32.0))
    assert found.offset == (-90.0, -90.0)  # the paper's padding of 90


def bottlenecks(units: int, stride: int) -> list[nn.Module]:
    """A stage of a ResNet as TF-Slim has it: the stride is that of the 3×3 convolution in the last unit."""
    return [Unit(stride if unit == units - 1 else 1) for unit in range(units)]


class Unit(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.body = nn.Conv2d(1, 1, 3, stride, 1)
        self.shortcut = nn.MaxPool2d(1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        value: Tensor = self.body(x) + self.shortcut(x)
        return value


@pytest.mark.parametrize(
    ("units", "size"), [((3, 4, 6, 3), 483), ((3, 4, 23, 3), 1027), ((3, 8, 36, 3), 1507), ((3, 24, 36, 3), 1763)]
)
def test_published_fields_of_resnets(units: tuple[int, ...], size: int) -> None:
    stages = [layer for count, stride in zip(units, (2, 2, 2, 1), strict=True) for layer in bottlenecks(count, stride)]
    module = nn.Sequential(nn.Conv2d(3, 1, 7, 2, 3), nn.MaxPool2d(3, 2, 1), *stages)
    found = of(module, "", size + 100)
    assert (found.size, found.step) == ((size, size), (32.0, 32.0))


def test_published_fields_of_alexnet_and_mobilenet() -> None:
    alexnet = nn.Sequential(
        *(nn.Conv2d(3, 1, 11, 4), nn.MaxPool2d(3, 2), nn.Conv2d(1, 1, 5, padding=2), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(1, 1, 3, padding=1) for _ in range(3)),
        nn.MaxPool2d(3, 2),
    )
    assert of(alexnet, "", 300).size == (195, 195)
    mobilenet = timm.create_model("mobilenetv1_100", num_classes=0).eval()
    assert of(mobilenet, "blocks", 416).size == (315, 315)


def test_every_layer_of_a_run_has_its_field() -> None:
    network = build(
        "Conv2D(4, (5, 3), strides=(2, 1)), MaxPooling2D(2), Conv2D(4, 3, padding='same'), Flatten(), Dense(3)",
        input_shape=(40, 30, 1),
        outputs=3,
        seed=0,
    )
    first, pool, second, flat, last = receptive_fields(network, rows_of(network))
    assert (first.layer, first.maps, first.size, first.step, first.offset) == (
        *("conv2d", (18, 28), (5, 3), (2.0, 1.0), (0.0, 0.0)),
    )
    assert (pool.size, pool.step) == ((7, 4), (4.0, 2.0))
    assert (second.size, second.step, second.offset) == ((15, 8), (4.0, 2.0), (-4.0, -2.0))
    assert second.box(0, 0) == (0, 0, 11, 6)
    assert second.centre == second.box(4, 7) == (12, 12, 27, 20)
    # The last rows and columns that no window reaches are not seen by anybody.
    assert flat.sight == last.sight == "part"
    assert flat.box(0, 0) == (0, 0, 39, 30)


def test_a_field_larger_than_the_picture_has_the_size_that_the_summary_knows() -> None:
    network = build("timm/resnet18", input_shape=(64, 64, 3), outputs=2, seed=0)
    found = {entry.layer: entry for entry in receptive_fields(network, rows_of(network))}
    assert (found["layer4.1.act2"].size, found["layer4.1.act2"].step) == ((435, 435), (32, 32))
    assert found["layer4.1.act2"].box(0, 0) == (0, 0, 64, 64)


def test_gates_are_told_apart() -> None:
    network = build("timm/mobilenetv3_small_100", input_shape=(96, 96, 3), outputs=2, seed=0)
    found = {entry.layer: entry for entry in receptive_fields(network, rows_of(network))}
    gated = found["blocks.0.0.conv_pw"]
    assert gated.sight == "whole"
    assert gated.bare is not None
    assert (gated.bare.size, gated.bare.step) == ((7, 7), (4.0, 4.0))


def test_residuals_shared_layers_and_vectors() -> None:
    residual = made(RESIDUAL)
    found = {entry.layer: entry for entry in receptive_fields(residual, rows_of(residual))}
    assert {entry.size for entry in found.values() if entry.maps == (8, 8)} == {(1, 1), (3, 3)}
    own = build(Own(), input_shape=(8, 8, 1), outputs=4)
    names = {entry.layer: entry.size for entry in receptive_fields(own, rows_of(own))}
    assert (names["act"], names["act (call 2)"]) == ((3, 3), (5, 5))
    dense = build("Dense(4, activation='relu')", input_shape=(6,), outputs=2, seed=0)
    assert {entry.sight for entry in receptive_fields(dense, rows_of(dense))} == {"unknown"}
