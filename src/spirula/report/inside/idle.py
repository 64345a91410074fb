"""Dead and similar filters in words: "5 of 64 dead (7, 12, …), 2 pairs alike (3 = 18)"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import wording
from ..speech import Say

MOST_NAMED = 12  # filters or groups of one kind in a line


@dataclass(frozen=True)
class Idle:
    """A convolution's dead filters and those that are alike. pairs: (one, other, same kernels too); pair_count: all."""

    layer: str
    filters: int
    dead: tuple[int, ...]
    pairs: tuple[tuple[int, int, bool], ...]
    pair_count: int


def idle_layers(units: Mapping[str, np.ndarray]) -> list[Idle]:
    """Read the arrays of ``insight/units.npz``."""
    pairs = [
        (int(layer), int(one), int(other), bool(same))
        for (layer, one, other), same in zip(units["pairs"], units["same"], strict=True)
    ]
    return [
        Idle(
            str(name),
            int(units["filters"][number]),
            tuple(int(place) for layer, place in units["dead"] if layer == number),
            tuple((one, other, same) for layer, one, other, same in pairs if layer == number),
            int(units["pair_counts"][number]),
        )
        for number, name in enumerate(units["layers"])
    ]


def idle_line(idle: Idle, say: Say) -> str:
    """Return what is said of one layer; also where there is nothing to complain of."""
    parts = []
    if idle.dead:
        numbers = _listed([str(number) for number in idle.dead], say)
        parts.append(say("dead", count=wording.count(len(idle.dead)), of=wording.count(idle.filters), numbers=numbers))
    if idle.pairs:
        parts.append(say("alike", n=wording.count(idle.pair_count), groups=_listed(alike_groups(idle), say)))
    return ", ".join(parts) or say("healthy")


def alike_groups(idle: Idle) -> list[str]:
    """Return "3 = 18 = 20" for filters that are the same, then "4 ≈ 7" for those that only answer alike."""
    same = connected([pair[:2] for pair in idle.pairs if pair[2]])
    alike = connected([pair[:2] for pair in idle.pairs])
    others = [group for group in alike if group not in same]
    return [" = ".join(map(str, group)) for group in same] + [" ≈ ".join(map(str, group)) for group in others]


def _listed(words: Sequence[str], say: Say) -> str:
    if len(words) <= MOST_NAMED:
        return ", ".join(words)
    return ", ".join([*words[: MOST_NAMED - 1], say("more", n=wording.count(len(words) - MOST_NAMED + 1))])


def connected(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the numbers that pairs connect, each group ascending, the largest group first."""
    groups: list[set[int]] = []
    for pair in pairs:
        joined = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in joined] + [set(pair).union(*joined)]
    return sorted((sorted(group) for group in groups), key=lambda group: (-len(group), group))
