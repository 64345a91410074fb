"""A cache of its own for every test, and small folders of pictures."""

from __future__ import annotations

import os
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
