"""Functions and classes of the user's own among the options: each becomes its words, and is kept under its name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..custom.library import Library, library, name_of
from ..custom.piece import PREFIX
from ..runs.folder import RunFolder
from ..runs.own_pieces import missing, pieces_of_run, recorded_pieces

_SINGLE = ("loss", "schedule", "augment")


def in_words(options: Mapping[str, Any], custom: object) -> tuple[dict[str, Any], Library]:
    """Return the options with every function and class replaced by ``custom.NAME``, and where those names are found.

    ``custom`` is a Python file, functions and classes, or a list of them; see :func:`spirula.custom.library.library`.
    """
    found = library(custom)
    words = dict(options)
    for name in _SINGLE:
        if callable(words.get(name)):
            words[name], found = _named(words[name], found)
    model = words.get("model")
    if inspect.isroutine(model) or inspect.isclass(model):
        words["model"], found = _named(model, found)
    metrics = words.get("metrics")
    if callable(metrics):
        metrics = [metrics]
    if isinstance(metrics, list | tuple):
        texts = []
        for item in metrics:
            text, found = _named(item, found) if callable(item) else (item, found)
            texts.append(text)
        words["metrics"] = texts
    elif isinstance(metrics, Mapping):
        named: dict[str, Any] = {}
        for key, item in metrics.items():
            named[key], found = _named(item, found, str(key)) if callable(item) else (item, found)
        words["metrics"] = named
    return words, found


def with_pieces(run: RunFolder, custom: Any, trust: str | None) -> RunFolder:
    """Return the run to go on with, with the user's own pieces; any of them is needed again."""
    recorded = recorded_pieces(run)
    found = pieces_of_run(run, custom, trust)
    if recorded is not None and found is None:
        raise missing(run.path, recorded["pieces"][0]["piece"], recorded)
    return replace(run, pieces=found)


def _named(value: Any, found: Library, key: str | None = None) -> tuple[str, Library]:
    unnamed = key is not None and getattr(value, "__name__", "") == "<lambda>"
    name = key if unnamed and key is not None else name_of(value)
    return f"{PREFIX}{name}", found.with_object(name, value)
