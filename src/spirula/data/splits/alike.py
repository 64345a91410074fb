"""Pictures that a network finds alike: cosine of features, for when a backbone's features are at hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import DataError
from .duplicates import Twins, joined

LEAST = 0.88  # cosine; of 5,000 photographs of cats and dogs, the closest that are no copies come to 0.84
CLOSER = 0.4  # than the neighbour of this number is, times that distance:
NEIGHBOUR = 10
SMALLEST = 64  # pixels a side: below, a network that knows photographs sees little in them

_BLANK = 4.0  # levels of 255, standard deviation: on a picture that varies less there is nothing to know again
_BLOCK = 1024


def near_by_features(
    features: np.ndarray, *, least: float = LEAST, most: int = 100_000
) -> list[tuple[int, int, float]]:
    """Return (row, row, distance) of samples whose features point the same way, the closest first.

    features: float (N, F). What all samples have in common, the mean, is taken out first. Distance: 1 - cosine.
    least: smallest cosine that counts, 0 < least ≤ 1. most: so many pairs at most.

    Where all samples are much alike, closeness says little: a pair counts when it is much closer (``CLOSER``) than
    each of the two is to its tenth neighbour. All pairs are compared, in blocks: N² F multiplications, and memory for
    1,024 rows of N numbers. A row of zeros is like nothing.
    """
    if not 0 < least <= 1:
        raise ValueError(f"least = {least} is not a cosine above 0")
    centred = features.astype(np.float32) - features.mean(axis=0, dtype=np.float64).astype(np.float32)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)
    farthest = np.full(len(unit), 1.0 - least, dtype=np.float32)  # what a pair of this row may be apart
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(unit), _BLOCK):
        cosines = unit[start : start + _BLOCK] @ unit.T
        np.fill_diagonal(cosines[:, start:], -1.0)
        one, two = np.nonzero(cosines >= least)
        if len(unit) > NEIGHBOUR + 1:
            rows = np.unique(one)
            tenth = np.partition(cosines[rows], -NEIGHBOUR, axis=1)[:, -NEIGHBOUR]
            farthest[start + rows] = np.minimum(farthest[start + rows], CLOSER * (1.0 - tenth))
        apart = np.maximum(0.0, 1.0 - cosines[one, two])
        one = start + one
        close = (one < two) & (apart <= farthest[one])
        found += list(zip(one[close].tolist(), two[close].tolist(), apart[close].tolist(), strict=True))
    kept = [pair for pair in found if pair[2] <= farthest[pair[1]]]
    return sorted(kept, key=lambda pair: (pair[2], pair[0], pair[1]))[:most]


def with_alike(twins: Twins, pixels: np.ndarray, embed: Callable[[], np.ndarray] | None) -> Twins:
    """Return ``twins`` and, as kind "features", the pairs that a network finds alike.

    pixels: uint8 (N, H, W, C). embed: returns their features, float (N, F). Of twins that are known, one is compared
    with the others. Pictures with hardly anything on them are left out: a network finds them alike, whatever they are.

    Raises :class:`DataError` for anything but pictures, and where there is nothing that gives features.
    """
    if pixels.ndim != 4 or pixels.dtype != np.uint8:
        raise DataError(
            'duplicates = "features" needs pictures of 0…255, and these samples are other numbers',
            'Use duplicates = "group", which compares them number by number.',
        )
    if min(pixels.shape[1:3]) < SMALLEST:
        raise DataError(
            f'duplicates = "features" needs pictures of {SMALLEST} pixels a side, and these are '
            f"{pixels.shape[1]}×{pixels.shape[2]}",
            'Use duplicates = "group", or a larger image_size if the files are larger.',
        )
    if embed is None:
        raise DataError(
            'duplicates = "features" needs a pretrained network',
            "spirula.load, inspect and train bring one; or give load a function as embed.",
        )
    known = np.flatnonzero(twins.groups == np.arange(len(twins.groups)))
    pairs = [(int(known[one]), int(known[two]), apart) for one, two, apart in near_by_features(embed()[known])]
    blank = {row for row in {row for pair in pairs for row in pair[:2]} if pixels[row].std() < _BLANK}
    links = [(one, two, "features", apart) for one, two, apart in pairs if not {one, two} & blank]
    return joined(len(twins.groups), [*twins.pairs, *links]) if links else twins
