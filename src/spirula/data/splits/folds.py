"""Folds: every sample is held out once, by a network that saw neither it nor what belongs together with it."""

from __future__ import annotations

import numpy as np

from ...errors import DataError, UnusableDataError
from ..samples import Samples
from .division import VALIDATION_SHARE, held_together, listed, or_ignore, refuse_share
from .split import divide, draw_keys, members_of, named_groups, strata

APART = "apart"  # the split of a sample that is in no part of a run: a test split of the source stays out of the folds


def folds_of(stratum: np.ndarray, number: int, groups: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Deal whole groups into ``number`` folds; returns the fold of each sample, int64 (N,), 0 … number - 1.

    groups: int64 (N,), group of each sample. keys: uint64 (G,), place of each group in the draw.

    The largest groups are dealt first. Of the folds that are not fuller than the others by more than the largest
    group, a group goes to the one that lacks its strata most. So no two folds differ by more samples than the largest
    group has; with single samples, neither by more than one sample of any stratum.
    """
    members = members_of(stratum, groups, len(keys))
    sizes = [sum(count for _, count in gain) for gain in members]
    first = [gain[0][0] for gain in members]
    largest = max(sizes)
    missing = [(np.bincount(stratum) / number).tolist() for _ in range(number)]
    totals = [0] * number
    fold_of = np.zeros(len(keys), dtype=np.int64)
    for group in np.lexsort((keys, np.array(first), -np.array(sizes))).tolist():
        gain, most = members[group], min(totals) + largest - sizes[group]
        best = (float("inf"), 0, 0)
        for fold in range(number):
            if totals[fold] <= most:
                surplus = sum([count * (count - 2 * missing[fold][kind]) for kind, count in gain])
                best = min(best, (surplus, totals[fold], fold))
        chosen = best[2]
        fold_of[group] = chosen
        totals[chosen] += sizes[group]
        for kind, count in gain:
            missing[chosen][kind] -= count
    dealt: np.ndarray = fold_of[groups]
    return dealt


def deal(samples: Samples, folds: int, seed: int, atoms: np.ndarray | None) -> np.ndarray:
    """Return the fold of every sample, int64 (N,), 0 … folds - 1; -1 for those of the source's own test split.

    atoms: int64 (N,), what must not be cut; ``None`` when that is no more than the groups of ``samples``.
    Raises :class:`UnusableDataError` when a class, or the whole, is not enough to be divided so.
    """
    pool = np.flatnonzero(samples.splits != "test") if samples.splits is not None else np.arange(len(samples))
    names = samples.ids if samples.groups is None else samples.groups
    first, groups = named_groups([names[row] for row in pool.tolist()], None if atoms is None else atoms[pool])
    if len(first) < folds:
        count = held_together(samples.take(pool), None if atoms is None else atoms[pool])
        raise UnusableDataError(
            f"folds = {folds} cannot be dealt: {samples.source} has {count}",
            f"Use fewer folds{or_ignore(atoms)}.",
        )
    stratum = np.unique(strata(samples.task, samples.targets)[pool], return_inverse=True)[1]
    fold = np.full(len(samples), -1, dtype=np.int64)
    fold[pool] = folds_of(stratum, folds, groups, draw_keys(first, seed, "folds"))
    if samples.task == "classification":
        targets = samples.targets[pool]
        cells = np.unique(np.stack([targets, fold[pool]]), axis=1)[0]
        in_folds = np.bincount(cells, minlength=len(samples.classes))
        alone = [samples.classes[kind] for kind in np.flatnonzero(in_folds == 1).tolist()]
        if alone:
            raise UnusableDataError(
                f"{samples.source}: all samples of {listed(alone)} are in one fold, and the network that is tested on "
                "them would not know the class",
                f"Add samples that are neither copies nor of one group, or remove the class{or_ignore(atoms)}.",
            )
    return fold


def divided_in_folds(
    samples: Samples,
    validation: float | None,
    test: float | None,
    seed: int,
    atoms: np.ndarray | None,
    folds: int,
    fold: int | None,
) -> tuple[np.ndarray, dict[str, float], dict[str, str]]:
    """Return (split of every sample, shares, reasons), as :func:`spirula.data.splits.division.divided` does.

    Splits of the source are joined and dealt anew, but those of its test split are in no part: ``"apart"``.
    fold: 1 … folds: its samples are "test", a share of the others is "validation". ``None``: the whole, in which the
    samples of the first fold are ``"fold-1"``, and so on, and nothing else is held out.
    """
    if not isinstance(folds, int) or folds < 2:
        raise DataError(f"folds = {folds!r} is not a number of folds", "There must be 2 folds or more.")
    if fold is not None and not (isinstance(fold, int) and 1 <= fold <= folds):
        raise DataError(f"fold = {fold!r} of folds = {folds} does not exist", f"Choose one from 1 to {folds}.")
    if test is not None:
        raise DataError(
            f"test = {test} would have no effect: every sample is tested once by the {folds} folds", "Leave test out."
        )
    share = VALIDATION_SHARE if validation is None else validation
    refuse_share("validation", share)
    reasons = {"validation": "of the samples outside the fold"} if validation is None else {}
    dealt = deal(samples, folds, seed, atoms)
    if fold is None:
        names = np.array([APART, *(fold_name(number) for number in range(1, folds + 1))], dtype="<U10")
        return names[dealt + 1], {}, {}
    splits = divide(
        task=samples.task,
        targets=samples.targets,
        ids=samples.ids,
        given=np.where(dealt == fold - 1, "test", np.where(dealt < 0, APART, "train")),
        groups=samples.groups,
        validation=share,
        test=0.0,
        seed=seed,
        atoms=atoms,
    )
    return splits, {"validation": share}, reasons


def fold_name(number: int) -> str:
    """Return how the split of a fold is called: ``fold-1`` for the first."""
    return f"fold-{number}"
