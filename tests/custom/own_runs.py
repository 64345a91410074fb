"""A short training with pieces of the user's own, and the network of the notes that has two of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import spirula as sp

FILE = Path(__file__).with_name("my_pieces.py")
NOTES = "Dense(30, activation=custom.soft_relu, kernel_regularizer=custom.MyL1Regularizer(0.01)), Dense(1)"
Arrays = tuple[np.ndarray, np.ndarray]


def train(data: Any, **options: Any) -> sp.Run:
    return sp.train(data, **{"epochs": 2, "runs": "runs", "progress": "quiet", "precision": "float32", **options})
