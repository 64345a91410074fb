"""Folders of images inside a .tar or .zip, read where they are: no picture is ever unpacked under a name of its own."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import DataError
from ..pictures.bands import ARRAY_SUFFIX
from ..pictures.ledger import sentence
from ..pictures.opening import SUFFIXES, ImageRefused
from ..pictures.reading import Place, read_bytes
from ..samples import Progress, Samples, changed
from ..splits.split import split_name
from .compressed import compression, plain_tar
from .folders import Listing, hidden, int64, samples_of
from .layout import wrapping

READ = (".tar", ".zip")
# Not read: compressed as a whole in other ways than a tar mostly is, see :mod:`.compressed`.
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".tzst", ".lz", ".tlz", ".lzma", ".lz4", ".z", ".7z", ".rar")
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a file in a zip: PK\3\4 …, length of its name, of its extra field
_BROKEN = (OSError, tarfile.TarError, zipfile.BadZipFile, ValueError, OverflowError, EOFError, NotImplementedError)


@dataclass(frozen=True, eq=False)
class ArchiveFiles:
    """Images inside an archive, each read at its place in the file.

    path: of the archive. places: where each lies, in it or in its uncompressed copy. times: of the archive's last
    change, the same for all of them.
    """

    path: str
    places: Sequence[Place]
    times: np.ndarray

    @property
    def location(self) -> str:
        return str(Path(self.path).resolve())

    @property
    def sizes(self) -> np.ndarray:
        return int64([place.size for place in self.places])

    def open(self, row: int) -> BinaryIO:
        """Read one image into memory; raises ``OSError`` when it is damaged, or larger than an image may be."""
        try:
            return io.BytesIO(read_bytes(self.places[row]))
        except ImageRefused as refused:
            raise OSError(0, refused.reason) from refused

    def place(self, row: int) -> Place:
        return self.places[row]

    def take(self, rows: np.ndarray) -> ArchiveFiles:
        return ArchiveFiles(self.path, [self.places[row] for row in rows.tolist()], self.times[rows])


@dataclass(frozen=True)
class _Member:
    """What an archive says of one member. problem: why it cannot be read, "" when it can.

    same_as: the name of the member that a hard link in a tar is another name of; "" for none.
    """

    name: str
    is_folder: bool
    is_file: bool
    place: Place
    problem: str = ""
    same_as: str = ""


def is_archive(path: Path) -> bool:
    """Whether a path names an archive that is read as a folder is."""
    return (path.suffix.lower() in READ or compression(path) is not None) and path.is_file()


def read_archive(path: Path, *, whole: bool = False, arrays: bool = False, progress: Progress | None = None) -> Samples:
    """Read an archive of a folder as :func:`spirula.data.sources.folders.read_folder` reads the folder.

    path: a .zip, a .tar, or a tar that is compressed with gzip, bzip2 or xz (.tar.gz, .tgz, …).
    Folders that wrap the whole are looked through, so an archive names its pictures as the folder in it does.
    Raises :class:`DataError` for what is no such archive, and for one with a member that leads outside of it.
    """
    listing, blobs = list_archive(path, SUFFIXES | {ARRAY_SUFFIX} if arrays else SUFFIXES, progress)
    prefix = wrapping(listing.paths, listing.folders)
    while split_name(prefix.rstrip("/").rpartition("/")[2]) is not None:  # all is one split: its name says so
        prefix = prefix.rstrip("/").rpartition("/")[0] + "/" if prefix.count("/") > 1 else ""
    inside = [row for row, name in enumerate(listing.paths) if name.startswith(prefix)]
    listing.paths = [listing.paths[row][len(prefix) :] for row in inside]
    listing.folders = [name[len(prefix) :] for name in listing.folders if name.startswith(prefix)]
    listing.lost = [(name.removeprefix(prefix), code, reason) for name, code, reason in listing.lost]
    listing.unread = [name.removeprefix(prefix) for name in listing.unread]
    return samples_of(listing, blobs.take(int64(inside)), str(path), whole)


def list_archive(
    path: Path, suffixes: frozenset[str] = SUFFIXES, progress: Progress | None = None
) -> tuple[Listing, ArchiveFiles]:
    """List every image in an archive, as :func:`spirula.data.sources.folders.walk` does a folder.

    Links and devices are passed over and counted, but for a hard link, which is another name of a file in the archive.
    Of several members of one name the last counts, as when unpacking.
    Raises :class:`DataError` for what is no such archive, and for a member that leads outside.
    """
    listing, folders = Listing(suffixes=suffixes), set[str]()
    places: dict[str, Place] = {}
    problems: dict[str, str] = {}
    place = path if compression(path) is None else plain_tar(path, progress)
    try:
        time = changed(path.stat())
        members = list(_zip_members(place) if place.suffix.lower() == ".zip" else _tar_members(place))
    except _BROKEN as error:
        raise DataError(f"{path} cannot be read: {error}", "Fetch the archive again, or unpack it.") from error
    for member in members:
        name = _inside(member.name, path)
        parts = name.split("/")
        if not name or any(hidden(part) for part in parts[:-1]):
            continue
        if hidden(parts[-1]):
            listing.pass_hidden(parts[-1], is_folder=member.is_folder)
            continue
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts) + member.is_folder))
        if member.is_folder:
            continue
        same = places.get(member.same_as)
        if not member.is_file and same is None:
            listing.skipped["link or device"] += 1
        elif not listing.is_image(name):
            listing.pass_over(name)
        else:
            if places.pop(name, None) or problems.pop(name, None):
                listing.skipped["older copy in the archive"] += 1
            if member.problem:
                problems[name] = member.problem
            else:
                places[name] = same or member.place
    listing.folders, listing.paths = sorted(folders), list(places)
    listing.lost = [(name, "unreadable", sentence("unreadable", {"detail": why})) for name, why in problems.items()]
    return listing, ArchiveFiles(str(path), list(places.values()), int64([time] * len(places)))


def _tar_members(path: Path) -> Iterator[_Member]:
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            regular = member.isfile() and not member.issparse()
            place = Place(str(path), member.offset_data, max(0, member.size))
            same = "/".join(_parts(member.linkname)) if member.islnk() else ""
            yield _Member(member.name, member.isdir(), regular, place, same_as=same)
        end = archive.offset
    with path.open("rb") as file:  # the library ends in silence where a header is damaged
        file.seek(end)
        if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise tarfile.ReadError(f"it is damaged at byte {end:,}, and what follows is out of reach")


def _zip_members(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for member in archive.infolist():
            regular = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)
            offset, problem = _start(file, member)
            packed = -1 if member.compress_type == zipfile.ZIP_STORED else member.compress_size
            place = Place(str(path), offset, member.file_size, packed, member.CRC)
            yield _Member(_readable(member), member.filename.endswith("/"), regular, place, problem)


def _start(file: BinaryIO, member: zipfile.ZipInfo) -> tuple[int, str]:
    """Return where the data of a member begin, and why they cannot be read."""
    if member.flag_bits & _ENCRYPTED_FLAG:
        return 0, "it is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return 0, f"its compression ({member.compress_type}) is not read"
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        return 0, "it is damaged in the archive"
    mark, name, extra = _LOCAL_HEADER.unpack(header)
    if mark != b"PK\3\4":
        return 0, "it is damaged in the archive"
    return member.header_offset + _LOCAL_HEADER.size + name + extra, ""


def _inside(name: str, archive: Path) -> str:
    """Return the name of an archive's member relative to its root.

    Raises :class:`DataError` for a name that leads outside: nobody writes such an archive by mistake.
    """
    parts = _parts(name)
    if "\0" in name:
        raise DataError(f"{archive} holds {name!r}, a name that no file can have", "Do not use this archive.")
    if name.startswith("/") or ".." in parts or (parts and len(parts[0]) == 2 and parts[0][1] == ":"):
        raise DataError(f'{archive} holds "{name}", which leads outside of it', "Do not use this archive.")
    return "/".join(parts)


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _readable(member: zipfile.ZipInfo) -> str:
    """Return a member's name with ``/`` between its parts.

    Many writers forget to announce UTF-8, and older Korean ones write EUC-KR, which the format has no word for.
    """
    name = member.filename.replace("\\", "/")
    if member.flag_bits & _UTF8_FLAG or name.isascii():
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeError:
        return name
    for encoding in ("utf-8", "euc-kr"):
        try:
            meant = raw.decode(encoding)
        except UnicodeError:
            continue
        if encoding == "utf-8" or all(letter.isascii() or "가" <= letter <= "힣" for letter in meant):
            return meant
    return name
