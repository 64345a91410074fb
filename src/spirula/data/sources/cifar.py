"""CIFAR-10 as its authors distribute it for every language but Python: fixed records, no pickle.

A record is one label byte and 3,072 pixel bytes: 1,024 red, 1,024 green, 1,024 blue, row by row.
Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, and the data set's page.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np

from ...errors import DataError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ARCHIVE = "cifar-10-binary.tar.gz"
PICKLED = ("cifar-10-python.tar.gz", "cifar-10-batches-py")  # the authors' Python version: never opened
FOLDER = "cifar-10-batches-bin"
TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE = "test_batch.bin"

_RECORD = 1 + 3 * 32 * 32
_MOST = 10_000 * _RECORD  # bytes in one of the files


def read_archive(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read split → (images uint8 (N, 32, 32, 3), labels int64 (N,)) from ``cifar-10-binary.tar.gz``.

    The six files are read as they stream by; nothing is unpacked. Raises :class:`DataError` when one is missing.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                name = member.name.rsplit("/", 1)[-1]
                if name in (*TRAIN_FILES, TEST_FILE) and member.isfile():
                    file = archive.extractfile(member)
                    found[name] = b"" if file is None else file.read(_MOST + 1)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}", "Fetch the archive again.") from error
    return _parts(found, path)


def read_folder(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read the same from the unpacked folder ``cifar-10-batches-bin``."""
    found: dict[str, bytes] = {}
    for name in (*TRAIN_FILES, TEST_FILE):
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                found[name] = file.read(_MOST + 1)
    return _parts(found, folder)


def _parts(found: dict[str, bytes], place: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    missing = [name for name in (*TRAIN_FILES, TEST_FILE) if name not in found]
    if missing:
        raise DataError(f"{place} lacks {', '.join(missing)}", f"Fetch {ARCHIVE} again.")
    train = [_records(found[name], f"{place}: {name}") for name in TRAIN_FILES]
    return {
        "train": (np.concatenate([images for images, _ in train]), np.concatenate([labels for _, labels in train])),
        "test": _records(found[TEST_FILE], f"{place}: {TEST_FILE}"),
    }


def _records(data: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    if not data or len(data) % _RECORD or len(data) > _MOST:
        raise DataError(f"{name} has {len(data):,} bytes, which is not a number of records", f"Fetch {ARCHIVE} again.")
    records = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, 0].astype(np.int64)
