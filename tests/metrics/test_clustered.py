"""Intervals for samples that belong together: how wide they must be, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spirula.metrics.clustered import class_intervals, clustered_intervals, effective_size
from spirula.metrics.intervals import wilson
from spirula.metrics.score import Task, evaluate, score


def t_for_z(freedom: int) -> float:
    """SciPy's (z / t)²: what Student's distribution asks for in place of the normal one."""
    return float((stats.norm.ppf(0.975) / stats.t.ppf(0.975, freedom)) ** 2)


def test_copies_of_a_sample_say_no_more_than_the_sample() -> None:
    """Each of 200 samples ten times over: as many as there are, less the one that estimates the share, with t for z."""
    right = np.random.default_rng(0).random(200) < 0.8
    assert effective_size(np.repeat(right, 10), np.repeat(np.arange(200), 10)) == pytest.approx(
        199 * t_for_z(199), rel=1e-3
    )


def test_samples_that_only_share_a_name_count_one_by_one() -> None:
    right = np.random.default_rng(0).random(4000) < 0.8
    assert effective_size(right, np.arange(4000)) == pytest.approx(3999 * t_for_z(3999), rel=1e-3)
    by_chance = effective_size(right, np.arange(4000) // 4)
    assert 3400 < by_chance <= 4000


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_without_a_mistake_each_cluster_counts_once(share: float) -> None:
    assert effective_size(np.full(60, share == 1), np.arange(60) // 3) == 20
    assert effective_size(np.full(60, True), np.zeros(60, int)) == 1


def test_the_design_effect_is_the_variance_that_drawing_clusters_shows() -> None:
    """Golden from outside: the spread of the share over 20,000 resamples of whole clusters."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 12, 150)
    clusters = np.repeat(np.arange(150), sizes)
    right = rng.random(len(clusters)) < np.repeat(rng.beta(3, 1, 150), sizes)
    hits = np.array([right[clusters == number].sum() for number in range(150)])
    drawn = rng.integers(0, 150, (20_000, 150))
    shares = hits[drawn].sum(1) / sizes[drawn].sum(1)
    p = right.mean()
    assert effective_size(right, clusters) == pytest.approx(p * (1 - p) / shares.var(), rel=0.05)


@pytest.mark.parametrize("patients", [3, 6, 12])
def test_a_handful_of_patients_is_not_overrated(patients: int) -> None:
    """Twenty pictures of each, and some patients are easier than others."""
    rng, held = np.random.default_rng(6), 0
    clusters = np.repeat(np.arange(patients), 20)
    for _ in range(400):
        right = rng.random(20 * patients) < np.repeat(rng.beta(6, 2, patients), 20)
        low, high = wilson(right.mean() * (n := effective_size(right, clusters)), n)
        held += bool(low <= 0.75 <= high)
    assert held / 400 > 0.92


def test_the_interval_holds_the_truth_where_counting_one_by_one_does_not() -> None:
    """Forty patients of ten pictures, of whom each has a difficulty of its own; the truth is 0.75."""
    rng = np.random.default_rng(2)
    clusters, held, naive = np.repeat(np.arange(40), 10), 0, 0
    for _ in range(600):
        right = rng.random(400) < np.repeat(rng.beta(1.5, 0.5, 40), 10)
        low, high = wilson(right.mean() * (n := effective_size(right, clusters)), n)
        held += bool(low <= 0.75 <= high)
        low, high = wilson(right.sum(), 400)
        naive += bool(low <= 0.75 <= high)
    assert 0.92 < held / 600 < 0.98
    assert naive / 600 < 0.75


def example(task: Task, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    if task == "regression":
        targets = rng.normal(size=count)
        return targets, (targets + rng.normal(size=count))[:, None]
    if task == "multilabel":
        truth = (rng.random((count, 4)) < 0.4).astype(np.uint8)
        return truth, np.clip(truth * 0.5 + rng.random((count, 4)) * 0.6, 0, 1)
    targets = rng.integers(0, 7, count)
    values = rng.random((count, 7)) + 1.2 * np.eye(7)[targets] * rng.random((count, 1))
    return targets, values / values.sum(1, keepdims=True)


@pytest.mark.parametrize("task", ["classification", "multilabel", "regression"])
def test_every_interval_of_the_score_is_replaced_by_one_as_wide_as_the_clusters_ask_for(task: Task) -> None:
    """Each sample eight times over: the intervals of the samples themselves, not those of eight times as many."""
    targets, values = example(task, np.random.default_rng(3), 150)
    plain = score(task, targets, values)
    many = np.repeat(targets, 8, axis=0), np.repeat(values, 8, axis=0)
    found, effective = clustered_intervals(task, *many, np.repeat(np.arange(150), 8))
    narrow = score(task, *many)
    assert set(found) == {name for name in narrow if name.endswith("_interval")}
    for name, (low, high) in found.items():
        wide = plain[name][1] - plain[name][0]
        assert high - low == pytest.approx(wide, rel=0.12), name
        assert high - low > 2 * (narrow[name][1] - narrow[name][0]), name
        assert low < narrow[name.removesuffix("_interval")] < high, name
    assert effective is None if task == "regression" else effective == pytest.approx(149 * t_for_z(149), rel=1e-3)


def test_what_has_no_interval_for_want_of_mistakes_gets_none() -> None:
    targets = np.arange(60) % 3
    values = np.eye(3)[targets] * 0.9 + 0.1 / 3
    found, effective = clustered_intervals("classification", targets, values, np.arange(60) // 4)
    assert set(found) == {"loss_interval", "accuracy_interval"}
    assert effective == 15
    assert found["accuracy_interval"] == pytest.approx([float(end) for end in wilson(15, 15)])


def test_intervals_of_single_classes_are_those_of_the_samples_themselves() -> None:
    """Each sample eight times over, as eight pictures of one thing."""
    for task in ("classification", "multilabel"):
        targets, values = example(task, np.random.default_rng(5), 150)
        rows = "per_class" if task == "classification" else "per_label"
        plain = evaluate(task, targets, values)[rows]
        many = np.repeat(targets, 8, axis=0), np.repeat(values, 8, axis=0)
        found = evaluate(task, *many, np.repeat(np.arange(150), 8))
        narrow = evaluate(task, *many)[rows]
        assert found["together"] == {
            "samples": 1200,
            "atoms": 150,
            "effective": pytest.approx(149 * t_for_z(149), rel=1e-3),
        }
        for once, eight, wrong in zip(plain, found[rows], narrow, strict=True):
            assert eight["support"] == 8 * once["support"]
            for rate in ("precision", "recall", "f1"):
                low, high = eight[f"{rate}_interval"]
                assert eight[rate] == pytest.approx(once[rate])
                assert (low, high) == pytest.approx(once[f"{rate}_interval"], abs=0.04)  # t for z
                assert high - low > 2 * (wrong[f"{rate}_interval"][1] - wrong[f"{rate}_interval"][0])


def test_a_class_that_never_occurs_has_no_interval() -> None:
    rows = class_intervals(np.array([0, 0, 1]), np.eye(3)[[0, 0, 0]], np.array([4, 4, 5]))
    assert rows[2] == {"precision_interval": None, "recall_interval": None, "f1_interval": None}
    assert rows[1]["precision_interval"] is None
    assert rows[1]["recall_interval"] == pytest.approx([float(end) for end in wilson(0, 1)])
    assert rows[0]["recall_interval"] == pytest.approx([float(end) for end in wilson(1, 1)])  # one picture, twice


def test_samples_that_stand_alone_are_counted_one_by_one() -> None:
    targets, values = example("classification", np.random.default_rng(6), 90)
    assert evaluate("classification", targets, values, np.arange(90)[::-1]) == evaluate(
        "classification", targets, values
    )
    assert score("classification", targets, values, np.arange(90)) == score("classification", targets, values)
