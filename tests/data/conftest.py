"""A cache of its own for every test, and small folders of pictures."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def real_data() -> Path:
    """The folder that SPIRULA_DATA names."""
    folder = os.environ.get("SPIRULA_DATA")
    if not folder:
        pytest.skip("SPIRULA_DATA is not set")
    return Path(folder)


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[Mapping[str, int]], Path]:
    """Fill ``tmp_path/data`` with folder → number of pictures, 8×8 colour PNGs that all differ."""

    def make(counts: Mapping[str, int]) -> Path:
        root = tmp_path / "data"
        rng = np.random.default_rng(0)
        for folder, number in counts.items():
            (root / folder).mkdir(parents=True, exist_ok=True)
            for index in range(number):
                pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / folder / f"{index:03d}.png")
        return root

    return make


@pytest.fixture
def fill_idx() -> Callable[[Path, str], None]:
    """Write four IDX files, plain or with the suffix ``.gz``: 30 and 10 images of 5×5, labels 0…9 in turn."""

    def fill(folder: Path, suffix: str) -> None:
        rng = np.random.default_rng(0)
        pack = gzip.compress if suffix else bytes
        for part, number in (("train", 30), ("t10k", 10)):
            images = rng.integers(0, 256, (number, 5, 5), dtype=np.uint8)
            labels = (np.arange(number) % 10).astype(np.uint8)
            for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
                header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
                (folder / f"{part}-{kind}-ubyte{suffix}").write_bytes(pack(header + array.tobytes()))

    return fill
