"""Where the compiler keeps what it makes, so that the next process need not make it again."""

from __future__ import annotations

import os

import torch

from ...data.cache import INDEX, cache_folder, mark_used
from ...runs.files import write_json

KIND = "compiled"
PLACE = "TORCHINDUCTOR_CACHE_DIR"


def keep_programs() -> None:
    """Let the compiler of this process use our cache: a store for each version of PyTorch.

    Where the environment names another place, that is used. Raises :class:`~spirula.errors.SpirulaError` when the store
    cannot be written.
    """
    store = cache_folder(KIND) / f"torch-{torch.__version__}"
    if os.environ.setdefault(PLACE, str(store)) != str(store):
        return
    if not (store / INDEX).is_file():
        store.mkdir(exist_ok=True)
        write_json(store / INDEX, {"kind": KIND, "source": f"PyTorch {torch.__version__}"})
    mark_used(store)
