"""The map: what is near stays near, as near as t-SNE of scikit-learn keeps it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from spirula.insight.embedding.arrays import mapped
from spirula.insight.embedding.layout import graph, layout, memberships, placed, spread_out


def digits(count: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Points of unit length, the largest component first, and their classes."""
    data = load_digits()
    values = data.data[:count] - data.data[:count].mean(axis=0)
    _, _, axes = np.linalg.svd(values, full_matrices=False)
    points = values @ axes[:20].T
    lengths = np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)
    return np.asarray(points / lengths, np.float32), data.target[:count]


def test_neighbours_stay_neighbours() -> None:
    points, classes = digits()
    places = layout(points)
    assert places.dtype == np.float32
    # t-SNE (scikit-learn 1.7, perplexity 30) reaches 0.98 here, the first two components 0.83
    assert trustworthiness(points, places, n_neighbors=10, metric="cosine") > 0.95
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    assert (classes[apart.argmin(axis=1)] == classes).mean() > 0.93
    assert np.abs(places).max() < 60
    np.testing.assert_array_equal(places, layout(points))


def test_further_samples_are_placed_among_their_like() -> None:
    points, classes = digits()
    maps = mapped([points[:200], points[200:]], laid_out=300)
    assert [len(part) for part in maps] == [200, 400]
    places = np.concatenate(maps)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    assert (classes[apart.argmin(axis=1)] == classes).mean() > 0.85


def test_a_placed_sample_that_is_a_known_one_is_near_it() -> None:
    points, _ = digits(100)
    places = layout(points, rounds=50)
    assert placed(points[:1], points[:1], places[:1]) == pytest.approx(places[:1])


def test_memberships_add_up_to_the_logarithm_of_the_neighbours() -> None:
    distances = np.sort(np.random.default_rng(0).random((50, 16)), axis=1)
    strengths = memberships(distances)
    np.testing.assert_allclose(strengths.sum(axis=1), np.log2(16), rtol=1e-4)
    np.testing.assert_allclose(strengths[:, 0], 1)


def test_the_graph_joins_both_directions_and_nobody_with_himself() -> None:
    points, _ = digits(50)
    heads, tails, weights = graph(points, 5)
    assert (heads < tails).all()
    assert len(np.unique(heads * 50 + tails)) == len(heads)
    assert ((weights > 0) & (weights <= 1)).all()


def test_copies_of_one_sample_and_very_few_are_laid_out_too() -> None:
    same = np.tile(np.eye(4, dtype=np.float32)[:1], (30, 1))
    assert np.isfinite(layout(same)).all()
    for count in (1, 2, 3, 5):
        assert layout(digits()[0][:count]).shape == (count, 2)


def test_shares_are_in_proportion_and_nobody_is_left_out() -> None:
    assert [len(rows) for rows in spread_out([100, 50, 0], 30)] == [20, 10, 0]
    assert [len(rows) for rows in spread_out([10, 5], 30)] == [10, 5]
    assert [len(rows) for rows in spread_out([10_000, 1], 100)] == [99, 1]
