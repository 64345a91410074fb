"""Rows of a stored array, gathered into memory of their own, so that a set of any size takes little of it.

What a process has touched of a memory map counts as its memory, and around every touched page the system maps more.
The rows of a large map are therefore read from its file: in as much time, and without a page of it staying with the
process; the system's own cache keeps as much of the file as there is room for. A row is then one request to the disk
instead of one for every few pages, and rows can be asked for before they are needed.
"""

from __future__ import annotations

import mmap
import os
import warnings
import weakref
from contextlib import suppress

import numpy as np
import torch
from torch import Tensor

from ...errors import SpirulaError

# Memory maps up to this size, in bytes, are used as they are: the smaller a row, the more a read costs.
MAPPED = 512 << 20


class Rows:
    """The rows of an array (N, …), to be gathered by any thread. ``shape`` and ``dtype`` are those of one row."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self._host = host_view(array)
        self._bytes = array[:1].nbytes
        self._file = _file_of(array)
        if self._file is not None:
            weakref.finalize(self, os.close, self._file)
        self.shape = tuple(array.shape[1:])
        self.dtype = self._host.dtype

    @property
    def read(self) -> bool:
        """Whether they are read from the file."""
        return self._file is not None

    def gather(self, rows: Tensor, out: Tensor | None = None) -> Tensor:
        """Return these rows, (M, …), in ``out`` or in memory of their own; ``rows`` is int64 (M,)."""
        gathered = torch.empty((len(rows), *self.shape), dtype=self.dtype) if out is None else out
        if self._file is None:
            return torch.index_select(self._host, 0, rows, out=gathered)
        for row, place in zip(rows.tolist(), gathered.numpy(), strict=True):
            _fill(self._file, memoryview(place).cast("B"), self._offset(row))
        return gathered

    def expect(self, rows: Tensor) -> None:
        """Let the system read these rows ahead while something else is computed."""
        if self._file is not None and hasattr(os, "posix_fadvise"):
            for row in rows.tolist():
                os.posix_fadvise(self._file, self._offset(row), self._bytes, os.POSIX_FADV_WILLNEED)

    def _offset(self, row: int) -> int:
        assert isinstance(self._array, np.memmap)
        return int(self._array.offset) + row * self._bytes


def host_view(array: np.ndarray) -> Tensor:
    """Return a tensor that shares the array's memory (a memory map stays one); it must not be written to."""
    with warnings.catch_warnings():
        # PyTorch knows no read-only tensors and warns about read-only maps. We only ever read.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)


def _file_of(array: np.ndarray) -> int | None:
    """Open the file of a large memory map; None for everything else, and where files cannot be read at a place."""
    if not isinstance(array, np.memmap) or not isinstance(array.base, mmap.mmap) or not array.flags.c_contiguous:
        return None
    if array.nbytes <= MAPPED or not hasattr(os, "preadv"):
        return None
    with suppress(OSError):  # removed since: the map still has it
        return os.open(str(array.filename), os.O_RDONLY)
    return None


def _fill(file: int, place: memoryview, offset: int) -> None:
    while len(place):
        got = os.preadv(file, [place], offset)
        if not got:
            raise SpirulaError("The pixel store was cut off while it was in use", "Start again: it is made anew.")
        place, offset = place[got:], offset + got
