"""Whether maps of importance are better than random ones: areas under deletion and insertion curves, with intervals.

Source: Petsiuk, Das, Saenko 2018, "RISE: Randomized input sampling for explanation" (arXiv:1806.07421).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .paired import Difference, compare_errors

FEWEST = 8  # pictures that a comparison needs


@dataclass(frozen=True, eq=False)
class Areas:
    """The mean value of the class along the way, for each picture (N,): a probability, of a regression its value."""

    deletion: np.ndarray
    insertion: np.ndarray

    @property
    def gain(self) -> np.ndarray:
        return np.asarray(self.insertion - self.deletion)


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """A method's areas beside those of random maps, over the same pictures. ``gain`` is insertion minus deletion."""

    method: Areas
    random: Areas

    @classmethod
    def stored(cls, arrays: Mapping[str, np.ndarray], number: int = 0) -> Faithfulness:
        """Return that of the method in row ``number`` of stored arrays; :func:`faithful_arrays` has made them."""
        return cls(
            Areas(arrays["deletion"][number], arrays["insertion"][number]),
            Areas(arrays["random_deletion"][number], arrays["random_insertion"][number]),
        )

    @property
    def deletion(self) -> Difference:
        return compare_errors(self.method.deletion, self.random.deletion)

    @property
    def insertion(self) -> Difference:
        return compare_errors(self.method.insertion, self.random.insertion)

    @property
    def gain(self) -> Difference:
        return compare_errors(self.method.gain, self.random.gain)

    @property
    def better(self) -> bool | None:
        """Whether the maps beat random ones: the gain's whole 95 % interval is above zero. None with few pictures."""
        interval = self.gain.interval
        return None if interval is None or self.gain.count < FEWEST else interval[0] > 0


def faithful_arrays(methods: Sequence[str], results: Sequence[Faithfulness]) -> dict[str, np.ndarray]:
    """Return methods: M names; deletion, insertion, random_deletion, random_insertion: float64 (M, N)."""
    return {
        "methods": np.asarray(methods, dtype=np.str_),
        "deletion": np.stack([result.method.deletion for result in results]),
        "insertion": np.stack([result.method.insertion for result in results]),
        "random_deletion": np.stack([result.random.deletion for result in results]),
        "random_insertion": np.stack([result.random.insertion for result in results]),
    }
