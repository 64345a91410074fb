"""Layer → the torch modules it consists of, initialised as Keras does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from ..custom.piece import Piece
from ..errors import ModelError
from ..layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Custom,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    Normalization,
    ReLU,
    Rescaling,
    Resizing,
    SeparableConv2D,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from ..layers.arguments import L1, L1L2, L2, both
from . import modules
from .initialize import convolution_fans, depthwise_fans, initialize
from .own import activation_module, layer_module
from .plan import Node
from .shapes import Shape, pool_strides, shape_text, sides, windows

MOST_WEIGHTS = 2**31  # in one kernel: 8 GB; more is a Flatten of large maps, not a plan

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "softmax": lambda: nn.Softmax(dim=1),
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "celu": nn.CELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "relu6": nn.ReLU6,
    "mish": nn.Mish,
    "linear": nn.Identity,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "hard_tanh": nn.Hardtanh,
    "hard_shrink": nn.Hardshrink,
    "log_sigmoid": nn.LogSigmoid,
    "soft_shrink": nn.Softshrink,
    "tanh_shrink": nn.Tanhshrink,
    "squareplus": modules.Squareplus,
    "exponential": modules.Exponential,
    "log_softmax": lambda: nn.LogSoftmax(dim=1),
    "prelu": nn.PReLU,
}


class Part(NamedTuple):
    """One module of a layer; its name is the layer's name, and the suffix if there is one."""

    suffix: str
    module: nn.Module
    regularizer: L1 | L2 | L1L2 | Piece | None = None


def parts(node: Node) -> list[Part]:
    """Return the modules of a layer in the order of computing. The layer's shapes have been checked before."""
    layer, shape = node.layer, node.input_shapes[0]
    channels = shape[-1]
    on_maps = len(shape) == 3
    match layer:
        case Conv2D() | SeparableConv2D() | DepthwiseConv2D():
            return [*_convolution(layer, node), *_activation(layer.activation, node)]
        case Dense():
            return [*_dense(layer, node), *_activation(layer.activation, node)]
        case MaxPooling2D() | AveragePooling2D():
            return _pooling(layer, shape)
        case GlobalMaxPooling2D() | GlobalAveragePooling2D():
            pool = nn.AdaptiveMaxPool2d(1) if isinstance(layer, GlobalMaxPooling2D) else nn.AdaptiveAvgPool2d(1)
            return [Part("", pool)] if layer.keepdims else [Part("", pool), Part("flatten", nn.Flatten())]
        case Flatten():
            return [Part("", nn.Flatten())]
        case Dropout():
            return [Part("", nn.Dropout(layer.rate))]
        case SpatialDropout2D():
            return [Part("", nn.Dropout2d(layer.rate))]
        case BatchNormalization() | LayerNormalization() | GroupNormalization():
            return [Part("", _norm(layer, channels, on_maps))]
        case Normalization():
            return [Part("", _normalization(layer, channels))]
        case Rescaling():
            return [Part("", modules.Rescaling(layer.scale, layer.offset))]
        case Resizing():
            size = (layer.height, layer.width)
            return [Part("", modules.Resizing(size, layer.interpolation, layer.antialias))]
        case Activation():
            return [Part("", activation(layer.activation, node.output_shape))]
        case ReLU():
            return [Part("", _relu(layer))]
        case LeakyReLU():
            return [Part("", nn.LeakyReLU(layer.negative_slope))]
        case Softmax():
            return [Part("", nn.Softmax(dim=1))]
        case ZeroPadding2D():
            (top, bottom), (left, right) = sides(layer)
            return [Part("", nn.ZeroPad2d((left, right, top, bottom)))]
        case Custom():
            return [Part("", layer_module(layer.piece, shape))]
        case Add():
            return [Part("", modules.Add())]
        case Concatenate():
            dimension = {-1: 1, 3: 2, 1: 2, 2: 3}[layer.axis] if not on_maps else _map_dimension(layer.axis)
            return [Part("", modules.Concatenate(dimension))]
    raise AssertionError(f"{type(layer).__name__} has no modules")


def _map_dimension(axis: int) -> int:
    return {-1: 1, 3: 1, 1: 2, -3: 2, 2: 3, -2: 3}[axis]  # Keras counts (N, H, W, C), torch (N, C, H, W)


def activation(name: str | Piece | None, shape: Shape) -> nn.Module:
    """Return the module of an activation for values of (H, W, C) or (F,)."""
    return activation_module(name, shape) if isinstance(name, Piece) else ACTIVATIONS[name or "linear"]()


def _activation(name: str | Piece | None, node: Node) -> list[Part]:
    suffix = name.name if isinstance(name, Piece) else name
    return [Part(suffix, activation(name, node.output_shape))] if suffix else []


def _affordable(weights: int, node: Node) -> None:
    if weights > MOST_WEIGHTS:
        raise ModelError(
            f"{node.name} on its input of {shape_text(node.input_shapes[0])} would need {weights:,} weights.",
            "Insert pooling, strides or GlobalAveragePooling2D() before it, or use fewer units.",
        )


def _convolution(layer: Conv2D | SeparableConv2D | DepthwiseConv2D, node: Node) -> list[Part]:
    shape = node.input_shapes[0]
    channels = shape[-1]
    kernel, strides, dilation = both(layer.kernel_size), both(layer.strides), both(layer.dilation_rate)
    rows, columns = windows(shape, kernel, strides, layer.padding, dilation)
    equal = rows[1] == rows[2] and columns[1] == columns[2]
    around = (rows[1], columns[1]) if equal else (0, 0)
    before = [] if equal else [Part("pad", nn.ZeroPad2d((columns[1], columns[2], rows[1], rows[2])))]

    def convolve(outputs: int, groups: int, bias: bool) -> nn.Conv2d:
        _affordable(outputs * channels // groups * kernel[0] * kernel[1], node)
        return nn.Conv2d(channels, outputs, kernel, strides, around, dilation, groups, bias)

    if isinstance(layer, Conv2D):
        main = convolve(layer.filters, layer.groups, layer.use_bias)
        _fill(main, layer.kernel_initializer, convolution_fans(main.weight), layer.bias_initializer)
        return [*before, Part("", main, _penalty(layer.kernel_regularizer))]
    multiplier = layer.depth_multiplier
    separable = isinstance(layer, SeparableConv2D)
    main = convolve(channels * multiplier, channels, layer.use_bias and not separable)
    _fill(main, layer.depthwise_initializer, depthwise_fans(main.weight, multiplier), layer.bias_initializer)
    penalty = _penalty(layer.depthwise_regularizer)
    if not isinstance(layer, SeparableConv2D):
        return [*before, Part("", main, penalty)]
    _affordable(channels * multiplier * layer.filters, node)
    mix = nn.Conv2d(channels * multiplier, layer.filters, 1, bias=layer.use_bias)
    _fill(mix, layer.pointwise_initializer, convolution_fans(mix.weight), layer.bias_initializer)
    return [*before, Part("depthwise", main, penalty), Part("pointwise", mix, _penalty(layer.pointwise_regularizer))]


def _dense(layer: Dense, node: Node) -> list[Part]:
    features = node.input_shapes[0][0]
    _affordable(features * layer.units, node)
    linear = nn.Linear(features, layer.units, layer.use_bias)
    _fill(linear, layer.kernel_initializer, (features, layer.units), layer.bias_initializer)
    return [Part("", linear, _penalty(layer.kernel_regularizer))]


def _fill(module: nn.Conv2d | nn.Linear, kernel: str, fans: tuple[int, int], bias: str) -> None:
    initialize(module.weight, kernel, fans)
    if module.bias is not None:
        initialize(module.bias, bias, (1, module.bias.numel()))


def _penalty(regularizer: L1 | L2 | L1L2 | Piece | str | None) -> L1 | L2 | L1L2 | Piece | None:
    assert not isinstance(regularizer, str)  # words became records when the layer was made
    return regularizer


def _pooling(layer: MaxPooling2D | AveragePooling2D, shape: Shape) -> list[Part]:
    kernel, strides = both(layer.pool_size), pool_strides(layer)
    rows, columns = windows(shape, kernel, strides, layer.padding)
    equal = rows[1] == rows[2] and columns[1] == columns[2]
    border = (columns[1], columns[2], rows[1], rows[2])
    around = (rows[1], columns[1]) if equal else (0, 0)
    if isinstance(layer, MaxPooling2D):
        # What lies outside must never be the largest value: minus infinity, as in Keras, not zero.
        before = [] if equal else [Part("pad", nn.ConstantPad2d(border, -torch.inf))]
        return [*before, Part("", nn.MaxPool2d(kernel, strides, around))]
    if equal:
        return [Part("", nn.AvgPool2d(kernel, strides, around, count_include_pad=False))]
    return [Part("", modules.AveragePoolingSame(kernel, strides, border))]


def _norm(layer: BatchNormalization | LayerNormalization | GroupNormalization, channels: int, maps: bool) -> nn.Module:
    norm: nn.BatchNorm1d | nn.BatchNorm2d | nn.LayerNorm | nn.GroupNorm
    affine = layer.center or layer.scale
    if isinstance(layer, BatchNormalization):
        kind = nn.BatchNorm2d if maps else nn.BatchNorm1d
        norm = kind(channels, layer.epsilon, momentum=1.0 - layer.momentum, affine=affine)
    elif isinstance(layer, LayerNormalization):
        norm = (modules.ChannelLayerNorm if maps else nn.LayerNorm)(channels, layer.epsilon, affine)
    else:
        groups = channels if layer.groups == -1 else layer.groups
        norm = nn.GroupNorm(groups, channels, layer.epsilon, affine)
    if affine and not layer.scale:
        norm.register_parameter("weight", None)
    if affine and not layer.center:
        norm.register_parameter("bias", None)
    return norm


def _normalization(layer: Normalization, channels: int) -> nn.Module:
    def per_channel(value: float | tuple[float, ...]) -> torch.Tensor:
        return torch.tensor(value if isinstance(value, tuple) else (value,) * channels, dtype=torch.float32)

    if layer.mean is None or layer.variance is None:
        return modules.Normalization(channels)
    return modules.Normalization(channels, per_channel(layer.mean), per_channel(layer.variance))


def _relu(layer: ReLU) -> nn.Module:
    if layer.max_value is not None:
        return nn.Hardtanh(0.0, layer.max_value)
    return nn.LeakyReLU(layer.negative_slope) if layer.negative_slope else nn.ReLU()
