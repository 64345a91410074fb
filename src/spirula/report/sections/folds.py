"""The folds of a cross-validation: one row each, and how far they lie apart."""

from __future__ import annotations

from typing import Any

from ...metrics.score import HEADLINE
from .. import wording
from ..facts import Facts


def folds(facts: Facts) -> dict[str, Any]:
    """Return one row per fold with its headline number, and their mean and standard deviation."""
    known = facts.document.get("folds") or {}
    rows = known.get("rows") or []
    if not rows:
        return {"missing": f"The {known.get('count', 0)} folds are not all trained yet: they are pooled at the end."}
    measure, words = HEADLINE[facts.task]
    write = wording.number if facts.task == "regression" else wording.percent
    ends = wording.number_range if facts.task == "regression" else wording.percent_range
    return {
        "count": len(rows),
        "measure": words,
        "spread": spread(facts),
        "together": together(known, f"the {words.lower()}"),
        "rows": [
            {
                "fold": row["fold"],
                "run": row["run"],
                "count": wording.count(row["result"].get("count")),
                "value": write(row["result"].get(measure)),
                "interval": ends(row["result"].get(f"{measure}_interval")),
                "epoch": wording.count((row.get("best") or {}).get("epoch")),
                "time": wording.duration(row.get("seconds")),
            }
            for row in rows
        ],
    }


def together(known: dict[str, Any], measure: str) -> str:
    """Return how the intervals count samples that belong together; empty where none do, and for runs of before."""
    samples, atoms = known.get("samples") or 0, known.get("atoms") or 0
    if not 0 < atoms < samples:
        return ""
    drawn, counted = "For the intervals above", ""
    if known.get("effective"):
        drawn = "for the other intervals above"
        size = wording.number(known["effective"])
        counted = f"They count as {size} for the interval of {measure} (Wilson's, with Kish's effective sample size); "
    return (
        f"Copies and groups are not independent: the {samples:,} samples are {atoms:,} that stand alone or belong "
        f"together. {counted}{drawn}, what belongs together is drawn together. The intervals of single "
        "classes, and those of the folds, count every sample."
    )


def spread(facts: Facts) -> str:
    """Return mean and standard deviation of the headline number over the folds; empty before all are trained."""
    measure = HEADLINE[facts.task][0]
    known = ((facts.document.get("folds") or {}).get("spread") or {}).get(measure) or {}
    if known.get("mean") is None or known.get("std") is None:
        return ""
    if facts.task == "regression":
        return f"{wording.number(known['mean'])} ± {wording.number(known['std'])}"
    return f"{100 * known['mean']:.1f} ± {wording.percent(known['std'])}"
