"""The layers of a ``.keras`` file: from its configuration to statements, each with the place of its weights."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ModelError
from ...layers import Activation, Layer, Rescaling, Statement
from .graph import ancestors
from .layers import Made, layers_of

MOST_LAYERS = 5_000
NETWORKS = ("Sequential", "Functional", "Model")


@dataclass(frozen=True)
class Place:
    """Where a layer stands in the file: its class and name in Keras, and the path of its weights."""

    kind: str
    name: str
    path: str

    def __str__(self) -> str:
        return f'The layer "{self.name}" ({self.kind})'


class Reading:
    """Goes through the configuration and collects statements, each with its place in the file."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.statements: list[Statement] = []
        self.places: dict[str, Place | None] = {}
        self.notes: list[str] = []
        self.shape: tuple[int | None, ...] | None = None
        if document.get("class_name") not in NETWORKS:
            raise ModelError(
                f"The file holds a {document.get('class_name')}, a class of your own.",
                "Sequential networks and those made with keras.Model(inputs, outputs) are imported.",
            )
        self.output = self.network(document, "input", "")

    def kept(self) -> list[Statement]:
        return ancestors(self.statements, self.output)

    def network(self, document: Mapping[str, Any], source: str, path: str) -> str:
        _known_class(document)
        config = document["config"]
        entries = list(config.get("layers", []))
        paths = _paths(entries, f"{path}layers/")
        if document["class_name"] == "Sequential":
            value = source
            if config.get("build_input_shape"):
                self.state_shape(config["build_input_shape"])
            for entry, place in zip(entries, paths, strict=True):
                value = self.layer(entry, [value], place)
            return value
        return self.functional(config, entries, paths, source)

    def functional(
        self, config: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], paths: Sequence[str], source: str
    ) -> str:
        first, last = _ends(config.get("input_layers")), _ends(config.get("output_layers"))
        if len(first) != 1 or len(last) != 1:
            raise ModelError(
                f'The network "{config.get("name")}" has {len(first)} inputs and {len(last)} outputs.',
                "Networks with one of each are imported.",
            )
        values: dict[str, str] = {}
        waiting = list(zip(entries, paths, strict=True))
        while waiting:
            ready = [
                (entry, place)
                for entry, place in waiting
                if entry["class_name"] == "InputLayer" or all(name in values for name in _fed(entry))
            ]
            if not ready:
                raise ModelError("The layers of the file feed each other in a circle.", "Save the network anew.")
            for entry, place in ready:
                fed = [source] if entry["class_name"] == "InputLayer" else [values[name] for name in _fed(entry)]
                values[entry["name"]] = self.layer(entry, fed, place)
            waiting = [item for item in waiting if item not in ready]
        return values[last[0]]

    def layer(self, entry: Mapping[str, Any], inputs: Sequence[str], path: str) -> str:
        kind, config = str(entry["class_name"]), entry.get("config") or {}
        if len(self.statements) > MOST_LAYERS:
            raise ModelError(f"The file holds more than {MOST_LAYERS:,} layers.", "The largest networks have 1,000.")
        if kind == "InputLayer":
            self.state_shape(config.get("batch_shape") or config.get("batch_input_shape"))
            return inputs[0]
        if kind in NETWORKS:
            return self.network(entry, inputs[0], f"{path}/")
        target = config.get("target_shape") or ()
        if kind == "Reshape" and list(inputs) == ["input"] and len(target) == 3 and min(target) > 0:
            self.shape = tuple(target)  # pictures come in their shape; a vector of pixels is only another way to say it
            return inputs[0]
        self.notice_precision(config.get("dtype"))
        place = Place(kind, str(config.get("name", kind)), f"{path}/vars/")
        _known_class(entry)
        try:
            if "ops" in str(entry.get("module")).split("."):
                layers = (_operation(entry),) if len(inputs) == 1 else layers_of(kind, {})
            else:
                named = {word: _value(value) for word, value in config.items()}
                layers = layers_of(kind, named, trained=True)
        except ModelError as error:
            raise ModelError(f"{place}: {error.problem}", error.remedy) from error
        fed = tuple(inputs)
        for position, layer in enumerate(layers):
            name = f"value_{len(self.statements)}"
            self.statements.append(Statement(name, layer, fed))
            self.places[name] = None if position else place
            fed = (name,)
        return fed[0]

    def notice_precision(self, policy: Any) -> None:
        named = policy.get("config", {}).get("name") if isinstance(policy, Mapping) else policy
        note = f"Keras computed it in {named}; here it is float32, so that answers differ by more than 1e-5."
        if named not in (None, "float32") and note not in self.notes:
            self.notes.append(note)

    def state_shape(self, batch: Sequence[int | None] | None) -> None:
        """Remember the first shape that is stated: the outermost input's."""
        if self.shape is None and batch:
            self.shape = tuple(batch[1:])


def _known_class(entry: Mapping[str, Any]) -> None:
    """Refuse classes of the user's own: they are code, which is not in the file."""
    module, registered = str(entry.get("module") or ""), entry.get("registered_name")
    kind = entry["class_name"]
    if module.partition(".")[0] != "keras" or registered not in (None, kind):
        raise ModelError(
            f"{kind} ({registered or module or '?'}) is a class of your own, and code is never executed.",
            "Networks made of Keras's own layers are imported.",
        )


def _paths(entries: Sequence[Mapping[str, Any]], path: str) -> list[str]:
    """Return where Keras stores each layer's weights: by class and number, not by the layer's name."""
    seen: Counter[str] = Counter()
    paths: list[str] = []
    for entry in entries:
        if "ops" in str(entry.get("module")).split("."):  # x + y is no layer and is not counted
            paths.append("")
            continue
        word = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", str(entry["class_name"]))
        word = re.sub(r"([a-z])([A-Z])", r"\1_\2", word).lower()
        paths.append(f"{path}{word}_{seen[word]}" if seen[word] else f"{path}{word}")
        seen[word] += 1
    return paths


def _ends(value: Any) -> list[str]:
    """Return layers' names from ``["dense", 0, 0]``, ``[["dense", 0, 0]]`` or a dictionary of such."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list) or not value:
        return []
    return [value[0]] if isinstance(value[0], str) else [name for inner in value for name in _ends(inner)]


def _fed(entry: Mapping[str, Any]) -> list[str]:
    """Return the names of the layers that feed this one."""
    nodes = entry.get("inbound_nodes") or []
    if len(nodes) != 1:
        problem = f'The layer "{entry["name"]}" is used {len(nodes)} times, with the same weights.'
        raise ModelError(problem, "Networks that use each layer once are imported.")
    given = [nodes[0].get("args", []), *(nodes[0].get("kwargs") or {}).values()]
    return [str(history[0]) for history in _histories(given)]


def _histories(value: Any) -> Iterator[Sequence[Any]]:
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        yield value["config"]["keras_history"]
    elif isinstance(value, list):
        for inner in value:
            yield from _histories(inner)


def _operation(entry: Mapping[str, Any]) -> Layer:
    """Return ``x / 255``, ``x + 1`` and the like as a layer."""
    arguments = entry["inbound_nodes"][0].get("args", [])
    number = arguments[1] if len(arguments) == 2 else None
    if isinstance(number, int | float) and not isinstance(number, bool):
        match entry["class_name"]:
            case "Add":
                return Rescaling(1.0, number)
            case "Subtract":
                return Rescaling(1.0, -number)
            case "Multiply":
                return Rescaling(number)
            case "TrueDivide" | "Divide" if number:
                return Rescaling(1.0 / number)
    if entry["class_name"] in ("Relu", "Sigmoid", "Tanh", "Silu", "Softplus") and len(arguments) == 1:
        return Activation(entry["class_name"].lower())
    raise ModelError(f"The operation {entry['class_name']} has no counterpart here.", "Use a layer in its place.")


def _value(value: Any) -> Any:
    """Return an argument as :func:`~.layers.layers_of` takes it: plain, :class:`Made`, or layers."""
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    kind, config = str(value["class_name"]), value.get("config")
    if kind == "function":
        return str(config) if str(value.get("module", "")).startswith("keras") else f"{config}, a function of your own,"
    if str(value.get("module", "")).startswith("keras.layers"):
        return layers_of(kind, {word: _value(inner) for word, inner in (config or {}).items()}, trained=True)
    return Made(kind, config if isinstance(config, Mapping) else {})
