"""What copies and groups would have done to the numbers: leaks that are there, and leaks that were prevented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...plural import counted
from ..manifest import Manifest
from .duplicates import EXACT, KINDS, Twins, joined
from .folds import fold_name
from .split import hold_out, strata

_DRAWS = 20
_SHOWN = 50  # pairs that are named


def twin_facts(manifest: Manifest, twins: Twins | None, shares: Mapping[str, float]) -> dict[str, Any]:
    """Return what there is to say of twins and groups, as JSON holds it. Empty when nobody looked for twins.

    shares: split → share, for the splits that were divided here.

    - ``groups``, ``samples``: how many groups of the same picture, and how many samples are in them;
    - ``links``: how many were found by ``bytes``, ``pixels``, ``near`` and ``features``;
    - ``cross_split``: split → number of its samples that have a twin in training;
    - ``cross_label``: how many of the groups have more than one label;
    - ``pairs``: some of them, first those across splits, then those across labels, the closest first: ids, how they
      were found, distance, splits, labels;
    - ``naive``: split → ``{"mean", "std", "of", "draws"}``: how many held-out samples a random split would have put
      beside a twin, or beside a sample of their own group, in training.
    """
    if twins is None:
        return {}
    sizes = twins.sizes()
    labels = manifest.labels()
    return {
        "groups": int(np.unique(twins.groups[sizes > 1]).size),
        "samples": int((sizes > 1).sum()),
        "links": {kind: sum(pair[2] == kind for pair in twins.pairs) for kind in KINDS},
        "cross_split": across_splits(twins.groups, manifest.splits),
        "cross_label": len(across_labels(twins.groups, labels)),
        "pairs": _pairs(manifest, twins, labels),
        "naive": {"twins": naive_leaks(manifest, twins.groups, shares)}
        | ({} if manifest.groups is None else {"groups": naive_leaks(manifest, _numbers(manifest.groups), shares)}),
    }


def across_splits(groups: np.ndarray, splits: np.ndarray) -> dict[str, int]:
    """Return how many samples of each held-out split share their group with a training sample; splits with any."""
    trained = np.unique(groups[splits == "train"])
    counted = {split: int(np.isin(groups[splits == split], trained).sum()) for split in ("validation", "test")}
    return {split: number for split, number in counted.items() if number}


def across_labels(groups: np.ndarray, labels: Sequence[str]) -> list[int]:
    """Return the groups whose samples do not all have the same label, ascending."""
    pairs = np.unique(np.stack([groups, _numbers(labels)]), axis=1)[0]
    found, counts = np.unique(pairs, return_counts=True)
    mixed: list[int] = found[counts > 1].tolist()
    return mixed


def naive_leaks(manifest: Manifest, groups: np.ndarray, shares: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return how many held-out samples a stratified random split would have put beside a sample of their own group.

    For each split that was divided here (for folds: ``"out-of-fold"``): mean and standard deviation over 20 draws,
    and the number of held-out samples. "Beside" means: in training (in another fold).
    """
    drawn = [split for split in ("test", "validation") if shares.get(split, 0.0) > 0]
    in_folds = np.char.startswith(manifest.splits, fold_name(0)[:-1])
    if in_folds.any():
        rows, drawn = np.flatnonzero(in_folds), ["out-of-fold"]
    else:
        rows = np.flatnonzero(np.isin(manifest.splits, ["train", *drawn]))
    local_groups = np.unique(groups[rows], return_inverse=True)[1]
    if not drawn or not len(rows) or local_groups.max() + 1 == len(rows):
        return {}
    stratum = strata(manifest.task, manifest.targets)[rows]
    leaks: dict[str, list[int]] = {split: [] for split in drawn}
    sizes: dict[str, int] = {}
    for draw in range(_DRAWS):
        keys = np.random.default_rng(draw).integers(0, 2**63, len(rows)).astype(np.uint64)
        if in_folds.any():
            fold = np.empty(len(rows), dtype=np.int64)
            fold[np.lexsort((keys, stratum))] = np.arange(len(rows)) % np.unique(manifest.splits[rows]).size
            cut = np.unique(np.stack([local_groups, fold]), axis=1)[0]
            leaks["out-of-fold"].append(int((np.bincount(cut)[local_groups] > 1).sum()))
            sizes["out-of-fold"] = len(rows)
            continue
        left, parts = np.arange(len(rows)), {}
        for split in drawn:
            held = hold_out(stratum[left], shares[split], keys[left])
            parts[split], left = left[held], left[~held]
        trained = np.zeros(len(rows), dtype=bool)
        trained[local_groups[left]] = True
        for split, part in parts.items():
            leaks[split].append(int(trained[local_groups[part]].sum()))
            sizes[split] = len(part)
    return {
        split: {
            "mean": float(np.mean(counts)),
            "std": float(np.std(counts, ddof=1)),
            "of": sizes[split],
            "draws": _DRAWS,
        }
        for split, counts in leaks.items()
        if sizes[split]
    }


def twin_notes(manifest: Manifest, twins: Twins | None) -> list[str]:
    """Return a sentence for each finding that changes what the numbers mean."""
    if twins is None or not twins.pairs:
        return []
    exact = _exact(twins)
    notes: list[str] = []
    for split, copies in across_splits(twins.groups, manifest.splits).items():
        equal = across_splits(exact, manifest.splits).get(split, 0)
        how = "exact copies" if equal == copies else f"copies ({equal:,} of them exact)" if equal else "near copies"
        single = f"{split} file is {'an exact' if equal else 'a near'} copy"
        notes.append(
            f"{counted(copies, single, f'{split} files are {how}')} of training files: its figures flatter the network "
            f"({_example(manifest, twins, split)})."
        )
    labels = manifest.labels()
    mixed = across_labels(twins.groups, labels)
    if mixed and manifest.task != "regression":
        first = np.flatnonzero(twins.groups == mixed[0])
        different = next(row for row in first[1:] if labels[row] != labels[first[0]])
        one, two = int(first[0]), int(different)
        which = counted(len(mixed), "picture is", "pictures are")
        notes.append(
            f"{which} there more than once with different labels, such as {manifest.ids[one]!r} "
            f"({labels[one]}) and {manifest.ids[two]!r} ({labels[two]})."
        )
    return notes


def _exact(twins: Twins) -> np.ndarray:
    return joined(len(twins.groups), [pair for pair in twins.pairs if pair[2] in EXACT]).groups


def _example(manifest: Manifest, twins: Twins, split: str) -> str:
    trained = np.flatnonzero(manifest.splits == "train")
    held = np.flatnonzero((manifest.splits == split) & np.isin(twins.groups, twins.groups[trained]))
    mates = trained[twins.groups[trained] == twins.groups[held[0]]]
    return f"{manifest.ids[held[0]]!r} of {manifest.ids[mates[0]]!r}"


def _pairs(manifest: Manifest, twins: Twins, labels: Sequence[str]) -> list[dict[str, Any]]:
    def order(pair: tuple[int, int, str, float]) -> tuple[bool, bool, float, int]:
        one, two, _, apart = pair
        return (manifest.splits[one] == manifest.splits[two], labels[one] == labels[two], apart, one)

    return [
        {
            "ids": [manifest.ids[one], manifest.ids[two]],
            "rows": [one, two],
            "found_by": kind,
            "distance": apart,
            "splits": [str(manifest.splits[one]), str(manifest.splits[two])],
            "labels": [labels[one], labels[two]],
        }
        for one, two, kind, apart in sorted(twins.pairs, key=order)[:_SHOWN]
    ]


def _numbers(names: Sequence[str]) -> np.ndarray:
    numbers: np.ndarray = np.unique(np.array(names, dtype=str), return_inverse=True)[1]
    return numbers
