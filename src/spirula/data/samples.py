"""What a reader of a source hands on, before anything is decoded or divided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Protocol

import numpy as np

from ..errors import InputError
from .manifest import Task

Progress = Callable[[str, int, int], None]


class Blobs(Protocol):
    """Encoded images that can be opened by row, from several threads at once."""

    @property
    def location(self) -> str:
        """Where they lie, absolutely: tells apart two places with the same names, sizes and times."""

    @property
    def sizes(self) -> np.ndarray:
        """Bytes, int64 (N,)."""

    @property
    def times(self) -> np.ndarray:
        """Time of the last change in nanoseconds, int64 (N,)."""

    def open(self, row: int) -> BinaryIO:
        """Open one of them; raises ``OSError``."""

    def take(self, rows: np.ndarray) -> Blobs:
        """Return some of them, in the order of ``rows``."""


@dataclass(frozen=True)
class Columns:
    """Names of table columns that the user gave; ``None`` means the usual name (split and group: if it is there)."""

    path: str | None = None
    label: str | None = None
    split: str | None = None
    group: str | None = None

    def given(self) -> list[str]:
        """Return the options that were set, by their names."""
        return [f"{name}_column" for name in ("path", "label", "split", "group") if getattr(self, name) is not None]


@dataclass(frozen=True)
class Request:
    """What the user asked of a source; ``None`` is derived.

    image_size: (height, width). whole: nothing will be divided, so a class without training samples is no mistake.
    progress: called with (what is being done, done, total).
    """

    task: str | None = None
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    resize: str | None = None
    columns: Columns = field(default_factory=Columns)
    whole: bool = False
    progress: Progress | None = None

    def __post_init__(self) -> None:
        size = self.image_size
        if size is not None and not (
            isinstance(size, tuple | list)
            and len(size) == 2
            and all(isinstance(side, int | np.integer) and int(side) >= 1 for side in size)
        ):
            raise InputError(f"image_size = {size} is not a size", "Give height and width in pixels: (180, 240).")


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled samples as their source gives them; columns as in :class:`spirula.data.manifest.Manifest`.

    Exactly one of ``pixels`` (already an array) and ``blobs`` (encoded images) is given.
    splits: as the source gives them, or ``None`` when it has none.
    derived: option → reason, for what the reader had to decide.
    """

    source: str
    task: Task
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    targets: np.ndarray
    splits: np.ndarray | None = None
    groups: tuple[str, ...] | None = None
    pixels: np.ndarray | None = None
    blobs: Blobs | None = None
    verdicts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    derived: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: np.ndarray) -> Samples:
        """Return the samples of ``rows`` (int64), in that order; pixels are not among them any more."""
        places: Sequence[int] = rows.tolist()
        return replace(
            self,
            ids=tuple(self.ids[row] for row in places),
            targets=self.targets[rows],
            splits=None if self.splits is None else self.splits[rows],
            groups=None if self.groups is None else tuple(self.groups[row] for row in places),
            pixels=None,
            blobs=None,
        )
