"""``spirula cache``: what was kept so that it need not be made again, and clearing it."""

from __future__ import annotations

import json as json_format
import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..plural import counted
from .data import Json

if TYPE_CHECKING:
    from ..api.showing.tables import Table


def cache(
    *,
    prune: Annotated[
        bool, Parameter(help="Remove what is chosen, except what was used within the hour.", negative=())
    ] = False,
    older_than: Annotated[str | None, Parameter(help="Only what was last used longer ago: 30d, 12h, 2w.")] = None,
    larger_than: Annotated[str | None, Parameter(help="Only stores that take more: 5GB, 500MB.")] = None,
    all: Annotated[bool, Parameter(help="With --prune: everything.", negative=())] = False,
    json: Json = False,
) -> int:
    """List what the cache holds: decoded pixels, features, compiled programs. All of it can be made again.

    spirula cache

    spirula cache --older-than 30d            # look first

    spirula cache --prune --older-than 30d

    Downloaded sets are not among it. The folder is $XDG_CACHE_HOME/spirula, or the system's own cache folder.
    """
    from ..api.cache import list_cache, prune_cache
    from ..errors import InputError

    if all and not prune:
        raise InputError("--all would have no effect without --prune", "Everything is listed anyway: leave it out.")
    if prune and not (all or older_than or larger_than):
        raise InputError("--prune does not say what to remove", "Add --older-than 30d, --larger-than 5GB, or --all.")
    if prune:
        rows = prune_cache(older_than=older_than, larger_than=larger_than, everything=all)
    else:
        rows = list_cache(older_than=older_than, larger_than=larger_than)
    if json:
        from ..runs.files import finite

        print(json_format.dumps(finite(list(rows)), ensure_ascii=False, indent=1))
    else:
        _say(rows, prune)
    failed = [row for row in rows if row.get("why") not in (None, "used within the last hour")]
    for row in failed:
        print(f"spirula: {row['kind']}/{row['key']} could not be removed: {row['why']}", file=sys.stderr)
    return 1 if failed else 0


def _say(rows: Table, prune: bool) -> None:
    from ..api.showing.tables import Table
    from ..data.cache import cache_folder

    if rows:
        shown = ({**row, "bytes": size_in_words(row["bytes"])} for row in rows)
        print(Table({("size" if name == "bytes" else name): value for name, value in row.items()} for row in shown))
        print()
    stores = counted(len(rows), "store", "stores")
    if prune:
        gone = [row for row in rows if row["removed"]]
        freed = size_in_words(sum(row["bytes"] for row in gone))
        print(f"Removed {freed} in {len(gone):,} of {stores}, in {cache_folder()}")
    else:
        print(f"Total   {size_in_words(sum(row['bytes'] for row in rows))} in {stores}, in {cache_folder()}")


def size_in_words(number: float) -> str:
    """Return ``1.3 GB`` for 1,300,000,000 bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if number >= 100 or unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
