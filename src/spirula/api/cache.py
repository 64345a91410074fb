"""The cache as a table, and clearing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..data.cache import cache_folder
from ..data.stores import Pruned, Stored, chosen, parse_age, parse_size, prune, stores
from ..errors import InputError
from .showing.tables import Table


def list_cache(*, older_than: str | float | None = None, larger_than: str | int | None = None) -> Table:
    """List what the cache holds that can be made again, what was used last first.

    Parameters
    ----------
    older_than: only what was last used longer ago: ``"30d"``, ``"12h"``, or seconds.
    larger_than: only what takes more: ``"5GB"``, ``"500MB"``, or bytes. Given both, both must hold.

    Returns
    -------
    One row per store: ``kind`` (pixels, features, twins, archives, compiled), ``source`` (where the images came from),
    ``images`` (None where it is not known), ``bytes``, ``last used`` (ISO 8601, local time) and ``key``, the name of
    its folder.
    Raises :class:`InputError` for what is no age or size.
    """
    return _table(_chosen(older_than, larger_than), f"Cache in {cache_folder()}")


def prune_cache(
    *, older_than: str | float | None = None, larger_than: str | int | None = None, everything: bool = False
) -> Table:
    """Remove stores from the cache: those that :func:`list_cache` lists for the same words, or everything.

    What was used within the last hour stays, because a training may be using it; so do downloaded sets. Images are
    decoded again when they are next asked for. Returns a row per store as :func:`list_cache`, with ``removed`` (True,
    False) and ``why`` it was not. Raises :class:`InputError` when nothing says what to remove.
    """
    asked = older_than is not None or larger_than is not None
    if everything == asked:
        problem = "everything leaves nothing to choose from" if asked else "Nothing says what to remove from the cache"
        raise InputError(problem, "Give older_than, larger_than or both; or everything alone.")
    return _outcome(prune(_chosen(older_than, larger_than)))


def _chosen(older_than: str | float | None, larger_than: str | int | None) -> list[Stored]:
    age = parse_age(older_than) if isinstance(older_than, str) else older_than
    size = parse_size(larger_than) if isinstance(larger_than, str) else larger_than
    return chosen(stores(), older_than=age, larger_than=size)


def _outcome(pruned: Pruned) -> Table:
    rows = [{**_row(store), "removed": True, "why": None} for store in pruned.removed]
    rows += [{**_row(store), "removed": False, "why": "used within the last hour"} for store in pruned.in_use]
    rows += [{**_row(store), "removed": False, "why": reason} for store, reason in pruned.failed]
    return Table(rows, f"Pruned in {cache_folder()}")


def _table(found: Sequence[Stored], title: str) -> Table:
    return Table([_row(store) for store in found], title)


def _row(store: Stored) -> dict[str, Any]:
    return {
        "kind": store.kind,
        "source": store.source,
        "images": store.images,
        "bytes": store.bytes,
        "last used": datetime.fromtimestamp(store.used).isoformat(sep=" ", timespec="seconds"),
        "key": store.key,
    }
