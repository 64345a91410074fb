"""How many samples are embedded and laid out at the end of a training: some tenths of a second, or its 50th part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LITTLE = 3e9  # multiply-adds, about 0.2 s of one processor core, may always be spent
SHARE = 0.02  # of the training's
FEWEST, MOST_TRAINING = 200, 10_000
MOST_FROZEN = 50_000  # training samples whose features are known anyway
FEWEST_LAID_OUT, MOST_LAID_OUT = 500, 5_000
LAID_OUT_COSTS = 2e6  # multiply-adds that take as long as one sample of the map


@dataclass(frozen=True)
class Effort:
    """training: about so many training samples go through the network once more. laid_out: so many make the map."""

    training: int
    laid_out: int


def effort(multiply_adds: int, trained: float = 0) -> Effort:
    """Return what is done for a network by what one picture costs it, after ``trained`` passes of pictures.

    By arithmetic, not by the clock: so a training that is repeated leaves the same files.
    """
    each = max(multiply_adds, 1)
    half = max(LITTLE, SHARE * each * trained) / 2
    return Effort(
        training=int(np.clip(half / each, FEWEST, MOST_TRAINING)),
        laid_out=int(np.clip(half / LAID_OUT_COSTS, FEWEST_LAID_OUT, MOST_LAID_OUT)),
    )
