"""What the network's own description says of the data: the size of the pictures that it is written for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...config import Recipe
from ...data.sources.archives import is_archive
from ...models.description import describes_by_layers, read_description
from ...recipe import changed


def with_stated_size(asked: Recipe, model: Any = None) -> tuple[Recipe, dict[str, str]]:
    """Return the recipe with the picture size that the network's ``Input`` states, and the reasons.

    Only for folders, archives and named sets, whose pictures can be brought to any size, and only what was not asked
    for. ``model``: a Python object that wins over the recipe's word. Raises ModelError for what cannot be read.
    """
    described = asked.model.model if model is None else model
    if described is None or not _resizable(asked.source) or not describes_by_layers(described):
        return asked, {}
    shape = read_description(described).input_shape
    if shape is None or len(shape) != 3:
        return asked, {}
    sizes: dict[str, Any] = {"image_size": shape[:2]}
    if shape[2] in (1, 3):
        sizes["channels"] = shape[2]
    stated = {name: value for name, value in sizes.items() if getattr(asked.data, name) is None}
    return changed(asked, **stated), dict.fromkeys(stated, "what the network's Input states")


def _resizable(source: str | None) -> bool:
    path = Path(source or "")
    return source is not None and (not path.suffix or path.is_dir() or is_archive(path))
