"""A batch in parts: its gradient is added up over them, so that it needs less memory at once.

A loss is a mean over samples, so the gradient of a batch is the mean of its parts' gradients, weighted by their sizes:
the same up to rounding. Not so for layers that normalise over the batch, which see a part (BatchNormalization), nor for
a loss of one's own that is no mean over samples.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from .feed import Batch
from .shortage import is_shortage
from .state import Position

T = TypeVar("T")


@dataclass
class Parts:
    """How much of a batch is computed at once: ``at.micro`` samples, 0 for all of it. It is kept in checkpoints.

    halves: whether it is halved where memory runs out. news: sizes that were halved and not yet told.
    """

    at: Position = field(default_factory=lambda: Position(0))
    halves: bool = False
    news: list[int] = field(default_factory=list)

    def first(self, samples: int) -> int:
        """Return how many of a batch of so many are computed first: the most that are computed at once."""
        size = min(self.at.micro or samples, samples)
        return samples if samples - size == 1 != size else size

    def of(self, batch: Batch) -> Iterator[tuple[slice, float]]:
        """Yield the rows of each part, with its share of the batch."""
        samples = len(batch.images)
        size = self.at.micro or samples
        # A single sample that is left over joins the part before it: batch normalisation cannot train on one.
        starts = [low for low in range(0, samples, size) if samples - low > 1 or low == 0 or size == 1]
        for low, high in zip(starts, [*starts[1:], samples], strict=True):
            yield slice(low, high), (high - low) / samples

    def fitting(self, batch: Batch, compute: Callable[[Batch], T]) -> T:
        """Return ``compute(batch)``, again with half as much at once where memory ran out.

        Raises what ``compute`` raises where that is something else, where halving is not allowed or one sample is left.
        """
        while True:
            try:
                return compute(batch)
            except (RuntimeError, MemoryError) as error:
                size = min(self.at.micro or len(batch.images), len(batch.images))
                if not self.halves or size == 1 or not is_shortage(error):
                    raise
            # Outside of the handler: the error holds the memory of what failed, and may be part of a circle.
            gc.collect()
            self.at.micro = -(-size // 2)
            self.news.append(self.at.micro)
