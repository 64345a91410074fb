"""Out of memory: how PyTorch says it, and what to do next."""

from __future__ import annotations

import torch

from ..errors import TrainingError

# How the allocators of a CPU (Linux, Windows) and cuDNN and cuBLAS say it: they have no class of their own for it.
_SAID = ("can't allocate memory", "not enough memory", "out of memory", "alloc_failed")


def is_shortage(error: BaseException) -> bool:
    """Return whether an error says that memory ran out: on a GPU, or on a CPU where the system refuses more."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(said in words for said in _SAID)


def out_of_memory(error: BaseException, batch_size: int, *, auto: bool) -> TrainingError:
    """Return the error of a training that does not fit into memory, with what helps."""
    said = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    if auto:
        return TrainingError(
            f"Out of memory even with one sample at a time: {said}", "Choose a smaller --image-size or network."
        )
    return TrainingError(
        f"Out of memory with batches of {batch_size}: {said}",
        "--batch-size auto computes the same batches in parts that fit; or choose a smaller batch, image or network.",
    )
