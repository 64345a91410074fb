"""Twins: samples that are the same picture, whatever its file looks like.

Three looks, each wider than the one before: equal file bytes, equal pixels, and nearly equal pixels (saved again,
resized, a little brighter). The last one is a search in two steps.

1. *Propose.* A perceptual hash: signs of random ±1 projections of the thumbnail with brightness and contrast taken
   out. Two pictures at an angle θ agree in a bit with probability 1 - θ/π (Charikar, "Similarity estimation techniques
   from rounding algorithms", STOC 2002). The bits are cut into bands; who agrees in a whole band is a candidate
   (Leskovec, Rajaraman & Ullman, *Mining of Massive Datasets*, chapter 3). Sorting finds them without comparing all.
2. *Confirm.* The thumbnails themselves are compared: as a whole, and cell by cell, because what a new encoding does
   is spread thinly over the picture, while another digit or another blouse differs much in one place.

A picture of one colour is nobody's copy: lenses stay covered and slides stay empty, each on its own.

All sums are of whole numbers, so the result does not depend on the processor or its libraries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from PIL import Image

from ..pictures.passing import in_passing

VERSION = 2  # of everything below: stored results of another version are not used

SMALLEST = 24  # pixels a side: below, different pictures are as close as two copies of one
FARTHEST, FARTHEST_CELL = 0.15, 0.42  # of thumbnails, as a whole and in the cell that differs most
FARTHEST_FINE, FARTHEST_FINE_CELL = 0.10, 0.35  # of larger thumbnails, where a picture has lookalikes
LOOKALIKES = 3  # neighbours that make a picture one of a kind where closeness says little: a trouser, a written 1
BRIGHTER = 40.0  # levels of 255 between the means
STRONGER = 1.5  # ratio of the contrasts

_SIDE, _FINE_SIDE = 16, 32  # of thumbnails, in pixels
_CELL = 4  # of a thumbnail, in pixels a side
_UNIT = 32  # standard deviation of a normalised thumbnail, in whole numbers
_BANDS, _BITS = 6, 24
_HAMMING = 16  # of the 120 other bits: at FARTHEST they differ in 5.7 ± 2.3, at twice that in 11.5 ± 3.2
_NEIGHBOURS = 16  # compared in a band with very many members, such as all pictures of a fixed camera
_CHUNK = 512

Pair = tuple[int, int, str, float]
KINDS = ("bytes", "pixels", "near", "features")  # the surest first; what is stored counts them
EXACT = KINDS[:2]


@dataclass(frozen=True, eq=False)
class Twins:
    """Which samples are the same picture.

    groups: int64 (N,), the group of each sample: the lowest row in it, so a sample without a twin has its own row.
    pairs: (row, row, "bytes" | "pixels" | "near" | "features", distance), the links that make the groups, one fewer
        than a group has members; every sample is linked to the one it is closest to. Distance: 0 for equal pixels, at
        most ``FARTHEST``; for "features" 1 - cosine, see :mod:`spirula.data.splits.alike`.
    """

    groups: np.ndarray
    pairs: tuple[Pair, ...]

    def sizes(self) -> np.ndarray:
        """Return the number of samples in the group of each sample, int64 (N,); 1 for one without a twin."""
        counted: np.ndarray = np.bincount(self.groups, minlength=len(self.groups))[self.groups]
        return counted


def find_twins(pixels: np.ndarray, digests: np.ndarray | None = None) -> Twins:
    """Group the samples that are the same picture.

    pixels: uint8 (N, H, W, C), possibly a memory map: it is read in pieces, which are given back. Other arrays (floats,
        vectors, pictures smaller than ``SMALLEST``) are only compared byte for byte.
    digests: uint8 (N, 32), SHA-256 of each file, or ``None`` when the samples are no files.
    """
    rows = np.arange(len(pixels))
    if not len(rows):
        return Twins(rows, ())
    by_bytes = rows if digests is None else _first_equal(np.ascontiguousarray(digests).view("V32").ravel())
    pictures = pixels.dtype == np.uint8 and pixels.ndim == 4 and min(pixels.shape[1:3]) >= SMALLEST
    thumbnails = thumbnails_of(pixels, rows, _SIDE) if pictures else None
    by_pixels = _equal_pixels(pixels, thumbnails)
    blank = by_bytes != rows
    blank[blank] = [_is_blank(picture) for picture in in_passing(pixels, np.flatnonzero(blank).tolist())]
    by_bytes = np.where(blank, rows, by_bytes)
    links: list[Pair] = [(int(by_bytes[row]), int(row), "bytes", 0.0) for row in np.flatnonzero(by_bytes != rows)]
    links += [(int(by_pixels[row]), int(row), "pixels", 0.0) for row in np.flatnonzero(by_pixels != rows)]
    if thumbnails is not None:
        links += [(one, two, "near", apart) for one, two, apart in _near_pairs(pixels, thumbnails, by_pixels == rows)]
    return joined(len(rows), links)


def joined(number: int, links: list[Pair]) -> Twins:
    """Return the groups that ``links`` make of ``number`` samples, and the closest links that suffice (Kruskal)."""
    parent = list(range(number))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    kept: list[Pair] = []
    for link in sorted(links, key=lambda link: (KINDS.index(link[2]), link[3], link[0], link[1])):
        one, two = sorted((root(link[0]), root(link[1])))
        if one != two:
            parent[two] = one  # the lower row stands for the group
            kept.append(link)
    return Twins(np.array([root(row) for row in range(number)], dtype=np.int64), tuple(kept))


def _first_equal(keys: np.ndarray) -> np.ndarray:
    """Return for every row the lowest row with the same key, int64 (N,)."""
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    lowest: np.ndarray = first[inverse.ravel()]
    return lowest


def _equal_pixels(pixels: np.ndarray, thumbnails: np.ndarray | None) -> np.ndarray:
    """Return for every row the lowest row with the same content; only what has equal thumbnails is looked at."""
    rows = np.arange(len(pixels))
    if thumbnails is not None:
        flat = thumbnails.reshape(len(rows), -1)
        places, counts = np.unique(flat.view(f"V{flat.shape[1]}").ravel(), return_inverse=True, return_counts=True)[1:]
        rows = np.flatnonzero(counts[places.ravel()] > 1)
    if pixels.ndim == 4:
        rows = rows[[not _is_blank(picture) for picture in in_passing(pixels, rows.tolist())]]
    keys = bytearray()
    for sample in in_passing(pixels, rows.tolist()):
        keys += hashlib.blake2b(np.ascontiguousarray(sample).data, digest_size=16).digest()
    lowest = np.arange(len(pixels))
    lowest[rows] = rows[_first_equal(np.frombuffer(keys, dtype="V16"))]
    return lowest


def _is_blank(picture: np.ndarray) -> bool:
    """Return whether all pixels of a picture (H, W, C) are equal: on it is nothing that could have been copied."""
    return bool((picture == picture[:1, :1]).all())


def thumbnails_of(pixels: np.ndarray, rows: np.ndarray, side: int) -> np.ndarray:
    """Return the means over the cells of a square grid of some pictures, uint8 (M, side, side, C)."""
    small = np.empty((len(rows), side, side, pixels.shape[3]), dtype=np.uint8)
    for place, picture in enumerate(in_passing(pixels, rows.tolist())):
        if picture.shape[2] == 3:
            small[place] = _reduced(picture, side)
            continue
        for plane in range(picture.shape[2]):
            small[place, :, :, plane] = _reduced(picture[:, :, plane], side)
    return small


def _reduced(picture: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BOX))


def _near_pairs(pixels: np.ndarray, thumbnails: np.ndarray, chosen: np.ndarray) -> Iterator[tuple[int, int, float]]:
    """Yield (row, row, distance) of those of the ``chosen`` pictures, bool (N,), that nearly are the same one."""
    means, deviations, normal = _normalised(thumbnails)
    # What has a thumbnail of one colour is like another only when it is equal.
    rows = np.flatnonzero(chosen & (deviations > 0))
    if len(rows) < 2:
        return
    found: dict[tuple[int, int], float] = {}
    crowd = np.zeros(len(thumbnails), dtype=np.int64)
    for one, two in _candidates(_hashes(normal[rows])):
        one, two = rows[one], rows[two]
        crowd = np.maximum(crowd, np.bincount(one, minlength=len(crowd)) + np.bincount(two, minlength=len(crowd)))
        brighter = np.abs(means[one] - means[two])
        stronger = np.maximum(deviations[one], deviations[two]) / np.minimum(deviations[one], deviations[two])
        alike = (brighter <= BRIGHTER) & (stronger <= STRONGER)
        for first, second, apart in _close(normal, one[alike], two[alike], FARTHEST, FARTHEST_CELL):
            found[min(first, second), max(first, second)] = apart
    pairs = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    doubtful = np.asarray((crowd[pairs] >= LOOKALIKES).any(axis=1))
    fine_rows, places = np.unique(pairs[doubtful], return_inverse=True)
    fine = _normalised(thumbnails_of(pixels, fine_rows, _FINE_SIDE))[2]
    one, two = places.reshape(-1, 2).T
    sure = {(first, second) for first, second, _ in _close(fine, one, two, FARTHEST_FINE, FARTHEST_FINE_CELL)}
    unsure = iter(zip(one.tolist(), two.tolist(), strict=True))
    for (first, second), is_doubtful in zip(pairs.tolist(), doubtful.tolist(), strict=True):
        if not is_doubtful or next(unsure) in sure:
            yield first, second, found[first, second]


def _normalised(thumbnails: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and standard deviation, float64 (N,), and int8 (N, h, w, C) of mean 0 and deviation ``_UNIT``."""
    number, size = len(thumbnails), int(np.prod(thumbnails.shape[1:]))
    means, deviations = np.empty(number), np.empty(number)
    normal = np.empty(thumbnails.shape, dtype=np.int8)
    for start in range(0, number, _CHUNK):
        part = thumbnails[start : start + _CHUNK].reshape(-1, size).astype(np.int32)
        total, squares = part.sum(axis=1, dtype=np.int64), np.einsum("ij,ij->i", part, part).astype(np.int64)
        mean, deviation = total / size, np.sqrt(size * squares - total * total) / size
        scaled = (part - mean.astype(np.float32)[:, None]) * (_UNIT / np.maximum(deviation, 1e-9)).astype(np.float32)[
            :, None
        ]
        normal[start : start + _CHUNK] = np.clip(np.rint(scaled), -127, 127).reshape(-1, *thumbnails.shape[1:])
        means[start : start + _CHUNK], deviations[start : start + _CHUNK] = mean, deviation
    return means, deviations, normal


def _hashes(normal: np.ndarray) -> np.ndarray:
    """Return the bits of each picture in bands, uint32 (2, bands, N).

    The second half is of pictures from which their mean is taken: away from what all have in common, a dark border or a
    bright middle, the bits tell more apart. The first half is as they are: where all pictures are nearly the same one,
    nothing but noise would be left.
    """
    flat = normal.reshape(len(normal), -1)
    common = np.rint(flat.mean(axis=0, dtype=np.float64)).astype(np.float32)
    signs = np.random.default_rng(0).integers(0, 2, (flat.shape[1], _BANDS * _BITS)).astype(np.float32) * 2 - 1
    weights = (1 << np.arange(_BITS)).astype(np.uint32)
    words = np.empty((2, _BANDS, len(flat)), dtype=np.uint32)
    # Whole numbers below 2²⁴ are exact in float32, in whatever order they are summed.
    shift = common @ signs
    for start in range(0, len(flat), _CHUNK):
        sums = flat[start : start + _CHUNK] @ signs
        for half, bits in enumerate((sums > 0, sums > shift)):
            parts = bits.reshape(-1, _BANDS, _BITS) * weights
            words[half, :, start : start + _CHUNK] = parts.sum(axis=2, dtype=np.uint32).T
    return words


def _candidates(words: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for every band the pairs, int64 (M,) and (M,), that agree in it and differ in few of the other bits."""
    number = words.shape[2]
    for half, band in product(range(2), range(_BANDS)):
        key, others = words[half, band], np.delete(words[half], band, axis=0)
        order = np.lexsort((others[0], key))
        ranked = key[order]
        pairs: list[tuple[np.ndarray, np.ndarray]] = [(order[:0], order[:0])]
        for step in range(1, min(_NEIGHBOURS, number - 1) + 1):
            same = np.flatnonzero(ranked[step:] == ranked[:-step])
            if not len(same):
                break
            one, two = order[same], order[same + step]
            close = sum(_ones(other[one] ^ other[two]) for other in others) <= _HAMMING
            pairs.append((one[close], two[close]))
        yield np.concatenate([one for one, _ in pairs]), np.concatenate([two for _, two in pairs])


_ONES = np.array([bin(value).count("1") for value in range(1 << 12)], dtype=np.uint8)


def _ones(words: np.ndarray) -> np.ndarray:
    """Return how many of the lower 24 bits of each word are 1."""
    counted: np.ndarray = _ONES[words & 0xFFF] + _ONES[words >> 12]
    return counted


def _close(
    normal: np.ndarray, one: np.ndarray, two: np.ndarray, farthest: float, farthest_cell: float
) -> Iterator[tuple[int, int, float]]:
    """Yield (row, row, distance) of those pairs of thumbnails, int8 (N, h, w, C), that are close enough.

    Distance: of the thumbnails with norm 1, √(2 - 2 r) with their correlation r. A cell's distance is that of two
    pictures that differ everywhere as much as these do in that cell.
    """
    height, width = normal.shape[1:3]
    values = height * width * normal.shape[3]
    size, cells = values * _UNIT**2, (height // _CELL) * (width // _CELL)
    flat = normal.reshape(len(normal), values)
    for start in range(0, len(one), _CHUNK):
        some, others = one[start : start + _CHUNK], two[start : start + _CHUNK]
        apart = flat[some].astype(np.int32) - flat[others]
        whole = np.sqrt(np.einsum("ij,ij->i", apart, apart) / size)
        near = np.flatnonzero(whole <= farthest)
        squares = apart[near].reshape(-1, height // _CELL, _CELL, width // _CELL, _CELL, normal.shape[3]) ** 2
        worst = np.sqrt(squares.sum(axis=(2, 4, 5), dtype=np.int64).max(axis=(1, 2), initial=0) * cells / size)
        for place in near[worst <= farthest_cell].tolist():
            yield int(some[place]), int(others[place]), float(whole[place])
