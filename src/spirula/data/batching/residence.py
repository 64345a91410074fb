"""Where the pixels live while batches are made of them: on the device when they fit, else on the host."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .rows import Rows

# The rest of the memory belongs to the network, its gradients and its activations.
SHARE_OF_FREE_MEMORY = 0.4
_CHUNK_BYTES = 256 << 20


def free_bytes(device: torch.device) -> int:
    """Return how much memory of an accelerator is free for us, in bytes."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return 0


def sent(values: np.ndarray, device: torch.device) -> Tensor:
    """Return an array on a device. A GPU is not waited for: a copy from pinned memory takes its place in its queue."""
    tensor = torch.from_numpy(values)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


class Residence:
    """The pixels of some rows, ready to be gathered into batches on ``device``.

    On the CPU they stay where they are: in memory, in a memory map that is read through the page
    cache, or in the file of a store that is large. On an accelerator the rows are copied there once
    if they take at most ``SHARE_OF_FREE_MEMORY`` of what is free; otherwise each batch is gathered
    on the host into pinned memory while the device still computes the batches before, and its copy takes its place
    in the device's queue: nobody waits for it.
    """

    def __init__(self, pixels: np.ndarray, rows: NDArray[np.int64], device: torch.device) -> None:
        needed = pixels[:1].nbytes * len(rows)
        self.device = device
        self.on_device = device.type != "cpu" and needed <= SHARE_OF_FREE_MEMORY * free_bytes(device)
        self._host = Rows(pixels)
        self._resident = _moved(self._host, rows, device) if self.on_device else None
        self._rows = torch.from_numpy(rows)

    def index(self, order: NDArray[np.int64]) -> Tensor:
        """Turn positions in the rows into what :meth:`take` wants, once per epoch."""
        return sent(order, self.device) if self.on_device else self._rows[torch.from_numpy(order)]

    def expect(self, index: Tensor) -> None:
        """Say which rows are taken next: a disk then reads them while something else is computed."""
        if not self.on_device:
            self._host.expect(index)

    def take(self, index: Tensor) -> Tensor:
        """Return a batch of raw pixels on the device, in memory of its own."""
        if self._resident is not None:
            return self._resident.index_select(0, index)
        if self.device.type == "cpu":
            return self._host.gather(index)
        # Pinned memory comes from PyTorch's cache, which does not hand it out again before the copy is done.
        pinned = self.device.type == "cuda"
        batch = torch.empty((len(index), *self._host.shape), dtype=self._host.dtype, pin_memory=pinned)
        return self._host.gather(index, out=batch).to(self.device, non_blocking=pinned)


def _moved(host: Rows, rows: NDArray[np.int64], device: torch.device) -> Tensor:
    """Copy the rows to the device in chunks, so that the host never holds them twice."""
    resident = torch.empty((len(rows), *host.shape), dtype=host.dtype, device=device)
    size = max(1, _CHUNK_BYTES // max(1, resident[:1].nbytes))
    for start in range(0, len(rows), size):
        part = torch.from_numpy(rows[start : start + size])
        resident[start : start + len(part)] = host.gather(part)
    return resident
