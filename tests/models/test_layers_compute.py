"""What single layers start with and compute."""

from __future__ import annotations

import math

import pytest
import torch
from small_networks import IMAGE
from torch import nn

from spirula import layers as L  # noqa: N812
from spirula.models.build import build
from spirula.models.initialize import initialize


def test_seed_decides_the_weights_and_leaves_the_global_state_alone() -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    first = build("vgg-small", input_shape=IMAGE, outputs=4, seed=3).module.state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(5)
    again = build("vgg-small", input_shape=IMAGE, outputs=4, seed=3).module.state_dict()
    other = build("vgg-small", input_shape=IMAGE, outputs=4, seed=4).module.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv2d.weight"], other["conv2d.weight"])
    torch.manual_seed(1)
    free = build("linear", input_shape=IMAGE, outputs=4).module.state_dict()
    different = build("linear", input_shape=IMAGE, outputs=4).module.state_dict()
    assert not torch.equal(free["dense.weight"], different["dense.weight"])


KERAS_SPREAD = {  # standard deviation for fan in 200 and fan out 400, from Keras's documentation
    "glorot_uniform": math.sqrt(2 / 600),
    "glorot_normal": math.sqrt(2 / 600),
    "he_uniform": math.sqrt(2 / 200),
    "he_normal": math.sqrt(2 / 200),
    "lecun_uniform": math.sqrt(1 / 200),
    "lecun_normal": math.sqrt(1 / 200),
    "zeros": 0.0,
    "ones": 0.0,
    "random_normal": 0.05,
    "random_uniform": 0.05 / math.sqrt(3),
    "truncated_normal": 0.05 * 0.8796,
}


@pytest.mark.parametrize("name", KERAS_SPREAD)
def test_initializers_have_keras_spread(name: str) -> None:
    torch.manual_seed(0)
    weight = torch.full((400, 200), 9.0)
    initialize(weight, name, (200, 400))
    assert weight.std().item() == pytest.approx(KERAS_SPREAD[name], rel=0.02, abs=1e-9)
    assert weight.mean().item() == pytest.approx(float(name == "ones"), abs=0.002)
    if name.endswith("uniform"):
        assert weight.abs().max().item() == pytest.approx(KERAS_SPREAD[name] * math.sqrt(3), rel=0.01)


def test_orthogonal_kernels_are_orthogonal() -> None:
    weight = torch.empty(8, 30)
    initialize(weight, "orthogonal", (30, 8))
    assert torch.allclose(weight @ weight.T, torch.eye(8), atol=1e-5)


def test_layers_start_where_keras_starts() -> None:
    network = build(
        "Conv2D(64, 3), DepthwiseConv2D(3, depth_multiplier=2), BatchNormalization(), LayerNormalization(), Flatten(), "
        "Dense(50, 'relu', kernel_initializer='he_normal', bias_initializer='ones')",
        input_shape=(8, 8, 32),
        outputs=10,
        seed=0,
    ).module
    assert network.get_parameter("conv2d.bias").abs().max() == 0
    limit = math.sqrt(6 / (9 * 32 + 9 * 64))
    assert limit * 0.98 < network.get_parameter("conv2d.weight").abs().max().item() <= limit
    # Keras's depthwise kernel is (3, 3, channels, multiplier): fan in 9·64, fan out 9·2.
    limit = math.sqrt(6 / (9 * 64 + 9 * 2))
    assert limit * 0.95 < network.get_parameter("depthwise_conv2d.weight").abs().max().item() <= limit
    batch = network.get_submodule("batch_normalization")
    assert isinstance(batch, nn.BatchNorm2d)
    assert (batch.eps, batch.momentum) == (1e-3, pytest.approx(0.01))
    assert network.get_submodule("layer_normalization").eps == 1e-3
    assert torch.equal(network.get_parameter("dense.bias"), torch.ones(50))


def test_layer_normalization_is_over_the_channels_of_each_position() -> None:
    part = build("LayerNormalization()", input_shape=(2, 3, 5), outputs=2).module.get_submodule("layer_normalization")
    image = torch.randn(4, 5, 2, 3)
    expected = (image - image.mean(1, keepdim=True)) / (image.var(1, keepdim=True, unbiased=False) + 1e-3).sqrt()
    assert torch.allclose(part(image), expected, atol=1e-5)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("kind", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
@pytest.mark.parametrize("place", ["{}, Flatten()", "Flatten(), {}"])
def test_norms_with_and_without_center_and_scale_learn(center: bool, scale: bool, kind: str, place: str) -> None:
    groups = "2, " if kind == "GroupNormalization" else ""
    text = place.format(f"{kind}({groups}center={center}, scale={scale})")
    network = build(text, input_shape=(2, 2, 4), outputs=2).module.train()
    network(torch.randn(4, 4, 2, 2)).sum().backward()
    learned = [name for name, _ in network.named_parameters() if "normalization" in name]
    assert [name.rpartition(".")[2] for name in learned] == ["weight"] * scale + ["bias"] * center


def test_dropout_only_works_while_training() -> None:
    network = build("SpatialDropout2D(0.5), Flatten(), Dropout(0.5)", input_shape=(4, 4, 8), outputs=2, seed=0).module
    image = torch.ones(1, 8, 4, 4)
    whole = network.train().get_submodule("spatial_dropout2d")(image)
    assert {float(x) for x in whole.amax((2, 3)).unique()} <= {0.0, 2.0}  # whole channels, scaled up
    assert torch.equal(whole.amin((2, 3)), whole.amax((2, 3)))
    assert torch.equal(network.eval()(image), network(image))


def test_penalties_name_the_kernels() -> None:
    network = build(
        "Conv2D(4, 3, kernel_regularizer='l2', activation='relu'), "
        "SeparableConv2D(4, 3, depthwise_regularizer=L1(0.5), pointwise_regularizer=L1L2(l1=0.1, l2=0.2)), "
        "Residual(Conv2D(4, 3, padding='same', kernel_regularizer=L2(0.3))), Flatten(), "
        "Dense(5, kernel_regularizer=L2(0.0))",
        input_shape=IMAGE,
        outputs=5,
    )
    assert network.penalties == (
        ("conv2d.weight", "l2", 0.01),
        ("separable_conv2d_depthwise.weight", "l1", 0.5),
        ("separable_conv2d_pointwise.weight", "l1", 0.1),
        ("separable_conv2d_pointwise.weight", "l2", 0.2),
        ("residual.body.conv2d.weight", "l2", 0.3),
    )
    for name, _, _ in network.penalties:
        assert network.module.get_parameter(name).ndim == 4


def test_given_normalization_and_rescaling_and_resizing_compute() -> None:
    network = build(
        "Rescaling(2.0, offset=1.0), Normalization(mean=(1, 3), variance=4.0), Resizing(4, 6, 'nearest')",
        input_shape=(2, 3, 2),
        outputs=2,
    ).module
    image = torch.randn(1, 2, 2, 3)
    value = image * 2 + 1
    value = (value - torch.tensor([1.0, 3.0]).view(1, 2, 1, 1)) / 2.0
    value = value.repeat_interleave(2, 2).repeat_interleave(2, 3)
    result = image
    for name in ("rescaling", "normalization", "resizing"):
        result = network.get_submodule(name)(result)
    assert torch.allclose(result, value, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "at_minus_two", "at_half"),
    [
        ("leaky_relu", -0.4, 0.5),
        ("elu", math.expm1(-2), 0.5),
        ("silu", -2 / (1 + math.exp(2)), 0.5 / (1 + math.exp(-0.5))),
        ("hard_sigmoid", 1 / 6, 3.5 / 6),
        ("hard_silu", -2 / 6, 0.5 * 3.5 / 6),
        ("hard_tanh", -1.0, 0.5),
        ("gelu", -2 * 0.0227501, 0.5 * 0.6914625),
        ("relu6", 0.0, 0.5),
        ("softsign", -2 / 3, 1 / 3),
        ("linear", -2.0, 0.5),
    ],
)
def test_activations_are_keras_functions(name: str, at_minus_two: float, at_half: float) -> None:
    part = build(f"Activation('{name}')", input_shape=(2,), outputs=3).module.get_submodule("activation")
    assert part(torch.tensor([-2.0, 0.5])).tolist() == pytest.approx([at_minus_two, at_half], abs=1e-5)


def test_synonyms_are_brought_to_one_form() -> None:
    assert L.Conv2D(3, (2, 2), activation="swish") == L.Conv2D(3, 2, (1, 1), activation="silu")
    assert L.Dense(3, "linear") == L.Dense(3)
    assert L.Dense(3, kernel_regularizer="l1") == L.Dense(3, kernel_regularizer=L.L1(0.01))


def test_relu_variants() -> None:
    capped = build("ReLU(6)", input_shape=(2,), outputs=3).module.get_submodule("relu")
    leaky = build("ReLU(negative_slope=0.1)", input_shape=(2,), outputs=3).module.get_submodule("relu")
    assert capped(torch.tensor([-2.0, 9.0])).tolist() == [0.0, 6.0]
    assert leaky(torch.tensor([-2.0, 9.0])).tolist() == pytest.approx([-0.2, 9.0])
