"""Dividing samples into train, validation and test.

A sample's place in the draw is a hash of (seed, split, its id). So a split does not depend on the order in which
files were listed, on the platform or on a library's random generator, and adding a few files moves few others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ..errors import DataError

SYNONYMS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
AMBIGUOUS = ("eval", "evaluation")  # validation to some, test to others


def split_name(word: str) -> str | None:
    """Return ``"train"``, ``"validation"`` or ``"test"`` for a usual name of it, in any case; else ``None``."""
    return SYNONYMS.get(word.strip().lower())


def draw_keys(ids: Sequence[str], seed: int, purpose: str) -> np.ndarray:
    """Return one pseudo-random uint64 per id: the first 8 bytes of BLAKE2b keyed by seed and purpose."""
    start = hashlib.blake2b(f"{seed}\0{purpose}\0".encode(), digest_size=8)
    digests = bytearray()
    for identity in ids:
        state = start.copy()
        state.update(identity.encode("utf-8", "surrogateescape"))
        digests += state.digest()
    return np.frombuffer(digests, dtype="<u8")


def strata(task: str, targets: np.ndarray) -> np.ndarray:
    """Return the stratum of every sample, int64 (N,): its class; multi-label: its rarest label; else 0."""
    if task == "classification":
        return targets
    if task == "regression" or not targets.size:
        return np.zeros(len(targets), dtype=np.int64)
    rarity = np.argsort(np.argsort(targets.sum(axis=0), kind="stable"))  # 0 for the rarest label
    ranks: np.ndarray = np.where(targets > 0, rarity[None, :], targets.shape[1]).min(axis=1)
    return ranks.astype(np.int64)


def hold_out(stratum: np.ndarray, share: float, keys: np.ndarray) -> np.ndarray:
    """Choose samples to hold out, stratified; returns bool (N,).

    ``round(share * N)`` samples (at least one), shared among the strata by largest remainder, so that each
    stratum gives its exact share to within one sample; but each keeps at least one sample.
    """
    sizes = np.bincount(stratum)
    quotas = sizes * share
    take = np.floor(quotas).astype(np.int64)
    wanted = max(1, round(share * len(stratum)))
    by_remainder = np.argsort(-(quotas - take), kind="stable")
    by_remainder = by_remainder[(sizes[by_remainder] > take[by_remainder] + 1)]
    take[by_remainder[: max(0, wanted - int(take.sum()))]] += 1
    take = np.minimum(take, np.maximum(sizes - 1, 0))

    order = np.lexsort((keys, stratum))
    first = np.cumsum(sizes) - sizes
    rank = np.arange(len(stratum)) - first[stratum[order]]
    held = np.zeros(len(stratum), dtype=bool)
    held[order] = rank < take[stratum[order]]
    return held


def hold_out_groups(stratum: np.ndarray, share: float, groups: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Choose whole groups to hold out; returns bool (N,).

    groups: int64 (N,), group of each sample. keys: uint64 (G,), place of each group in the draw.

    Groups are visited in the order of the draw. One is taken when that brings the counts per stratum closer to
    ``share`` (sum of squared differences) and leaves every stratum a sample. If none is taken so, the smallest that
    leaves every stratum a sample is.
    """
    kinds, number = int(stratum.max()) + 1, len(keys)
    counts = np.zeros((number, kinds), dtype=np.int64)
    np.add.at(counts, (groups, stratum), 1)
    sizes = counts.sum(axis=0)
    missing, left = sizes * share, sizes.copy()
    taken = np.zeros(number, dtype=bool)
    present = sizes > 0
    for group in np.argsort(keys, kind="stable"):
        gain = counts[group]
        closer = 2 * float(gain @ missing) > float(gain @ gain)
        if closer and (left[present] > gain[present]).all():
            taken[group] = True
            missing, left = missing - gain, left - gain
    if not taken.any():
        possible = (counts[:, present] < sizes[present]).all(axis=1)
        if possible.any():
            weight = np.where(possible, counts.sum(axis=1), len(stratum) + 1)
            taken[np.lexsort((keys, weight))[0]] = True
    held: np.ndarray = taken[groups]
    return held


def divide(
    *,
    task: str,
    targets: np.ndarray,
    ids: Sequence[str],
    given: np.ndarray | None,
    groups: Sequence[str] | None,
    validation: float,
    test: float,
    seed: int,
) -> np.ndarray:
    """Return the split of every sample, str (N,).

    given: splits that the source has; only its training samples are divided further. ``test`` is a share of the
    samples divided, ``validation`` a share of those that then remain for training; 0 holds nothing out.

    Raises :class:`DataError` when the source's own splits cut through a group.
    """
    splits = np.full(len(ids), "train", dtype="<U10") if given is None else given.astype("<U10")
    group_rows: np.ndarray | None = None
    names: np.ndarray | None = None
    if groups is not None:
        names, group_rows = np.unique(np.array(groups, dtype=str), return_inverse=True)
        _refuse_cut_groups(splits, names, group_rows)
    by_stratum = strata(task, targets)
    for split, share in (("test", test), ("validation", validation)):
        rows = np.flatnonzero(splits == "train")
        if share <= 0 or len(rows) < 2:
            continue
        local = np.unique(by_stratum[rows], return_inverse=True)[1]
        if group_rows is None or names is None:
            held = hold_out(local, share, draw_keys([ids[row] for row in rows.tolist()], seed, split))
        else:
            present, local_groups = np.unique(group_rows[rows], return_inverse=True)
            keys = draw_keys([str(names[group]) for group in present], seed, split)
            held = hold_out_groups(local, share, local_groups, keys)
        splits[rows[held]] = split
    return splits


def _refuse_cut_groups(splits: np.ndarray, names: np.ndarray, group_rows: np.ndarray) -> None:
    pairs = np.unique(np.stack([group_rows, np.unique(splits, return_inverse=True)[1]]), axis=1)
    cut = np.flatnonzero(np.bincount(pairs[0]) > 1)
    if len(cut):
        listed = ", ".join(f'"{names[group]}"' for group in cut[:5])
        raise DataError(
            f"{len(cut)} groups lie in more than one of the given splits: {listed}",
            "Correct the split column, or let spirula divide the samples: it keeps groups together.",
        )
