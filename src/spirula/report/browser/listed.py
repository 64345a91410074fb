"""Which samples of a split a page lists: all of them, or of very many the mistakes first."""

from __future__ import annotations

import numpy as np

from ...metrics.classification import sample_losses
from ...runs.folder import Predictions

MOST_LISTED = 20_000  # samples of a split: some 3 MB of a page


def listed_rows(task: str, stored: Predictions, most: int = MOST_LISTED) -> np.ndarray:
    """Return rows of a split, int64, ascending: at most ``most``, the mistakes by their loss, then others evenly.

    Of a regression half are those with the largest errors.
    """
    count = len(stored.ids)
    if count <= most:
        return np.arange(count)
    losses = sample_loss(task, stored)
    worst = np.argsort(-losses, kind="stable")
    worst = worst[: most // 2] if task == "regression" else worst[~is_right(task, stored)[worst]][:most]
    others = np.setdiff1d(np.arange(count), worst)
    even = others[np.linspace(0, len(others) - 1, most - len(worst)).round().astype(np.int64)]
    return np.sort(np.concatenate([worst, even]))


def part(stored: Predictions, rows: np.ndarray) -> Predictions:
    """Return some rows of the predictions of a split."""
    if len(rows) == len(stored.ids):
        return stored
    return Predictions([stored.ids[row] for row in rows.tolist()], stored.targets[rows], stored.probabilities[rows])


def is_right(task: str, stored: Predictions) -> np.ndarray:
    """Return bool (N,): right in everything; of a regression, that the error is not among the largest tenth."""
    if task == "classification":
        right: np.ndarray = stored.probabilities.argmax(axis=1) == stored.targets
    elif task == "multilabel":
        right = ((stored.probabilities > 0.5) == (stored.targets > 0)).all(axis=1)
    else:
        error = sample_loss(task, stored)
        right = error < np.quantile(error, 0.9)
    return right


def sample_loss(task: str, stored: Predictions) -> np.ndarray:
    """Return the loss of each sample, float64 (N,): in nats, the mean over labels, or the size of the error."""
    if task == "classification":
        return sample_losses(stored.targets, stored.probabilities)
    if task == "multilabel":
        own = np.where(stored.targets > 0, stored.probabilities, 1 - stored.probabilities)
        return np.asarray(-np.log(np.maximum(own, np.finfo(own.dtype).tiny).astype(np.float64)).mean(axis=1))
    return np.asarray(np.abs(stored.probabilities[:, 0].astype(np.float64) - stored.targets))


def sureness(task: str, stored: Predictions) -> np.ndarray:
    """Return how sure the network is of each sample, (N,): the probability of what it says, or minus the error."""
    if task == "classification":
        return np.asarray(stored.probabilities.max(axis=1))
    if task == "multilabel":
        return np.asarray(np.maximum(stored.probabilities, 1 - stored.probabilities).min(axis=1))
    return -sample_loss(task, stored)
