"""Layers that change the shape of what passes through: convolution, pooling, dense, padding, joining."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from ..errors import ModelError
from .arguments import (
    Axis,
    Count,
    Initializer,
    Interpolation,
    Layer,
    MaybeActivation,
    MaybeRegularizer,
    Padding,
    Pair,
    PairOrNone,
    Shape,
    Sides,
    Truth,
)


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
class ZeroPadding2D(Layer):
    """Zeros around the map: n, (height, width) or ((top, bottom), (left, right))."""

    padding: Sides = ((1, 1), (1, 1))


@dataclass(frozen=True)
class Resizing(Layer):
    """Scales the map to height × width."""

    height: Count
    width: Count
    interpolation: Interpolation = "bilinear"
    _: KW_ONLY
    antialias: Truth = False


@dataclass(frozen=True)
class Add(Layer):
    """The sum of inputs of one shape (in graphs)."""


@dataclass(frozen=True)
class Concatenate(Layer):
    """Inputs one after the other along ``axis`` (in graphs): -1 or 3 channels, 1 height, 2 width."""

    axis: Axis = -1
