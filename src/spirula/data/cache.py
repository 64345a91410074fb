"""Where spirula keeps what it can make again: decoded pixels and downloaded sets."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..errors import SpirulaError

INDEX = "index.json"  # in every store; the time of its last change says when the store was last used


def cache_folder(*parts: str) -> Path:
    """Return ``$XDG_CACHE_HOME/spirula/…`` (or the system's own cache folder), created.

    Raises :class:`SpirulaError` when it cannot be created.
    """
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    if chosen and Path(chosen).is_absolute():
        root = Path(chosen) / "spirula"
    else:
        from platformdirs import user_cache_path

        root = user_cache_path("spirula", appauthor=False)
    folder = root.joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpirulaError(
            f"The cache folder {folder} cannot be created: {error.strerror or error}",
            "Point XDG_CACHE_HOME to a folder that can be written.",
        ) from error
    return folder


def mark_used(store: Path) -> None:
    """Note that a store is used now, for :mod:`spirula.data.stores`; a cache that cannot be written serves as it is."""
    with suppress(OSError):
        os.utime(store / INDEX)
