"""The recipe that a verb was asked for: a base, the options beside it, and the device that they will run on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import Recipe
from ..errors import ConfigError
from ..recipe import changed, make_recipe, read_recipe
from ..start import uncollected


def asked_recipe(
    source: Any, model: Any, base: str | Path | Recipe | None, options: Mapping[str, Any], *, verb: str
) -> Recipe:
    """Return ``base`` (a recipe, its file or its name, or nothing) with the options, data and model given beside it.

    Raises :class:`ConfigError` for what :func:`make_recipe` refuses, and where no data are named for the ``verb``.
    """
    words = dict(options)
    if isinstance(source, str | Path):
        words["source"] = str(source)
    if isinstance(model, str | Path):
        words["model"] = str(model)
    if base is None:
        asked = make_recipe(**words)
    elif isinstance(base, Recipe):
        asked = changed(base, **words)
    else:
        with uncollected():
            from ..training.deciding.measured import on_this_device
        asked = read_recipe(on_this_device(base, words.get("source"), words.get("device")), **words)
    if source is None and asked.source is None:
        raise ConfigError(
            [f"There is nothing to {verb} on: no data was named."],
            f"Try: spirula {verb} digits, or give a folder of images.",
        )
    return asked
