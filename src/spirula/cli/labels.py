"""``spirula labels``: labels that a run doubts, and the patch that a training applies."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .results import Json, RunName, RunsFolder


def labels(
    run: RunName,
    /,
    *,
    split: Annotated[
        str | None, Parameter(help="Which held-out split: test, validation, out-of-fold (default: all there are).")
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="Also write a patch to this .csv file, for: spirula train DATA --labels FILE.")
    ] = None,
    json: Json = False,
    runs: RunsFolder = "runs",
) -> int:
    """List the labels that a trained network doubts, the surest first. Some are right: look before you change one.

    spirula labels last --out patch.csv

    spirula train photos/ --labels patch.csv
    """
    from ..api.run import open_run
    from ..api.showing.tables import Table
    from ..plural import counted
    from ..runs.files import finite

    found = open_run(run, runs).label_suspects(split)
    if json:
        print(json_format.dumps(finite(list(found)), ensure_ascii=False, indent=1))
    else:
        shown = Table(
            {"id": row["id"], "label": row["old_label"], "suggested": row["label"], "sureness": row["sureness"]}
            for row in found
        )
        print(shown if found else "No label is doubted.")
    if out is not None:
        rows = counted(len(found), "row", "rows")
        words = f"Patch    {found.save(out)}: {rows}. Remove those whose label is right, then train with --labels."
        print(words, file=sys.stderr if json else sys.stdout)
    return 0
