"""``spirula.subset``: a smaller data set out of a larger one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .showing.tables import Table

if TYPE_CHECKING:
    from ..data.samples import Progress


class Subset:
    """A written subset. ``table`` has one row per class; ``notes`` are sentences worth reading."""

    def __init__(self, folder: Path, table: Table, notes: tuple[str, ...]) -> None:
        self.folder = folder
        self.table = table
        self.notes = notes

    def __str__(self) -> str:
        notes = "".join(f"\nnote: {note}" for note in self.notes)
        return f"{self.table}{notes}\n\nWritten: {self.folder}"

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def subset(
    source: Any,
    out: str | Path,
    *,
    train: int = 0,
    validation: int = 0,
    test: int = 0,
    classes: str | Sequence[str] | None = None,
    seed: int | None = None,
    in_order: bool = False,
    link: bool = False,
    label_from: str | None = None,
    progress: Progress | None = None,
) -> Subset:
    """Write so many pictures of every class into ``out/train|validation|test/<class>/``, with a ``subset.csv``.

    Parameters
    ----------
    source: a folder of class folders (below splits or not), a folder of files named by their class such as
        ``cat.0.jpg``, a ``.tar`` or ``.zip`` of one of these, or a named set, whose images are written as PNG.
    out: a folder that does not exist or is empty; it appears only when it is complete.
    train, validation, test: pictures per class. A split that the source has is drawn from that split, one that it
        lacks from the source's training pictures.
    classes: those to take, as a list or as "cat,dog"; all without it.
    seed: of the draw (0 without it): the same seed and source give the same pictures on any machine.
    in_order: take the pictures in their natural order (cat.2 before cat.10) instead: training first, then validation,
        then test.
    link: symbolic links to the originals instead of copies.
    label_from: "folder" or "name"; found out without it.

    Raises :class:`InputError` and :class:`DataError` for options that cannot work and for classes with too few
    pictures.
    """
    from ..data.sources.pool import pool_of
    from ..data.sources.subset import write_subset

    if in_order and seed is not None:
        raise InputError(
            f"seed = {seed} would have no effect: the pictures are taken in order", "Leave one of them out."
        )
    if isinstance(classes, str):
        classes = [name.strip() for name in classes.split(",") if name.strip()]
    counts = {"train": train, "validation": validation, "test": test}
    with pool_of(source, label_from, progress) as pool:
        drawn = None if in_order else seed or 0
        done = write_subset(
            pool, Path(out).expanduser(), counts, classes=classes, seed=drawn, link=link, progress=progress
        )
    rows = [
        {"class": name, "there": there, **{split: of_class[name] for split, of_class in done.counts.items()}}
        for name, there in done.available.items()
    ]
    return Subset(done.folder, Table(rows, f"Pictures per class in {done.folder}"), done.notes)
