"""What a reader of a source hands on, before anything is decoded or divided."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, Protocol

import numpy as np

from ..errors import InputError
from .manifest import Task
from .pictures.reading import Place

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
        """What :func:`changed` says, or times of the last change, int64 (N,)."""

    def open(self, row: int) -> BinaryIO:
        """Open one of them; raises ``OSError``."""

    def take(self, rows: np.ndarray) -> Blobs:
        """Return some of them, in the order of ``rows``."""


class Files(Blobs, Protocol):
    """Blobs that another process can open too."""

    def place(self, row: int) -> Place:
        """Return where the bytes of one of them lie."""

    def take(self, rows: np.ndarray) -> Files:
        """Return some of them, in the order of ``rows``."""


def changed(status: os.stat_result) -> int:
    """Return a number that is another one when a file has changed.

    Copying tools bring the old time of change along with new content; the time of the file's own record they cannot.
    Of a file that was just written both are the same, so a plain difference of them would always be 0.
    """
    return (3 * status.st_mtime_ns + status.st_ctime_ns) % 2**63


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
    suspects: "keep" (``None`` too) or "drop" the pictures whose data are damaged. max_refused: share of the files, and
    of those of each class, that may be refused before the data count as another set; ``None``: 5 % and 20 %.
    interpolation, crop_share: with ``resize``, see :func:`.pictures.fitting.fit`. offered: those options that a
    pretrained network brings along and nobody asked for: they apply where they can, and are no mistake elsewhere.
    labels: files of corrected labels, applied one after the other, see :mod:`.sources.patch`.
    """

    task: str | None = None
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    resize: str | None = None
    columns: Columns = field(default_factory=Columns)
    whole: bool = False
    progress: Progress | None = None
    suspects: str | None = None
    max_refused: float | None = None
    interpolation: str | None = None
    crop_share: float | None = None
    offered: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()

    def without_offer(self) -> Request:
        """Return the request as it was asked, without what was only offered."""
        nothing: dict[str, Any] = dict.fromkeys(self.offered)
        return replace(self, **nothing, offered=frozenset())

    def pixel_options(self) -> list[Any]:
        """Return what the pixels depend on: part of the key of the pixel store."""
        fitting = [self.resize, self.interpolation, self.crop_share, sorted(self.offered)]
        return [self.image_size, self.channels, fitting, self.whole, self.suspects]

    def refuse_file_options(self, source: str) -> None:
        """Raise :class:`InputError` when an option was given that works on files, and there are none."""
        given = [
            f"{name} = {getattr(self, name)}" for name in ("suspects", "max_refused") if getattr(self, name) is not None
        ]
        if given:
            raise InputError(f"{', '.join(given)} would have no effect: {source} holds no image files", "Leave it out.")

    def __post_init__(self) -> None:
        if self.suspects not in (None, "keep", "drop"):
            raise InputError(f'suspects = "{self.suspects}" is unknown', "Choose keep or drop.")
        if self.max_refused is not None and not 0 <= self.max_refused < 1:
            raise InputError(f"max_refused = {self.max_refused} is not a share", "Give a number from 0 up to 1.")
        size = self.image_size
        if size is not None and not (
            isinstance(size, tuple | list)
            and len(size) == 2
            and all(isinstance(side, int | np.integer) and int(side) >= 1 for side in size)
        ):
            raise InputError(f"image_size = {size} is not a size", "Give height and width in pixels: (180, 240).")


def with_offer(request: Request, offer: Mapping[str, Any]) -> Request:
    """Return the request with what a pretrained network offers for options that were not asked for."""
    taken = {name: value for name, value in offer.items() if getattr(request, name) is None}
    if (request.resize or taken.get("resize")) != "crop":
        taken.pop("crop_share", None)
    return replace(request, **taken, offered=frozenset(taken))


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled samples as their source gives them; columns as in :class:`spirula.data.manifest.Manifest`.

    Exactly one of ``pixels`` (already an array) and ``blobs`` (encoded images) is given.
    splits: as the source gives them, or ``None`` when it has none.
    verdicts: (id, code, reason) of files that are not among the samples because they are not there; the code as in
        :data:`spirula.data.pictures.ledger.CODES`.
    lost: class → number of the verdicts that would have been of that class, where its place or its row says so.
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
    blobs: Files | None = None
    verdicts: tuple[tuple[str, str, str], ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict)
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
