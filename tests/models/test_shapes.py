"""Shapes and values: what is inferred is what torch computes, and "same" is Keras's "same"."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stacks import keras_parameters, shapes, stacks

from spirula import layers as L  # noqa: N812
from spirula.errors import ModelError
from spirula.models.build import Network, build
from spirula.models.plan import Node
from spirula.models.summary import summarize


def built(stack: L.Stack | L.Graph | str, shape: tuple[int, ...], outputs: int = 3, seed: int = 0) -> Network:
    """Build; random layers that do not fit each other are set aside, after a look at what is said about them."""
    try:
        return build(stack, input_shape=shape, outputs=outputs, seed=seed)
    except ModelError as error:
        refusal = error
    assert "(" in refusal.problem  # names the layer
    assert refusal.remedy
    assume(False)
    raise refusal


def keras_shape(tensor: torch.Tensor) -> tuple[int, ...]:
    return (*tensor.shape[2:], tensor.shape[1]) if tensor.ndim == 4 else tuple(tensor.shape[1:])


@given(stacks, shapes)
@settings(max_examples=120, deadline=None)
def test_inferred_shapes_are_those_of_the_forward_pass(stack: L.Stack, shape: tuple[int, int, int]) -> None:
    network = built(stack, shape)
    assert network.plan is not None
    seen: dict[str, tuple[int, ...]] = {}
    for name, module in network.module.named_modules():
        module.register_forward_hook(lambda _, __, result, name=name: seen.update({name: keras_shape(result)}))
    logits = network.module.eval()(torch.zeros(2, shape[2], *shape[:2]))
    assert logits.shape == (2, 3)

    def compare(nodes: tuple[Node, ...], prefix: str) -> None:
        for node in nodes:
            path = prefix + node.name
            compare(node.body, f"{path}.body.")
            compare(node.shortcut, f"{path}.shortcut.")
            assert seen[network.layers[path][-1]] == node.output_shape, path

    compare(network.plan.nodes, "")


@given(stacks, shapes)
@settings(max_examples=120, deadline=None)
def test_parameters_are_those_of_keras_formulas(stack: L.Stack, shape: tuple[int, int, int]) -> None:
    network = built(stack, shape)
    assert network.plan is not None
    rows = {row.name: row for row in summarize(network).rows}

    def compare(nodes: tuple[Node, ...], prefix: str) -> None:
        for node in nodes:
            path = prefix + node.name
            if node.body:
                compare(node.body, f"{path}.body.")
                compare(node.shortcut, f"{path}.shortcut.")
                assert rows[f"{path}.add"].parameters == 0
            else:
                expected = keras_parameters(node.layer, node.input_shapes[0])
                assert (rows[path].trainable, rows[path].not_trainable) == expected, path

    compare(network.plan.nodes, "")
    trainable = sum(value.numel() for value in network.module.parameters())
    assert sum(row.trainable for row in rows.values()) == trainable == summarize(network).trainable


def padded(side: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int, int]:
    """TensorFlow's rule, from its documentation ("the padding is added after where it is odd")."""
    outputs = math.ceil(side / stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - side, 0)
    return outputs, total // 2, total - total // 2


WINDOWS = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(3, 9))


@given(WINDOWS, WINDOWS, st.sampled_from([1, 2]), st.integers(0, 2**31))
@settings(max_examples=80, deadline=None)
def test_same_convolution_is_tensorflows(
    rows: tuple[int, int, int], columns: tuple[int, int, int], dilation: int, seed: int
) -> None:
    (kh, sh, h), (kw, sw, w) = rows, columns
    layer = L.Conv2D(2, (kh, kw), (sh, sw), "same", dilation_rate=dilation)
    network = built(L.Stack((layer, L.Flatten())), (h, w, 3), seed=seed)
    image = np.random.default_rng(seed).normal(size=(h, w, 3))
    weight = network.module.get_parameter("conv2d.weight").detach().double().numpy()  # (out, in, kh, kw)
    (oh, top, bottom), (ow, left, right) = padded(h, kh, sh, dilation), padded(w, kw, sw, dilation)
    frame = np.pad(image, ((top, bottom), (left, right), (0, 0)))
    expected = np.zeros((oh, ow, 2))
    for i in range(oh):
        for j in range(ow):
            for a in range(kh):
                for b in range(kw):
                    pixel = frame[i * sh + a * dilation, j * sw + b * dilation]
                    expected[i, j] += weight[:, :, a, b] @ pixel
    value = torch.from_numpy(image).float().permute(2, 0, 1)[None]
    for name in network.layers["conv2d"]:
        value = network.module.get_submodule(name)(value)
    assert value.shape[2:] == (math.ceil(h / sh), math.ceil(w / sw))
    np.testing.assert_allclose(value[0].permute(1, 2, 0).detach().numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("kind", [L.MaxPooling2D, L.AveragePooling2D])
@given(WINDOWS, WINDOWS, st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_same_pooling_ignores_what_lies_outside(
    kind: type[L.MaxPooling2D | L.AveragePooling2D],
    rows: tuple[int, int, int],
    columns: tuple[int, int, int],
    seed: int,
) -> None:
    (kh, sh, h), (kw, sw, w) = rows, columns
    network = built(L.Stack((kind((kh, kw), (sh, sw), "same"), L.Flatten())), (h, w, 1), seed=seed)
    image = np.random.default_rng(seed).normal(size=(h, w)) - 5.0  # negative: a zero outside would win
    (oh, top, _), (ow, left, _) = padded(h, kh, sh), padded(w, kw, sw)
    reduce = np.max if kind is L.MaxPooling2D else np.mean
    expected = np.zeros((oh, ow))
    for i in range(oh):
        for j in range(ow):
            first, start = i * sh - top, j * sw - left
            expected[i, j] = reduce(image[max(first, 0) : first + kh, max(start, 0) : start + kw])
    (name, names), *_ = network.layers.items()
    value = torch.from_numpy(image).float()[None, None]
    for part in names:
        value = network.module.get_submodule(part)(value)
    np.testing.assert_allclose(value[0, 0].numpy(), expected, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("side", range(1, 12))
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_same_size_is_the_side_over_the_stride_rounded_up(side: int, stride: int) -> None:
    network = build(f"Conv2D(1, 5, strides={stride}, padding='same')", input_shape=(side, side, 1), outputs=2)
    assert network.plan is not None
    assert network.plan.nodes[0].output_shape == (math.ceil(side / stride),) * 2 + (1,)


@pytest.mark.parametrize(
    ("text", "shape", "words"),
    [
        ("Conv2D(4, 5)", (4, 9, 1), ["Layer 1 (conv2d)", "4×9×1", "5×5", 'padding="same"']),
        ("Conv2D(4, 3, dilation_rate=4)", (8, 8, 1), ["9×9", "8×8"]),
        (
            "Conv2D(4, 3), MaxPooling2D(2), MaxPooling2D(2), MaxPooling2D(2)",
            (8, 8, 3),
            ["Layer 4 (max_pooling2d_2)", "1×1×4", "pooling"],
        ),
        ("Conv2D(4, 3), Dense(10)", (8, 8, 3), ["Layer 2 (dense)", "6×6×4", "Insert Flatten()"]),
        ("Flatten(), Conv2D(4, 3)", (8, 8, 3), ["Layer 2 (conv2d)", "192 values", "before Flatten()"]),
        ("GlobalAveragePooling2D(), MaxPooling2D(2)", (8, 8, 3), ["Layer 2 (max_pooling2d)", "3 values"]),
        ("Conv2D(4, 3, groups=2)", (8, 8, 3), ["groups = 2", "3 input channels"]),
        ("Conv2D(6, 1), GroupNormalization(4)", (8, 8, 3), ["Layer 2 (group_normalization)", "6 channels"]),
        ("GlobalAveragePooling2D(), GroupNormalization(-1)", (8, 8, 3), ["group_normalization", "one value only"]),
        ("Normalization(mean=(1, 2), variance=(1, 2))", (8, 8, 3), ["2 numbers", "3 channels"]),
        ("Conv2D(4, 3)", (64,), ["Layer 1 (conv2d)", "64 values", "maps"]),
        ("a = Conv2D(4, 3)(input); b = Add()(a, input)", (8, 8, 3), ['"b"', "6×6×4, 8×8×3", "one shape"]),
        ("a = Conv2D(4, 3)(input); b = Concatenate()(a, input)", (8, 8, 3), ['"b"', "axis -1"]),
        ("a = Add()(input)", (8, 8, 3), ['"a"', "one input"]),
        ("a = Flatten()(input, input)", (8, 8, 3), ['"a"', "2 inputs"]),
        ("Residual(Conv2D(4, 3))", (8, 8, 3), ["Layer 1 (residual)", 'padding="same"']),
        ("Residual(Flatten())", (8, 8, 3), ["Layer 1 (residual)", "192 values"]),
        ("Dropout(0.1), Residual(Conv2D(4, 9))", (8, 8, 3), ["Inside residual: layer 1 (conv2d)", "9×9"]),
        ("Input((28, 28, 1)), Flatten()", (8, 8, 3), ["Layer 1", "8×8×3"]),
        ("Flatten(), Input((192,))", (8, 8, 3), ["Input can only stand first"]),
        ("Flatten(), Dense(1000000, 'relu')", (300, 300, 3), ["dense", "270,000,000,000 weights"]),
    ],
)
def test_what_cannot_work_names_the_layer_its_input_and_a_remedy(
    text: str, shape: tuple[int, ...], words: list[str]
) -> None:
    with pytest.raises(ModelError) as refusal:
        build(text, input_shape=shape, outputs=2)
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize("axis", [-1, 1, 2, 3])
def test_concatenate_counts_axes_as_keras_does(axis: int) -> None:
    network = build(
        f"a = Rescaling(2)(input); b = Concatenate(axis={axis})(a, input)", input_shape=(4, 5, 3), outputs=2
    )
    assert network.plan is not None
    expected = {-1: (4, 5, 6), 3: (4, 5, 6), 1: (8, 5, 3), 2: (4, 10, 3)}[axis]
    assert network.plan.nodes[1].output_shape == expected
    network.module(torch.zeros(1, 3, 4, 5))


def test_vectors_can_be_joined() -> None:
    network = build("a = Dense(4)(input); b = Concatenate()(a, input)", input_shape=(3,), outputs=2)
    assert network.plan is not None
    assert network.plan.nodes[1].output_shape == (7,)
    assert network.module(torch.zeros(2, 3)).shape == (2, 2)
