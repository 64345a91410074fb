"""Receptive fields: which part of the input a position of a map can see.

Along one side, position i of a map sees the input positions ``start + i·stride … end + i·stride``. Convolution, pooling
and padding move the three numbers by simple rules (Araujo, Norris, Sim 2019, "Computing receptive fields of
convolutional neural networks"); where branches meet, the field is the union of theirs. Fields are theoretical: padding
is not cut off, and the statistics of normalisation layers do not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """The field along one side, in input pixels."""

    start: float = 0.0
    end: float = 0.0
    stride: float = 1.0

    @property
    def size(self) -> int:
        return math.ceil(self.end - self.start - 1e-9) + 1

    def window(self, kernel: float, stride: float, before: float, dilation: float = 1) -> Span:
        """Return the field after a window slid over the map, with padding before it."""
        start = self.start - before * self.stride
        end = self.end + ((kernel - 1) * dilation - before) * self.stride
        return Span(start, end, self.stride * stride)

    def union(self, other: Span, length: int) -> Span:
        """Return the smallest field that covers both, for a map of ``length`` positions."""
        if self.stride == other.stride:
            return Span(min(self.start, other.start), max(self.end, other.end), self.stride)
        # Branches of different strides: the size is largest at one of the two ends of the map.
        last = length - 1
        sizes = [
            (
                max(self.end + i * self.stride, other.end + i * other.stride)
                - min(self.start + i * self.stride, other.start + i * other.stride)
            )
            for i in (0, last)
        ]
        start = min(self.start, other.start)
        return Span(start, start + max(sizes), max(self.stride, other.stride))


@dataclass(frozen=True)
class Field:
    """Fields along height and width; ``whole``: every value sees the whole input; ``known``: whether they are known."""

    rows: Span = Span()
    columns: Span = Span()
    whole: bool = False
    known: bool = True

    def window(
        self,
        kernel: tuple[float, float],
        stride: tuple[float, float],
        before: tuple[float, float],
        dilation: tuple[float, float] = (1, 1),
    ) -> Field:
        """Return the field after a window slid over the map."""
        if self.whole or not self.known:
            return self
        rows, columns = (
            span.window(*side)
            for span, side in zip(
                (self.rows, self.columns), zip(kernel, stride, before, dilation, strict=True), strict=True
            )
        )
        return Field(rows, columns)

    def union(self, other: Field, shape: tuple[int, int]) -> Field:
        """Return the field of values made from both."""
        if not self.known or not other.known:
            return UNKNOWN
        if self.whole or other.whole:
            return WHOLE
        return Field(self.rows.union(other.rows, shape[0]), self.columns.union(other.columns, shape[1]))

    def seen(self, input_shape: tuple[int, ...]) -> tuple[tuple[int, int] | None, tuple[float, float] | None]:
        """Return what a position sees of an input of (H, W, C), and the step from one position to the next.

        Both are (height, width) in input pixels. The size is that of the input, and there is no step, where every value
        sees the whole input; vectors have neither, nor has what is not known.
        """
        if len(input_shape) != 3 or not self.known:
            return None, None
        if self.whole:
            return (input_shape[0], input_shape[1]), None
        return (self.rows.size, self.columns.size), (_whole(self.rows.stride), _whole(self.columns.stride))


def _whole(number: float) -> float:
    return int(number) if number == int(number) else round(number, 3)


WHOLE = Field(whole=True)
UNKNOWN = Field(known=False)
