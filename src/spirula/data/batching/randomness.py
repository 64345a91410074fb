"""Random numbers that can be asked for in any order.

A generator with a state gives a sample other numbers when the batch size, the worker count or the
step that a training resumes at changes. Here a number is a pure function of what it is for: the
seed, the epoch, the sample and the stream (which decision it makes). Nothing has to be replayed.

The function chains SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014; finalizer "Mix13" by David Stafford): each counter jumps to an output of
the generator that the counters before it have seeded.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


class Stream(IntEnum):
    """What a number decides. The values are part of every run's reproducibility: add, never renumber."""

    ORDER = 0
    CLASS_ORDER = 1
    MEMBER_ORDER = 2
    FLIP_HORIZONTAL = 3
    FLIP_VERTICAL = 4
    CROP_X = 5
    CROP_Y = 6
    SHIFT_X = 7
    SHIFT_Y = 8
    ROTATE = 9
    ZOOM = 10
    BRIGHTNESS = 11
    CONTRAST = 12
    ERASE = 13
    ERASE_AREA = 14
    ERASE_ASPECT = 15
    ERASE_X = 16
    ERASE_Y = 17
    MIX_SHARE = 18
    MIX_KIND = 19
    CUTMIX_X = 20
    CUTMIX_Y = 21
    RESIZED_AREA = 22
    RESIZED_ASPECT = 23
    RESIZED_X = 24
    RESIZED_Y = 25
    SATURATION = 26
    HUE = 27


def splitmix(state: NDArray[np.uint64], counter: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return output number ``counter`` (from 0) of the SplitMix64 generator seeded with ``state``."""
    z = state + _GOLDEN * (counter + np.uint64(1))
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed


def bits(seed: int, epoch: int, samples: NDArray[np.int64], stream: Stream) -> NDArray[np.uint64]:
    """Return 64 random bits for each sample.

    Parameters
    ----------
    seed, epoch: not negative, below 2**63.
    samples: (n,) numbers of the samples, not negative; the result does not depend on their order.
    stream: which decision the bits are for.
    """
    # Arrays of one element, because NumPy warns when a uint64 scalar wraps around, which is the point here.
    key = splitmix(np.array([seed], np.uint64), np.array([epoch], np.uint64))
    return splitmix(splitmix(key, samples.astype(np.uint64)), np.array([stream], np.uint64))


def uniform(seed: int, epoch: int, samples: NDArray[np.int64], stream: Stream) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each sample: (n,) float64 with 53 random bits. Arguments as in :func:`bits`."""
    return (bits(seed, epoch, samples, stream) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def between(
    low: float, high: float, seed: int, epoch: int, samples: NDArray[np.int64], stream: Stream
) -> NDArray[np.float64]:
    """Return a number in [low, high) for each sample."""
    return low + (high - low) * uniform(seed, epoch, samples, stream)


def epoch_order(seed: int, epoch: int, n: int, stream: Stream = Stream.ORDER) -> NDArray[np.int64]:
    """Return a permutation of 0 … n-1, every one equally likely: (n,) int64.

    The numbers are sorted by 64 random bits each. Unlike ``Generator.permutation`` this can never
    change with a NumPy version.
    """
    return np.argsort(bits(seed, epoch, np.arange(n), stream), kind="stable")
