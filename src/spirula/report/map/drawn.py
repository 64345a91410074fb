"""What the map's script is given: places, labels and neighbours of the points that are drawn, as one JSON text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...runs.files import printable

Arrays = dict[str, np.ndarray]

MOST_SHOWN, MOST_TRAIN = 3_000, 1_500
NEAREST = 3
EXTENT = 9_999  # places are whole numbers from 0 to this


@dataclass(frozen=True, eq=False)
class Answers:
    """names: what numbers of labels mean. label, predicted: int (n,), numbers of names, -1 for none. sure: (n,) 0…1."""

    names: Sequence[str]
    label: np.ndarray
    predicted: np.ndarray
    sure: np.ndarray


def evenly(count: int, most: int) -> np.ndarray:
    """Return at most ``most`` of ``count`` rows, evenly taken."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.int64)


def kinds_of(found: Arrays) -> list[str]:
    """Return the ways in which the points are placed, the best first."""
    return ["neighbours", "components"] if str(found["map_kind"]) == "neighbours" else ["components"]


def map_json(found: Arrays, split: str, answers: Answers, train_label: np.ndarray) -> str:
    """Return what the script draws: a split, some training samples behind it, and the nearest of each.

    train_label: int (m,), numbers of ``answers.names``. ``sets``: each with ``rows``, ``ids``, ``label``,
    ``predicted``, ``sure`` (per mille) and ``places`` by projection; ``known``: ids and labels of the training samples
    that are near to one; ``near`` and ``alike``: of each sample of the first set their numbers in ``known``, and the
    cosine per mille.
    """
    rows = evenly(len(found[f"{split}_ids"]), MOST_SHOWN)
    shown = Answers(answers.names, answers.label[rows], answers.predicted[rows], answers.sure[rows])
    sets = [_set(found, split, rows, shown)]
    document: dict[str, Any] = {"names": list(answers.names), "kinds": kinds_of(found), "sets": sets}
    if split != "train":
        behind = evenly(len(found["train_ids"]), MOST_TRAIN)
        nobody = np.full(len(behind), -1)
        sets.append(_set(found, "train", behind, Answers((), train_label[behind], nobody, np.zeros(len(behind)))))
        known, near = np.unique(found[f"{split}_nearest"][rows, :NEAREST], return_inverse=True)
        document["known"] = {"ids": _texts(found["train_ids"][known]), "label": train_label[known].tolist()}
        document["near"] = near.reshape(len(rows), -1).tolist()
        document["alike"] = _per_mille(found[f"{split}_similarity"][rows, :NEAREST]).tolist()
    for kind in document["kinds"]:
        _quantise([part["places"] for part in sets], kind)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _set(found: Arrays, split: str, rows: np.ndarray, answers: Answers) -> dict[str, Any]:
    places = {"components": found[f"{split}_points"][rows, :2].astype(np.float64)}
    if "neighbours" in kinds_of(found):
        places["neighbours"] = found[f"{split}_map"][rows].astype(np.float64)
    return {
        "rows": rows.tolist(),
        "ids": _texts(found[f"{split}_ids"][rows]),
        "label": answers.label.tolist(),
        "predicted": answers.predicted.tolist(),
        "sure": _per_mille(answers.sure).tolist(),
        "places": places,
    }


def _quantise(sets: list[dict[str, Any]], kind: str) -> None:
    """Turn float (n, 2) places into two lists of whole numbers on one scale, which keeps the map's proportions."""
    every = np.concatenate([places[kind] for places in sets])
    low, high = every.min(axis=0), every.max(axis=0)
    scale = EXTENT / (float((high - low).max()) or 1.0)
    middle = (low + high) / 2
    for places in sets:
        whole = ((places[kind] - middle) * scale + EXTENT / 2).round().astype(np.int64)
        places[kind] = [whole[:, 0].tolist(), (EXTENT - whole[:, 1]).tolist()]


def _texts(names: np.ndarray) -> list[str]:
    return [printable(str(name)) for name in names]


def _per_mille(values: np.ndarray) -> np.ndarray:
    return np.asarray((1000 * np.asarray(values, np.float64)).round(), np.int64)
