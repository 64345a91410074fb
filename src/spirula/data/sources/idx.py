"""IDX: the format of MNIST and its descendants. Magic number, sizes, then the plain array, big-endian.

Source of the format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ...errors import DataError
from ..splits.split import split_name

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_NAME = re.compile(
    r"(?P<split>t10k|train|test|validation|valid|val)[-_](?P<kind>images|labels)[-.]idx\d-ubyte(\.gz)?$", re.I
)
MAX_BYTES = 16 << 30  # an IDX header can promise any size; more than this is not read into memory


def read_idx(path: Path) -> np.ndarray:
    """Read one IDX file, gzip-compressed or plain, as the array that its header describes.

    Raises :class:`DataError` when it is not IDX, ends early, or goes on after its end.
    """
    try:
        with path.open("rb") as probe:
            compressed = probe.read(2) == b"\x1f\x8b"
        with cast(BinaryIO, gzip.open(path, "rb")) if compressed else path.open("rb") as file:
            return _read(file)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path} cannot be read as IDX: {error}", "Fetch the file again.") from error


def _read(file: BinaryIO) -> np.ndarray:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= 8:
        raise ValueError(f"it begins with {magic.hex(' ') or 'nothing'}, not with an IDX magic number")
    header = file.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise ValueError("it ends inside its header")
    shape = tuple(int(side) for side in np.frombuffer(header, ">u4"))
    kind = np.dtype(_TYPES[magic[2]])
    size = math.prod(shape) * kind.itemsize
    if size > MAX_BYTES:
        raise ValueError(f"its header promises {size:,} bytes")
    data = bytearray()
    while len(data) <= size and (block := file.read(min(1 << 24, size + 1 - len(data)))):
        data += block  # block by block: memory follows what is there, not what the header promises
    if len(data) != size:
        raise ValueError(
            f"its header promises {size:,} bytes of data, {'more' if len(data) > size else f'{len(data):,}'} follow"
        )
    array = np.frombuffer(data, kind).reshape(shape)
    return array.astype(kind.newbyteorder("="), copy=False)


def find_idx(names: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return (split, "images" | "labels") → file name, among file names. Of a plain and a compressed twin, the plain.

    Raises :class:`DataError` when two different files claim the same place.
    """
    found: dict[tuple[str, str], str] = {}
    for name in sorted(names):
        match = _NAME.search(name)
        if match is None:
            continue
        split = "test" if match["split"].lower() == "t10k" else split_name(match["split"]) or ""
        place = (split, match["kind"].lower())
        if place in found and found[place] + ".gz" != name:
            raise DataError(
                f'Both "{found[place]}" and "{name}" hold the {split} {place[1]}',
                "Keep one IDX set per folder.",
            )
        found.setdefault(place, name)
    return found


def read_idx_folder(folder: Path, files: dict[tuple[str, str], str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read split → (images uint8 (N, H, W[, C]), labels (N,)) from the files that :func:`find_idx` found.

    Raises :class:`DataError` when images lack their labels, or the two differ in number.
    """
    parts: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for split in sorted({split for split, _ in files}, key=("train", "validation", "test").index):
        for kind in ("images", "labels"):
            if (split, kind) not in files:
                raise DataError(
                    f"{folder} has IDX files for {split}, but no {split}-{kind} among them",
                    f"Put {split}-{kind}-idx{3 if kind == 'images' else 1}-ubyte(.gz) beside the others.",
                )
        images, labels = (read_idx(folder / files[split, kind]) for kind in ("images", "labels"))
        if labels.ndim != 1 or images.ndim not in (3, 4) or images.dtype != np.uint8:
            raise DataError(
                f"{folder}: images of shape {images.shape} ({images.dtype}) and labels of shape {labels.shape}",
                "Images must be bytes (N, height, width), labels one number each.",
            )
        if len(images) != len(labels):
            raise DataError(
                f"{folder}: {len(images):,} {split} images, but {len(labels):,} labels", "Fetch the files again."
            )
        parts[split] = (images, labels)
    return parts
