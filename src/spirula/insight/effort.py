"""How much may be computed to see where a network looks: some seconds, or a tenth of what the training took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..metrics.faithfulness import FEWEST
from .attention import Method
from .faithful import FEW_STEPS, STEPS

MEASURED: tuple[Method, ...] = ("gradcam", "gradcam++", "layercam")  # occlusion costs a pass for every place
MOST_PICTURES = 24
WORK = 2e11  # multiply-adds, some seconds of one processor core, may always be spent
SHARE = 0.1  # of the training's passes
UNIT_WORK, UNIT_SHARE = 3e10, 0.01  # the same for the pictures that the filters are judged by
MOST_JUDGED, FEWEST_JUDGED = 512, 64
HEAT_WORK, HEAT_SHARE = 1e11, 0.02  # and for the heat maps of the browser's pictures
HEAT_PASSES = 3  # there, and back twice as far
CHANGE_WORK, CHANGE_SHARE = 5e10, 0.01  # and for changed pictures
MOST_CHANGED, FEWEST_CHANGED = 300, 50


@dataclass(frozen=True)
class Effort:
    """What is done for the report. shown: of each kind of pictures (wrong, right), so many are looked at.

    averaged: pictures for an effective field. methods: whose faithfulness is measured, None for the one that is shown
    alone; measured: on so many pictures, 0 where that would cost too much; steps: of its curves.
    """

    shown: int
    averaged: int
    methods: tuple[Method, ...] | None
    measured: int
    steps: int


def effort(multiply_adds: int, trained: float = 0) -> Effort:
    """Return what is done for a network by what one picture costs it, after ``trained`` passes of pictures.

    By arithmetic, not by the clock: so a training that is repeated leaves the same files.
    """
    passes = max(WORK / max(multiply_adds, 1), SHARE * trained)
    shown, averaged = int(np.clip(passes / 20, 4, 12)), int(np.clip(passes / 25, 2, 8))
    thorough, quick = _passes(len(MEASURED), STEPS), _passes(1, FEW_STEPS)
    if passes >= FEWEST * thorough:
        return Effort(shown, averaged, MEASURED, min(int(passes / thorough), MOST_PICTURES), STEPS)
    return Effort(shown, averaged, None, FEWEST if passes >= FEWEST * quick else 0, FEW_STEPS)


def pictures_affordable(multiply_adds: int) -> int:
    """Return on how many pictures faithfulness is measured where somebody asks for maps: not all, of large networks."""
    return int(np.clip(WORK / max(multiply_adds * _passes(1, STEPS), 1), FEWEST, MOST_PICTURES))


def _passes(methods: int, steps: int) -> int:
    """Return how often one picture goes through: two curves for each method, and for random maps."""
    return 2 * (steps + 1) * (methods + 1)


def pictures_judged(multiply_adds: int, trained: float = 0) -> int:
    """Return by how many pictures dead, similar and excited filters are found after a training."""
    passes = max(UNIT_WORK / max(multiply_adds, 1), UNIT_SHARE * trained)
    return int(np.clip(passes, FEWEST_JUDGED, MOST_JUDGED))


def pictures_heated(multiply_adds: int, trained: float = 0) -> int:
    """Return how many pictures get a coarse heat map after a training."""
    return int(max(HEAT_WORK / max(multiply_adds, 1), HEAT_SHARE * trained) / HEAT_PASSES)


def pictures_changed(multiply_adds: int, changes: int, trained: float = 0) -> int:
    """Return how many pictures are changed in so many ways after a training; 0 where that would cost too much."""
    passes = max(CHANGE_WORK / max(multiply_adds, 1), CHANGE_SHARE * trained)
    pictures = int(passes / max(changes, 1))
    return min(pictures, MOST_CHANGED) if pictures >= FEWEST_CHANGED else 0
