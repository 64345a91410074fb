"""The folds of a cross-validation: one row each, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...metrics.score import HEADLINE
from .. import wording
from ..facts import Facts
from ..speech import speaker
from ..words.folds import WORDS


def folds(facts: Facts) -> dict[str, Any]:
    """Return one row per fold with its headline number, and their mean and standard deviation."""
    known, say = facts.document.get("folds") or {}, speaker(WORDS, facts.language)
    rows = known.get("rows") or []
    if not rows:
        return {"missing": say("missing", n=known.get("count", 0))}
    measure, named, apart = HEADLINE[facts.task][0], say(facts.task), spread(facts)
    write = wording.number if facts.task == "regression" else wording.percent
    ends: Callable[[list[float] | None], str] = wording.percent_range
    if facts.task == "regression":
        ends = partial(wording.number_range, language=facts.language)
    return {
        "say": say,
        "lead": say("lead_spread" if apart else "lead", n=len(rows), measure=named.lower(), spread=apart),
        "measure": named,
        "rows": [
            {
                "fold": row["fold"],
                "run": row["run"],
                "count": wording.count(row["result"].get("count")),
                "value": write(row["result"].get(measure)),
                "interval": ends(row["result"].get(f"{measure}_interval")),
                "epoch": wording.count((row.get("best") or {}).get("epoch")),
                "time": wording.duration(row.get("seconds"), facts.language),
            }
            for row in rows
        ],
    }


def spread(facts: Facts) -> str:
    """Return mean and standard deviation of the headline number over the folds; empty before all are trained."""
    measure = HEADLINE[facts.task][0]
    known = ((facts.document.get("folds") or {}).get("spread") or {}).get(measure) or {}
    if known.get("mean") is None or known.get("std") is None:
        return ""
    if facts.task == "regression":
        return f"{wording.number(known['mean'])} ± {wording.number(known['std'])}"
    return f"{100 * known['mean']:.1f} ± {wording.percent(known['std'])}"
