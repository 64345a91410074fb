"""Pictures that are the same: groups, pairs across splits and labels first, and what a division by file would leak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..splits.honesty import twin_facts

if TYPE_CHECKING:
    from ..manifest import Manifest
    from ..splits.duplicates import Twins


def copies(twins: Twins, manifest: Manifest, shares: Mapping[str, float]) -> dict[str, Any]:
    """Return groups and pairs of copies.

    groups: of two or more pictures. pictures: how many are in them. kinds: how many links were found by equal bytes,
    equal pixels, nearly equal pixels. leaks: held-out split → how many of its pictures have a copy among the training
    pictures. conflicts: groups with more than one label (numbers of a regression may differ). naive, naive_groups:
    split → what drawing files one by one would have put beside a copy, or beside a picture of the same user's group,
    in training, see :func:`spirula.data.splits.honesty.twin_facts`; ``shares`` are those of the splits that were drawn.
    pairs: all links between copies: first those across splits and labels, then those across labels, which are fewer
    and always wrong, then those across splits.
    """
    facts = twin_facts(manifest, twins, shares)
    labels = manifest.labels()
    pairs = [_pair(*link, manifest, labels) for link in twins.pairs]
    pairs.sort(key=_order)
    return {
        "groups": facts["groups"],
        "pictures": facts["samples"],
        "kinds": {kind: number for kind, number in facts["links"].items() if number},
        "leaks": facts["cross_split"],
        "conflicts": 0 if manifest.task == "regression" else facts["cross_label"],
        "naive": facts["naive"]["twins"],
        "naive_groups": facts["naive"].get("groups", {}),
        "pairs": pairs,
    }


def _order(pair: Mapping[str, Any]) -> tuple[int, bool, float, list[int]]:
    across = pair["across_splits"] + pair["across_labels"]
    return -across, not pair["across_labels"], pair["distance"], pair["rows"]


def _pair(a: int, b: int, kind: str, distance: float, manifest: Manifest, labels: list[str]) -> dict[str, Any]:
    if manifest.splits[b] == "train" != manifest.splits[a]:
        a, b = b, a  # the training picture stands first
    splits = [str(manifest.splits[row]) for row in (a, b)]
    return {
        "ids": [manifest.ids[a], manifest.ids[b]],
        "rows": [int(a), int(b)],
        "splits": splits,
        "labels": [labels[a], labels[b]],
        "kind": kind,
        "distance": float(distance),
        "across_splits": splits[0] != splits[1],
        "across_labels": manifest.task != "regression" and labels[a] != labels[b],
    }
