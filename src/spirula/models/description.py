"""What a network may be described with, in one form: layers with a name, and what the description itself states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelError, did_you_mean
from ..layers import Activation, Dense, Graph, Input, Layer, Softmax, Stack
from .backbones import backbone_name
from .catalogue import CATALOGUE
from .keras.code import is_code, names_code_file, read_code, read_code_file
from .notation import parse, read_file
from .shapes import Shape


@dataclass(frozen=True)
class Description:
    """A network before its input is known. ``notes`` say what was decided while it was read."""

    name: str
    network: Stack | Graph
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> Shape | None:
        """(H, W, C) or (F,) where the description begins with an ``Input``."""
        layers = _layers(self.network)
        return layers[0].shape if layers and isinstance(layers[0], Input) else None

    @property
    def outputs(self) -> int | None:
        """Classes (or values) that its last layer is for; None where that is left to the data."""
        layers = [layer for layer in _layers(self.network) if not isinstance(layer, Softmax)]
        if layers and isinstance(layers[-1], Activation) and layers[-1].activation in ("softmax", "sigmoid"):
            layers.pop()
        last = layers[-1] if layers else None
        if not isinstance(last, Dense) or last.activation not in (None, "softmax", "sigmoid"):
            return None
        return 2 if last.units == 1 and last.activation == "sigmoid" else last.units


def describes_by_layers(model: Any) -> bool:
    """Whether :func:`read_description` is what reads this: not a module, a backbone of timm or a piece of one's own."""
    if isinstance(model, str):
        return not model.startswith("custom.") and backbone_name(model) is None
    return isinstance(model, Path | Stack | Graph | Sequence)


def is_written_for_keras(model: str) -> bool:
    """Whether a description is Keras code, or names a file of it."""
    return names_code_file(model) or is_code(model)


def read_description(model: Any) -> Description:
    """Read a catalogue name, layers as text or objects, a ``.toml`` file, or Keras code (``FILE.py``, ``.ipynb``).

    Raises :class:`ModelError` for anything else and for what cannot be read.
    """
    if isinstance(model, Stack | Graph):
        return Description(_kind(model), model)
    if isinstance(model, str | Path) and names_code_file(str(model)):
        code = read_code_file(model)
        path, _, name = str(model).rpartition(":")
        stem = name if path.lower().endswith((".py", ".ipynb")) else Path(str(model).strip()).stem
        return Description(stem, code.network, code.notes)
    if isinstance(model, Path) or (isinstance(model, str) and model.endswith(".toml")):
        return Description(Path(model).stem, read_file(Path(model)))
    if isinstance(model, str):
        if model in CATALOGUE:
            return Description(model, parse(CATALOGUE[model].notation))
        if is_code(model):
            code = read_code(model)
            return Description(code.name or _kind(code.network), code.network, code.notes)
        if model.strip() and not set(model) & set("(=\n,"):
            known = [*CATALOGUE, "timm/NAME"]
            raise ModelError(
                f'There is no network "{model}".{did_you_mean(model, known)}',
                f"Use one of {', '.join(known)}, a .toml file, a .py or .ipynb file with Keras code, or layers such as "
                "'Conv2D(32, 3), Flatten()'.",
            )
        network = parse(model)
        return Description(_kind(network), network)
    if isinstance(model, Sequence) and model and all(isinstance(layer, Layer) for layer in model):
        return Description("stack", Stack(tuple(layer for layer in model if isinstance(layer, Layer))))
    raise ModelError(
        f"{model!r} is not a network.", "Give a name, layers as text, a list of layers, a Graph, or an nn.Module."
    )


def _kind(network: Stack | Graph) -> str:
    return "graph" if isinstance(network, Graph) else "stack"


def _layers(network: Stack | Graph) -> list[Layer]:
    return list(network.layers) if isinstance(network, Stack) else [line.layer for line in network.statements]
