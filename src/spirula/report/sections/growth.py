"""Will more photos help? What ``spirula more-photos`` left in the run."""

from __future__ import annotations

import json
from typing import Any

from ...errors import RunError
from ...runs.folder import GROWTH
from .. import wording
from ..facts import Facts
from ..figures.growth import growth_chart

SENTENCES = {
    "helps": "Twice as many would help: {gain}.",
    "hardly": "Twice as many like these would hardly help: {gain}.",
    "unknown": "Whether twice as many would help cannot be told from these: {gain}.",
}


def growth(facts: Facts) -> dict[str, Any]:
    """Return the curve, its sentence and the table of the classes, from ``insight/growth.json``.

    Raises :class:`RunError` when that cannot be read.
    """
    path = facts.run.insight_path(GROWTH)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        gain = known["gain"]
        return {
            "lead": SENTENCES[known["verdict"]].format(gain=_points(gain)) if gain else "",
            "judged": f"{known['held_out']:,} of {known['split']}",
            "foretold": [wording.percent(value, 2) for value in known["foretold"] or ()],
            "chart": growth_chart(known) if gain else "",
            "notes": [str(note) for note in known["notes"]],
            "rows": [
                [
                    str(row["name"]),
                    wording.count(row["samples"]),
                    wording.percent(row["accuracy"]),
                    _points(row["overall"]),
                    _points(row["own"]),
                    "cannot be told" if row["verdict"] == "unknown" else row["verdict"],
                ]
                for row in known["classes"]
            ],
            "left_out": known["left_out"] if known["classes"] else 0,
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read: {error!r}", "Its file was changed, or another program wrote it."
        ) from error


def _points(gain: dict[str, float]) -> str:
    """Say a gain with the half of its interval that is larger: ``+0.6 ± 0.3 points``."""
    spread = max(gain["high"] - gain["gain"], gain["gain"] - gain["low"])
    return f"{100 * gain['gain']:+.1f} ± {100 * spread:.1f}\u00a0points".replace("-", "−")
