"""The manifest: one row per sample, with its label, its split and where it came from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ..errors import DataError
from ..runs.files import write_text

Task = Literal["classification", "multilabel", "regression"]
TASKS: tuple[Task, ...] = ("classification", "multilabel", "regression")
SPLITS = ("train", "validation", "test")
COLUMNS = ("id", "label", "split", "group", "verdict", "code", "reason")
_OLD_COLUMNS = ("id", "label", "split", "group", "refused")


@dataclass(frozen=True, eq=False)
class Manifest:
    """Every sample of a data set; row i of every column speaks of the same sample.

    task: ``"classification"``, ``"multilabel"`` or ``"regression"``.
    classes: names in NFC; sorted (whole numbers by value), except that a named set keeps its official order.
        Empty for regression.
    ids: N unique, stable names: the path relative to the source with ``/``, or ``train/000123`` in arrays.
    targets: int64 (N,) index into ``classes`` | float32 (N, K) of 0 and 1 | float32 (N,).
    splits: str (N,), each ``"train"``, ``"validation"`` or ``"test"``; with folds also ``"fold-1"``, … and ``"apart"``,
        see :mod:`spirula.data.splits.folds`.
    groups: N names of what must stay together, or ``None``.
    verdicts: (id, reason) of each file that could not be used; these are not among the rows.
    remarks: id → (verdict, code, reason) of each file of which the ledger has something to say, refused ones too.
    source: what the user named. fingerprint: SHA-256 (hex) over content, labels and splits; not over where it lies.
    notes: sentences worth showing.
    """

    task: Task
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    targets: np.ndarray
    splits: np.ndarray
    groups: tuple[str, ...] | None = None
    verdicts: tuple[tuple[str, str], ...] = ()
    source: str = ""
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    remarks: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, split: str) -> np.ndarray:
        """Return the rows of one split, int64, ascending."""
        return np.flatnonzero(self.splits == split)

    def counts(self) -> dict[str, int]:
        """Return the number of samples of each split that has any."""
        names, numbers = np.unique(self.splits, return_counts=True)
        counted = dict(zip(names.tolist(), numbers.tolist(), strict=True))
        order = [split for split in SPLITS if split in counted]
        return {split: counted[split] for split in [*order, *(name for name in counted if name not in SPLITS)]}

    def class_counts(self) -> dict[str, dict[str, int]]:
        """Return split → class → number of samples (of labels, for multi-label). Empty for regression."""
        if self.task == "regression":
            return {}
        counted: dict[str, dict[str, int]] = {}
        for split in self.counts():
            targets = self.targets[self.splits == split]
            if self.task == "multilabel":
                numbers = targets.sum(axis=0)
            else:
                numbers = np.bincount(targets, minlength=len(self.classes))
            counted[split] = {name: int(number) for name, number in zip(self.classes, numbers, strict=True)}
        return counted

    def labels(self) -> list[str]:
        """Return each row's label as text: a class name, names joined by a separator, or a number."""
        if self.task == "regression":
            return [repr(float(str(value))) for value in self.targets]
        if self.task == "multilabel":
            separator = _separator(self.classes)
            return [
                separator.join(name for name, hot in zip(self.classes, row, strict=True) if hot) for row in self.targets
            ]
        return [self.classes[target] for target in self.targets.tolist()]

    def write_csv(self, path: str | Path) -> None:
        """Write ``id,label,split,group,verdict,code,reason``: the samples, then the refused files."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)  # RFC 4180 line ends: with any other, a name that holds "\r" would not be quoted
        writer.writerow(COLUMNS)
        groups: Iterable[str] = self.groups if self.groups is not None else [""] * len(self)
        fine = ("accepted", "", "")
        writer.writerows(
            (identity, label, split, group, *self.remarks.get(identity, fine))
            for identity, label, split, group in zip(self.ids, self.labels(), self.splits, groups, strict=True)
        )
        writer.writerows(
            (identity, "", "", "", *self.remarks.get(identity, ("refused", "", reason)))
            for identity, reason in self.verdicts
        )
        write_text(Path(path), text.getvalue())


def read_csv(
    path: str | Path,
    *,
    task: Task,
    classes: Iterable[str],
    source: str = "",
    fingerprint: str = "",
    notes: Iterable[str] = (),
) -> Manifest:
    """Read what :meth:`Manifest.write_csv` wrote; what a CSV cannot hold is given beside it.

    Raises :class:`DataError` when the file is missing, damaged, or names a class that is not in ``classes``.
    """
    try:
        with Path(path).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            header, *rows = list(csv.reader(file))
        if tuple(header) == _OLD_COLUMNS:
            rows = [[*row[:4], "refused" if "".join(row[4:]) else "accepted", "", *row[4:]] for row in rows]
        elif tuple(header) != COLUMNS:
            raise ValueError(f"its columns are not {', '.join(COLUMNS)}")
        if any(len(row) != len(COLUMNS) for row in rows):
            raise ValueError("a row has more or fewer values than the header")
        kept = [row for row in rows if row[4] != "refused"]
        names = tuple(classes)
        targets = _targets([row[1] for row in kept], task, names)
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise DataError(f"{path} is not a manifest: {error}", "Name the manifest.csv of a run folder.") from error
    groups = tuple(row[3] for row in kept)
    return Manifest(
        task=task,
        classes=names,
        ids=tuple(row[0] for row in kept),
        targets=targets,
        splits=np.array([row[2] for row in kept], dtype="<U10"),
        groups=groups if any(groups) else None,
        verdicts=tuple((row[0], row[6]) for row in rows if row[4] == "refused"),
        remarks={row[0]: (row[4], row[5], row[6]) for row in rows if row[6]},
        source=source,
        fingerprint=fingerprint,
        notes=tuple(notes),
    )


def _targets(labels: list[str], task: Task, classes: tuple[str, ...]) -> np.ndarray:
    if task == "regression":
        return np.array([float(label) for label in labels], dtype=np.float32)
    index = {name: position for position, name in enumerate(classes)}
    if task == "classification":
        return np.array([index[label] for label in labels], dtype=np.int64)
    separator = _separator(classes)
    targets = np.zeros((len(labels), len(classes)), dtype=np.float32)
    for row, label in enumerate(labels):
        for name in filter(None, label.split(separator)):
            targets[row, index[name]] = 1.0
    return targets


def _separator(classes: tuple[str, ...]) -> str:
    """Return a separator that no class name contains, chosen from the names alone so that reading agrees."""
    return next(mark for mark in (";", "|", "\t", "\x1f") if not any(mark in name for name in classes))
