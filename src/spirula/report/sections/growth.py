"""Will more photos help? What ``spirula more-photos`` left in the run."""

from __future__ import annotations

import json
from typing import Any

from ...errors import RunError
from ...runs.folder import GROWTH
from .. import wording
from ..facts import Facts
from ..figures.growth import growth_chart
from ..retold.retell import retold
from ..speech import Say, speaker
from ..words.growth import WORDS
from ..words.samples import split_words


def growth(facts: Facts) -> dict[str, Any]:
    """Return the curve, its sentence and the table of the classes, from ``insight/growth.json``.

    Raises :class:`RunError` when that cannot be read.
    """
    path, say = facts.run.insight_path(GROWTH), speaker(WORDS, facts.language)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        gain, split = known["gain"], split_words(str(known["split"]), facts.language)
        judged = say("judged", n=wording.count(known["held_out"]), split=split)
        notes = [retold(str(note), facts.language) for note in known["notes"]]
        return {
            "say": say,
            "lead": " ".join([*([say(known["verdict"], gain=_points(gain, say))] if gain else []), *notes]),
            "method": " ".join([say("method", judged=judged), *_foretold(known["foretold"], say)]),
            "chart": growth_chart(known, facts.language) if gain else "",
            "rows": [
                [
                    str(row["name"]),
                    wording.count(row["samples"]),
                    wording.percent(row["accuracy"]),
                    _points(row["overall"], say),
                    _points(row["own"], say),
                    say(f"row_{row['verdict']}"),
                ]
                for row in known["classes"]
            ],
            "left_out": known["left_out"] if known["classes"] else 0,
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read: {error!r}", "Its file was changed, or another program wrote it."
        ) from error


def _points(gain: dict[str, float], say: Say) -> str:
    """Say a gain with the half of its interval that is larger: ``+0.6 ± 0.3 points``."""
    spread = max(gain["high"] - gain["gain"], gain["gain"] - gain["low"])
    return say("points", gain=f"{100 * gain['gain']:+.1f}".replace("-", "−"), spread=f"{100 * spread:.1f}")


def _foretold(values: list[float] | None, say: Say) -> list[str]:
    """Return how well the rule did where the answer is known; empty when that was not tried."""
    if not values:
        return []
    foretold, actual = (wording.percent(value, 2) for value in values)
    return [say("foretold", foretold=foretold, actual=actual)]
