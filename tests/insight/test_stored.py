"""The arrays of the run folder: right, small, the same before and after."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import NOTES, Own, made, picture, unchanged

from spirula.errors import InputError
from spirula.insight.kernels import kernels
from spirula.insight.layers import rows_of
from spirula.insight.stored import map_arrays, weight_arrays
from spirula.insight.weights import weights
from spirula.models.build import Network


def arrays_of(network: Network) -> dict[str, np.ndarray]:
    return weight_arrays(network, rows_of(network))


def size(arrays: dict[str, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())


def test_weights_hold_the_kernels_and_the_numbers_of_all_tensors() -> None:
    network = made(NOTES, (28, 28, 1), 10)
    arrays = arrays_of(network)
    weight = network.module.get_submodule("conv2d").weight.detach()
    assert np.array_equal(arrays["kernels"][5, :, :, 0], weight[5, 0].numpy())
    assert arrays["kernels"].shape == (32, 3, 3, 1)
    assert arrays["numbers"][:, 0].sum() == 333_526
    assert arrays["numbers"][0, 1] == pytest.approx(weight.double().mean().item())
    assert arrays["numbers"][0, 2] == pytest.approx(weight.double().std(correction=0).item())
    assert arrays["values_0"].size == 288
    assert arrays["values_2"].size == 4096  # of 313,600
    assert set(arrays["values_2"].tolist()) <= set(weights(network)[4].values.ravel().tolist())
    assert not [name for name, array in arrays.items() if array.dtype == object]


def test_large_networks_leave_little() -> None:
    model = (
        "Conv2D(300, 3, padding='same'), " * 3 + "GlobalAveragePooling2D(), " + "Dense(50, activation='relu'), " * 20
    )
    network = made(model.rstrip(", "), (96, 96, 3))
    arrays = weight_arrays(network, rows_of(network))
    assert arrays["kernels"].shape == (64, 3, 3, 3)
    assert arrays["kernels_count"] == 300
    assert (len(arrays["sampled"]), int(arrays["kernel_count"])) == (12, 24)
    maps = map_arrays(network, rows_of(network), unchanged(3, 96), picture(3, 96).numpy())
    assert maps["maps_0"].shape == (64, 32, 32)
    assert maps["channels"].tolist() == [300, 300]
    assert maps["sizes"].tolist() == [[96, 96], [96, 96]]
    assert size(arrays) < 300_000
    assert size(maps) < 500_000


def test_shrunk_maps_are_means() -> None:
    network = made("Conv2D(2, 1, use_bias=False, activation='relu'), Flatten()", (50, 45, 1))
    pixels = np.abs(np.random.default_rng(0).normal(size=(50, 45, 1))).astype(np.float32)
    preprocessing = unchanged().__class__(50, 45, 1, None, 1.0, (0.0,), (1.0,), "float32")
    arrays = map_arrays(network, rows_of(network), preprocessing, pixels)
    stored, numbers = arrays["maps_0"], arrays["numbers_0"]
    weight = network.module.get_submodule("conv2d").weight.detach().numpy()[:, 0, 0, 0]
    whole = np.maximum(weight[:, None, None] * pixels[None, :, :, 0], 0)
    assert stored.shape == (2, 25, 23)
    assert numbers.tolist() == np.argsort(-whole.mean(axis=(1, 2))).tolist()  # the most active first
    whole = whole[numbers]
    assert np.allclose(stored[:, 3, 4], whole[:, 6:8, 8:10].mean(axis=(1, 2)), atol=2e-3)
    assert np.allclose(stored[:, 3, 22], whole[:, 6:8, 44].mean(axis=1), atol=2e-3)  # the last column stands alone


def test_networks_without_convolutions_have_no_kernels_and_no_maps() -> None:
    network = made("Flatten()")
    assert "kernels" not in weight_arrays(network, rows_of(network))
    assert map_arrays(network, rows_of(network), unchanged(), picture().numpy()) == {}
    assert "kernels" not in arrays_of(made("Conv2D(2, 17), Flatten()", (20, 20, 1)))


def test_kernels_are_in_colour_where_they_look_at_colours() -> None:
    network = made("Conv2D(4, 3), Conv2D(5, 2), Flatten()", (8, 8, 3))
    weight = network.module.get_submodule("conv2d").weight.detach()
    assert np.array_equal(kernels(network).values, weight.permute(0, 2, 3, 1).numpy())
    deeper = network.module.get_submodule("conv2d_1").weight.detach()
    found = kernels(network, "conv2d_1")
    assert np.allclose(found.values[..., 0], deeper.mean(dim=1).numpy(), atol=1e-7)
    assert "mean over 4" in found.shown
    assert np.array_equal(kernels(network, "conv2d_1", 2).values[..., 0], deeper[:, 2].numpy())
    with pytest.raises(InputError, match="has 4 input channels; there is no channel 4"):
        kernels(network, "conv2d_1", 4)
    with pytest.raises(InputError, match="conv2d, conv2d_1"):
        kernels(network, "flatten")


def test_a_module_of_the_users_own_has_arrays_too() -> None:
    network = made(Own())
    assert weight_arrays(network, rows_of(network))["kernels_layer"] == "first"
    maps = map_arrays(network, rows_of(network), unchanged(), picture().numpy())
    assert maps["layers"].tolist() == ["act", "act (call 2)"]
    assert torch.from_numpy(maps["maps_1"]).shape == (5, 4, 4)
