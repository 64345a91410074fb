"""Layers that keep the shape: dropout, normalisation, scaling, activation."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from ..errors import ModelError
from .arguments import ActivationName, Cap, Epsilon, Groups, Layer, NotNegative, Rate, Real, Statistic, Truth


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
