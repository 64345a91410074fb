"""Will more photos help? The head is fitted on ever smaller parts of the training samples and the curve drawn on.

Everything is measured on the same held-out samples; what cannot be told from them is said so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..metrics.growth import Floats, Law, fit_laws, resampled
from ..metrics.intervals import percentile_interval
from ..plural import counted
from .grown import ClassGrowth, Gain, Growth

Rows = NDArray[np.int64]
# Positions of training samples → how right a head that was fitted on them is on each held-out sample (H,), 0…1.
Fit = Callable[[Rows], Floats]

HALVINGS = 5  # the smallest part is 1/32
FITTED = 4  # the law is fitted to the largest parts: very small ones follow another
FEWEST = 16  # training samples of the smallest part,
FEWEST_PER_CLASS = 4  # and of each class in it
FEWEST_HELD_OUT = 30
REPEATS = 10
CLASS_REPEATS = 5
MOST_CLASSES = 10  # a curve of its own is drawn for the weakest ones
DRAWS = 1000


def measure(
    fit: Fit,
    labels: NDArray[np.int64],
    held_out: NDArray[np.int64],
    names: Sequence[str],
    *,
    groups: NDArray[np.int64] | None = None,
    held_groups: NDArray[np.int64] | None = None,
    split: str = "test",
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Growth:
    """Fit on nested random parts of the training samples and draw the curve on.

    Parameters
    ----------
    fit: positions of training samples → how right the head is on each held-out sample.
    labels: (N,) class of each training sample. held_out: (H,) class of each held-out sample. names: of the classes.
    groups: (N,) samples of one group stay together in every part. held_groups: (H,) and are drawn together.
    split: what the held-out samples are called.

    What there are too few samples for is left out, with a sentence in ``notes``.
    """
    random = np.random.default_rng(seed)
    groups = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sizes, notes = _sizes(labels, len(held_out))
    everything = fit(np.arange(len(labels)))
    accuracy = float(everything.mean())
    if notes:
        return _untold(split, len(held_out), len(labels), accuracy, notes)
    weakest = _weakest(everything, labels, held_out, len(names))
    total, done = REPEATS * (len(sizes) - 1) + CLASS_REPEATS * 2 * len(weakest), 0

    def right(positions: Rows) -> Floats:
        nonlocal done
        done += 1
        if progress is not None:
            progress("fitting on parts", done, total)
        return fit(positions)

    curves = np.empty((REPEATS, len(sizes), len(held_out)))
    for repeat in range(REPEATS):
        order = nested_order(labels, groups, random)
        for place, size in enumerate(sizes[:-1]):
            curves[repeat, place] = right(order[:size])
    curves[:, -1] = everything
    held = np.arange(len(held_out)) if held_groups is None else held_groups
    drawn = resampled(curves, DRAWS, seed, held)
    drawn[:, -1] += _luck(curves) * random.standard_normal(DRAWS)
    errors, n = 1.0 - curves.mean((0, 2)), np.asarray(sizes, np.float64)
    law, laws = fit_laws(n[-FITTED:], errors[None, -FITTED:]), fit_laws(n[-FITTED:], drawn[:, -FITTED:])
    further = np.unique(np.round(n[-1] * np.array([1.0, 1.5, 2.0, 3.0, 4.0]))).astype(np.int64)
    shown = np.stack(percentile_interval(1.0 - drawn))
    beyond = np.stack(percentile_interval(np.clip(1.0 - laws.at(further.astype(np.float64)), 0.0, 1.0)))
    classes = tuple(
        _class_growth(right, number, names, labels, held_out, groups, held, everything, law, laws, random, seed)
        for number in weakest
    )
    return Growth(
        split=split,
        held_out=len(held_out),
        repeats=REPEATS,
        sizes=tuple(sizes),
        accuracy=_floats(1.0 - errors),
        low=_floats(shown[0]),
        high=_floats(shown[1]),
        further=tuple(int(size) for size in further),
        further_accuracy=_floats(np.clip(1.0 - law.at(further.astype(np.float64))[0], 0.0, 1.0)),
        further_low=_floats(beyond[0]),
        further_high=_floats(beyond[1]),
        gain=_gain(law, laws, n[-1]),
        foretold=_foretold(n, errors),
        classes=classes,
        left_out=len(names) - len(classes),
        notes=(),
    )


def nested_order(labels: NDArray[np.int64], groups: NDArray[np.int64], random: np.random.Generator) -> Rows:
    """Return the samples in a random order of which every beginning has all classes in about their shares.

    Samples of a group stand together.
    """
    count = int(groups.max()) + 1
    group_class = np.zeros(count, np.int64)
    group_class[groups] = labels  # a group of several classes counts as one of them
    place = np.empty(count)
    for number in np.unique(group_class):
        members = np.flatnonzero(group_class == number)
        place[random.permutation(members)] = (np.arange(len(members)) + random.random(len(members))) / len(members)
    return np.argsort(place[groups], kind="stable")


def _class_growth(
    right: Fit,
    number: int,
    names: Sequence[str],
    labels: NDArray[np.int64],
    held_out: NDArray[np.int64],
    groups: NDArray[np.int64],
    held: NDArray[np.int64],
    everything: Floats,
    law: Law,
    laws: Law,
    random: np.random.Generator,
    seed: int,
) -> ClassGrowth:
    """Thin out one class alone, to a half and a quarter, and draw its curve on with the exponent of the whole set."""
    members, others = np.flatnonzero(labels == number), np.flatnonzero(labels != number)
    sizes = [len(members) // 4, len(members) // 2, len(members)]
    curves = np.empty((CLASS_REPEATS, 3, len(held_out)))
    for repeat in range(CLASS_REPEATS):
        order = members[nested_order(labels[members], groups[members], random)]
        for place, size in enumerate(sizes[:-1]):
            curves[repeat, place] = right(np.sort(np.concatenate([others, order[:size]])))
    curves[:, -1] = everything
    judged = held_out == number
    own = curves[:, :, judged]
    return ClassGrowth(
        name=names[number],
        samples=len(members),
        held_out=own.shape[2],
        accuracy=float(everything[judged].mean()),
        overall=_class_gain(curves, held, sizes, law, laws, seed),
        own=_class_gain(own, held[judged], sizes, law, laws, seed),
    )


def _class_gain(curves: Floats, held: NDArray[np.int64], sizes: list[int], law: Law, laws: Law, seed: int) -> Gain:
    n = np.asarray(sizes, np.float64)
    measured = fit_laws(n, 1.0 - curves.mean((0, 2))[None], law.b)
    drawn = resampled(curves, DRAWS, seed, held)
    drawn[:, -1] += _luck(curves) * np.random.default_rng(seed).standard_normal(DRAWS)
    gains = np.empty(DRAWS)
    for exponent in np.unique(laws.b):
        some = laws.b == exponent
        gains[some] = _gains(fit_laws(n, drawn[some], np.array([exponent])), n[-1])
    low, high = percentile_interval(gains)
    return Gain(float(_gains(measured, n[-1])[0]), float(low), float(high))


def _gain(law: Law, laws: Law, size: float) -> Gain:
    low, high = percentile_interval(_gains(laws, size))
    return Gain(float(_gains(law, size)[0]), float(low), float(high))


def _gains(law: Law, size: float) -> Floats:
    errors = law.at(np.array([size, 2.0 * size]))
    gains: Floats = errors[:, 0] - errors[:, 1]
    return gains


def _luck(curves: Floats) -> float:
    """All samples together are one part only. How lucky it is, is taken from the spread of the halves."""
    return float(curves[:, -2].mean(1).std(ddof=1) / np.sqrt(2.0))


def _foretold(sizes: Floats, errors: Floats) -> tuple[float, float] | None:
    """Return what the law would have said of the last size without it, and what it is; None with too few sizes."""
    if len(sizes) < 4:
        return None
    said = fit_laws(sizes[-FITTED - 1 : -1], errors[None, -FITTED - 1 : -1]).at(sizes[-1:])[0, 0]
    return float(np.clip(1.0 - said, 0.0, 1.0)), float(1.0 - errors[-1])


def _sizes(labels: NDArray[np.int64], held_out: int) -> tuple[list[int], tuple[str, ...]]:
    """Return the sizes of the parts, or why there are none."""
    count, rarest = len(labels), int(np.bincount(labels)[np.unique(labels)].min()) if len(labels) else 0
    halvings = [
        k
        for k in range(HALVINGS, -1, -1)
        if count >> k >= FEWEST and rarest >> k >= FEWEST_PER_CLASS and count >> k < count + (k == 0)
    ]
    notes: list[str] = []
    if len(halvings) < 3:
        notes.append(
            f"It cannot be told: a quarter of the {count:,} training samples (of the rarest class {rarest:,}) is too "
            f"little to learn from; {4 * FEWEST} in all and {4 * FEWEST_PER_CLASS} of each class are needed."
        )
    if held_out < FEWEST_HELD_OUT:
        which = counted(held_out, "held-out sample is", "held-out samples are")
        notes.append(f"It cannot be told: {which} too few to see a difference on.")
    return [count >> k for k in halvings], tuple(notes)


def _weakest(everything: Floats, labels: NDArray[np.int64], held_out: NDArray[np.int64], classes: int) -> list[int]:
    """Return the classes with the lowest accuracy that have enough samples for a curve of their own."""
    enough = [
        number
        for number in range(classes)
        if (labels == number).sum() >= 4 * FEWEST_PER_CLASS and (held_out == number).sum() >= FEWEST_PER_CLASS
    ]
    return sorted(enough, key=lambda number: float(everything[held_out == number].mean()))[:MOST_CLASSES]


def _untold(split: str, held_out: int, samples: int, accuracy: float, notes: tuple[str, ...]) -> Growth:
    return Growth(
        split, held_out, 0, (samples,), (accuracy,), (accuracy,), (accuracy,), (), (), (), (), None, None, (), 0, notes
    )


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
