"""Loading: from a source to decoded pixels with labels, splits and a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, UnusableDataError
from ..wording import parse_files
from .contents import Content, contents
from .manifest import Manifest
from .pictures.ledger import Ledger
from .samples import Blobs, Columns, Progress, Request, Samples, with_offer
from .sources.correcting import Corrected
from .splits.atoms import atoms_of, copies, grouped
from .splits.division import copy_notes, divided, split_notes
from .splits.duplicates import Twins
from .splits.folds import divided_in_folds
from .splits.honesty import twin_notes


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples ready to be batched.

    manifest: one row per sample. pixels: uint8 (N, H, W, C), possibly a read-only memory map; or float32 (N, H, W, C)
    or (N, F) when the source holds floats. Row i of both is the same sample; refused files are in neither.
    settings: options as they were applied (task, image_size, channels, resize, validation, test); one that did not
    apply is not among them. derived: option → reason, for those of them that the user did not give.
    files: the encoded images, row by row; ``None`` for arrays. problems: why a training would refuse these data, when
    they were loaded to be looked at. ledger: what became of every file, refused ones too; ``None`` for arrays.
    twins: samples that are the same picture; ``None`` when nobody asked for them. content: SHA-256 of the files (or of
    the array), whatever their labels and splits; empty when it is not known. corrections: what patches of labels did.
    """

    manifest: Manifest
    pixels: np.ndarray
    derived: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    files: Blobs | None = None
    problems: tuple[UnusableDataError, ...] = ()
    ledger: Ledger | None = None
    twins: Twins | None = None
    content: str = ""
    corrections: tuple[Corrected, ...] = ()

    def __len__(self) -> int:
        return len(self.manifest)

    def rows(self, split: str) -> np.ndarray:
        """Return the rows of one split, int64, ascending."""
        return self.manifest.rows(split)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(H, W, C) or (F,)."""
        return tuple(int(side) for side in self.pixels.shape[1:])


Embed = Callable[[Dataset], np.ndarray]


def load(
    source: Any,
    *,
    task: str | None = None,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
    resize: str | None = None,
    interpolation: str | None = None,
    crop_share: float | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    path_column: str | None = None,
    label_column: str | None = None,
    split_column: str | None = None,
    group_column: str | None = None,
    classes: Sequence[str] | None = None,
    group_by: str | None = None,
    duplicates: str | None = None,
    folds: int | None = None,
    fold: int | None = None,
    suspects: str | None = None,
    max_refused: float | None = None,
    labels: str | Path | Sequence[str | Path] | None = None,
    progress: Progress | None = None,
    to_look: bool = False,
    offer: Mapping[str, Any] | None = None,
    embed: Embed | None = None,
) -> Dataset:
    """Load a source and divide it for training.

    source: a named set ("mnist", "fashion-mnist", "cifar10", "digits"), a folder, a table, an .npz, a folder of IDX
        files; or arrays (x, y), a dictionary of arrays, any map-style data set.
    task: "classification", "multilabel" or "regression"; read from the labels when not given.
    image_size: (height, width) in pixels. channels: 1 or 3. resize: "squash", "crop" or "pad". Derived when not given,
        see :mod:`.pictures.sizes`. interpolation, crop_share: see :func:`.pictures.fitting.fit`.
    validation: share of the training samples, 0 ≤ share < 1; 0.2 when the source has no validation split.
    test: share of the samples, taken first; 0.1 when the source has no test split.
    seed: of the division.
    *_column: names of table columns, see :func:`spirula.data.sources.tables.read_table`.
    group_by: "folder", or a regular expression that names each sample's group, see :mod:`spirula.data.splits.atoms`.
    duplicates: "group" (the default) keeps copies of one picture together; "features" also those that only a
        pretrained network finds alike; "ignore" does not look for them.
    folds, fold: divide into so many folds, and make the one of this number the test split; see
        :func:`spirula.data.splits.folds.divided_in_folds`.
    classes: class names of an existing run; the labels are then matched to them by name.
    suspects: "keep" (the default) or "drop" pictures whose data are damaged, although they can be shown.
    max_refused: share of the files, and of those of each class, that may be unusable; 0.05 and 0.2 when not given.
    labels: files of labels that are to be others ("a.csv,b.csv", or a list), applied one after the other; see
        :func:`.sources.patch.read_patch`. The originals stay as they are.
    progress: called with (what is being done, done, total).
    to_look: data that a training would refuse are loaded too, and ``problems`` says why it would. What cannot be
        divided is then "train".
    offer: image_size, resize, interpolation and crop_share as a pretrained network likes them; each applies where it
        was not asked for otherwise and can change something.
    embed: gives the features of all samples, float (N, F), for duplicates = "features".

    Raises :class:`DataError` for what cannot be read or would have no effect, :class:`DownloadError` for a named set
    that is nowhere to be had.
    """
    columns = Columns(path_column, label_column, split_column, group_column)
    request = with_offer(
        Request(
            task,
            image_size,
            channels,
            resize,
            columns,
            False,
            progress,
            interpolation=interpolation,
            crop_share=crop_share,
            suspects=suspects,
            max_refused=max_refused,
            labels=_files(labels),
        ),
        offer or {},
    )
    problems: list[UnusableDataError] = []
    samples, content = contents(source, request, classes, problems if to_look else None)
    samples = grouped(samples, group_by)
    key = hashlib.sha256(f"{content.sha256} {content.settings}".encode()).hexdigest()
    features = None if embed is None else partial(embed, _undivided(samples, content))
    twins, copy_words = copies(samples, content.pixels, content.digests, key, duplicates, features)
    atoms = atoms_of(samples.groups, twins)
    try:
        if folds is None:
            splits, shares, reasons = divided(samples, validation, test, seed, atoms)
        else:
            splits, shares, reasons = divided_in_folds(samples, validation, test, seed, atoms, folds, fold)
    except UnusableDataError as error:
        if not to_look:
            raise
        problems.append(error)
        splits = samples.splits if samples.splits is not None else np.full(len(samples), "train", dtype="<U10")
        shares, reasons = {}, {}
    notes = (*samples.notes, *split_notes(samples, splits, shares, atoms), *copy_words)
    derived = {**content.derived, **{name: reason for name, reason in reasons.items() if name in shares}}
    manifest = _manifest(samples, splits, content, notes)
    manifest = replace(manifest, notes=(*notes, *twin_notes(manifest, twins)))
    settings = {**content.settings, **shares}
    found = Dataset(manifest, content.pixels, derived, settings, content.files, tuple(problems), content.ledger, twins)
    return replace(found, content=content.sha256, corrections=content.corrections)


def load_all(
    source: Any,
    *,
    classes: Sequence[str] | None = None,
    task: str | None = None,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
    resize: str | None = None,
    interpolation: str | None = None,
    crop_share: float | None = None,
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
    request = Request(
        task, image_size, channels, resize, columns, True, progress, interpolation=interpolation, crop_share=crop_share
    )
    samples, content = contents(source, request, classes)
    splits = samples.splits if samples.splits is not None else np.full(len(samples), "test", dtype="<U10")
    notes = (*samples.notes, *copy_notes(content.digests, splits))
    manifest = _manifest(samples, splits, content, notes)
    return Dataset(manifest, content.pixels, content.derived, content.settings, content.files, ledger=content.ledger)


def _files(labels: str | Path | Sequence[str | Path] | None) -> tuple[str, ...]:
    try:
        found = () if labels is None else parse_files(labels)
    except ValueError as error:
        raise InputError(f"labels: {error}") from error
    if not isinstance(found, tuple) or not all(isinstance(file, str) for file in found):
        raise InputError(f"labels = {labels!r} names no file", "Give a path, or a list of paths.")
    return found


def _undivided(samples: Samples, content: Content) -> Dataset:
    """Return all samples as one split."""
    manifest = _manifest(samples, np.full(len(samples), "train", dtype="<U10"), content, ())
    return Dataset(manifest, content.pixels, settings=content.settings, content=content.sha256)


def _manifest(samples: Samples, splits: np.ndarray, content: Content, notes: Sequence[str]) -> Manifest:
    state = hashlib.sha256(content.sha256.encode())
    for part in (samples.task, *samples.classes, *samples.ids, *splits.tolist()):
        state.update(part.encode("utf-8", "surrogateescape") + b"\0")
    state.update(np.ascontiguousarray(samples.targets).astype(samples.targets.dtype.newbyteorder("<")).tobytes())
    remarks = {name: ("refused", code, reason) for name, code, reason in samples.verdicts}
    return Manifest(
        task=samples.task,
        classes=samples.classes,
        ids=samples.ids,
        targets=samples.targets,
        splits=splits,
        groups=samples.groups,
        verdicts=tuple((name, reason) for name, _, reason in samples.verdicts),
        remarks=remarks if content.ledger is None else content.ledger.remarks(),
        source=samples.source,
        fingerprint=state.hexdigest(),
        notes=tuple(notes),
    )
