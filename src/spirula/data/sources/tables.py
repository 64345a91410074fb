"""Tables (CSV, TSV, Parquet) of image paths and labels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import DataError, did_you_mean
from ...plural import counted
from ..pictures.ledger import sentence
from ..pictures.opening import one_line
from ..samples import Columns, Samples, changed
from ..splits.split import split_name
from .folders import FolderFiles
from .labels import encode

if TYPE_CHECKING:
    import polars

SUFFIXES = frozenset((".csv", ".tsv", ".parquet"))


def read_table(table: Path, task: str | None, columns: Columns) -> Samples:
    """Read a table with one row per image; paths are relative to the table's folder.

    The columns are path, label, and if present split and group, or as ``columns`` says. A label holds a class name, a
    number (task "regression") or several names joined by ``;`` or ``|`` (task "multilabel"). Everything is read as
    text, so that "007" stays "007".

    Raises :class:`DataError` that lists the columns, or names the rows that are wrong.
    """
    frame = _read(table)
    paths = _column(frame, columns.path, "path", table)
    labels = _column(frame, columns.label, "label", table)
    splits = _optional(frame, columns.split, "split", table)
    groups = _optional(frame, columns.group, "group", table)
    _refuse_blank(paths, "path", table)
    if task != "multilabel":
        _refuse_blank(labels, "label", table)
    ids = [str(path).strip().replace("\\", "/") if os.name == "nt" else str(path).strip() for path in paths]
    _refuse_twins(ids, table)
    encoded = encode(np.array([label or "" for label in labels], dtype=str), task)
    present, sizes, times, verdicts = _stat(table.parent, ids)
    rows = np.array(present, dtype=np.int64)
    missing = np.setdiff1d(np.arange(len(ids)), rows)
    single = encoded.task == "classification"
    samples = Samples(
        source=str(table),
        task=encoded.task,
        classes=encoded.classes,
        ids=tuple(ids),
        targets=encoded.targets,
        splits=None if splits is None else _splits(splits, table),
        groups=None if groups is None else _groups(groups, ids),
        verdicts=tuple(verdicts),
        lost=Counter(encoded.classes[kind] for kind in encoded.targets[missing].tolist()) if single else {},
        derived={} if task else {"task": encoded.reason},
    ).take(rows)
    if not len(samples):
        raise DataError(
            f"{table}: none of its {len(ids):,} paths leads to a file (the first is {ids[0]!r})",
            f"Paths are relative to {table.parent}.",
        )
    files = FolderFiles(
        str(table.parent), samples.ids, np.array(sizes, dtype=np.int64), np.array(times, dtype=np.int64)
    )
    return replace(samples, blobs=files)


def _read(table: Path) -> polars.DataFrame:
    import polars as pl

    try:
        if table.suffix.lower() == ".parquet":
            frame = pl.read_parquet(table, glob=False)
            return frame.select(pl.all().cast(pl.String, strict=False))
        return pl.read_csv(table, separator=_separator(table), infer_schema=False, glob=False)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        hint = "Save it as CSV in UTF-8." if "utf" in str(error).lower() else "Check the file."
        raise DataError(f"{table} cannot be read as a table: {str(error).splitlines()[0]}", hint) from error


def _separator(table: Path) -> str:
    """Return tab, semicolon or comma, whichever the header line has most of (comma when none)."""
    with table.open("rb") as file:
        header = file.readline(1 << 16)
    return max(",;\t", key=lambda mark: header.count(mark.encode()))


def _column(frame: polars.DataFrame, asked: str | None, usual: str, table: Path) -> list[str | None]:
    name = asked or usual
    if name not in frame.columns:
        raise DataError(
            f'{table} has no column "{name}"; its columns are {", ".join(frame.columns)}.'
            f"{did_you_mean(name, frame.columns)}",
            f"Name the column with --{usual}-column.",
        )
    return frame[name].to_list()


def _optional(frame: polars.DataFrame, asked: str | None, usual: str, table: Path) -> list[str | None] | None:
    return _column(frame, asked, usual, table) if asked or usual in frame.columns else None


def _refuse_blank(values: Sequence[str | None], what: str, table: Path) -> None:
    blank = [row for row, value in enumerate(values, 2) if value is None or not value.strip()]
    if blank:
        raise DataError(
            f"{table}: {counted(len(blank), 'row has', 'rows have')} no {what} (line {', '.join(map(str, blank[:5]))}"
            f"{' …' if len(blank) > 5 else ''})",
            "Fill them in or remove these rows.",
        )
    if not values:
        raise DataError(f"{table} has no rows", "Add a row per image.")


def _refuse_twins(ids: Sequence[str], table: Path) -> None:
    seen: set[str] = set()
    for path in ids:
        if path in seen:
            raise DataError(
                f"{table} lists {path} more than once", 'Keep one row per image; for several labels use "red;round".'
            )
        seen.add(path)


def _splits(values: Sequence[str | None], table: Path) -> np.ndarray:
    names = [split_name(value or "") for value in values]
    for row, (name, value) in enumerate(zip(names, values, strict=True), 2):
        if name is None:
            raise DataError(
                f'{table}, line {row}: the split is "{value or ""}"', "Use train, validation (val, valid) or test."
            )
    return np.array(names, dtype="<U10")


def _groups(values: Sequence[str | None], ids: Sequence[str]) -> tuple[str, ...]:
    """Return the groups; a sample without one is a group of its own."""
    return tuple((value or "").strip() or own for value, own in zip(values, ids, strict=True))


def _stat(root: Path, ids: Sequence[str]) -> tuple[list[int], list[int], list[int], list[tuple[str, str, str]]]:
    rows: list[int] = []
    sizes: list[int] = []
    times: list[int] = []
    verdicts: list[tuple[str, str, str]] = []
    for row, path in enumerate(ids):
        try:
            status = (root / path).stat()
        except (OSError, ValueError) as error:
            code = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
            verdicts.append((path, code, sentence(code, {"detail": one_line(error)})))
            continue
        rows.append(row)
        sizes.append(status.st_size)
        times.append(changed(status))
    return rows, sizes, times, verdicts
