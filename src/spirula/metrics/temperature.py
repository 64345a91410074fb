"""One number that makes a network's confidence honest: its logits are divided by a temperature.

Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017, section 4.2.
Logarithms of probabilities are logits but for a constant, so the probabilities are all that is needed. Above 1 the
network claims too much, below 1 too little; which class is the most probable never changes.

``targets`` and ``probabilities`` as in :class:`spirula.runs.folder.Predictions`; ``apart``: each column is a
probability of its own (multi-label), else the rows sum to one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from ..errors import RunError
from .calibration import BINS
from .intervals import Z95, bootstrap_means, percentile_interval

# At the highest the surest answer that float32 knows, 1 beside 1e-38, is nearly flat.
LOWEST, HIGHEST = 0.05, 1000.0
FEWEST = 30  # samples; with fewer the temperature says more about them than about the network
_NEARLY_ONE = float(np.finfo(np.float32).epsneg)
_ROUNDS, _CLOSE, _AT_END = 60, 1e-8, 1e-6


@dataclass(frozen=True)
class Temperature:
    """The temperature with its 95 % interval, and how many samples it was fitted on."""

    value: float
    low: float
    high: float
    samples: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Temperature | None:
        """Read what :meth:`to_dict` wrote, None for None; raises :class:`RunError` for anything else."""
        if values is None:
            return None
        names = [field.name for field in fields(cls)]
        known = isinstance(values, dict) and all(type(values.get(name)) in (int, float) for name in names)
        if not known or not all(0 < values[name] < float("inf") for name in names):
            raise RunError(
                f"The model card holds a temperature that is none: {values}",
                "Fit it again: spirula calibrate RUN",
            )
        return cls(*(values[name] for name in names))


def tempered(probabilities: np.ndarray, temperature: float, *, apart: bool) -> np.ndarray:
    """Return float64 (N, K), the probabilities after the logits were divided by ``temperature``, above 0."""
    if apart:
        return _sigmoid(_log_odds(probabilities) / temperature)
    scaled = np.exp(_logits(probabilities) / temperature)
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))


def fitted(targets: np.ndarray, probabilities: np.ndarray, *, apart: bool) -> Temperature | None:
    """Return the temperature with the least log loss on some samples, between 0.05 and 1000.

    None for fewer than 30 samples, and where none between is the best: every answer is right (or every one wrong),
    all that is wrong is a tie, or the answers say no more than a guess; where they are flat, and where one is not a
    number. The interval is that of an estimator whose model may be wrong (H. White, "Maximum likelihood estimation of
    misspecified models", Econometrica 50, 1982), symmetric in the logarithm.
    """
    if len(targets) < FEWEST or probabilities.shape[1] == 0:
        return None
    right = _right(targets, probabilities, apart=apart)
    if right.all() or not right.any():
        return None
    logits = _log_odds(probabilities) if apart else _logits(probabilities)
    inverse, low, high = 1.0, 1 / HIGHEST, 1 / LOWEST
    for _ in range(_ROUNDS):  # the loss is convex in 1 / T: Newton, kept between two bounds
        slopes, bends = _slopes(targets, logits, inverse, apart=apart)
        slope, bend = float(slopes.mean()), float(bends.mean())
        low, high = (low, inverse) if slope > 0 else (inverse, high)
        step = inverse - slope / bend if bend > 0 else 0.0
        before, inverse = inverse, step if low < step < high else float(np.sqrt(low * high))
        if abs(inverse - before) < _CLOSE * inverse:
            break
    # Not a number: no answer is one. At its lowest end: a lower temperature would be better still, such as where all
    # that is wrong is a tie. At its highest: the flatter the better, for the answers know nothing. Without a bend:
    # all answers are flat, and no temperature changes them.
    if not bend > 0 or not (1 + _AT_END) / HIGHEST < inverse < (1 - _AT_END) / LOWEST:
        return None
    # Of the logarithm of 1 / T: the standard error of 1 / T divided by itself.
    error = float(slopes.std()) / np.sqrt(len(slopes)) / (bend * inverse)
    spread = float(np.exp(min(Z95 * error, np.log(HIGHEST / LOWEST))))
    value = 1 / inverse
    return Temperature(value, max(value / spread, LOWEST), min(value * spread, HIGHEST), len(targets))


@dataclass(frozen=True)
class Honesty:
    """Log loss and calibration error of one split, each with its 95 % bootstrap interval."""

    loss: float
    loss_interval: tuple[float, float]
    error: float
    error_interval: tuple[float, float]


def honesty(targets: np.ndarray, probabilities: np.ndarray, *, apart: bool) -> Honesty:
    """Return how far probabilities can be taken at their word: of N samples, N above 0.

    The loss is per sample, of multi-label per label. The samples are drawn again, their bins stay: the error of a
    resample is the distance of what each bin promises from what it keeps. Noise alone makes that larger than 0.
    """
    losses = sample_loss(targets, probabilities, apart=apart)
    columns = np.concatenate([losses[:, None], _promises(targets, probabilities, apart)], axis=1)
    draws = bootstrap_means(columns)
    loss_low, loss_high = percentile_interval(draws[:, 0])
    error_low, error_high = percentile_interval(np.abs(draws[:, 1:]).sum(axis=1))
    return Honesty(
        float(columns[:, 0].mean()),
        (float(loss_low), float(loss_high)),
        float(np.abs(columns[:, 1:].mean(axis=0)).sum()),
        (float(error_low), float(error_high)),
    )


def sample_loss(targets: np.ndarray, probabilities: np.ndarray, *, apart: bool) -> np.ndarray:
    """Return the log loss of each sample, float64 (N,), of multi-label the mean of its labels'."""
    if apart:
        odds = _log_odds(probabilities)
        return np.asarray(np.logaddexp(0.0, np.where(targets > 0, -odds, odds)).mean(axis=1))
    values = np.asarray(probabilities, np.float64)
    own = np.take_along_axis(values, targets[:, None], axis=1)[:, 0]
    return np.asarray(-np.log(np.maximum(own, np.finfo(np.float32).tiny)))


def _promises(targets: np.ndarray, probabilities: np.ndarray, apart: bool) -> np.ndarray:
    """Return float64 (N, 15): each sample's confidence minus being right, in the column of its bin."""
    values = np.asarray(probabilities, np.float64)
    if apart:
        said = values > 0.5
        confidence, right = np.where(said, values, 1 - values), said == (targets > 0)
    else:
        confidence, right = values.max(axis=1)[:, None], (values.argmax(axis=1) == targets)[:, None]
    edges = np.linspace(0.0, 1.0, BINS + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)
    columns = np.zeros((len(values), BINS))
    rows = np.broadcast_to(np.arange(len(values))[:, None], place.shape)
    np.add.at(columns, (rows, place), (confidence - right) / confidence.shape[1])
    return columns


def _slopes(targets: np.ndarray, logits: np.ndarray, inverse: float, *, apart: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return first and second derivative of each sample's loss by 1 / T, float64 (N,)."""
    if apart:
        said = _sigmoid(inverse * logits)
        return ((said - (targets > 0)) * logits).mean(axis=1), (said * (1 - said) * logits**2).mean(axis=1)
    shares = np.exp(inverse * logits)
    shares /= shares.sum(axis=1, keepdims=True)
    mean = (shares * logits).sum(axis=1)
    own = np.take_along_axis(logits, targets[:, None], axis=1)[:, 0]
    return mean - own, (shares * logits**2).sum(axis=1) - mean**2


def _right(targets: np.ndarray, probabilities: np.ndarray, *, apart: bool) -> np.ndarray:
    if apart:
        return np.asarray((probabilities > 0.5) == (targets > 0))
    return np.asarray(probabilities.argmax(axis=1) == targets)


def _logits(probabilities: np.ndarray) -> np.ndarray:
    """Return float64 (N, K) logits, the largest of each row being 0."""
    values = np.asarray(probabilities, np.float64)
    logits = np.log(np.maximum(values, np.finfo(np.float32).tiny))
    return np.asarray(logits - logits.max(axis=1, keepdims=True))


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return float64 (N, K) logits of single probabilities; float32 knows none between 1 - 6e-8 and 1."""
    values = np.clip(np.asarray(probabilities, np.float64), np.finfo(np.float32).tiny, 1 - _NEARLY_ONE)
    return np.asarray(np.log(values) - np.log1p(-values))


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-np.logaddexp(0.0, -values)))
