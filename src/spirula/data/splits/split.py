"""Dividing samples into train, validation and test.

A sample's place in the draw is a hash of (seed, split, its id). So a split does not depend on the order in which
files were listed, on the platform or on a library's random generator, and adding a few files moves few others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ...errors import DataError
from ...plural import counted

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


def quotas(stratum: np.ndarray, share: float) -> np.ndarray:
    """Return how many samples each stratum gives, int64 (kinds,).

    ``round(share * N)`` samples (at least one), shared among the strata by largest remainder, so that each
    stratum gives its exact share to within one sample; but each keeps at least one sample.
    """
    sizes = np.bincount(stratum)
    exact = sizes * share
    take = np.floor(exact).astype(np.int64)
    wanted = max(1, round(share * len(stratum)))
    by_remainder = np.argsort(-(exact - take), kind="stable")
    by_remainder = by_remainder[(sizes[by_remainder] > take[by_remainder] + 1)]
    take[by_remainder[: max(0, wanted - int(take.sum()))]] += 1
    given: np.ndarray = np.minimum(take, np.maximum(sizes - 1, 0))
    return given


def hold_out(stratum: np.ndarray, share: float, keys: np.ndarray) -> np.ndarray:
    """Choose samples to hold out, as many of each stratum as :func:`quotas` says; returns bool (N,)."""
    take = quotas(stratum, share)
    sizes = np.bincount(stratum)
    order = np.lexsort((keys, stratum))
    first = np.cumsum(sizes) - sizes
    rank = np.arange(len(stratum)) - first[stratum[order]]
    held = np.zeros(len(stratum), dtype=bool)
    held[order] = rank < take[stratum[order]]
    return held


def hold_out_groups(stratum: np.ndarray, wanted: np.ndarray, groups: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Choose whole groups to hold out; returns bool (N,).

    wanted: (kinds,) samples of each stratum. groups: int64 (N,), group of each sample. keys: uint64 (G,), place of
    each group in the draw.

    Groups are visited in the order of the draw. One is taken when that brings the counts per stratum closer to what is
    wanted (sum of squared differences) and leaves every stratum a sample. If none is taken so, the smallest that
    leaves every stratum a sample is. With groups of one sample and :func:`quotas`, that is :func:`hold_out`.
    """
    sizes = np.bincount(stratum)
    missing, left = wanted.tolist(), sizes.tolist()
    members = members_of(stratum, groups, len(keys))
    taken = np.zeros(len(keys), dtype=bool)
    for group in np.argsort(keys, kind="stable").tolist():
        gain = members[group]
        closer = sum(count * (2 * missing[kind] - count) for kind, count in gain) > 0
        if closer and all(left[kind] > count for kind, count in gain):
            taken[group] = True
            for kind, count in gain:
                missing[kind] -= count
                left[kind] -= count
    if not taken.any():
        possible = [group for group, gain in enumerate(members) if all(sizes[kind] > count for kind, count in gain)]
        if possible:
            taken[min(possible, key=lambda group: (sum(count for _, count in members[group]), int(keys[group])))] = True
    held: np.ndarray = taken[groups]
    return held


def members_of(stratum: np.ndarray, groups: np.ndarray, number: int) -> list[list[tuple[int, int]]]:
    """Return for each of ``number`` groups how many samples of which strata it has: (stratum, count)."""
    kinds = int(stratum.max()) + 1
    cells, counts = np.unique(groups * kinds + stratum, return_counts=True)
    members: list[list[tuple[int, int]]] = [[] for _ in range(number)]
    for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
        members[cell // kinds].append((cell % kinds, count))
    return members


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
    atoms: np.ndarray | None = None,
) -> np.ndarray:
    """Return the split of every sample, str (N,).

    given: splits that the source has; only its training samples are divided further. ``test`` is a share of the
    samples divided, ``validation`` a share of those that then remain for training; 0 holds nothing out.
    groups: what the source says belongs together. atoms: int64 (N,), what must not be cut, if that is more than the
    groups.

    Raises :class:`DataError` when the source's own splits cut through a group.
    """
    splits = np.full(len(ids), "train", dtype="<U10") if given is None else given.astype("<U10")
    if groups is not None:
        _refuse_cut_groups(splits, *np.unique(np.array(groups, dtype=str), return_inverse=True))
    by_stratum = strata(task, targets)
    names = ids if groups is None else groups
    for split, share in (("test", test), ("validation", validation)):
        rows = np.flatnonzero(splits == "train")
        if share <= 0 or len(rows) < 2:
            continue
        local = np.unique(by_stratum[rows], return_inverse=True)[1]
        own = [names[row] for row in rows.tolist()]
        if groups is None and atoms is None:
            held = hold_out(local, share, draw_keys(own, seed, split))
        else:
            wanted = quotas(local, share) if groups is None else np.bincount(local) * share
            first, of_sample = named_groups(own, None if atoms is None else atoms[rows])
            held = hold_out_groups(local, wanted, of_sample, draw_keys(first, seed, split))
        splits[rows[held]] = split
    return splits


def named_groups(names: Sequence[str], groups: np.ndarray | None) -> tuple[list[str], np.ndarray]:
    """Return (the smallest name in each group, the group of each sample as its place in that list).

    names: of N samples. groups: int64 (N,); without it, samples of one name are a group. With a new sample in it, a
    group mostly keeps its smallest name, and so its place in the draw.
    """
    smallest: dict[int | str, str] = {}
    marks: Sequence[int | str] = names if groups is None else groups.tolist()
    for mark, name in zip(marks, names, strict=True):
        smallest[mark] = min(smallest.get(mark, name), name)
    place = {mark: index for index, mark in enumerate(smallest)}
    return list(smallest.values()), np.array([place[mark] for mark in marks], dtype=np.int64)


def _refuse_cut_groups(splits: np.ndarray, names: np.ndarray, group_rows: np.ndarray) -> None:
    pairs = np.unique(np.stack([group_rows, np.unique(splits, return_inverse=True)[1]]), axis=1)
    cut = np.flatnonzero(np.bincount(pairs[0]) > 1)
    if len(cut):
        listed = ", ".join(f'"{names[group]}"' for group in cut[:5])
        raise DataError(
            f"{counted(len(cut), 'group lies', 'groups lie')} in more than one of the given splits: {listed}",
            "Correct the splits or the groups, or let spirula divide the samples: it keeps groups together.",
        )
