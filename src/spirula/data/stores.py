"""What lies in the cache, and clearing it: stores of pixels, features, twins, archives and compiled programs, which can
all be made again.

A store is a folder with an ``index.json`` that says what it is (``kind``, ``source``, ``images``, ``bytes``); the time
of that file's last change is when it was last used. Twins of large arrays are single files. Nothing else is ever
removed: not downloaded sets, no link, and no file or folder that does not look like one of these.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .cache import INDEX, cache_folder

KINDS = ("pixels", "features", "twins", "archives", "compiled")
# A store that was opened, or is being filled, so shortly ago may be in use.
IN_USE = 3600.0

_UNFINISHED = (".filling-", ".removing-")
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True)
class Stored:
    """One store: where, of what kind and of which source, images in it (None: not said), bytes, seconds since 1970."""

    path: Path
    kind: str
    source: str
    images: int | None
    bytes: int
    used: float

    @property
    def key(self) -> str:
        """The name by which it is found again."""
        return self.path.name


@dataclass(frozen=True)
class Pruned:
    """removed: stores that are gone. in_use: kept because they were used within the hour. failed: with reasons."""

    removed: tuple[Stored, ...]
    in_use: tuple[Stored, ...]
    failed: tuple[tuple[Stored, str], ...]


def parse_age(text: str) -> float:
    """Return seconds for ``"30d"``, ``"12h"``, ``"2w"``; raises :class:`InputError`."""
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise InputError(f'"{text}" is no age', "Write 30d, 12h or 2w.")
    return float(match[1]) * _SECONDS[match[2]]


def parse_size(text: str) -> int:
    """Return bytes for ``"5GB"``, ``"500MB"``, ``"1.5GiB"``; raises :class:`InputError`."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise InputError(f'"{text}" is no size', "Write 5GB, 500MB or 1.5GiB.")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** _POWER[match[2].lower()])


def stores() -> list[Stored]:
    """Return everything in the cache that may be removed, what was used last first."""
    root = cache_folder()
    found = [store for kind in KINDS for path in _inside(root / kind) if (store := _store(path, kind)) is not None]
    return sorted(found, key=lambda store: (-store.used, store.kind, store.key))


def chosen(found: Sequence[Stored], *, older_than: float | None = None, larger_than: int | None = None) -> list[Stored]:
    """Return the stores that were last used more than ``older_than`` seconds ago and take more than ``larger_than``."""
    now = time.time()
    return [
        store
        for store in found
        if (older_than is None or now - store.used > older_than) and (larger_than is None or store.bytes > larger_than)
    ]


def prune(found: Sequence[Stored]) -> Pruned:
    """Remove stores, except those that may be in use.

    Each is renamed first, so that another process sees all of it or nothing; one that has it open keeps it.
    """
    removed, in_use, failed = [], [], []
    for store in found:
        again = _store(store.path, store.kind)  # another process may have opened or removed it since
        if again is None:
            continue
        if time.time() - again.used < IN_USE:
            in_use.append(store)
            continue
        try:
            _remove(store.path)
        except OSError as error:
            failed.append((store, error.strerror or str(error)))
        else:
            removed.append(store)
    return Pruned(tuple(removed), tuple(in_use), tuple(failed))


def _remove(path: Path) -> None:
    if path.is_file():
        path.unlink()
        return
    leaving = path if path.name.startswith(_UNFINISHED) else path.with_name(f".removing-{path.name}")
    if leaving != path:
        path.rename(leaving)
    shutil.rmtree(leaving)


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.is_symlink())
    except OSError:
        return []


def _files(folder: Path) -> list[Path]:
    """Return the files of a store; those of compiled programs lie in folders of their own."""
    inside = _inside(folder)
    return [item for item in inside if item.is_file()] + [
        file for item in inside if item.is_dir() for file in _files(item)
    ]


def _store(path: Path, kind: str) -> Stored | None:
    """Describe what lies at a path; None when it is not ours, or gone."""
    try:
        if path.is_file():
            state = path.stat()
            ours = kind == "twins" and path.suffix == ".npz"
            return Stored(path, kind, "", None, state.st_size, state.st_mtime) if ours else None
        states = [(item, item.stat()) for item in _files(path)]
        taken = sum(state.st_size for _, state in states)
        if path.name.startswith(_UNFINISHED):
            changed = max([path.stat().st_mtime, *(state.st_mtime for _, state in states)])
            return Stored(path, kind, "(unfinished)", None, taken, changed)
        used = next((state.st_mtime for item, state in states if item == path / INDEX), None)
        if used is None:
            return None
        said = _said(path / INDEX)
        images = said.get("images")
        return Stored(path, kind, str(said.get("source", "")), images if isinstance(images, int) else None, taken, used)
    except OSError:
        return None


def _said(index: Path) -> dict[str, Any]:
    try:
        document = json.loads(index.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # damaged: it is a store all the same
    return document if isinstance(document, dict) else {}
