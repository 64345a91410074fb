from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the user's file that a test may change."""
    path = tmp_path / "my_pieces.py"
    path.write_bytes(Path(__file__).with_name("my_pieces.py").read_bytes())
    return path


@pytest.fixture(scope="session")
def houses() -> tuple[np.ndarray, np.ndarray]:
    """A small regression in the manner of the notes' California housing: 8 columns, a positive target."""
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 8)).astype(np.float32)
    y = np.exp(0.3 * x @ random.normal(size=8) + 1).astype(np.float32)
    return x, y


@pytest.fixture(scope="session")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """8×8 grey pictures of three classes: which third is bright."""
    random = np.random.default_rng(1)
    y = random.integers(0, 3, size=150)
    x = random.integers(0, 120, size=(150, 8, 8), dtype=np.uint8)
    for row, label in enumerate(y):
        x[row, :, 2 + 2 * label : 4 + 2 * label] += 100
    return x, y
