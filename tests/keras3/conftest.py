"""Real Keras, run once in a process of its own: what it counts and what it saves is what spirula is compared with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def keras_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``counts.json``, and NAME.keras beside NAME.npz (inputs, outputs) for every saved network."""
    folder = tmp_path_factory.mktemp("keras")
    peer = Path(__file__).parent / "keras_peer.py"
    done = subprocess.run([sys.executable, str(peer), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def keras_counts(keras_folder: Path) -> dict[str, dict[str, int]]:
    return dict(json.loads((keras_folder / "counts.json").read_text(encoding="utf-8")))
