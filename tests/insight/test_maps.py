"""Feature maps against a computation by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import BRANCHES, NOTES, RESIDUAL, Own, made, picture, unchanged
from torch import nn
from torch.nn import functional

from spirula.errors import InputError
from spirula.insight.layers import rows_of
from spirula.insight.maps import feature_maps, map_layer, most_active, telling_layers
from spirula.models.build import Network


def maps(network: Network, name: str | None, channels: int = 1, side: int = 8) -> np.ndarray:
    row = map_layer(network, name)
    return feature_maps(network, unchanged(channels, side), picture(channels, side).numpy(), [row])[0]


def given(channels: int = 1, side: int = 8) -> torch.Tensor:
    return picture(channels, side).permute(2, 0, 1)[None]


def test_the_first_convolution_is_convolved_and_activated() -> None:
    network = made(NOTES)
    module = network.module
    first = module.get_submodule("conv2d")
    expected = functional.relu(functional.conv2d(given(), first.weight, first.bias, padding=1))[0]
    found = maps(network, None)
    assert found.shape == (32, 8, 8)
    assert found.dtype == np.float32
    torch.testing.assert_close(torch.from_numpy(found), expected.detach())
    second = module.get_submodule("conv2d_1")
    deeper = functional.conv2d(functional.max_pool2d(expected[None], 2), second.weight, second.bias, padding=1)
    torch.testing.assert_close(torch.from_numpy(maps(network, "conv2d_1")), functional.relu(deeper)[0].detach())
    torch.testing.assert_close(
        torch.from_numpy(maps(network, "max_pooling2d")), functional.max_pool2d(expected, 2).detach()
    )


def test_preprocessing_is_applied() -> None:
    network = made(NOTES)
    pixels = (np.arange(64).reshape(8, 8, 1) * 4).astype(np.uint8)
    standardised = unchanged().__class__(8, 8, 1, None, 1 / 255, (0.25,), (0.5,))
    found = feature_maps(network, standardised, pixels, [map_layer(network)])[0]
    same = feature_maps(network, unchanged(), ((pixels / 255 - 0.25) / 0.5).astype(np.float32), [map_layer(network)])[0]
    assert np.allclose(found, same, atol=1e-5)


def test_layers_inside_blocks_and_branches_have_the_names_of_the_summary() -> None:
    residual = made(RESIDUAL)
    conv = residual.module.get_submodule("residual.body.conv2d")
    expected = functional.conv2d(given(), conv.weight, conv.bias, padding=1)[0].detach()
    torch.testing.assert_close(torch.from_numpy(maps(residual, "residual.body.conv2d")), expected)
    assert maps(residual, "residual.add").min() >= 0
    branches = made(BRANCHES)
    assert maps(branches, "가지").shape == (4, 8, 8)
    assert maps(branches, "d").shape == (10, 8, 8)


def test_a_value_that_is_overwritten_in_place_is_kept_and_each_call_is_its_own() -> None:
    network = made(Own())
    first, second = network.module.get_submodule("first"), network.module.get_submodule("second")
    plain = functional.conv2d(given(), first.weight, first.bias)
    active = functional.relu(plain)
    torch.testing.assert_close(torch.from_numpy(maps(network, "first")), plain[0].detach())
    torch.testing.assert_close(torch.from_numpy(maps(network, "act")), active[0].detach())
    again = functional.relu(functional.conv2d(active, second.weight, second.bias))
    torch.testing.assert_close(torch.from_numpy(maps(network, "act (call 2)")), again[0].detach())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (NOTES, "conv2d"),
        ("Conv2D(4, 3), BatchNormalization(), Activation('relu'), Conv2D(2, 1), Flatten()", "activation"),
        ("Conv2D(4, 3), MaxPooling2D(2), ReLU(), Flatten()", "conv2d"),
        ("timm/test_resnet", None),
        (Own(), "act"),
    ],
)
def test_by_default_the_first_convolution_after_its_activation(model: object, name: str | None) -> None:
    network = made(model, (32, 32, 3) if name is None else (8, 8, 1))
    row = map_layer(network)
    if name is None:  # timm: conv1, bn1, act1 are modules of their own
        assert row.kind == "ReLU"
        assert maps(network, None, 3, 32).min() == 0
    else:
        assert row.name == name


def test_unknown_names_and_vectors_list_the_layers_with_maps() -> None:
    network = made(NOTES)
    with pytest.raises(InputError, match=r'"conv2d_2".*\n.*conv2d, max_pooling2d, conv2d_1, max_pooling2d_1\.'):
        map_layer(network, "conv2d_2")
    with pytest.raises(InputError, match='"dense"'):
        map_layer(network, "dense")
    with pytest.raises(InputError, match="no convolution"):
        map_layer(made("Flatten()"))


def test_the_network_stays_as_it_was() -> None:
    network = made(RESIDUAL)
    network.module.train()
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    maps(network, None)
    assert all(part.training for part in network.module.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.module.state_dict().items())
    assert not any(part._forward_hooks for part in network.module.modules())


def telling(network: Network) -> list[str]:
    return [row.name for row in telling_layers(network, rows_of(network))]


def test_telling_layers_are_the_first_and_the_last_that_can_be_seen() -> None:
    assert telling(made(NOTES, (28, 28, 1))) == ["conv2d", "conv2d_1"]
    assert telling(made(NOTES, (6, 6, 1))) == ["conv2d"]  # the second has 3×3
    assert telling(made("Flatten()")) == []


def test_rows_know_their_modules() -> None:
    network = made(NOTES)
    paths = {path for row in rows_of(network) for path in row.modules}
    assert paths == {name for name, _ in network.module.named_children()}
    assert isinstance(network.module, nn.Sequential)


def test_a_block_has_maps_by_its_path_and_the_most_active_come_first() -> None:
    network = made(RESIDUAL)
    block = network.module.get_submodule("residual")
    before = torch.nn.Sequential(*[part for name, part in network.module.named_children() if name == "normalization"])
    with torch.no_grad():
        expected = block.body(before(given()))[0]  # type: ignore[operator]
    found = maps(network, "residual.body")
    torch.testing.assert_close(torch.from_numpy(found), expected)
    order = most_active(found)
    assert sorted(order) == list(range(len(found)))
    sizes = np.abs(found).mean(axis=(1, 2))[order]
    assert (np.diff(sizes) <= 0).all()
    with pytest.raises(InputError, match="layer with feature maps"):
        map_layer(network, "flatten")
    with pytest.raises(InputError, match="layer with feature maps"):
        map_layer(made(Own()), "last")  # a vector
