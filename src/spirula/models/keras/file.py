"""A trained network of Keras rebuilt from its ``.keras`` file: same layers, same weights, same answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import ModelError
from ...layers import Activation, Dense, Graph, Softmax, Stack
from ..build import Network, assemble
from ..head import Task
from ..plan import plan
from ..shapes import Shape
from .archive import Archive
from .config import Reading
from .graph import image_shape, network_of
from .weights import orders, state_of

_REGRESSION = ("mse", "mae", "msle", "mape", "mean_squared", "mean_absolute", "huber", "log_cosh", "logcosh")


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """The network with its weights. ``shape``: (H, W, C) or (F,). ``notes`` say what was decided."""

    network: Network
    shape: Shape
    notes: tuple[str, ...] = ()


def rebuild(archive: Archive, name: str, size: tuple[int, int] | None = None) -> Rebuilt:
    """Make the network of a file.

    Parameters
    ----------
    name: what the network is called here.
    size: height and width of the pictures, for a network that was saved without them.

    Raises :class:`ModelError` naming the layer that has no counterpart, or that is code of the user's own.
    """
    reading = _read(archive)
    shape = _sized(reading.shape, size, archive)
    network, kept = network_of(reading.statements, ["input"], reading.output, None)
    planned = plan(network, shape)
    loss = _loss(archive.config)
    task, outputs, notes = _task(network, planned.output_shape, loss)
    made = assemble(network, name, shape, outputs, task, seed=0)
    if made.spec.head != "given":
        raise ModelError(
            f"{archive.path} ends in {kept[-1].layer!r}, which gives neither classes nor a value.",
            "Networks that end in Dense(…), with softmax, sigmoid or no activation, are imported.",
        )
    if task == "classification" and outputs == 1:
        made = replace(made, output="sigmoid")
    written = {statement.name: reading.places[old.name] for statement, old in zip(kept, reading.kept(), strict=True)}
    state = made.module.state_dict()
    order = orders(planned)
    for node, statement in zip(planned.nodes, kept, strict=True):
        place = written[statement.name]
        if node.name not in made.layers or place is None:
            continue  # a final softmax, which is taken off; or the activation of a layer, which has no weights
        arrays = _arrays(archive.arrays, place.path)
        weights = state_of(node, made.layers[node.name], arrays, order[node.name][0], str(place))
        if not all(bool(tensor.isfinite().all()) for tensor in weights.values()):
            notes.append(f"{place} holds weights that are not finite numbers: so are the answers.")
        state |= weights
    try:
        made.module.load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(f"The weights of {archive.path} do not fit its layers: {error}.", "Save it anew.") from error
    made.module.eval()
    return Rebuilt(made, shape, (*reading.notes, *notes, *made.notes))


def _read(archive: Archive) -> Reading:
    try:
        return Reading(archive.config)
    except ModelError as error:
        raise ModelError(f"{archive.path}: {error.problem}", error.remedy) from error
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{archive.path}: its config.json is not of the form that Keras writes ({type(error).__name__}: {error}).",
            "The file is damaged, or another program wrote it: save it anew with model.save('x.keras').",
        ) from error


def _arrays(arrays: Mapping[str, np.ndarray], path: str) -> list[np.ndarray]:
    """Return a layer's arrays in Keras's order."""
    numbered = {name.removeprefix(path): array for name, array in arrays.items() if name.startswith(path)}
    return [numbered[number] for number in sorted((n for n in numbered if n.isascii() and n.isdecimal()), key=int)]


def _sized(stated: tuple[int | None, ...] | None, size: tuple[int, int] | None, archive: Archive) -> Shape:
    """Return the input's shape; ``size`` fills in what the network leaves open."""
    if stated is not None and size is not None and len(stated) == 3 and None in stated[:2]:
        stated = (*size, stated[2] or 3)
    shape = image_shape(stated) if stated is not None else None
    if shape is None:
        raise ModelError(
            f"{archive.path} does not say how large its pictures are ({stated}).", "Say it: --image-size 180x180."
        )
    if size is not None and shape[:2] != size:
        raise ModelError(
            f"{archive.path} is made for {'×'.join(map(str, shape))}, not for {size[0]}×{size[1]}.",
            "Leave --image-size out.",
        )
    return shape


def _loss(document: Mapping[str, Any]) -> str:
    """Return the name of the loss that the network was compiled with, in small letters; empty if it was not."""
    compiled = document.get("compile_config")
    loss = compiled.get("loss") if isinstance(compiled, Mapping) else None
    if isinstance(loss, Mapping):
        inner = loss.get("config")
        loss = inner.get("name") or loss.get("class_name") if isinstance(inner, Mapping) else inner
    return str(loss or "").lower()


def _task(network: Stack | Graph, shape: Shape, loss: str) -> tuple[Task, int, list[str]]:
    """Return what the network predicts, and its number of outputs: its end says it, or else the loss."""
    if len(shape) != 1:
        raise ModelError(
            f"The network ends in maps of {'×'.join(map(str, shape))}.",
            "Networks that end in one vector per picture are imported.",
        )
    units, end = shape[0], _ending(network)
    if end == "softmax":
        return "classification", units, []
    if end == "sigmoid":
        if units == 1:
            return ("regression", 1, []) if loss.startswith(_REGRESSION) else ("classification", 2, [])
        return ("classification" if "categorical" in loss else "multilabel"), units, []
    if "crossentropy" in loss:
        several = "binary" in loss and units > 1
        return ("multilabel" if several else "classification"), units, []
    if units == 1:
        return "regression", 1, []
    if loss:
        raise ModelError(
            f"The network predicts {units} values (loss {loss}).", "Regressions of one value are known here."
        )
    return "classification", units, [f"Its {units} outputs are taken as the logits of {units} classes."]


def _ending(network: Stack | Graph) -> str | None:
    last = network.layers[-1] if isinstance(network, Stack) else network.statements[-1].layer
    if isinstance(last, Softmax):
        return "softmax"
    return str(last.activation) if isinstance(last, Dense | Activation) and last.activation else None
