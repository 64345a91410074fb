"""A view over :class:`spirula.data.batching.batches.Batches`, the one iterator that training uses too.

The same seed gives the same samples in the same order with the same augmentation as training does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from ...custom.piece import Piece
    from ...data.batching.augmentation import Augmentation
    from ...data.batching.batches import Batch, Batches
    from ...data.batching.preprocess import Normalize
    from ...data.dataset import Dataset

Layout = Literal["NHWC", "NCHW"]
_SAMPLES_TOGETHER = 256  # read at once where samples are wanted one by one
_SHOWN = 32  # pictures of a batch in a notebook
_END = object()


@dataclass(frozen=True, eq=False)
class BatchView:
    """Batches that can be gone through again and again; shows its first batch in a notebook.

    Every method returns a new view and leaves this one as it is. A pass is epoch 1, always the same one;
    :meth:`epoch` goes through others.
    """

    dataset: Dataset
    split: str
    rows: np.ndarray
    batch_size: int | None
    shuffled: bool
    seed: int
    augmentation: Augmentation | None
    normalize: Normalize
    layout: Layout
    labelled: bool = True
    own: Piece | None = None
    functions: tuple[Callable[..., Any], ...] = ()
    limit: int | None = None
    ahead: int = 0

    def __post_init__(self) -> None:
        _ = self._batches  # what cannot work is said at once

    @cached_property
    def _batches(self) -> Batches:
        from ...data.batching.batches import Batches
        from ...data.batching.own import OwnAugmentation
        from ...data.batching.preprocess import fit_preprocessing

        known = self.dataset.rows("train")
        return Batches(
            self.dataset,
            self.rows,
            batch_size=_SAMPLES_TOGETHER if self.batch_size is None else self.batch_size,
            preprocessing=fit_preprocessing(self.dataset, known if len(known) else self.rows, self.normalize),
            seed=self.seed,
            shuffle=self.shuffled,
            augmentation=self.augmentation,
            own=None if self.own is None else OwnAugmentation(self.own, self.seed),
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, in the order of the labels' numbers."""
        return self.dataset.manifest.classes

    def __len__(self) -> int:
        """Batches in a pass; samples when they come one by one."""
        number = self._batches.samples if self.batch_size is None else len(self._batches)
        return number if self.limit is None else min(number, self.limit)

    def __iter__(self) -> Iterator[Any]:
        return self.epoch(1)

    def epoch(self, number: int) -> Iterator[Any]:
        """Go through one epoch, counted from 1: another order and other augmentation in each, the same each time."""
        if number < 1:
            raise InputError(f"There is no epoch {number}", "Epochs count from 1.")
        made = map(self._mapped, islice(self._items(number), self.limit))
        return _prefetched(made, self.ahead) if self.ahead else made

    def batch(self, size: int | None) -> BatchView:
        """Return the samples in batches of ``size``; ``None`` for one by one."""
        return replace(self._unchanged("batch"), batch_size=size)

    def shuffle(self, seed: int | None = None) -> BatchView:
        """Return the samples in random order: of all of them, not of a buffer."""
        return replace(self._unchanged("shuffle"), shuffled=True, seed=self.seed if seed is None else seed)

    def take(self, number: int) -> BatchView:
        """Return the first ``number`` batches (or samples, when they come one by one)."""
        if not isinstance(number, int | np.integer) or number < 0:
            raise InputError(f"take({number!r}) is not possible", "Take a whole number, 0 or more.")
        return replace(self, limit=number if self.limit is None else min(number, self.limit))

    def map(self, function: Callable[..., Any]) -> BatchView:
        """Return what ``function(images, labels)`` makes of each batch (``function(images)`` without labels)."""
        if not callable(function):
            raise InputError(f"map({function!r}) is not possible", "Give a function of (images, labels).")
        return replace(self, functions=(*self.functions, function))

    def prefetch(self, number: int = 2) -> BatchView:
        """Return the same batches, up to ``number`` of them prepared by a thread while the last one is being used."""
        if not isinstance(number, int | np.integer) or number < 1:
            raise InputError(f"prefetch({number!r}) is not possible", "Prepare 1 or more ahead.")
        return replace(self, ahead=number)

    @cached_property
    def shapes(self) -> str:
        """The first batch in words: ``images (32, 180, 180, 3) uint8 · labels (32,) int64``."""
        first = next(iter(replace(self, ahead=0)), None)
        if first is None:
            return "no batch"
        parts = first if isinstance(first, tuple) else (first,)
        names = ("images", "labels") if len(parts) <= 2 else tuple(str(place) for place in range(len(parts)))
        if self._batches.preprocessing.height is None:
            names = ("values", *names[1:])
        return " · ".join(f"{name} {_shape(part)}" for name, part in zip(names, parts, strict=False))

    def __repr__(self) -> str:
        one = len(self) == 1
        what = f"batch{'' if one else 'es'} of {self.batch_size}" if self.batch_size else f"sample{'' if one else 's'}"
        classes = (
            f" · {len(self.classes)} classes: {', '.join(self.classes[:10])}" if self.labelled and self.classes else ""
        )
        share = f"{self.split}: {len(self.rows):,} of {len(self.dataset):,} samples"
        return f"{len(self):,} {what} · {self.shapes} · {share}{classes}"

    def pictures(self, most: int = _SHOWN) -> tuple[np.ndarray, list[str]]:
        """Return the first batch as pictures, uint8 (n, height, width, channels), and their labels as text.

        Raises :class:`InputError` where what is iterated over is no images.
        """
        from ...evaluation.pictures import as_pictures

        columns = self._first(most)
        array = columns[0] if columns else None
        if array is not None and array.ndim == 4 and self.layout == "NCHW" and array.shape[1] in (1, 3):
            array = array.transpose(0, 2, 3, 1)
        shown = as_pictures(array[:most]) if array is not None and array.ndim == 4 else None
        if shown is None or shown.shape[3] not in (1, 3):
            remedy = "Look at them before map()." if self.functions else "Only images can be shown."
            raise InputError(f"These are no pictures: {self.shapes}", remedy)
        texts = [self._label(label) for label in columns[1][:most]] if len(columns) > 1 else [""] * len(shown)
        return shown, texts

    def sheet(self, path: str | Path) -> Path:
        """Write the first batch as a sheet of pictures with their labels: .png, .svg or .html."""
        from .picture_sheet import write_sheet

        images, labels = self.pictures()
        return write_sheet(
            path, images, labels, title=f"{self.dataset.manifest.source}, {self.split}", foot=self.shapes
        )

    def _repr_html_(self) -> str:
        from .picture_sheet import sheet_svg

        words = f"<p>{escape(repr(self))}</p>"
        try:
            images, labels = self.pictures()
        except InputError:
            return words
        return sheet_svg(images, labels, title=self.split) + words

    def _first(self, most: int) -> list[np.ndarray]:
        """Return images and labels of the first batch, or of the first samples, as arrays; none that are no arrays."""
        items = list(islice(iter(replace(self, ahead=0)), most if self.batch_size is None else 1))
        if not items:
            return []
        join, least = (np.stack, 0) if self.batch_size is None else (np.concatenate, 1)
        columns = zip(*(item if isinstance(item, tuple) else (item,) for item in items), strict=True)
        return [
            join([np.asarray(value) for value in column])
            for column in columns
            if hasattr(column[0], "shape") and len(column[0].shape) >= least
        ]

    def _unchanged(self, verb: str) -> BatchView:
        if self.functions or self.limit is not None:
            raise InputError(f"{verb}() after map() or take() would mean something else", f"Call {verb}() first.")
        return self

    def _items(self, number: int) -> Iterator[tuple[Tensor, ...]]:
        for batch in self._batches.epoch(number):
            tensors = self._tensors(batch)
            if self.batch_size is None:
                yield from zip(*tensors, strict=True)
            else:
                yield tensors

    def _tensors(self, batch: Batch) -> tuple[Tensor, ...]:
        import torch

        images = batch.images
        if self.normalize == "none" and self.dataset.pixels.dtype == np.uint8:
            images = images.round().clamp(0, 255).to(torch.uint8)
        if self.layout == "NHWC" and images.ndim == 4:
            images = images.permute(0, 2, 3, 1)
        return (images.contiguous(), batch.targets) if self.labelled else (images.contiguous(),)

    def _mapped(self, item: tuple[Tensor, ...]) -> Any:
        result: Any = item if len(item) > 1 else item[0]
        for function in self.functions:
            result = function(*result) if isinstance(result, tuple) else function(result)
        return result

    def _label(self, label: Any) -> str:
        if self.dataset.manifest.task == "regression":
            return f"{float(label):.4g}"
        if np.ndim(label) == 0:
            return self.classes[int(label)]
        shares = [(name, float(share)) for name, share in zip(self.classes, label, strict=True) if share > 0]
        return ", ".join(name if share > 0.995 else f"{name} {share:.2f}" for name, share in shares) or "(none)"


def _prefetched(items: Iterator[Any], ahead: int) -> Iterator[Any]:
    """Yield the items, ``ahead`` of them made by a thread beforehand; its errors are raised here."""
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:
        waiting: deque[Future[Any]] = deque(pool.submit(next, items, _END) for _ in range(ahead))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(pool.submit(next, items, _END))
                yield item
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _shape(value: Any) -> str:
    if hasattr(value, "shape"):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    return type(value).__name__
