"""Planted problems: more samples help by a known amount, do not help, or cannot be told."""

import numpy as np
import pytest

from spirula.evaluation.growth import measure, nested_order


def samples(count: int, dimensions: int, distance: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two round clouds; only the first direction tells them apart."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    points = random.standard_normal((count, dimensions))
    points[:, 0] += distance * (labels - 0.5)
    return points, labels


def nearest_mean(points, labels, tested, truth):
    """Return the fit of the nearest class mean: its error falls as the means get surer."""

    def fit(rows):
        some, own = points[rows], labels[rows]
        means = np.stack([some[own == number].mean(0) for number in np.unique(labels)])
        nearer = tested @ means.T - (means**2).sum(1) / 2
        return (nearer.argmax(1) == truth).astype(float)

    return fit


def growth(count, dimensions, distance=3.0, held_out=2000, seed=0):
    points, labels = samples(count, dimensions, distance, seed)
    tested, truth = samples(held_out, dimensions, distance, seed + 1000)
    return measure(nearest_mean(points, labels, tested, truth), labels, truth, ["cat", "고양이"], seed=seed)


def truth_of_doubling(count, dimensions, distance=3.0):
    """Return the mean gain from ``count`` to ``2 * count`` over many fresh sets."""
    tested, truth = samples(8_000, dimensions, distance, 77)
    gains = []
    for seed in range(20):
        points, labels = samples(2 * count, dimensions, distance, 500 + seed)
        fit = nearest_mean(points, labels, tested, truth)
        gains.append(fit(np.arange(2 * count)).mean() - fit(np.arange(count)).mean())
    return float(np.mean(gains))


def test_where_more_samples_help_the_gain_is_foretold():
    expected = truth_of_doubling(256, 400)
    assert expected > 0.02
    found = growth(256, 400)
    assert found.gain is not None
    assert found.gain.verdict == "helps"
    assert found.gain.low <= expected <= found.gain.high
    assert abs(found.gain.gain - expected) < 0.01
    assert list(found.sizes) == [16, 32, 64, 128, 256][-len(found.sizes) :]
    assert found.accuracy == tuple(sorted(found.accuracy))


def test_where_more_samples_do_not_help_nothing_is_promised():
    assert abs(truth_of_doubling(512, 1)) < 0.002
    found = [growth(512, 1, seed=seed) for seed in range(5)]
    assert all(one.gain is not None and one.gain.verdict == "hardly" for one in found)
    assert np.mean([one.gain.gain for one in found]) < 0.005


def test_the_interval_holds_the_truth_as_often_as_it_says():
    expected = truth_of_doubling(256, 60)
    found = [growth(256, 60, seed=seed) for seed in range(12)]
    held = sum(one.gain.low <= expected <= one.gain.high for one in found)
    assert held >= 10


def test_doubling_the_class_that_is_short_of_samples_is_worth_more():
    points, labels = samples(2000, 300, 3.0, 3)
    kept = np.sort(np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:60]]))
    tested, truth = samples(2000, 300, 3.0, 4)
    found = measure(nearest_mean(points[kept], labels[kept], tested, truth), labels[kept], truth, ["many", "few"])
    gains = {row.name: row for row in found.classes}
    assert gains["few"].overall.gain > gains["many"].overall.gain + 0.01
    assert gains["few"].overall.verdict == "helps"
    assert gains["few"].samples == 60
    assert [row.accuracy for row in found.classes] == sorted(row.accuracy for row in found.classes)


def test_too_few_samples_are_said_to_be_too_few():
    few = growth(40, 5)
    assert few.gain is None
    assert "cannot be told" in few.notes[0]
    blind = growth(400, 5, held_out=10)
    assert "10 held-out samples" in blind.notes[0]


def test_every_beginning_has_all_classes_and_groups_stay_together():
    labels = np.repeat([0, 1, 2], [600, 300, 60])
    groups = np.arange(960) // 3
    order = nested_order(labels, groups, np.random.default_rng(0))
    assert sorted(order) == list(range(960))
    for size in (32, 120, 480):
        shares = np.bincount(labels[order[:size]], minlength=3) / size
        np.testing.assert_allclose(shares, [0.625, 0.3125, 0.0625], atol=0.07)
    seen = groups[order]
    assert len(np.flatnonzero(np.diff(seen))) == 319  # each group in one piece
    other = nested_order(labels, groups, np.random.default_rng(1))
    assert not np.array_equal(order, other)


def test_the_same_seed_tells_the_same():
    one, other = growth(256, 20), growth(256, 20)
    assert one == other
    assert one.to_dict()["verdict"] in ("helps", "hardly", "unknown")


@pytest.mark.parametrize("labels", [[0] * 200 + [1] * 3])
def test_a_class_of_three_samples_has_no_halves(labels):
    points = np.random.default_rng(0).standard_normal((203, 4))
    fit = nearest_mean(points, np.array(labels), points, np.array(labels))
    assert "rarest class 3" in measure(fit, np.array(labels), np.array(labels), ["a", "b"]).notes[0]
