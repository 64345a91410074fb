"""What a frozen backbone makes of each image, computed once and kept in the cache.

    <cache>/features/<key>/values.npy    float32 (N, F), one row per sample
                           index.json    kind, source, bytes and SHA-256 of the values, and what the key was made of

The key covers the weights, the pixels, the preprocessing, the view and the arithmetic. Labels and splits are no part
of it: another seed, fold or class weight finds the same features.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from ...data.batching.batches import Batches
from ...data.cache import cache_folder, mark_used
from ...errors import SpirulaError
from ...models.backbones import pooled
from ...runs.files import write_json
from ..device import Machine

# On a processor the values between two layers should stay in its caches; a GPU wants much at once.
BATCH: Final[Mapping[str, int]] = {"cpu": 16}
GPU_BATCH: Final = 256

Progress = Callable[[str, int, int], None]


class InterruptedHereError(Exception):
    """Somebody asked to stop in the middle of a pass."""


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass of a backbone over some images.

    backbone: in evaluation mode. machine: where and in which arithmetic. key: what the features depend on; empty when
    they cannot be kept. source: whose they are, for the cache's list. stage: what it is called while it runs.
    """

    backbone: nn.Module
    machine: Machine
    key: Mapping[str, Any]
    source: str
    stage: str

    def over(
        self, batches: Batches, epoch: int, *, progress: Progress | None, interrupted: Callable[[], bool]
    ) -> np.ndarray:
        """Return the features of an epoch, float32 (N, F), from the cache where they are there.

        Raises :class:`InterruptedHereError` when asked to stop, :class:`SpirulaError` when the cache takes nothing.
        """
        known = self.kept(batches.samples)
        if known is not None:
            return known
        folder = cache_folder("features") / _name(self.key) if self.key else None
        values = self._computed(batches, epoch, progress, interrupted)
        if folder is not None:
            _store(folder, values, {"kind": "features", "source": self.source, "of": dict(self.key)})
        return values

    def kept(self, samples: int) -> np.ndarray | None:
        """Return the features of an epoch of so many samples if they are in the cache, float32 (N, F), else None."""
        if not self.key:
            return None
        folder = cache_folder("features") / _name(self.key)
        found = _stored(folder, samples)
        if found is not None:
            mark_used(folder)
        return found

    @torch.no_grad()
    def _computed(
        self, batches: Batches, epoch: int, progress: Progress | None, interrupted: Callable[[], bool]
    ) -> np.ndarray:
        parts: list[Tensor] = []
        done = 0
        for batch in batches.epoch(epoch):
            if interrupted():
                raise InterruptedHereError
            with self.machine.arithmetic():
                parts.append(pooled(self.backbone, batch.images).float().cpu())
            done += len(parts[-1])
            if progress is not None:
                progress(self.stage, done, batches.samples)
        return torch.cat(parts).numpy()


def batch_size(device: torch.device) -> int:
    """Return how many images go through a frozen backbone at once."""
    return BATCH.get(device.type, GPU_BATCH)


def _name(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]


def _stored(folder: Path, samples: int) -> np.ndarray | None:
    """Return the features in a folder, or None when there are none or the file is not the one that was written."""
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        with (folder / "values.npy").open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != index["sha256"]:
                return None
            file.seek(0)
            values: np.ndarray = np.load(file, allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    sound = values.ndim == 2 and values.dtype == np.float32 and len(values) == samples
    return values if sound else None


def _store(folder: Path, values: np.ndarray, index: Mapping[str, Any]) -> None:
    """Write under a temporary name and rename: another process sees nothing or everything."""
    temporary: Path | None = None
    try:
        temporary = Path(mkdtemp(prefix=".filling-", dir=folder.parent))
        with (temporary / "values.npy").open("w+b") as file:
            np.save(file, values, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        write_json(temporary / "index.json", {**index, "bytes": size, "sha256": digest})
        if folder.exists() and _stored(folder, len(values)) is None:
            shutil.rmtree(folder)
        if not folder.exists():
            temporary.rename(folder)
    except OSError as error:
        if _stored(folder, len(values)) is None:  # otherwise another process was first, with the same features
            raise SpirulaError(
                f"The features could not be written to {folder}: {error.strerror or error}",
                "Free some space, or point XDG_CACHE_HOME to another disk.",
            ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
