"""How the numbers in a tensor are described without torch: their range, and how many are none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Values:
    """What is in a tensor.

    low, high: of its finite entries; both 0 when there is none. zeros, nans, infinities: how many of ``count``.
    """

    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float
    zeros: int
    nans: int
    infinities: int

    @property
    def count(self) -> int:
        size = 1
        for side in self.shape:
            size *= side
        return size

    @property
    def finite(self) -> bool:
        return not self.nans and not self.infinities

    @property
    def largest(self) -> float:
        """Return the largest absolute value among the finite entries."""
        return max(-self.low, self.high)

    @property
    def broken(self) -> str:
        """Say what is not finite: ``inf (12 of 960 values)``."""
        kinds = [word for word, found in (("nan", self.nans), ("inf", self.infinities)) if found]
        bad = self.nans + self.infinities
        of = "" if self.count == 1 else f" ({bad:,} of {self.count:,} values)"
        return " and ".join(kinds) + of if kinds else "finite numbers"

    @property
    def described(self) -> str:
        """Say the range, how many are zero, the shape and the type."""
        if self.nans + self.infinities == self.count:
            between = self.broken
        elif self.low == self.high:
            between = f"all {number(self.low)}" if self.count > 1 else number(self.low)
        else:
            between = f"{number(self.low)} to {number(self.high)}"
        zeros = f", {self.zeros:,} zeros" if 0 < self.zeros < self.count else ""
        broken = f", {self.broken}" if not self.finite and self.nans + self.infinities < self.count else ""
        shape = "×".join(map(str, self.shape))
        return f"{between}{zeros}{broken} ({shape + ' ' if shape else ''}{self.dtype})"


def number(value: float) -> str:
    """Return three significant digits: ``0.000123``, ``3.57e+04``, ``nan``."""
    return f"{value:.3g}"
