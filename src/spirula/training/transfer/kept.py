"""What frozen layers make of every image, computed once: the layers behind them are trained on that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...data.batching.batches import Batch, Batches
from ...data.batching.order import balanced, shuffled
from ...data.batching.residence import sent
from ...errors import ConfigError
from ..device import Machine
from .features import InterruptedHereError, Progress

SHARE_OF_FREE_MEMORY = 0.5


class KeptViews:
    """Batches of what ``lower`` made of some samples, in one or more augmented versions (views) of each.

    Epoch e shows every sample's view (e - 1) mod the number of views. Order and size of the batches are those that
    :class:`~spirula.data.batching.batches.Batches` has of the same seed. A feed for the training loop.

    Parameters
    ----------
    values: one tensor (n, …) for each view, row by row.
    rows: (n,) rows of the data set. targets: (n, …) of them, on the same device as ``values``. classes: (n,) class
        numbers, for balanced sampling.
    """

    def __init__(
        self,
        values: list[Tensor],
        rows: NDArray[np.int64],
        targets: Tensor,
        classes: NDArray[np.int64],
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
        sampling: Literal["uniform", "balanced"] = "uniform",
    ) -> None:
        self.batch_size = batch_size
        self._values, self._rows, self._targets, self._classes = values, rows, targets, classes
        self._seed, self._shuffle, self._sampling = seed, shuffle, sampling

    @property
    def samples(self) -> int:
        """Samples per epoch."""
        return len(self._rows)

    def __len__(self) -> int:
        """Steps per epoch. A sample that would be left alone joins the batch before it."""
        steps, left = divmod(self.samples, self.batch_size)
        return steps + (left > 0 and not (left == 1 and self._shuffle and steps > 0))

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Go through the batches of an epoch, from step ``start`` on."""
        values = self._values[(epoch - 1) % len(self._values)]
        order = self._order(epoch)
        places, index = torch.from_numpy(order), sent(order, values.device)
        ends = [*range(0, len(self) * self.batch_size, self.batch_size), self.samples]
        for low, high in list(pairwise(ends))[start:]:
            taken = values.index_select(0, index[low:high])
            # Kept as (n, H, W, C): a batch is in the memory format that convolutions want, without a copy.
            images = taken.permute(0, 3, 1, 2) if taken.ndim == 4 else taken
            targets = self._targets.index_select(0, index[low:high])
            yield Batch(images, targets, torch.from_numpy(self._rows)[places[low:high]])

    def _order(self, epoch: int) -> NDArray[np.int64]:
        if self._sampling == "balanced":
            return balanced(self._seed, epoch, self._rows, self._classes)[0]
        if self._shuffle:
            return shuffled(self._seed, epoch, self._rows)[0]
        return np.arange(self.samples)


@torch.no_grad()
def computed(
    lower: Callable[[Tensor], Tensor],
    batches: Batches,
    machine: Machine,
    epochs: range,
    stage: str,
    *,
    free_bytes: int | None = None,
    progress: Progress | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> list[Tensor]:
    """Return what ``lower`` makes of each sample in each of ``epochs``, in the order of ``batches``.

    The batches must not mix samples. Values are kept as the arithmetic gives them, maps as (n, H, W, C). Raises
    :class:`ConfigError` when they would take more than half of ``free_bytes``, and :class:`InterruptedHereError` when
    asked to stop.
    """
    found: list[Tensor] = []
    for number, epoch in enumerate(epochs):
        kept: Tensor | None = None
        done = 0
        for batch in batches.epoch(epoch):
            if interrupted():
                raise InterruptedHereError
            with machine.arithmetic():
                value = lower(batch.images)
            value = value.permute(0, 2, 3, 1) if value.ndim == 4 else value
            if kept is None:
                kept = _room(value, batches.samples, len(epochs) - number, free_bytes)
            kept[done : done + len(value)] = value
            done += len(value)
            if progress is not None:
                progress(f"{stage} {number + 1} of {len(epochs)}" if len(epochs) > 1 else stage, done, batches.samples)
        if kept is not None:
            found.append(kept)
    return found


def _room(value: Tensor, samples: int, views: int, free_bytes: int | None) -> Tensor:
    needed = samples * views * value[:1].nbytes
    if free_bytes is not None and needed > SHARE_OF_FREE_MEMORY * free_bytes:
        raise ConfigError(
            [
                f"views = {views}: what the frozen layers make of {samples:,} images in {views} views takes "
                f"{needed / 2**30:.1f} GiB, and {free_bytes / 2**30:.1f} GiB of memory are free."
            ],
            "Take fewer views, freeze more layers, or freeze none (--freeze none).",
        )
    return torch.empty((samples, *value.shape[1:]), dtype=value.dtype, device=value.device)
