"""Twins are found once: the result lies beside the pixel store, or in the cache for large arrays."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ...errors import SpirulaError
from ...runs.files import write_arrays
from ..cache import cache_folder
from .duplicates import KINDS, VERSION, Twins, find_twins

_WORTH_KEEPING = 1 << 24  # bytes of pixels: what is less is looked through in a moment


def twins_of(pixels: np.ndarray, digests: np.ndarray | None, sha256: str) -> Twins:
    """Return the twins among ``pixels``: those found before, else found now and kept.

    pixels, digests: as for :func:`.duplicates.find_twins`. sha256: of the content, in hexadecimal digits.
    """
    path = _place(pixels, sha256)
    found = None if path is None else _read(path, len(pixels))
    if found is None:
        found = find_twins(pixels, digests)
        if path is not None:
            with suppress(SpirulaError):  # a cache that cannot be written costs the next run a second look, no more
                _write(path, found)
    return found


def _place(pixels: np.ndarray, sha256: str) -> Path | None:
    store = getattr(pixels, "filename", None)
    if isinstance(pixels, np.memmap) and store is not None:
        return Path(str(store)).parent / f"twins-{VERSION}.npz"
    if pixels.nbytes < _WORTH_KEEPING:
        return None
    shape = "x".join(str(side) for side in pixels.shape)
    return cache_folder("twins") / f"{sha256[:32]}-{shape}-{pixels.dtype}-{VERSION}.npz"


def _write(path: Path, twins: Twins) -> None:
    rows = np.array([pair[:2] for pair in twins.pairs], dtype=np.int64).reshape(-1, 2)
    kinds = np.array([KINDS.index(pair[2]) for pair in twins.pairs], dtype=np.int64)
    distances = np.array([pair[3] for pair in twins.pairs], dtype=np.float64)
    write_arrays(path, {"groups": twins.groups, "rows": rows, "kinds": kinds, "distances": distances})


def _read(path: Path, number: int) -> Twins | None:
    """Return what was kept, or ``None`` when there is nothing or it is damaged in a way that can be seen."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            groups, rows, kinds = arrays["groups"], arrays["rows"], arrays["kinds"]
            distances = arrays["distances"]
        if groups.shape != (number,) or groups.dtype != np.int64 or not len(rows) == len(kinds) == len(distances):
            return None
        pairs = tuple(
            (one, two, KINDS[kind], apart)
            for (one, two), kind, apart in zip(rows.tolist(), kinds.tolist(), distances.tolist(), strict=True)
        )
    except (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, BadZipFile):
        return None
    return Twins(groups, pairs)
