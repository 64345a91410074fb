"""How an error falls with the number of training samples, and what twice as many would bring.

Learning curves are close to ``error(n) = a * n**-b + c`` (Cortes et al. 1993, "Learning curves: asymptotic values and
rate of convergence"; Hestness et al. 2017). The sign of ``a`` is left free: where more samples do not help, the gain is
as often below zero as above it, and its interval says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Exponents that are tried. 0.5 and 1 are what theory knows; real curves lie between 0.07 and 1.
EXPONENTS = np.geomspace(0.1, 1.0, 24)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Law:
    """Curves ``a * n**-b + c``; every array has one entry per curve."""

    a: Floats
    b: Floats
    c: Floats

    def at(self, sizes: Floats) -> Floats:
        """Return the errors (curves, sizes) at numbers of samples."""
        return self.a[:, None] * sizes[None, :] ** -self.b[:, None] + self.c[:, None]


def fit_laws(sizes: Floats, errors: Floats, exponents: Floats = EXPONENTS) -> Law:
    """Fit a law to each row of ``errors`` (curves, S), measured at ``sizes`` (S,); S ≥ 2.

    For each exponent, ``a`` and ``c`` are the least squares with ``0 <= c <= 1`` (an error is a share), an error from
    many samples counting more (√n); the exponent is the one with the smallest rest. With two sizes every exponent fits
    alike, and the middle one is taken.
    """
    weights = np.sqrt(sizes) / np.sqrt(sizes).sum()
    best_rest = np.full(len(errors), np.inf)
    found = np.zeros((3, len(errors)))
    # From the middle outwards: of exponents that fit alike, the plainest stays.
    for b in sorted(exponents, key=lambda value: abs(np.log(value / 0.5))):
        x = sizes**-b
        centred = x - weights @ x
        slope = errors @ (weights * centred) / (weights @ centred**2)
        c_free = errors @ weights - slope * (weights @ x)
        c = np.clip(c_free, 0.0, 1.0)
        through = (errors - c[:, None]) @ (weights * x) / (weights @ x**2)
        a = np.where(c == c_free, slope, through)
        rest = np.square(errors - a[:, None] * x - c[:, None]) @ weights
        better = rest < best_rest * (1 - 1e-6) - 1e-18
        best_rest = np.where(better, rest, best_rest)
        found = np.where(better, np.stack([a, np.full(len(a), b), c]), found)
    return Law(found[0], found[1], found[2])


def resampled(right: Floats, draws: int, seed: int, clusters: NDArray[np.int64] | None = None) -> Floats:
    """Return bootstrapped error curves (draws, S) of ``right`` (repeats, S, H): how right each held-out sample was.

    Repeats and held-out samples are both drawn anew, the samples in the same way for every size: what a difference
    between two sizes owes to the choice of held-out samples cancels. Values are in 0…1.

    clusters: (H,), the same number for held-out samples that belong together: they are drawn together. Without it each
    stands alone.
    """
    random = np.random.default_rng(seed)
    repeats, _, held_out = right.shape
    index = np.arange(held_out) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    atoms = int(index.max()) + 1
    curves = np.empty((draws, right.shape[1]))
    for number in range(draws):
        some = right[random.integers(0, repeats, repeats)].mean(0)
        weights = np.bincount(random.integers(0, atoms, atoms), minlength=atoms)[index]
        curves[number] = 1.0 - some @ weights / weights.sum()
    return curves
