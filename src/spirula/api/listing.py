"""The runs of a folder as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import RunError
from ..metrics.score import HEADLINE
from ..runs.folder import OUT_OF_FOLD, run_folders
from .showing.tables import Table


def list_runs(folder: str | Path = "runs") -> Table:
    """List the runs in a folder, best first: finished ones by their headline number, then the others."""
    rows = []
    for run in run_folders(folder):
        try:
            document = run.document()
            task = document["data"]["task"]
        except (RunError, KeyError, TypeError):  # a damaged neighbour must not hide the others
            rows.append({"run": run.name, "status": "damaged", "data": "run.json cannot be read", "value": None})
            continue
        results = document.get("results", {})
        split = next((name for name in ("test", OUT_OF_FOLD, "validation", "train") if name in results), None)
        measure = HEADLINE[task][0]
        rows.append(
            {
                "run": run.name,
                "status": document["status"],
                "data": document["data"]["source"],
                "model": document["model"]["name"],
                "measure": f"{split} {measure}" if split else None,
                "value": results[split].get(measure) if split else None,
                "best epoch": document.get("best", {}).get("epoch"),
                "seconds": document.get("timing", {}).get("total_seconds"),
                "verified": document.get("verification", {}).get("status"),
            }
        )
    # Larger is better except for errors of a regression; tasks are not compared with one another.
    rows.sort(key=lambda row: (row["value"] is None, _badness(row), row["run"]))
    return Table(rows, f"Runs in {folder}")


def _badness(row: dict[str, Any]) -> tuple[str, float]:
    if row["value"] is None:
        return ("", 0.0)
    kind = str(row["measure"]).split()[-1]
    return (kind, float(row["value"]) if kind == "mae" else -float(row["value"]))
