"""Batches: the one way from a data set to what a training step gets.

Order and augmentation are pure functions of (seed, epoch): asking twice gives the same batches, any
step can be started from, and nothing depends on where the pixels live or how many threads there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import InputError
from .augment import Draws, augment, draw
from .augmentation import Augmentation
from .crew import side_by_side
from .mixing import mix_images, mix_targets
from .normalize import blocks, empty_input, folded, normalized
from .order import balanced, shuffled
from .own import OwnAugmentation
from .preprocess import Preprocessing, undo, value_range
from .residence import Residence, sent

if TYPE_CHECKING:
    from ..dataset import Dataset

# Random parameters are drawn for this many samples at once: few calls, little memory.
_DRAWN_AT_ONCE = 1 << 16
# Values of input that are made together: small batches several at once, because every operation has a price of its own.
# On a CPU they stay in the processor's caches until they are used.
_MADE_TOGETHER = 1 << 20
_MADE_TOGETHER_ON_DEVICE = 1 << 24
# Values in a part of a batch that is given to a thread: with fewer, handing it over takes longer than making it. Where
# pixels are only moved, the memory is what they wait for, and a second thread hardly moves them sooner.
_WORTH_A_THREAD = 1 << 16
_WORTH_A_THREAD_TO_MOVE = 1 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Some samples, ready for the network.

    images: float32 (B, C, H, W) or (B, F), on the device.
    targets: int64 (B,) class numbers; float32 (B, K) multi-hot, or soft after mixing; float32 (B,)
        numbers; on the device.
    rows: int64 (B,) rows of the data set, on the CPU.
    """

    images: Tensor
    targets: Tensor
    rows: Tensor


class Feed(Protocol):
    """Batches of a data set's samples, epoch by epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch."""


class Batches:
    """The batches of some rows of a data set, epoch by epoch.

    Parameters
    ----------
    dataset: pixels and manifest.
    rows: (n,) rows to draw from, such as ``dataset.rows("train")``.
    batch_size: samples per batch; the last batch of an epoch may be smaller, and when shuffling one larger: a
        sample that would be left alone joins it.
    preprocessing: how raw values become input.
    device: where images and targets are wanted.
    seed: of order and augmentation, not negative.
    shuffle: draw in random order; otherwise in the order of ``rows``.
    augmentation: random changes; ``None`` for none.
    own: an augmentation of the user's own, which comes after those.
    sampling: ``uniform`` draws every row once per epoch, ``balanced`` every class equally often (as
        many draws in all); needs ``shuffle``.
    channels_last: memory format of the images.

    Raises
    ------
    InputError: options that cannot work on this data, with the remedy.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: NDArray[np.int64],
        *,
        batch_size: int,
        preprocessing: Preprocessing,
        device: torch.device | str = "cpu",
        seed: int = 0,
        shuffle: bool = False,
        augmentation: Augmentation | None = None,
        own: OwnAugmentation | None = None,
        sampling: Literal["uniform", "balanced"] = "uniform",
        channels_last: bool = False,
    ) -> None:
        task = dataset.manifest.task
        shape = tuple(dataset.pixels.shape[1:])
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise InputError(f"batch_size = {batch_size!r} is no size", "Choose a whole number, 1 or more.")
        if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
            raise InputError(f"seed = {seed!r} cannot work", "Choose a whole number from 0 to 2**63 - 1.")
        if shape != preprocessing.input_shape:
            raise InputError(
                f"The samples have shape {shape}, but the preprocessing was made for {preprocessing.input_shape}",
                "Load the data with the image size and channels of the preprocessing.",
            )
        if sampling == "balanced" and task != "classification":
            raise InputError(
                f'sampling = "balanced" needs one class per sample, and the task is {task}', "Leave sampling out."
            )
        if sampling == "balanced" and not shuffle:
            raise InputError('sampling = "balanced" draws at random, but shuffle is off', "Turn shuffle on.")
        if augmentation is not None:
            augmentation.check(shape, task)
        self.batch_size = batch_size
        self.preprocessing = preprocessing
        self.device = torch.device(device)
        self.seed = seed
        self.shuffle = shuffle
        self.augmentation = augmentation if augmentation != Augmentation() else None
        self.own = own
        self.sampling = sampling
        self.channels_last = channels_last
        self._rows = np.ascontiguousarray(rows, dtype=np.int64)
        self._shape = shape
        smaller = None if self.augmentation is None else self.augmentation.train_size
        self._made = shape if smaller is None else (*smaller, shape[2])
        self._raw = dataset.pixels
        self._classes = dataset.manifest.targets[self._rows]
        self._targets = torch.from_numpy(self._classes).to(self.device)
        self._outputs = len(dataset.manifest.classes)
        self._factor, self._offset = folded(preprocessing, self.device)
        recolours = self.augmentation is not None and self.augmentation.recolours
        self._range = value_range(dataset.pixels, self._rows) if recolours else (0.0, 255.0)

    def __len__(self) -> int:
        """Steps per epoch."""
        steps, left = divmod(self.samples, self.batch_size)
        # A sample that would be left alone joins the batch before it: batch normalisation cannot train on one.
        alone = left == 1 and self.shuffle and steps > 0
        return steps + (left > 0 and not alone)

    @property
    def samples(self) -> int:
        """Samples per epoch."""
        return len(self._rows)

    @cached_property
    def _pixels(self) -> Residence:
        # Only when batches are asked for: what is never used takes no memory on the device.
        return Residence(self._raw, self._rows, self.device)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Go through the batches of an epoch, from step ``start`` (counted from 0) on, without replaying those before.

        Raises :class:`~spirula.errors.InputError` when ``start`` is not a step of the epoch; the end,
        ``len(self)``, is allowed and gives no batches.
        """
        if epoch < 0 or not 0 <= start <= len(self):
            raise InputError(
                f"There is no step {start} in epoch {epoch}", f"An epoch, from 0, has the steps 0 to {len(self)}."
            )
        return self._epoch(epoch, start)

    def _epoch(self, epoch: int, start: int) -> Iterator[Batch]:
        order, samples = self._order(epoch)
        # A sample is mixed with the next one, so a batch that mixes takes one more; the last sample meets the first.
        more = 1 if self.augmentation is not None and self.augmentation.mixes else 0
        order, samples = np.append(order, order[:more]), np.append(samples, samples[:more])
        index = self._pixels.index(order)
        places = sent(order, self.device)
        rows = torch.from_numpy(self._rows[order])
        together = list(self._together(start))
        spans = [self._span(steps) for steps in together]
        for steps, (low, high), drawn in zip(together, spans, self._draws(epoch, samples, spans, more), strict=True):
            targets = self._targets.index_select(0, places[low : high + more])
            if drawn is not None and drawn.share is not None:
                targets = self._mixed(targets, drawn.share)
            made = self._own_input if self.own is not None else self._input
            images = made(index[low : high + more], drawn, epoch, steps.start)
            self._pixels.expect(index[high + more : high + more + high - low])
            for step in steps:
                first, end = self._span(range(step, step + 1))
                part = slice(first - low, end - low)
                yield Batch(images[part], targets[part], rows[first:end])

    def _together(self, start: int) -> Iterator[range]:
        """Divide the steps from ``start`` on into those whose batches are made together: small ones are many."""
        values = _MADE_TOGETHER if self.device.type == "cpu" else _MADE_TOGETHER_ON_DEVICE
        # What the user's own augmentation does is a function of the step.
        many = 1 if self.own is not None else max(1, values // (self.batch_size * math.prod(self._made)))
        for first in range(start, len(self), many):
            yield range(first, min(first + many, len(self)))

    def _span(self, steps: range) -> tuple[int, int]:
        """Return the first place of some steps in the epoch's order and the one after their last."""
        end = self.samples if steps.stop == len(self) else steps.stop * self.batch_size
        return steps.start * self.batch_size, end

    def _order(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return positions in our rows in the order they are drawn, and the numbers that randomness knows them by."""
        if self.sampling == "balanced":
            return balanced(self.seed, epoch, self._rows, self._classes)
        if self.shuffle:
            return shuffled(self.seed, epoch, self._rows)
        return np.arange(self.samples), self._rows

    def _draws(
        self, epoch: int, samples: NDArray[np.int64], spans: Sequence[tuple[int, int]], more: int
    ) -> Iterator[Draws | None]:
        """Yield the random parameters of the samples of each span and of ``more`` after it, drawn for many at once."""
        begin = end = -1
        draws = None
        for low, high in spans:
            if self.augmentation is not None and high > end:
                begin, end = low, max(high, low + _DRAWN_AT_ONCE)
                block = samples[begin : end + more]
                draws = draw(self.augmentation, self.seed, epoch, block, self._shape, self.device)
            yield None if draws is None else draws.part(low - begin, high - begin + more)

    def _input(self, index: Tensor, draws: Draws | None, epoch: int, step: int) -> Tensor:
        """Gather, change and normalise the samples of a batch: on a CPU its parts side by side, all the way."""
        mixes = draws is not None and draws.share is not None
        number = len(index) - mixes
        images = empty_input(number, self._made, self.device, channels_last=self.channels_last)
        a = self.augmentation
        colours = a is not None and (a.recolours or a.hue is not None)
        computes = colours or (a is not None and (a.resamples or a.resized_crop is not None or a.mixes))

        def make(start: int, stop: int) -> None:
            for low, high in blocks(start, stop, self._shape, self.device, floats=colours):
                with_partner = slice(low, high + mixes)
                pixels = self._changed(index[with_partner], None if draws is None else draws.part(low, high + mixes))
                place = images[low:high]
                normalized(pixels, self._factor, self._offset, channels_last=self.channels_last, out=place)

        if self.device.type == "cpu":
            worth = _WORTH_A_THREAD if computes else _WORTH_A_THREAD_TO_MOVE
            side_by_side(make, number, least=1 + worth // math.prod(self._shape))
        else:
            make(0, number)
        return images

    def _own_input(self, index: Tensor, draws: Draws | None, epoch: int, step: int) -> Tensor:
        """The same with an augmentation of the user's own in between, which wants the whole batch."""
        assert self.own is not None
        pixels = self.own(self._changed(index, draws), epoch, step)
        return normalized(pixels, self._factor, self._offset, channels_last=self.channels_last)

    def _changed(self, index: Tensor, draws: Draws | None) -> Tensor:
        """Gather raw pixels and change them; when mixing, the last of ``index`` and ``draws`` is only a partner."""
        pixels = self._pixels.take(index)
        if self.augmentation is None or draws is None:
            return pixels
        if pixels.ndim == 4:
            pixels = augment(pixels, self.augmentation, draws, value_range=self._range)
        if draws.share is None:
            return pixels
        blend = None if draws.blend is None else draws.blend[:-1]
        patch = None if draws.patch is None else draws.patch[:-1]
        return mix_images(pixels, blend=blend, patch=patch)

    def _mixed(self, targets: Tensor, share: Tensor) -> Tensor:
        """Mix targets as the images are mixed; both arguments hold the partner of the last sample too."""
        if targets.ndim == 1:
            # Not one_hot(): it looks at the values, for which an accelerator would have to be waited for.
            hot = torch.zeros((len(targets), self._outputs), device=self.device)
            targets = hot.scatter_(1, targets[:, None], 1.0)
        return mix_targets(targets, share[:-1])


def sheet(batches: Batches, count: int, epoch: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return what the network really gets: the first ``count`` images of an epoch, augmented and all, as pictures.

    Returns ``(images, rows)``: (M, H, W, C) uint8 and the (M,) int64 rows of the data set that they
    came from, M = min(count, batches.samples). Vectors have no pictures: M = 0.
    """
    images: list[Tensor] = []
    rows: list[Tensor] = []
    if batches.preprocessing.height is not None:
        steps = -(-min(count, batches.samples) // batches.batch_size)
        for batch in islice(batches.epoch(epoch), steps):
            images.append(batch.images)
            rows.append(batch.rows)
    if not images:
        return np.zeros((0, 1, 1, 1), np.uint8), np.zeros(0, np.int64)
    return undo(torch.cat(images)[:count], batches.preprocessing), torch.cat(rows)[:count].numpy()
