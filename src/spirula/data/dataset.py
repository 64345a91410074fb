"""Loading: from a source to decoded pixels with labels, splits and a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import DataError
from .cache import cache_folder
from .division import copy_notes, divided, refuse_losses, split_notes
from .labels import match_classes
from .manifest import Manifest
from .pixels import decoded
from .samples import Columns, Progress, Request, Samples
from .sizes import fit_array
from .sources import read_source


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples ready to be batched.

    manifest: one row per sample. pixels: uint8 (N, H, W, C), possibly a read-only memory map; or float32 (N, H, W, C)
    or (N, F) when the source holds floats. Row i of both is the same sample; refused files are in neither.
    settings: options as they were applied (task, image_size, channels, resize, validation, test); one that did not
    apply is not among them. derived: option → reason, for those of them that the user did not give.
    """

    manifest: Manifest
    pixels: np.ndarray
    derived: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.manifest)

    def rows(self, split: str) -> np.ndarray:
        """Return the rows of one split, int64, ascending."""
        return self.manifest.rows(split)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(H, W, C) or (F,)."""
        return tuple(int(side) for side in self.pixels.shape[1:])


def load(
    source: Any,
    *,
    task: str | None = None,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
    resize: str | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    path_column: str | None = None,
    label_column: str | None = None,
    split_column: str | None = None,
    group_column: str | None = None,
    classes: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load a source and divide it for training.

    source: a named set ("mnist", "fashion-mnist", "cifar10", "digits"), a folder, a table, an .npz, a folder of IDX
        files; or arrays (x, y), a dictionary of arrays, any map-style data set.
    task: "classification", "multilabel" or "regression"; read from the labels when not given.
    image_size: (height, width) in pixels. channels: 1 or 3. resize: "squash", "crop" or "pad". Derived when not given,
        see :mod:`spirula.data.sizes`.
    validation: share of the training samples, 0 ≤ share < 1; 0.2 when the source has no validation split.
    test: share of the samples, taken first; 0.1 when the source has no test split.
    seed: of the division.
    *_column: names of table columns, see :func:`spirula.data.tables.read_table`.
    classes: class names of an existing run; the labels are then matched to them by name.
    progress: called with (what is being done, done, total).

    Raises :class:`DataError` for what cannot be read or would have no effect, :class:`DownloadError` for a named set
    that is nowhere to be had.
    """
    columns = Columns(path_column, label_column, split_column, group_column)
    request = Request(task, image_size, channels, resize, columns, False, progress)
    samples, content = _contents(source, request, classes)
    splits, shares, reasons = divided(samples, validation, test, seed)
    notes = (*samples.notes, *split_notes(samples, splits, shares), *copy_notes(content.digests, splits))
    derived = {**content.derived, **{name: reason for name, reason in reasons.items() if name in shares}}
    manifest = _manifest(samples, splits, content, notes)
    return Dataset(manifest, content.pixels, derived, {**content.settings, **shares})


def load_all(
    source: Any,
    *,
    classes: Sequence[str] | None = None,
    task: str | None = None,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
    resize: str | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    split_column: str | None = None,
    group_column: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load a source to be evaluated: nothing is divided.

    A source with splits keeps them; of one without, every row is "test". A class may be missing, and ``classes``
    (those of the run) says which index each name has. ``resize`` may be given although no image needs it, because it
    is the run's. Other arguments and errors as in :func:`load`.
    """
    columns = Columns(path_column, label_column, split_column, group_column)
    request = Request(task, image_size, channels, resize, columns, True, progress)
    samples, content = _contents(source, request, classes)
    splits = samples.splits if samples.splits is not None else np.full(len(samples), "test", dtype="<U10")
    notes = (*samples.notes, *copy_notes(content.digests, splits))
    return Dataset(_manifest(samples, splits, content, notes), content.pixels, content.derived, content.settings)


@dataclass(frozen=True, eq=False)
class _Content:
    pixels: np.ndarray
    digests: np.ndarray | None  # uint8 (N, 32), SHA-256 of each file
    sha256: str
    settings: dict[str, Any]
    derived: dict[str, str]


def _contents(source: Any, request: Request, classes: Sequence[str] | None) -> tuple[Samples, _Content]:
    """Read, decode and match to ``classes``; the samples that are left belong to the pixels row by row."""
    samples, plan = read_source(source, request)
    if classes is not None:
        samples = _with_classes(samples, classes)
    digests = None
    if samples.blobs is not None:
        store = decoded(samples.blobs, samples.ids, cache_folder("pixels"), request)
        verdicts = (*samples.verdicts, *((samples.ids[row], reason) for row, reason in store.refused))
        refuse_losses(samples, store.rows, verdicts)
        samples = replace(samples.take(store.rows), verdicts=verdicts)
        pixels, plan, digests = store.pixels, store.plan, store.digests
        sha256 = hashlib.sha256(digests.tobytes()).hexdigest()
    else:
        assert samples.pixels is not None
        sha256 = hashlib.sha256(np.ascontiguousarray(samples.pixels).data).hexdigest()
        pixels, plan = (samples.pixels, plan) if plan is not None else fit_array(samples.pixels, request)
    settings: dict[str, Any] = {"task": samples.task}
    derived = {} if request.task else dict(samples.derived)
    if plan is not None:
        settings |= {"image_size": (plan.height, plan.width), "channels": plan.channels}
        settings |= {"resize": plan.resize} if plan.resize else {}
        derived |= plan.derived
    return samples, _Content(pixels, digests, sha256, settings, derived)


def _with_classes(samples: Samples, classes: Sequence[str]) -> Samples:
    if samples.task == "regression":
        raise DataError(f"{samples.source} holds numbers, but the run was trained on classes", "Use other data.")
    if samples.task == "multilabel":
        table = match_classes(samples.classes, np.asarray(samples.targets.any(axis=0)), classes, samples.source)
        targets = np.zeros((len(samples), len(classes)), dtype=np.float32)
        targets[:, table[table >= 0]] = samples.targets[:, table >= 0]
    else:
        used = np.bincount(samples.targets, minlength=len(samples.classes)) > 0
        targets = match_classes(samples.classes, used, classes, samples.source)[samples.targets]
    return replace(samples, classes=tuple(classes), targets=targets)


def _manifest(samples: Samples, splits: np.ndarray, content: _Content, notes: Sequence[str]) -> Manifest:
    state = hashlib.sha256(content.sha256.encode())
    for part in (samples.task, *samples.classes, *samples.ids, *splits.tolist()):
        state.update(part.encode("utf-8", "surrogateescape") + b"\0")
    state.update(np.ascontiguousarray(samples.targets).astype(samples.targets.dtype.newbyteorder("<")).tobytes())
    return Manifest(
        task=samples.task,
        classes=samples.classes,
        ids=samples.ids,
        targets=samples.targets,
        splits=splits,
        groups=samples.groups,
        verdicts=samples.verdicts,
        source=samples.source,
        fingerprint=state.hexdigest(),
        notes=tuple(notes),
    )
