"""Networks written for Keras, read from their source: nothing is executed, and Keras need not be installed.

A ``Sequential`` list, ``model.add(…)`` and functional chains ``x = layers.Conv2D(…)(x)`` with branches are understood,
as are numbers with names, loops over plain values and functions that build a network. Whatever else the file holds
(data, ``compile``, ``fit``, plots) is passed over, unless the network depends on it.
"""

from __future__ import annotations

import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from ...errors import ModelError, did_you_mean
from ...layers import Graph, Stack
from .graph import ancestors
from .reader import Reader
from .text import notebook_code, parse_source
from .values import Function, Functional, Sequence, SourceShape

_FILE = re.compile(r"(?P<path>.+\.(?:py|ipynb))(?::(?P<name>[^\W\d]\w*))?", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(
    r"=\s*[\w.]*\b(Sequential|Model)\(|^\s*(from|import)\s+\w|^\s*\w+\.add\(|\b(layers|keras)\.Input\(|=\s*Input\(",
    re.MULTILINE,
)


@dataclass(frozen=True)
class KerasCode:
    """A network that was read. ``input_shape``: (H, W, C) or (F,) if the code states it. ``name``: its variable."""

    network: Stack | Graph
    input_shape: SourceShape
    name: str
    notes: tuple[str, ...] = ()


def names_code_file(model: str) -> bool:
    """Whether a description names a Python file or a notebook: ``FILE.py``, ``FILE.ipynb`` or ``FILE.py:NAME``."""
    return "\n" not in model and _FILE.fullmatch(model.strip()) is not None


def is_code(text: str) -> bool:
    """Whether a text is Keras code rather than our notation."""
    return _CODE.search(text) is not None


def read_code_file(model: str | Path) -> KerasCode:
    """Read ``FILE.py``, ``FILE.ipynb`` or ``FILE.py:NAME``; raises :class:`ModelError` naming the file and the line.

    Lines of a notebook are counted over all its code cells.
    """
    match = _FILE.fullmatch(str(model).strip())
    path = Path(match["path"] if match else str(model))
    try:
        with tokenize.open(path) as file:  # UTF-8, or what the file's first lines say: # coding: cp949
            text = file.read()
    except OSError as error:
        raise ModelError(f"The network {path} cannot be read: {error.strerror or error}.", "Check the path.") from error
    except (UnicodeDecodeError, SyntaxError) as error:
        raise ModelError(
            f"{path} cannot be read as text: {error}.",
            "Save it as UTF-8, or say its encoding in the first line: # coding: cp949.",
        ) from error
    try:
        if path.suffix.lower() == ".ipynb":
            text = notebook_code(text)
        return read_code(text, match["name"] if match else None)
    except ModelError as error:
        raise ModelError(f"{path}: {error.problem}", error.remedy) from error


def read_code(text: str, name: str | None = None) -> KerasCode:
    """Read the network of a source: the last one that it defines, or the one of the variable (or function) ``name``.

    Raises :class:`ModelError` with the line and a remedy for what is part of that network and cannot be read.
    """
    source = parse_source(text)
    reader = Reader(source.lines)
    reader.run(source.body)
    found = reader.networks
    if name is not None:
        value = reader.known.globals.get(name)
        if isinstance(value, Function):
            value = reader.call(value, [], {}, value.node)
        if not isinstance(value, Sequence | Functional):
            known = list(dict.fromkeys(word for word, _ in found if word))
            raise ModelError(
                f'The code defines no network "{name}".',
                f"It defines: {', '.join(known) or 'none'}.{did_you_mean(name, known)}",
            )
        chosen, notes = (name, value), []
    elif found:
        chosen, notes = found[-1], _which(found)
    else:
        chosen, notes = _without_model(reader), []
    network, shape, more = _finished(reader, chosen[1])
    return KerasCode(network, shape, chosen[0], (*notes, *reader.known.notes, *more))


def _which(found: list[tuple[str, Sequence | Functional]]) -> list[str]:
    several = {id(value): f"{name or 'one without a name'} (line {value.line})" for name, value in found}
    if len(several) < 2:
        return []
    name, value = found[-1]
    listed = ", ".join(several.values())
    return [
        f"The code defines {len(several)} networks: {listed}. The last one was taken; FILE.py:NAME takes another."
        if name
        else f"The code defines {len(several)} networks: {listed}. The last one, of line {value.line}, was taken."
    ]


def _without_model(reader: Reader) -> tuple[str, Sequence | Functional]:
    """A chain without a Model at its end, or a function that would build one."""
    draft = reader.known.draft
    if reader.last_value is not None:
        kept = ancestors(draft.statements, reader.last_value.name)
        sources = {name for statement in kept for name in statement.inputs if name in draft.inputs}
        if len(sources) == 1:
            source = sources.pop()
            return "", Functional(1, source, reader.last_value.name, draft.inputs[source])
    for name, value in reversed(reader.known.globals.items()):
        if isinstance(value, Function) and reader.builds(value):
            made = reader.call(value, [], {}, value.node)
            if isinstance(made, Sequence | Functional):
                return name, made
    if reader.first_problem is not None:
        raise reader.first_problem
    raise ModelError(
        "There is no network in the code.",
        "It must hold Sequential([…]), model.add(…), or layers applied to an Input as in x = Conv2D(32, 3)(x).",
    )


def _finished(reader: Reader, value: Sequence | Functional) -> tuple[Stack | Graph, SourceShape, list[str]]:
    draft, shape = reader.known.draft, value.shape
    if isinstance(value, Functional):
        network, notes = draft.network(value.output, shape)
    else:
        network, notes = draft.network(draft.applied(value, [draft.new_input(shape)]).name, shape)
    return network, shape, notes
