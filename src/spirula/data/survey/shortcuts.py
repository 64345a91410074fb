"""What a network could tell the classes apart by without looking at what is on the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..manifest import Manifest
    from ..pictures.ledger import Ledger

SURE = 0.9  # a guess from such a fact alone that is right this often gives the class away
LEAST = 20  # pictures: with fewer, that happens by chance
ABOVE_CHANCE = 0.2  # and it must beat naming the largest class by this much


def shortcuts(ledger: Ledger, manifest: Manifest) -> list[dict[str, Any]]:
    """Return facts of the files that give their classes away: format, mode, or the exact size.

    accuracy: of guessing, for each value of the fact, the class that is most frequent with it. A fact that only some
    files share says little, so values that occur once are guessed as the largest class.
    """
    if manifest.task != "classification" or len(manifest) < LEAST:
        return []
    place = {name: row for row, name in enumerate(ledger.ids)}
    rows = np.array([place[name] for name in manifest.ids], dtype=np.int64)
    chance = float(np.bincount(manifest.targets).max()) / len(manifest)
    facts = {
        "format": np.asarray(ledger.formats)[rows],
        "mode": np.asarray(ledger.modes)[rows],
        "size": np.asarray(ledger.heights)[rows] * (1 << 32) + np.asarray(ledger.widths)[rows],
    }
    found = [{"fact": name, "accuracy": guessed(values, manifest.targets)} for name, values in facts.items()]
    return [{**entry, "chance": chance} for entry in found if _gives_away(float(str(entry["accuracy"])), chance)]


def guessed(values: np.ndarray, targets: np.ndarray) -> float:
    """Return how often the class most frequent with a value is right, (N,) values and int64 (N,) targets."""
    codes, seen = np.unique(values, return_inverse=True, return_counts=True)[1:]
    table = np.zeros((len(seen), int(targets.max()) + 1), dtype=np.int64)
    np.add.at(table, (codes, targets), 1)
    often = seen >= LEAST
    fallback = int(table.sum(axis=0).argmax())
    right = int(table[often].max(axis=1).sum()) + int(table[~often, fallback].sum())
    return right / len(targets)


def _gives_away(accuracy: float, chance: float) -> bool:
    return accuracy >= SURE and accuracy >= chance + ABOVE_CHANCE
