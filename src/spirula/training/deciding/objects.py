"""Python objects in place of words: data and networks that a stored recipe cannot hold."""

from __future__ import annotations

from typing import Any

from ...config import Recipe
from ...errors import InputError
from ...models.build import Network
from ...models.description import is_written_for_keras

# How a stored recipe names what only Python can hold.
OBJECT = "<Python object: "


def check_objects(asked: Recipe, source: Any, model: Any) -> None:
    """A stored recipe can name Python objects, but only whoever has them can pass them again."""
    for word, given, option in ((asked.source, source, "data"), (asked.model.model, model, "model")):
        if given is None and word is not None and word.startswith(OBJECT):
            raise InputError(
                f"The {option} of this recipe is a Python object, {word}", "Pass it to train() in Python, as before."
            )


def words_for(asked: Recipe, source: Any, network: Network) -> dict[str, Any]:
    """Return data and network in words, so that the stored recipe stands by itself where it can."""
    words: dict[str, Any] = {}
    if source is not None:
        words["source"] = f"{OBJECT}{type(source).__name__}>"
    if network.spec.kind == "module":
        words["model"] = f"{OBJECT}{network.spec.name}>"
    elif asked.model.model is None or asked.model.model.endswith(".toml") or is_written_for_keras(asked.model.model):
        # Layers from Python or from a file that may change: the recipe keeps what they were.
        words["model"] = network.spec.notation
    return words
