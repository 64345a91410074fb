"""What is made of layers: residual blocks, repetitions, stacks and graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..custom.piece import Piece
from ..errors import ModelError
from .arguments import Count, Layer, MaybeActivation, Pair
from .pointwise import BatchNormalization, ReLU
from .shaping import Add, Concatenate, Conv2D, Input, ZeroPadding2D


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

    def __init__(self, *layers: Layer, activation: str | Piece | None = None) -> None:
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
