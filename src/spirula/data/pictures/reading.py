"""Reading one file: what a worker process does with each, and what threads do with them where there is no worker.

Imports as little as it can (NumPy and Pillow, not torch): a worker is started in a quarter of a second.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .decode import Encoded, read_header
from .ledger import JOIN, Entry, sentence
from .opening import MAX_BYTES, SUFFIX_FORMATS, Header, ImageRefused, open_file, read_all, size_of, unreadable

LARGE = 1 << 25  # pixels from which pictures are decoded one at a time, so that memory stays bounded


class Place(NamedTuple):
    """Where the bytes of a file lie: in ``path`` from ``offset`` on; ``size`` -1 means all of it.

    packed: bytes that they take there, deflated; -1 when they lie there as they are. crc: CRC-32; -1 when unknown.
    """

    path: str
    offset: int
    size: int
    packed: int = -1
    crc: int = -1


class Item(NamedTuple):
    """One file to read. row: its number. suffix: of its name, such as ``.jpg``."""

    row: int
    suffix: str
    place: Place


@dataclass(frozen=True, eq=False)
class Reading:
    """What came of one file. digest: SHA-256 of the file as hex. pixels: uint8 (height, width, channels).

    Both are empty when the file was refused, or when only its header was asked for.
    postponed: it is so large that it must be read while no other is.
    """

    row: int
    entry: Entry
    digest: str = ""
    pixels: np.ndarray | None = None
    postponed: bool = False


def read_item(item: Item, target: Mapping[str, Any] | None, *, alone: bool = False) -> Reading:
    """Read one file. Call within :func:`spirula.data.pictures.quiet.quiet_pillow`.

    target: what the picture is brought to: ``channels``, and the arguments of :func:`spirula.data.pictures.decode.fit`;
        ``None`` reads the header only.
    alone: nothing else is decoded meanwhile, so a very large picture may be.
    """
    header: Header | None = None
    size = 0
    try:
        if target is None and item.place.size < 0:
            with open_file(item.place.path) as file:
                size = size_of(file)  # before its header: Pillow looks for one through all of a file
                header = read_header(file)
                return Reading(item.row, entry_of(header, size))
        data = read_bytes(item.place)
        size = len(data)
        with Encoded(data) as encoded:
            header = encoded.header
            if target is None:
                return Reading(item.row, entry_of(header, size))
            if header.height * header.width >= LARGE and not alone:
                return Reading(item.row, entry_of(header, size), postponed=True)
            pixels, told = encoded.fitted(**target)
    except ImageRefused as refused:
        return Reading(item.row, entry_of(header, size, ((refused.code, refused.reason),)))
    except OSError as error:
        return Reading(item.row, entry_of(header, size, (("unreadable", unreadable(error).reason),)))
    except MemoryError:
        return Reading(item.row, entry_of(header, size, (("out-of-memory", sentence("out-of-memory")),)))
    said = (*told, *_misnamed(item.suffix, header.format))
    return Reading(item.row, entry_of(header, size, said), hashlib.sha256(data).hexdigest(), pixels)


def read_bytes(place: Place) -> bytes:
    """Read the whole file; raises ``OSError``, and :class:`ImageRefused` when it is larger than an image may be."""
    if max(place.size, place.packed) > MAX_BYTES:
        raise ImageRefused("large-file", megabytes=MAX_BYTES >> 20)
    if place.size < 0:
        with open_file(place.path) as file:
            return read_all(file)
    with Path(place.path).open("rb") as archive:
        archive.seek(place.offset)
        data = archive.read(place.size if place.packed < 0 else place.packed)
    try:
        # What an archive says of a size is only a promise: no more than that is unpacked.
        content = data if place.packed < 0 else zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, place.size + 1)
    except zlib.error as error:
        raise OSError(0, f"it is damaged in the archive ({error})") from error
    if len(content) != place.size or place.crc not in (-1, zlib.crc32(content)):
        raise OSError(0, "it is damaged in the archive")
    return content


def entry_of(header: Header | None, size: int, said: tuple[tuple[str, str], ...] = ()) -> Entry:
    """Return the row of the ledger for a file. said: (code, sentence) of all that there is to say."""
    codes, reasons = dict(said).keys(), dict(said).values()
    if header is None:
        return Entry(JOIN.join(codes), "; ".join(reasons), bytes=size)
    return Entry(
        JOIN.join(codes),
        "; ".join(reasons),
        header.format,
        header.height,
        header.width,
        header.channels + header.alpha,
        header.mode,
        header.orientation,
        size,
    )


def _misnamed(suffix: str, kind: str) -> tuple[tuple[str, str], ...]:
    promised = SUFFIX_FORMATS.get(suffix)
    if promised in (None, kind):
        return ()
    return (("wrong-suffix", sentence("wrong-suffix", {"suffix": suffix, "format": kind})),)
