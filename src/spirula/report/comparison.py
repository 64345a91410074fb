"""The page of a comparison: numbers first, then what was fixed and what was broken, as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.paired import Difference
from . import wording
from .page import whole_page
from .pictures import picture
from .speech import Say, speaker
from .words.comparison import WORDS
from .words.samples import split_words

KINDS = {"fixed": "nearer", "broken": "farther"}  # of answers, and of values


@dataclass(frozen=True, eq=False)
class Change:
    """One sample: ``before`` and ``after`` are what base and run said; image uint8 (H, W, C), if there is one."""

    kind: str
    file: str
    label: str
    before: str
    after: str
    image: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """A run beside the base. ``counts``: changes of each kind, of which ``changes`` may be a part."""

    name: str
    difference: Difference
    verdict: str
    changes: tuple[Change, ...]
    counts: Mapping[str, int]


def render(
    base: str,
    split: str,
    measure: str,
    runs: Sequence[ComparedRun],
    problem: str = "",
    language: str = "en",
    atoms: int | None = None,
) -> str:
    """Return the whole page as HTML that needs no other file.

    problem: why there are no pictures. atoms: how many the samples are when what belongs together counts once.
    """
    say = speaker(WORDS, language)
    shares = measure != "mean absolute error"
    return whole_page(
        "comparison.html",
        language=language,
        say=say,
        base=base,
        split=split_words(split, language),
        measure=say(measure),
        shares=shares,
        count=wording.count(runs[0].difference.count),
        value=_value(runs[0].difference.second, shares),
        runs=[_run(index, run, shares, language, say) for index, run in enumerate(runs)],
        together=_together(runs[0].difference.count, atoms, shares, say),
        note=say("no_pictures", problem=problem) if problem else "",
    )


def _together(count: int, atoms: int | None, shares: bool, say: Say) -> str:
    if atoms is None or atoms == count:
        return ""
    return say("together_shares" if shares else "together_errors", n=wording.count(count), atoms=wording.count(atoms))


def _value(value: float, shares: bool) -> str:
    return wording.percent(value, 2) if shares else wording.number(value, 4)


def _run(index: int, run: ComparedRun, shares: bool, language: str, say: Say) -> dict[str, Any]:
    told = run.difference
    ends = told.interval
    if shares:
        apart = _signed(100 * told.difference, 2)
        low, high = (0.0, 0.0) if ends is None else (_signed(100 * end, 2) for end in ends)
        interval = wording.NONE if ends is None else say("range", low=low, high=high)
    else:
        apart = wording.number(told.difference, 4)
        interval = wording.number_range(None if ends is None else list(ends), 4, language)
    return {
        "key": f"run-{index}",
        "name": run.name,
        "value": _value(told.first, shares),
        "difference": apart,
        "interval": interval,
        "fixed": wording.count(told.only_first),
        "broken": wording.count(told.only_second),
        "p": wording.number(told.p_value, 2) if told.p_value is not None else wording.NONE,
        "verdict": say(run.verdict),
        "kinds": [
            {
                "title": say(kind if shares else value),
                "count": run.counts.get(kind, 0),
                "cards": [_card(change) for change in run.changes if change.kind == kind],
            }
            for kind, value in KINDS.items()
        ],
    }


def _signed(points: float, digits: int) -> str:
    return f"{points:+.{digits}f}".replace("-", "−")


def _card(change: Change) -> dict[str, Any]:
    return {
        "picture": None if change.image is None else picture(change.image),
        "file": change.file,
        "label": change.label,
        "before": change.before,
        "after": change.after,
    }
