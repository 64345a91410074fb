"""A map of the samples: who is near whom in the embedding is near on the paper, as in UMAP.

McInnes, Healy, Melville 2018, "UMAP: uniform manifold approximation and projection", arXiv:1802.03426, with their curve
at a = b = 1, which is t-SNE's: 1 / (1 + d²). All edges of a round move together, so the map is the same every time.
"""

from __future__ import annotations

import numpy as np
import torch

from .nearest import nearest

NEIGHBOURS = 15
ROUNDS = 200
PUSHED = 5  # samples that one is pushed away from, for each that it is drawn to
PLACED_BY = 5  # laid-out samples that place another one
_EXTENT = 10.0  # of the map at the beginning
_FARTHEST = 4.0  # step for one pair
_TINY = 1e-6


def layout(points: np.ndarray, *, rounds: int = ROUNDS) -> np.ndarray:
    """Return float32 (n, 2) for points (n, d) of unit length, n above 0. It begins with the first two components."""
    count = len(points)
    start = np.array(points[:, :2], np.float32)
    if count <= 3:
        return start
    heads, tails, weights = (torch.from_numpy(part) for part in graph(points, min(NEIGHBOURS, count - 1)))
    chance = torch.Generator().manual_seed(0)
    places = torch.from_numpy(start - start.mean(axis=0))
    places = places * (_EXTENT / places.abs().max().clamp_min(_TINY))
    places += 1e-3 * torch.randn(places.shape, generator=chance)  # two samples that are one may part
    for number in range(rounds):
        rate = 1.0 - number / rounds
        drawn = (torch.rand(len(weights), generator=chance) < weights).nonzero()[:, 0]
        one, other = heads[drawn], tails[drawn]
        apart = places[one] - places[other]
        pull = apart * (-2.0 / (1.0 + apart.square().sum(1, keepdim=True))) * rate
        pushed = one.repeat(PUSHED)
        strangers = torch.randint(0, count, (len(pushed),), generator=chance)
        away = places[pushed] - places[strangers]
        square = away.square().sum(1, keepdim=True)
        push = (away * (2.0 / ((1e-3 + square) * (1.0 + square)))).clamp(-_FARTHEST, _FARTHEST) * rate
        places.index_add_(0, one, pull).index_add_(0, other, -pull).index_add_(0, pushed, push)
    return np.asarray((places - places.mean(0)).numpy(), np.float32)


def graph(points: np.ndarray, neighbours: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the edges of the neighbourhood graph: int64 (E,) heads and tails, head below tail, float32 (E,) weights.

    Weights are 0…1: how likely one of the two counts the other among its own (section 3.1 of the paper).
    """
    count = len(points)
    rows, similar = nearest(points, points, neighbours + 1)
    others = rows != np.arange(count)[:, None]
    others[others.all(axis=1), -1] = False  # copies of a sample may fill its places: one is left out for itself
    rows, similar = rows[others].reshape(count, neighbours), similar[others].reshape(count, neighbours)
    strength = memberships(1.0 - similar)
    heads, tails = np.repeat(np.arange(count), neighbours), rows.ravel()
    low, high = np.minimum(heads, tails), np.maximum(heads, tails)
    codes, place = np.unique(low * count + high, return_inverse=True)
    # a + b - a·b of the two directions; an edge that only one of them has keeps its strength
    missing = np.ones(len(codes))
    np.multiply.at(missing, place, 1.0 - strength.ravel())
    return codes // count, codes % count, np.asarray(1.0 - missing, np.float32)


def memberships(distances: np.ndarray) -> np.ndarray:
    """Return float64 (n, k) in 0…1 for the distances (n, k) of each sample's neighbours, nearest first.

    exp(-(d - ρ) / σ) with ρ the nearest distance and σ so that a sample's strengths add up to log₂ k (algorithm 3).
    """
    beyond = np.asarray(distances, np.float64) - distances[:, :1]
    wanted = np.log2(distances.shape[1])
    low, high = np.full(len(beyond), _TINY), np.full(len(beyond), 1e3)
    for _ in range(40):
        middle = np.sqrt(low * high)
        much = np.exp(-beyond / middle[:, None]).sum(axis=1) > wanted
        low, high = np.where(much, low, middle), np.where(much, middle, high)
    return np.asarray(np.exp(-beyond / high[:, None]))


def placed(points: np.ndarray, known: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return float32 (n, 2), where further points lie among ``known`` ones (m, d) with ``places`` (m, 2).

    The mean of their nearest, the more alike the heavier.
    """
    rows, similar = nearest(points, known, PLACED_BY)
    weights = np.maximum(similar, 0) ** 2 + _TINY
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray((places[rows] * weights[:, :, None]).sum(axis=1), np.float32)


def spread_out(counts: list[int], most: int) -> list[np.ndarray]:
    """Return for sets of so many samples which of each are laid out: at most ``most`` in all, evenly, in proportion."""
    total = max(sum(counts), 1)
    shares = [count if total <= most else max(count * most // total, min(count, 1)) for count in counts]
    return [
        np.linspace(0, count - 1, share).round().astype(np.int64) if count else np.zeros(0, np.int64)
        for count, share in zip(counts, shares, strict=True)
    ]
