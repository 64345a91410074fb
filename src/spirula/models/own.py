"""The user's own activations, layers and networks: found by name, tried once, made into modules."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from ..custom.blame import blaming, call, failed, function_of, kind, made, place_of, titled, wrong
from ..custom.piece import Piece, is_own, read_piece
from ..errors import ModelError
from ..layers import Custom, Graph, Layer, Repeat, Residual, Stack
from .foreign import checked_module, dry_run
from .shapes import Shape, ShapeError, shape_text

ACTIVATION = "activation(x) -> a float tensor of the same shape"
LAYER = "an nn.Module: forward(x) -> a float tensor, from (N, C, H, W) or (N, F) to (N, C, H, W) or (N, F)"
NETWORK = "network(input_shape, classes) -> an nn.Module that returns logits, input_shape being (H, W, C) or (F,)"


def bound(network: Stack | Graph, find: Callable[[Piece], Piece], *, regularizers: bool = True) -> Stack | Graph:
    """Return the network with the object behind each piece; ``find`` raises for one that it does not know.

    ``regularizers=False`` leaves those in words: only training needs them.
    """

    def in_layer(layer: Layer) -> Layer:
        if isinstance(layer, Custom):
            return Custom(find(layer.piece))
        if isinstance(layer, Repeat):
            return Repeat(layer.times, *map(in_layer, layer.layers))
        if isinstance(layer, Residual):
            last = layer.activation
            return Residual(*map(in_layer, layer.layers), activation=find(last) if isinstance(last, Piece) else last)
        found = {name: find(piece) for name, piece in _pieces(layer) if regularizers or name == "activation"}
        return replace(layer, **found) if found else layer

    if isinstance(network, Stack):
        return Stack(tuple(map(in_layer, network.layers)))
    return Graph(tuple(replace(line, layer=in_layer(line.layer)) for line in network.statements))


def pieces(network: Stack | Graph) -> list[tuple[str, Piece]]:
    """Return the pieces of the user's own in a network, each with its part in it: activation, layer, regularizer."""
    found: list[tuple[str, Piece]] = []

    def look(layer: Layer) -> None:
        if isinstance(layer, Residual | Repeat):
            for inner in layer.layers:
                look(inner)
        for name, piece in _pieces(layer):
            found.append((name.rpartition("_")[2] if name != "piece" else "layer", piece))

    for layer in network.layers if isinstance(network, Stack) else [line.layer for line in network.statements]:
        look(layer)
    return list(dict.fromkeys(found))


def _pieces(layer: Layer) -> Iterator[tuple[str, Piece]]:
    for item in fields(layer):
        value = getattr(layer, item.name)
        if isinstance(value, Piece):
            yield item.name, value


class Function(nn.Module):
    """A function of the user's own as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor], words: str) -> None:
        super().__init__()
        self.function = function
        self.words = words

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)

    def extra_repr(self) -> str:
        return self.words


def activation_module(piece: Piece, shape: Shape) -> nn.Module:
    """Return an activation of the user's own for values of (H, W, C) or (F,), tried on numbers from -2 to 2.

    Raises :class:`~spirula.errors.CustomError` unless it returns a finite, differentiable float tensor of that shape.
    """
    function = function_of(piece, ACTIVATION)
    module = copy.deepcopy(function) if isinstance(function, nn.Module) else Function(function, str(piece))
    order = (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape
    count = 2 * torch.Size(order).numel()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        given = torch.linspace(-2.0, 2.0, count).view(2, *order).requires_grad_()
        answer = call(piece, module, given)
    if not isinstance(answer, Tensor) or answer.shape != given.shape or not answer.is_floating_point():
        raise wrong(piece, f"turns a float tensor of {tuple(given.shape)} into {described(answer)}", ACTIVATION)
    if not torch.isfinite(answer).all():
        raise wrong(piece, "is not finite for numbers between -2 and 2", ACTIVATION)
    if not answer.requires_grad:
        raise wrong(piece, "cannot be differentiated: it leaves torch, or detaches its result", ACTIVATION)
    return module


def described(value: Any) -> str:
    """Say what came back."""
    if isinstance(value, Tensor):
        return f"a tensor of {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
    return kind(value)


def layer_module(piece: Piece, shape: Shape) -> nn.Module:
    """Return a layer of the user's own for inputs of (H, W, C) or (F,); lazy parameters are made real."""
    module = made(piece)
    if not isinstance(module, nn.Module):
        raise wrong(piece, f"gives {described(module)}, not a layer", LAYER)
    layer = copy.deepcopy(module) if module is piece.value else module
    _answer(piece, layer, shape)
    return layer


def layer_shape(piece: Piece, shape: Shape) -> Shape:
    """Return the shape that a layer of the user's own makes of (H, W, C) or (F,), by trying; raises ShapeError."""
    with torch.random.fork_rng(devices=[]):
        answer = _answer(piece, layer_module(piece, shape), shape)
    sides = tuple(answer.shape[1:])
    return (sides[1], sides[2], sides[0]) if len(sides) == 3 else sides


def _answer(piece: Piece, module: nn.Module, shape: Shape) -> Tensor:
    try:
        answer: Any = dry_run(module, shape)
    except Exception as error:
        place = place_of(piece.value)
        raise ShapeError(
            failed(titled(piece), error, {place[0]} if place else ()).problem, f"Write {LAYER}."
        ) from error
    if isinstance(answer, Tensor) and answer.ndim in (2, 4) and len(answer) == 2 and answer.is_floating_point():
        return answer
    raise ShapeError(
        f"{titled(piece)} turns 2 inputs of {shape_text(shape)} into {described(answer)}", f"Write {LAYER}."
    )


def own_network(model: object) -> Piece | None:
    """Return the one piece that a model's words consist of; it makes the whole network."""
    if isinstance(model, Piece):
        return model
    if not is_own(model):
        return None
    try:
        return read_piece(str(model))
    except ValueError:
        return None  # layers that begin with one of the user's own


def network_module(piece: Piece, shape: Shape, outputs: int) -> nn.Module:
    """Return a network of the user's own, tried on two blank inputs."""
    with blaming(piece):
        module = piece.value(shape, outputs, *piece.arguments, **dict(piece.keywords))
    if not isinstance(module, nn.Module):
        raise wrong(piece, f"gives {described(module)}, not a module", NETWORK)
    try:
        checked_module(module, shape, outputs)
    except ModelError as error:
        raise ModelError(f"{titled(piece)}: {error.problem}", error.remedy) from error
    return module
