"""Folders of images, on disk or in a tar. Nothing is ever written into them."""

from __future__ import annotations

import io
import os
import tarfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import DataError
from ..pictures.bands import ARRAY_SUFFIX
from ..pictures.ledger import sentence
from ..pictures.opening import MAX_BYTES, SUFFIXES, one_line, open_file
from ..pictures.reading import Place
from ..samples import Samples, changed
from .layout import arrange

_JUNK = frozenset(("subset.csv", "thumbs.db", "desktop.ini", "__macosx", "__pycache__", "@eadir", "$recycle.bin"))
# Pictures too, but of formats that no decoder here reads: a phone's photos must not go missing without a word.
_UNREAD = frozenset((".heic", ".heif", ".avif", ".jxl", ".jp2", ".tga", ".psd", ".dng", ".cr2", ".cr3", ".nef", ".arw"))
_SAVE = "Save them as JPEG or PNG."


@dataclass(eq=False)
class Listing:
    """What a walk found: image paths relative to the root, with ``/``; all folders; what was passed over.

    lost: (path, code, reason) of images that lead nowhere, codes as in :data:`spirula.data.pictures.ledger.CODES`.
    """

    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    lost: list[tuple[str, str, str]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    suffixes: frozenset[str] = SUFFIXES

    def is_image(self, name: str) -> bool:
        """True for a name that promises an image."""
        dot = name.rfind(".")
        return dot >= 0 and name[dot:].lower() in self.suffixes

    def unread(self) -> Counter[str]:
        """Return how many pictures of each format that is not read there are, by suffix."""
        return Counter({kind: number for kind, number in self.skipped.items() if kind in _UNREAD})

    def notes(self) -> list[str]:
        unread = self.unread()
        others = self.skipped - unread
        notes: list[str] = []
        if unread:
            what = f"{unread.total():,} pictures of formats that are not read were left out: {_counted(unread)}"
            notes.append(f"{what}. {_SAVE}")
        if others:
            notes.append(f"{others.total():,} things that are not images were passed over: {_counted(others)}.")
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


@dataclass(frozen=True, eq=False)
class TarFiles:
    """Images inside an uncompressed tar, read at their offsets: nothing is unpacked."""

    path: str
    offsets: np.ndarray
    sizes: np.ndarray
    times: np.ndarray

    @property
    def location(self) -> str:
        return str(Path(self.path).resolve())

    def open(self, row: int) -> BinaryIO:
        if self.sizes[row] > MAX_BYTES:
            raise OSError(0, f"it is larger than {MAX_BYTES >> 20} MB")
        with Path(self.path).open("rb") as file:
            file.seek(int(self.offsets[row]))
            return io.BytesIO(file.read(int(self.sizes[row])))

    def place(self, row: int) -> Place:
        return Place(self.path, int(self.offsets[row]), int(self.sizes[row]))

    def take(self, rows: np.ndarray) -> TarFiles:
        return TarFiles(self.path, self.offsets[rows], self.sizes[rows], self.times[rows])


def read_folder(root: Path, *, whole: bool = False, arrays: bool = False) -> Samples:
    """Read a folder of class folders, or of splits that hold class folders.

    arrays: ``.npy`` files are images too, as they are when a number of channels is asked that no other file has.
    whole: see :func:`spirula.data.sources.layout.arrange`. Raises :class:`DataError` when it is neither.
    """
    listing = walk(root, SUFFIXES | {ARRAY_SUFFIX} if arrays else SUFFIXES)
    blobs = FolderFiles(str(root), listing.paths, _array(listing.sizes), _array(listing.times))
    return _samples(listing, blobs, str(root), whole)


def read_tar(path: Path, *, whole: bool = False) -> Samples:
    """Read the same from an uncompressed tar of such a folder."""
    listing, blobs = list_tar(path)
    return _samples(listing, blobs, str(path), whole)


def list_tar(path: Path) -> tuple[Listing, TarFiles]:
    """List every image in an uncompressed tar, as :func:`walk` does; links and devices are passed over and counted.

    Raises :class:`DataError` for what is no such tar, and for one with a member that leads outside of it.
    """
    listing = Listing()
    offsets: list[int] = []
    folders: set[str] = set()
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                name = member_name(member.name, path)
                if note_member(listing, folders, name, is_folder=member.isdir(), is_file=member.isfile()):
                    listing.sizes.append(member.size)
                    listing.times.append(int(member.mtime) * 10**9)
                    offsets.append(member.offset_data)
    except (OSError, tarfile.TarError) as error:
        raise DataError(f"{path} cannot be read: {error}", "Fetch the archive again, or unpack it.") from error
    listing.folders = sorted(folders)
    return listing, TarFiles(str(path), _array(offsets), _array(listing.sizes), _array(listing.times))


def note_member(listing: Listing, folders: set[str], name: str, *, is_folder: bool, is_file: bool) -> bool:
    """Note one member of an archive by its relative name; return whether it is an image, which the caller keeps."""
    parts = name.split("/")
    if not name or any(_hidden(part) for part in parts):
        return False
    folders.update("/".join(parts[:depth]) for depth in range(1, len(parts) + is_folder))
    if is_folder:
        return False
    if is_file and listing.is_image(name):
        listing.paths.append(name)
        return True
    listing.skipped[_kind(name) if is_file else "link or device"] += 1
    return False


def member_name(name: str, archive: Path) -> str:
    """Return the name of an archive's member relative to its root.

    Raises :class:`DataError` for a name that leads outside: nobody writes such an archive by mistake.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or (parts and len(parts[0]) == 2 and parts[0][1] == ":"):
        raise DataError(f'{archive} holds "{name}", which leads outside of it', "Do not use this archive.")
    return "/".join(parts)


def _samples(listing: Listing, blobs: FolderFiles | TarFiles, source: str, whole: bool) -> Samples:
    order = sorted(range(len(listing.paths)), key=listing.paths.__getitem__)
    paths = [listing.paths[row] for row in order]
    if not paths and (unread := listing.unread()):
        raise DataError(f"{source} has only pictures of formats that are not read: {_counted(unread)}", _SAVE)
    layout = arrange(paths, listing.folders, source=source, whole=whole)
    return Samples(
        source=source,
        task="classification",
        classes=layout.classes,
        ids=tuple(paths[row] for row in layout.rows.tolist()),
        targets=layout.labels,
        splits=layout.splits,
        blobs=blobs.take(_array(order)[layout.rows]),
        verdicts=tuple(sorted(listing.lost)),
        notes=(*listing.notes(), *layout.notes),
        derived={"task": "one class per folder"},
    )


def walk(root: Path, suffixes: frozenset[str] = SUFFIXES) -> Listing:
    """List every image under a folder. Links are followed; a link back to a folder above itself is not.

    Hidden files and folders, and the litter of file managers, are passed over in silence; other files that are no
    images are counted. Raises :class:`DataError` when a folder cannot be read.
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
                    if not _hidden(entry.name):
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
        listing.skipped[_kind(entry.name)] += 1
    elif is_file:
        listing.paths.append(relative)
        listing.sizes.append(status.st_size)
        listing.times.append(changed(status))
    else:
        listing.skipped["pipe or device"] += 1


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _JUNK


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind} ({number:,})" for kind, number in kinds.most_common(6))


def _kind(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix.isascii() and 1 < len(suffix) <= 6 else "no suffix"


def _array(values: Sequence[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)
