"""Folders of images inside a zip, read where they are: nothing is ever unpacked by a name that the archive chose."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import DataError
from ..pictures.opening import MAX_BYTES
from .folders import Listing, member_name, note_member

_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True, eq=False)
class ZipFiles:
    """Images inside an open zip. Whoever opened it closes it."""

    archive: zipfile.ZipFile
    members: tuple[zipfile.ZipInfo, ...]

    @property
    def location(self) -> str:
        return str(Path(str(self.archive.filename)).resolve())

    @property
    def sizes(self) -> np.ndarray:
        return np.array([member.file_size for member in self.members], dtype=np.int64)

    @property
    def times(self) -> np.ndarray:
        return np.array([_nanoseconds(member) for member in self.members], dtype=np.int64)

    def open(self, row: int) -> BinaryIO:
        """Unpack one image into memory; raises ``OSError`` when it is damaged, encrypted or larger than an image."""
        member = self.members[row]
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise OSError(0, "it is encrypted")
        if member.file_size > MAX_BYTES:
            raise OSError(0, f"it is larger than {MAX_BYTES >> 20} MB")
        try:
            # What a member says of its size is only a promise: no more than that is unpacked.
            with self.archive.open(member) as file:
                return io.BytesIO(file.read(member.file_size))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise OSError(0, f"it is damaged in the archive ({error})") from error

    def take(self, rows: np.ndarray) -> ZipFiles:
        return ZipFiles(self.archive, tuple(self.members[row] for row in rows.tolist()))


def list_zip(archive: zipfile.ZipFile, path: Path) -> tuple[Listing, ZipFiles]:
    """List every image in a zip, as :func:`spirula.data.sources.folders.walk` does; links are passed over and counted.

    Raises :class:`DataError` for a member that leads outside.
    """
    listing = Listing()
    folders: set[str] = set()
    members: list[zipfile.ZipInfo] = []
    for member in archive.infolist():
        name = member_name(_readable(member), path)
        regular = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)
        if note_member(listing, folders, name, is_folder=member.is_dir(), is_file=regular):
            listing.sizes.append(member.file_size)
            listing.times.append(_nanoseconds(member))
            members.append(member)
    listing.folders = sorted(folders)
    return listing, ZipFiles(archive, tuple(members))


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip; raises :class:`DataError` when it is none."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read: {error}", "Fetch the archive again, or unpack it.") from error


def _readable(member: zipfile.ZipInfo) -> str:
    """Return a member's name with ``/`` between its parts, and as the UTF-8 that many writers forget to announce."""
    name = member.filename.replace("\\", "/")
    if member.flag_bits & _UTF8_FLAG or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _nanoseconds(member: zipfile.ZipInfo) -> int:
    try:
        return int(datetime(*member.date_time, tzinfo=UTC).timestamp()) * 10**9
    except ValueError:  # a month 0, as some writers leave it
        return 0
