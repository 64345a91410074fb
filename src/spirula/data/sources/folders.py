"""Folders of images on the disk. Nothing is ever written into them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import DataError
from ...plural import counted
from ..pictures.bands import ARRAY_SUFFIX
from ..pictures.ledger import sentence
from ..pictures.opening import SUFFIXES, one_line, open_file
from ..pictures.reading import Place
from ..samples import Files, Samples, changed
from .labels import class_name
from .layout import arrange

_KINDS = 8  # of things passed over that a note names
_JUNK = frozenset(("subset.csv", "thumbs.db", "desktop.ini", "__macosx", "__pycache__", "@eadir", "$recycle.bin"))
# Pictures too, but of formats that no decoder here reads: a phone's photos must not go missing without a word.
UNREAD = frozenset((".heic", ".heif", ".avif", ".jxl", ".jp2", ".tga", ".psd", ".dng", ".cr2", ".cr3", ".nef", ".arw"))
CONVERT = "Save such as JPEG or PNG: export them in the photo program, or magick mogrify -format jpg *.heic"


@dataclass(eq=False)
class Listing:
    """What a walk found: image paths relative to the root, with ``/``; all folders; what was passed over.

    lost: (path, code, reason) of images that lead nowhere, codes as in :data:`spirula.data.pictures.ledger.CODES`.
    unread: paths of pictures of formats that are not read.
    """

    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    lost: list[tuple[str, str, str]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    suffixes: frozenset[str] = SUFFIXES

    def is_image(self, name: str) -> bool:
        """True for a name that promises an image."""
        dot = name.rfind(".")
        return dot >= 0 and name[dot:].lower() in self.suffixes

    def pass_over(self, path: str) -> None:
        """Note a file that is no image, or one of a format that is not read."""
        kind = _kind(path)
        if kind in UNREAD:
            self.unread.append(path)
        else:
            self.skipped[kind] += 1

    def pass_hidden(self, name: str, *, is_folder: bool) -> None:
        """Count a hidden folder or picture; the litter of file managers is nothing to speak of."""
        if not name.startswith(".") or name.startswith("._"):  # what a Mac writes beside each file
            return
        if is_folder:
            self.skipped["hidden folder"] += 1
        elif self.is_image(name):
            self.skipped["hidden picture"] += 1

    def lose_unread(self) -> None:
        """Count pictures of formats that are not read as lost, but for those that lie beside a readable copy.

        A camera that writes ``a.cr2`` and ``a.jpg`` has taken one picture, and that one is there.
        """
        readable = {path.rpartition(".")[0] for path in self.paths}
        for path in self.unread:
            if path.rpartition(".")[0] in readable:
                self.skipped[f"{_kind(path)} beside a picture of that name"] += 1
            else:
                self.lost.append((path, "unread-format", sentence("unread-format", {"format": _kind(path)})))

    def unread_kinds(self) -> str:
        """Return how many pictures of each format that is not read there are, in words."""
        return _counted(Counter(_kind(path) for path in self.unread))

    def notes(self) -> list[str]:
        """Return sentences on what was passed over."""
        notes: list[str] = []
        if kinds := Counter(_kind(path) for path, code, _ in self.lost if code == "unread-format"):
            one, many = "picture of a format that is not read was", "pictures of formats that are not read were"
            notes.append(f"{counted(kinds.total(), one, many)} left out: {_counted(kinds)}. {CONVERT}")
        if others := self.skipped:
            what = counted(others.total(), "thing that is no image was", "things that are not images were")
            notes.append(f"{what} passed over: {_counted(others)}.")
        return notes


@dataclass(frozen=True, eq=False)
class FolderFiles:
    """Images as files under a folder."""

    root: str
    paths: Sequence[str]
    sizes: np.ndarray
    times: np.ndarray

    @property
    def location(self) -> str:
        return str(Path(self.root).resolve())

    def open(self, row: int) -> BinaryIO:
        return open_file(Path(self.root, self.paths[row]))

    def place(self, row: int) -> Place:
        return Place(os.path.join(self.root, self.paths[row]), 0, -1)  # noqa: PTH118  a Path per file is slow

    def take(self, rows: np.ndarray) -> FolderFiles:
        return FolderFiles(self.root, [self.paths[row] for row in rows], self.sizes[rows], self.times[rows])


def read_folder(root: Path, *, whole: bool = False, arrays: bool = False) -> Samples:
    """Read a folder of class folders, or of splits that hold class folders.

    arrays: ``.npy`` files are images too, as they are when a number of channels is asked that no other file has.
    whole: see :func:`spirula.data.sources.layout.arrange`. Raises :class:`DataError` when it is neither.
    """
    listing = walk(root, SUFFIXES | {ARRAY_SUFFIX} if arrays else SUFFIXES)
    blobs = FolderFiles(str(root), listing.paths, int64(listing.sizes), int64(listing.times))
    return samples_of(listing, blobs, str(root), whole)


def samples_of(listing: Listing, blobs: Files, source: str, whole: bool) -> Samples:
    """Return the samples of a listing, whose row i is blob i; raises :class:`DataError` for no accepted layout."""
    listing.lose_unread()
    order = sorted(range(len(listing.paths)), key=listing.paths.__getitem__)
    paths = [listing.paths[row] for row in order]
    if not paths and listing.unread:
        raise DataError(f"{source} has only pictures of formats that are not read: {listing.unread_kinds()}", CONVERT)
    layout = arrange(paths, listing.folders, source=source, whole=whole)
    return Samples(
        source=source,
        task="classification",
        classes=layout.classes,
        ids=tuple(paths[row] for row in layout.rows.tolist()),
        targets=layout.labels,
        splits=layout.splits,
        blobs=blobs.take(int64(order)[layout.rows]),
        verdicts=tuple(sorted(listing.lost)),
        lost=_lost(listing, depth=0 if layout.splits is None else 1),
        notes=(*listing.notes(), *layout.notes),
        derived={"task": "one class per folder"},
    )


def _lost(listing: Listing, depth: int) -> Counter[str]:
    """Return class → how many of its pictures lead nowhere; the folder at ``depth`` names the class."""
    places = (path.split("/")[:-1] for path, _, _ in listing.lost)
    return Counter(class_name(folders[depth]) for folders in places if len(folders) > depth)


def walk(root: Path, suffixes: frozenset[str] = SUFFIXES) -> Listing:
    """List every image under a folder. Links are followed; a link back to a folder above itself is not.

    The litter of file managers is passed over in silence; hidden folders and pictures, and other files that are no
    images, are counted. Raises :class:`DataError` when a folder cannot be read.
    """
    listing = Listing(suffixes=suffixes)
    start = root.stat()
    waiting: list[tuple[str, tuple[tuple[int, int], ...]]] = [("", ((start.st_dev, start.st_ino),))]
    while waiting:
        relative, above = waiting.pop()
        here = os.path.join(root, relative)  # noqa: PTH118  a Path per file would cost more than the listing itself
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if hidden(entry.name):
                        listing.pass_hidden(entry.name, is_folder=_is_folder(entry))
                    else:
                        _visit(entry, f"{relative}/{entry.name}" if relative else entry.name, above, listing, waiting)
        except OSError as error:
            raise DataError(f"The folder {here} cannot be read: {error.strerror}", "Check its permissions.") from error
    return listing


def _visit(
    entry: os.DirEntry[str],
    relative: str,
    above: tuple[tuple[int, int], ...],
    listing: Listing,
    waiting: list[tuple[str, tuple[tuple[int, int], ...]]],
) -> None:
    try:
        is_folder, is_file, status = entry.is_dir(), entry.is_file(), entry.stat()
    except OSError as error:  # a link that leads to itself or nowhere, or where nobody may look
        nowhere = entry.is_symlink() and isinstance(error, FileNotFoundError)
        if listing.is_image(entry.name):
            code = "broken-link" if nowhere else "unreadable"
            listing.lost.append((relative, code, sentence(code, {"detail": one_line(error.strerror or error)})))
        else:
            listing.skipped["link that leads nowhere"] += 1
        return
    if is_folder:
        place = (status.st_dev, status.st_ino)
        if place in above:
            listing.skipped["link to a folder above itself"] += 1
            return
        listing.folders.append(relative)
        waiting.append((relative, (*above, place)))
    elif not listing.is_image(entry.name):
        listing.pass_over(relative)
    elif is_file:
        listing.paths.append(relative)
        listing.sizes.append(status.st_size)
        listing.times.append(changed(status))
    else:
        listing.skipped["pipe or device"] += 1


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _JUNK


def _counted(kinds: Counter[str]) -> str:
    listed = ", ".join(f"{kind} ({number:,})" for kind, number in kinds.most_common(_KINDS))
    return listed + (" …" if len(kinds) > _KINDS else "")


def _kind(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix.isascii() and 1 < len(suffix) <= 6 else "no suffix"


def int64(values: Sequence[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)
