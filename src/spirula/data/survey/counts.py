"""How many samples of each class in each split, and how evenly."""

from __future__ import annotations

from typing import Any

from ..manifest import Manifest


def counts(manifest: Manifest) -> dict[str, Any]:
    """Return numbers per split and class, and what they say about balance.

    imbalance: training samples of the largest class over those of the smallest that has any (of labels, for
    multi-label); ``None`` for fewer than two of those.
    """
    per_class = manifest.class_counts()
    train = {name: number for name, number in per_class.get("train", {}).items() if number}
    imbalance = None
    if len(train) > 1:
        largest, smallest = max(train, key=train.__getitem__), min(train, key=train.__getitem__)
        imbalance = {"ratio": train[largest] / train[smallest], "largest": largest, "smallest": smallest}
    return {"splits": manifest.counts(), "classes": per_class, "imbalance": imbalance}
