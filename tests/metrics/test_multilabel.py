"""Multi-label and ranking metrics equal scikit-learn's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from spirula.metrics.multilabel import evaluate_multilabel
from spirula.metrics.ranking import average_precision, roc_auc
from spirula.metrics.score import score


def draw(seed: int, count: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = (rng.random((count, labels)) < 0.4).astype(np.uint8)
    return targets, np.clip(0.35 * targets + 0.65 * rng.random((count, labels)), 1e-6, 1 - 1e-6)


samples = st.builds(draw, st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(2, 6))


@given(samples)
@settings(max_examples=40, deadline=None)
def test_everything_equals_scikit_learn(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    targets, probabilities = drawn
    said = probabilities > 0.5
    result = evaluate_multilabel(targets, probabilities)
    close = {"rel": 1e-9, "abs": 1e-9}
    labels = targets.shape[1]

    assert result["exact_match"] == pytest.approx(sk.accuracy_score(targets, said), **close)
    assert result["accuracy"] == pytest.approx(1 - sk.hamming_loss(targets, said), **close)
    losses = [sk.log_loss(targets[:, k], probabilities[:, k], labels=[0, 1]) for k in range(labels)]
    assert result["loss"] == pytest.approx(np.mean(losses), **close)
    reference = sk.precision_recall_fscore_support(targets, said, average=None, zero_division=np.nan)
    for name, column in zip(("precision", "recall", "f1", "support"), reference, strict=True):
        mine = [np.nan if row[name] is None else row[name] for row in result["per_label"]]
        np.testing.assert_allclose(mine, column, rtol=1e-9, atol=1e-9)
    if (2 * said.sum() + targets.sum()) > 0:
        assert result["micro_f1"] == pytest.approx(
            sk.f1_score(targets, said, average="micro", zero_division=0), **close
        )
    occur = [k for k in range(labels) if targets[:, k].any()]
    if occur:
        precisions = [sk.average_precision_score(targets[:, k], probabilities[:, k]) for k in occur]
        assert result["mean_average_precision"] == pytest.approx(np.mean(precisions), **close)


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])), min_size=2, max_size=40
    ).filter(lambda rows: len({truth for truth, _ in rows}) == 2)
)
def test_ranking_with_ties_equals_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    truth = np.array([row[0] for row in rows])
    scores = np.array([row[1] for row in rows])
    assert roc_auc(truth, scores) == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-12)
    assert average_precision(truth, scores) == pytest.approx(sk.average_precision_score(truth, scores), abs=1e-12)


def test_ranking_without_one_of_the_kinds_has_no_value() -> None:
    assert np.isnan(roc_auc(np.ones(3, bool), np.arange(3)))
    assert np.isnan(average_precision(np.zeros(3, bool), np.arange(3)))


def test_without_samples_every_number_is_none() -> None:
    result = evaluate_multilabel(np.zeros((0, 3), np.uint8), np.zeros((0, 3), np.float32))
    assert result["count"] == 0
    assert [key for key, value in result.items() if value is not None] == ["count", "per_label"]
    assert result["per_label"][0]["f1"] is None


def test_a_label_that_never_occurs_has_no_score() -> None:
    targets = np.array([[1, 0], [1, 0]], np.uint8)
    result = evaluate_multilabel(targets, np.array([[0.9, 0.1], [0.8, 0.2]], np.float32))
    assert result["per_label"][1]["f1"] is None
    assert (result["macro_f1"], result["mean_average_precision"], result["exact_match"]) == (1, 1, 1)
    assert result["macro_f1_interval"] is None  # not one mistake to resample
    assert result["accuracy_interval"] is None


def test_a_perfect_classifier_has_loss_zero() -> None:
    targets = np.array([[1, 0], [0, 1]], np.uint8)
    assert evaluate_multilabel(targets, targets.astype(np.float32))["loss"] == 0


def test_score_is_flat_and_json() -> None:
    targets, probabilities = draw(1, 200, 4)
    short = score("multilabel", targets, probabilities.astype(np.float32))
    low, high = short["macro_f1_interval"]
    assert low < short["macro_f1"] < high
    low, high = short["accuracy_interval"]
    assert low < short["accuracy"] < high
    assert not any(isinstance(value, list) and len(value) != 2 for value in short.values())
    json.dumps(short, allow_nan=False)


def test_accuracy_is_resampled_by_sample() -> None:
    """Labels of one sample that are right and wrong together carry the information of one, not of K."""
    rng = np.random.default_rng(3)
    right = rng.random(400) < 0.8
    together = np.repeat(right[:, None], 6, axis=1).astype(np.float64)
    low, high = evaluate_multilabel(np.ones((400, 6), np.uint8), together)["accuracy_interval"]
    deviation = np.sqrt(right.mean() * (1 - right.mean()) / 400)
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="fit together"):
        evaluate_multilabel(np.zeros((3, 2)), np.zeros((3, 4)))
