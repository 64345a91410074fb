"""The two networks of the study notes, trained whole by the command line on the real images.

The notes print 0.9929 (MNIST, test, five epochs) and 0.918 (Fashion-MNIST, validation, best of ten epochs).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.skipif("SPIRULA_DATA" not in os.environ, reason="needs SPIRULA_DATA"),
    pytest.mark.timeout(900),
]


def trained(runs: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "spirula", "train", *arguments, "--runs", str(runs), "--name", "run"]
    # With one thread: beside other tests, several would wait for each other longer than they compute.
    subprocess.run([*command, "--threads", "1", "--progress", "quiet"], check=True)
    document: dict[str, Any] = json.loads((runs / "run" / "run.json").read_text(encoding="utf-8"))
    assert document["verification"]["status"] == "verified"
    return document


def test_mnist_in_five_epochs_and_its_memory(tmp_path: Path) -> None:
    options = ["--optimizer", "adam", "--schedule", "one-cycle", "--learning-rate", "0.002", "--batch-size", "64"]
    document = trained(tmp_path, "mnist", "--model", "mnist-cnn", "--epochs", "5", "--validation", "0.1", *options)
    assert document["data"]["counts"] == {"train": 54_000, "validation": 6_000, "test": 10_000}
    assert document["results"]["test"]["accuracy"] >= 0.9929
    assert document["timing"]["peak_memory_bytes"] < 1.5e9


def test_fashion_mnist_with_early_stopping(tmp_path: Path) -> None:
    options = ["--model", "two-conv", "--optimizer", "adam", "--batch-size", "32", "--epochs", "10", "--patience", "2"]
    document = trained(tmp_path, "fashion-mnist", "--validation", "0.2", *options)
    assert document["model"]["parameters"] == 333_526
    assert document["data"]["counts"] == {"train": 48_000, "validation": 12_000, "test": 10_000}
    assert document["best"]["epoch"] <= 10
    assert document["results"]["validation"]["accuracy"] >= 0.915
