"""E004, E007: whether runs that are compared differ by more than seeds and samples do by themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import mean, variance

import numpy as np

from ..metrics.intervals import student
from ..metrics.paired import compare_shares
from .facts import RunFacts
from .finding import Finding

# What may differ between repetitions of one training: the draw, and where it ran.
DRAWN = ("seed", "runs", "name", "checkpoint_every", "threads", "mute", "lang")

Group = list[RunFacts]


def compared(runs: Sequence[RunFacts]) -> list[Finding]:
    """Look at several runs of one question, those that only the seed tells apart as one.

    E004: the difference of two means is within what seeds do (Student's two-sample t, 95 %); or each was run once, so
    that seeds are not known. E007: the same samples, run once each, cannot tell the two apart (Newcombe's paired 95 %
    interval holds 0).
    """
    found = []
    for first, second in combinations(grouped(runs), 2):
        split = first[0].judged
        if split is None or any(facts.correct is None or facts.judged != split for facts in (*first, *second)):
            continue
        found += _repeated(first, second, split) if len(first) + len(second) > 2 else _once(first[0], second[0], split)
    return found


def grouped(runs: Sequence[RunFacts]) -> list[Group]:
    """Return runs that only seeds tell apart together, in the order in which they were given."""
    groups: dict[str, Group] = {}
    for facts in runs:
        asked = {name: value for name, value in sorted(facts.options.items()) if name not in DRAWN}
        groups.setdefault(repr(asked), []).append(facts)
    return list(groups.values())


def _repeated(first: Group, second: Group, split: str) -> list[Finding]:
    ours, theirs = (np.array([accuracy(facts) for facts in group]) for group in (first, second))
    apart = float(mean(ours) - mean(theirs))
    freedom = len(ours) + len(theirs) - 2
    squares = sum((len(values) - 1) * variance(values) for values in (ours, theirs) if len(values) > 1)
    spread = math.sqrt(squares / freedom)
    noise = student(freedom) * spread * math.sqrt(1 / len(ours) + 1 / len(theirs))
    if abs(apart) > noise:
        return []
    evidence = {
        "first": [facts.run.name for facts in first],
        "second": [facts.run.name for facts in second],
        "difference": apart,
        "noise": noise,
        "spread": spread,
        "split": split,
        "file": f"predictions/{split}.npz",
    }
    fewer = min((first, second), key=len)
    return [Finding("E004", "warning", evidence, _other_seed(fewer))]


def _once(first: RunFacts, second: RunFacts, split: str) -> list[Finding]:
    evidence = {
        "first": first.run.name,
        "second": second.run.name,
        "difference": accuracy(first) - accuracy(second),
        "split": split,
        "file": f"predictions/{split}.npz",
    }
    paired = _paired(first, second, split)
    if paired is not None and paired[0] <= 0 <= paired[1]:
        told = {**evidence, "low": paired[0], "high": paired[1], "count": len(first.predictions(split).ids)}
        return [Finding("E007", "warning", told, first.command("compare", second.address))]
    return [Finding("E004", "hint", evidence, _other_seed([first]), "once")]


def _paired(first: RunFacts, second: RunFacts, split: str) -> tuple[float, float] | None:
    """Return the interval of the difference on the same samples; None when they are not the same."""
    one, other = first.predictions(split), second.predictions(split)
    place = {name: row for row, name in enumerate(other.ids)}
    if len(one.ids) != len(other.ids) or any(name not in place for name in one.ids):
        return None
    assert first.correct is not None
    assert second.correct is not None
    reordered = second.correct[[place[name] for name in one.ids]]
    return compare_shares(first.correct, reordered, one.together).interval


def accuracy(facts: RunFacts) -> float:
    """Return the share of judged samples that are right."""
    assert facts.correct is not None
    return float(facts.correct.mean())


def _other_seed(group: Group) -> str:
    """Return the command that repeats a training with a seed that none of its runs had."""
    return group[0].train_again(seed=1 + max(int(facts.options.get("seed") or 0) for facts in group))
