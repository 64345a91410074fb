"""What a page holds of each sample of a split: columns of numbers, packed as text."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

import numpy as np

from ...runs.folder import Predictions
from .listed import sample_loss, sureness

MOST_PROBABILITIES = 2_000_000  # of a multi-label split; of more, a page has only which labels were said

_TYPES = {name: np.dtype(f"<{name}") for name in ("f4", "i1", "i2", "i4", "u1", "u2")}


def packed(values: np.ndarray, kind: str) -> dict[str, str]:
    """Return an array as base64 of its little-endian bytes; kind: "f4", "u2", "u1", or "i" for what fits."""
    if kind == "i":
        most = int(np.abs(values).max(initial=0))
        kind = "i1" if most < 2**7 else "i2" if most < 2**15 else "i4"
    content = np.ascontiguousarray(values, dtype=_TYPES[kind]).tobytes()
    return {"type": kind, "data": base64.b64encode(content).decode("ascii")}


def columns(task: str, stored: Predictions) -> dict[str, dict[str, str]]:
    """Return the columns of a split by name, packed.

    classification: truth, said, second (numbers of classes; second only with two or more), sure, second_sure, own (the
    probabilities of said, second and truth), loss in nats. multilabel: truth and said as bits, eight labels a byte, the
    first in the lowest; sure, the probability of the least sure decision; loss; probabilities of 65535. regression:
    truth and said, the values.
    """
    return {name: packed(values, kind) for name, (values, kind) in _COLUMNS[task](stored).items()}


Known = dict[str, tuple[np.ndarray, str]]


def _classes(stored: Predictions) -> Known:
    targets, probabilities = stored.targets, stored.probabilities
    rows = np.arange(len(targets))
    said = probabilities.argmax(axis=1)
    found: Known = {
        "truth": (targets, "i"),
        "said": (said, "i"),
        "sure": (sureness("classification", stored), "f4"),
        "own": (probabilities[rows, targets], "f4"),
        "loss": (sample_loss("classification", stored), "f4"),
    }
    if probabilities.shape[1] > 1:
        rest = probabilities.copy()
        rest[rows, said] = -1
        second = rest.argmax(axis=1)
        found |= {"second": (second, "i"), "second_sure": (probabilities[rows, second], "f4")}
    return found


def _labels(stored: Predictions) -> Known:
    found: Known = {
        "truth": (np.packbits(stored.targets > 0, axis=1, bitorder="little"), "u1"),
        "said": (np.packbits(stored.probabilities > 0.5, axis=1, bitorder="little"), "u1"),
        "sure": (sureness("multilabel", stored), "f4"),
        "loss": (sample_loss("multilabel", stored), "f4"),
    }
    if stored.probabilities.size <= MOST_PROBABILITIES:
        found["probabilities"] = (np.rint(stored.probabilities * 65535), "u2")
    return found


def _values(stored: Predictions) -> Known:
    return {"truth": (stored.targets, "f4"), "said": (stored.probabilities[:, 0], "f4")}


_COLUMNS: Mapping[str, Callable[[Predictions], Known]] = {
    "classification": _classes,
    "multilabel": _labels,
    "regression": _values,
}
