"""What a naive division of the samples would have claimed, measured on features that are at hand.

The output layer is fitted by folds twice: with folds that keep copies and groups whole, and with folds that draw the
samples one by one. Same samples, same number of folds, same strength: what lies between the two accuracies is what
copies and groups would have added to the figure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from ...data.splits.atoms import atom_of_each
from ...data.splits.folds import folds_of
from ...data.splits.split import draw_keys, strata
from .head import Problem, Standard, right, solve
from .probe import Probe, problem_of

FOLDS: Final = 5
DRAWS: Final = 5
MOST: Final = 3_000  # samples of a draw; of more, whole atoms are drawn anew each time


@dataclass(frozen=True)
class Claim:
    """Accuracies, 0…1, each the mean over the draws of the folds.

    naive: with samples drawn one by one. honest: with copies and groups kept whole. difference, spread: mean and
    standard deviation of naive - honest over the draws. samples: judged in each draw. together: what was kept whole,
    "copies", "groups" or "both".
    """

    naive: float
    honest: float
    difference: float
    spread: float
    samples: int
    folds: int
    draws: int
    together: str

    def to_dict(self) -> dict[str, Any]:
        """Return the claim as JSON holds it."""
        return asdict(self)


def naive_claim(probe: Probe, strength: float, *, test_was_drawn: bool) -> Claim | None:
    """Return what a naive division would have claimed of the training and validation samples.

    strength: C of the L2 penalty. test_was_drawn: the test split is not the source's own, so its samples count too.

    ``None`` where there is nothing to tell: no two samples belong together, a regression has no accuracy, or the
    features are not at hand.
    """
    manifest = probe.dataset.manifest
    splits = ["train", "validation", *(["test"] if test_was_drawn else [])]
    pool = np.flatnonzero(np.isin(manifest.splits, splits))
    atoms, together = _atoms(probe, pool)
    number = min(FOLDS, len(np.unique(atoms)))
    if manifest.task == "regression" or not together or number < 2:
        return None
    everything = probe.features_at_hand()
    if everything is None:
        return None
    features = everything[torch.from_numpy(pool)]
    # No label has a part in this, so folds need none of their own.
    problem = problem_of(probe, Standard.of(features)(features), pool, 1).to(torch.float32)
    stratum = np.unique(strata(manifest.task, manifest.targets)[pool], return_inverse=True)[1]
    accuracies = []
    for draw in range(DRAWS):
        places = _drawn(atoms, draw)
        keys = draw_keys([manifest.ids[row] for row in pool[places].tolist()], draw, "claim")
        part, kinds = problem.rows(torch.from_numpy(places)), stratum[places]
        first, whole = np.unique(atoms[places], return_index=True, return_inverse=True)[1:]
        naive = folds_of(kinds, number, np.arange(len(places)), keys)
        honest = folds_of(kinds, number, whole, keys[first])
        accuracies.append([_accuracy(part, torch.from_numpy(fold), strength) for fold in (naive, honest)])
    naive_mean, honest_mean = np.mean(accuracies, axis=0).tolist()
    apart = -np.diff(accuracies, axis=1)
    return Claim(
        naive=naive_mean,
        honest=honest_mean,
        difference=float(apart.mean()),
        spread=float(apart.std(ddof=1)),
        samples=len(_drawn(atoms, 0)),
        folds=number,
        draws=DRAWS,
        together=together,
    )


def _atoms(probe: Probe, pool: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the atom of each sample of the pool, int64 (N,), and what makes atoms of more than one; "" for nothing."""
    manifest, twins = probe.dataset.manifest, probe.dataset.twins
    names = np.array(manifest.groups or manifest.ids)
    atoms = np.unique(atom_of_each(manifest, twins)[pool], return_inverse=True)[1]
    copies = twins is not None and len(np.unique(twins.groups[pool])) < len(pool)
    groups = manifest.groups is not None and len(np.unique(names[pool])) < len(pool)
    return atoms, "both" if copies and groups else "copies" if copies else "groups" if groups else ""


def _drawn(atoms: np.ndarray, draw: int) -> np.ndarray:
    """Return the places of at most about ``MOST`` samples, whole atoms of them, ascending."""
    if len(atoms) <= MOST:
        return np.arange(len(atoms))
    order = np.random.default_rng(draw).permutation(int(atoms.max()) + 1)
    counted = np.cumsum(np.bincount(atoms)[order])
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[: max(2, int(np.searchsorted(counted, MOST, side="right")))]] = True
    return np.flatnonzero(chosen[atoms])


def _accuracy(problem: Problem, fold: Tensor, strength: float) -> float:
    """Return the accuracy over all samples, each judged by the layer that was fitted on the other folds."""
    judged = torch.zeros(len(fold), dtype=torch.float64)
    for number in range(int(fold.max()) + 1):
        held = fold == number
        weight, bias, _ = solve(problem.rows(~held), strength, tolerance=1e-4)
        logits = problem.features[held] @ weight.T + bias
        judged[held] = right(problem.output, logits, problem.targets[held])
    return float(judged.mean())
