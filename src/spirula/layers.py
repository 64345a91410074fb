"""The notation of networks: layers in the words that Keras users already type.

Every layer is a small frozen record of its arguments, with Keras's names, argument order and defaults. Arguments that
are rarely given by position must be named. Nothing here computes: :mod:`spirula.models.build` turns layers into torch
modules, and importing this module does not import torch.

Wrong arguments raise :class:`~spirula.errors.ModelError`: the layer, the argument, its value and what is accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Any

from .errors import ModelError
from .models.arguments import (
    L1,
    L1L2,
    L2,
    ActivationName,
    Axis,
    Cap,
    Count,
    Epsilon,
    Groups,
    Initializer,
    Interpolation,
    MaybeActivation,
    MaybeRegularizer,
    NotNegative,
    Padding,
    Pair,
    PairOrNone,
    Rate,
    Real,
    Shape,
    Sides,
    Statistic,
    Truth,
    check,
)  # fmt: skip

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "Activation",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Graph",
    "GroupNormalization",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling2D",
    "Normalization",
    "ReLU",
    "Repeat",
    "Rescaling",
    "Residual",
    "ResidualBlock",
    "Resizing",
    "SeparableConv2D",
    "Softmax",
    "SpatialDropout2D",
    "Stack",
    "Statement",
    "ZeroPadding2D",
]


@dataclass(frozen=True)
class Layer:
    """What all layers share: their arguments are checked when they are made."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Input(Layer):
    """States the expected input, (height, width, channels) or (features,); checked against the data, never needed."""

    shape: Shape


@dataclass(frozen=True)
class Conv2D(Layer):
    """Convolution: ``filters`` kernels of ``kernel_size`` slide over the map."""

    filters: Count
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    _: KW_ONLY
    dilation_rate: Pair = (1, 1)
    groups: Count = 1
    activation: MaybeActivation = None
    use_bias: Truth = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: MaybeRegularizer = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.filters % self.groups:
            raise ModelError(
                f"Conv2D: groups = {self.groups} does not divide filters = {self.filters}.",
                "Choose groups so that filters and input channels are both multiples of it.",
            )


@dataclass(frozen=True)
class SeparableConv2D(Layer):
    """A kernel per channel, then 1×1 convolutions that mix the channels."""

    filters: Count
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    _: KW_ONLY
    dilation_rate: Pair = (1, 1)
    depth_multiplier: Count = 1
    activation: MaybeActivation = None
    use_bias: Truth = True
    depthwise_initializer: Initializer = "glorot_uniform"
    pointwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: MaybeRegularizer = None
    pointwise_regularizer: MaybeRegularizer = None


@dataclass(frozen=True)
class DepthwiseConv2D(Layer):
    """A kernel (or ``depth_multiplier`` kernels) for each channel on its own."""

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    depth_multiplier: Count = 1
    _: KW_ONLY
    dilation_rate: Pair = (1, 1)
    activation: MaybeActivation = None
    use_bias: Truth = True
    depthwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: MaybeRegularizer = None


@dataclass(frozen=True)
class MaxPooling2D(Layer):
    """The largest value of each window; ``strides`` is ``pool_size`` unless given."""

    pool_size: Pair = (2, 2)
    strides: PairOrNone = None
    padding: Padding = "valid"


@dataclass(frozen=True)
class AveragePooling2D(Layer):
    """The mean of each window; with "same", padding does not count in the mean."""

    pool_size: Pair = (2, 2)
    strides: PairOrNone = None
    padding: Padding = "valid"


@dataclass(frozen=True)
class GlobalMaxPooling2D(Layer):
    """The largest value of each channel's map: (H, W, C) → (C,), or (1, 1, C) with ``keepdims``."""

    keepdims: Truth = False


@dataclass(frozen=True)
class GlobalAveragePooling2D(Layer):
    """The mean of each channel's map: (H, W, C) → (C,), or (1, 1, C) with ``keepdims``."""

    keepdims: Truth = False


@dataclass(frozen=True)
class Dense(Layer):
    """Every output sees every input: (F,) → (units,)."""

    units: Count
    activation: MaybeActivation = None
    use_bias: Truth = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: MaybeRegularizer = None


@dataclass(frozen=True)
class Flatten(Layer):
    """(H, W, C) → (H·W·C,)."""


@dataclass(frozen=True)
class Dropout(Layer):
    """While training, blanks this share of the values."""

    rate: Rate


@dataclass(frozen=True)
class SpatialDropout2D(Layer):
    """While training, blanks this share of whole channels."""

    rate: Rate


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Normalises each channel over the batch. ``momentum`` in Keras's sense: the share of the old mean that is kept."""

    _: KW_ONLY
    momentum: Rate = 0.99
    epsilon: Epsilon = 1e-3
    center: Truth = True
    scale: Truth = True


@dataclass(frozen=True)
class LayerNormalization(Layer):
    """Normalises the channels of each position."""

    _: KW_ONLY
    epsilon: Epsilon = 1e-3
    center: Truth = True
    scale: Truth = True


@dataclass(frozen=True)
class GroupNormalization(Layer):
    """Normalises groups of channels over the map; ``groups=-1``: each channel on its own."""

    groups: Groups = 32
    _: KW_ONLY
    epsilon: Epsilon = 1e-3
    center: Truth = True
    scale: Truth = True


@dataclass(frozen=True)
class Normalization(Layer):
    """Zero mean and unit variance per channel, learned from the training data before training unless given."""

    _: KW_ONLY
    mean: Statistic = None
    variance: Statistic = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.mean is None) != (self.variance is None):
            raise ModelError(
                f"Normalization: mean = {self.mean!r} with variance = {self.variance!r} cannot work.",
                "Give both, or neither to have them read from the training data.",
            )


@dataclass(frozen=True)
class Rescaling(Layer):
    """x · scale + offset."""

    scale: Real
    offset: Real = 0.0


@dataclass(frozen=True)
class Resizing(Layer):
    """Scales the map to height × width."""

    height: Count
    width: Count
    interpolation: Interpolation = "bilinear"
    _: KW_ONLY
    antialias: Truth = False


@dataclass(frozen=True)
class Activation(Layer):
    """An activation as a layer of its own."""

    activation: ActivationName


@dataclass(frozen=True)
class ReLU(Layer):
    """max(x, 0), optionally capped at ``max_value`` and with a slope below zero."""

    max_value: Cap = None
    negative_slope: NotNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_value is not None and self.negative_slope:
            raise ModelError(
                f"ReLU: max_value = {self.max_value} together with negative_slope = {self.negative_slope} cannot work.",
                "Give one of the two.",
            )


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """x above zero, ``negative_slope``·x below."""

    negative_slope: NotNegative = 0.3


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x) / Σ exp(x) over the channels."""


@dataclass(frozen=True)
class ZeroPadding2D(Layer):
    """Zeros around the map: n, (height, width) or ((top, bottom), (left, right))."""

    padding: Sides = ((1, 1), (1, 1))


@dataclass(frozen=True)
class Add(Layer):
    """The sum of inputs of one shape (in graphs)."""


@dataclass(frozen=True)
class Concatenate(Layer):
    """Inputs one after the other along ``axis`` (in graphs): -1 or 3 channels, 1 height, 2 width."""

    axis: Axis = -1


def _inner(kind: str, layers: Sequence[object]) -> tuple[Layer, ...]:
    if not layers:
        raise ModelError(f"{kind}() holds no layers.", f"Write the layers inside: {kind}(…, Conv2D(64, 3), …).")
    for layer in layers:
        if not isinstance(layer, Layer) or isinstance(layer, Input | Add | Concatenate):
            raise ModelError(f"{kind}: {layer!r} cannot stand inside.", "Only layers with one input can.")
    return tuple(layer for layer in layers if isinstance(layer, Layer))


@dataclass(frozen=True, init=False)
class Residual(Layer):
    """activation(layers(x) + shortcut(x)), He et al. 2016 (arXiv:1512.03385).

    The shortcut is x itself; where the layers change the shape it is a 1×1 convolution with the same strides (followed
    by batch normalization, and then without bias, if the inner layers use batch normalization).
    """

    layers: tuple[Layer, ...]
    activation: MaybeActivation = None

    def __init__(self, *layers: Layer, activation: str | None = None) -> None:
        object.__setattr__(self, "layers", _inner("Residual", layers))
        object.__setattr__(self, "activation", activation)
        self.__post_init__()


@dataclass(frozen=True)
class ResidualBlock(Layer):
    """ResNet's basic block: two 3×3 convolutions with batch normalization, the shortcut, ReLU. Same as

    ``Residual(Conv2D(filters, 3, strides, …), BatchNormalization(…), ReLU(), Conv2D(filters, 3, …),
    BatchNormalization(…), activation="relu")`` without biases, with He initialisation and symmetric padding.
    """

    filters: Count
    strides: Pair = (1, 1)

    def residual(self) -> Residual:
        """Return the block written out."""
        second = Conv2D(self.filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")
        normalize = BatchNormalization(momentum=0.9, epsilon=1e-5)
        layers: tuple[Layer, ...] = (second, normalize, ReLU(), second, normalize)
        if self.strides != (1, 1):  # "same" would pad unevenly here; ResNet pads one pixel on every side
            layers = (ZeroPadding2D(1), replace(second, strides=self.strides, padding="valid"), *layers[1:])
        return Residual(*layers, activation="relu")


@dataclass(frozen=True, init=False)
class Repeat(Layer):
    """The layers, ``times`` times one after the other (each with its own weights)."""

    times: Count
    layers: tuple[Layer, ...] = ()

    def __init__(self, times: int, *layers: Layer) -> None:
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "layers", _inner("Repeat", layers))
        self.__post_init__()


@dataclass(frozen=True)
class Stack:
    """Layers, one after the other."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Statement:
    """One line of a graph: ``name = layer(*inputs)``. The network's input is called ``input``."""

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ("input",)


@dataclass(frozen=True)
class Graph:
    """Named statements; the last one is the output. A name may be given again, as Keras's ``x = …(x)`` does."""

    statements: tuple[Statement, ...]


LAYERS: dict[str, type[Layer]] = {kind.__name__: kind for kind in (
    Activation, Add, AveragePooling2D, BatchNormalization, Concatenate, Conv2D, Dense, DepthwiseConv2D, Dropout,
    Flatten, GlobalAveragePooling2D, GlobalMaxPooling2D, GroupNormalization, Input, LayerNormalization, LeakyReLU,
    MaxPooling2D, Normalization, ReLU, Repeat, Rescaling, Residual, ResidualBlock, Resizing, SeparableConv2D, Softmax,
    SpatialDropout2D, ZeroPadding2D,
)}  # fmt: skip


def arguments(record: Layer | L1 | L2 | L1L2) -> dict[str, Any]:
    """Return the arguments of a layer that differ from its defaults, by name, in order."""
    return {f.name: getattr(record, f.name) for f in fields(record) if getattr(record, f.name) != f.default}
