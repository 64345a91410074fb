"""What the loop needs from a stream of batches; ``data.batches.Batches`` is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from torch import Tensor


class Batch(Protocol):
    """Some samples, already on the device of the network."""

    @property
    def images(self) -> Tensor:
        """float32, (B, C, H, W) or (B, F)."""

    @property
    def targets(self) -> Tensor:
        """int64 (B,) class numbers; float32 (B, K) soft or multi-hot; float32 (B,) numbers."""


class Feed(Protocol):
    """Batches that depend only on the epoch and the step, so that a training can go on anywhere."""

    @property
    def samples(self) -> int:
        """Samples in an epoch."""

    def __len__(self) -> int:
        """Steps in an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from step ``start`` on: the same ones however often it is asked."""
