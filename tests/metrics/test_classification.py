"""Classification metrics equal scikit-learn's, and have documented values where it has none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from spirula.errors import SpirulaError
from spirula.metrics import classification as ours
from spirula.metrics.calibration import multiclass_brier
from spirula.metrics.score import score


def draw(seed: int, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, classes, count)
    logits = rng.normal(size=(count, classes))
    logits[np.arange(count), targets] += 1.0
    odds = np.exp(logits)
    return targets, odds / odds.sum(axis=1, keepdims=True)


samples = st.builds(draw, st.integers(0, 2**32 - 1), st.integers(1, 80), st.integers(2, 12))


@given(samples)
@settings(max_examples=60, deadline=None)
def test_everything_equals_scikit_learn(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    targets, probabilities = drawn
    classes = probabilities.shape[1]
    every = list(range(classes))
    predicted = probabilities.argmax(axis=1)
    result = ours.evaluate_classification(targets, probabilities)
    close = {"rel": 1e-9, "abs": 1e-9}

    assert result["count"] == len(targets)
    assert result["accuracy"] == pytest.approx(sk.accuracy_score(targets, predicted), **close)
    assert result["loss"] == pytest.approx(sk.log_loss(targets, probabilities, labels=every), **close)
    recalls = sk.recall_score(targets, predicted, labels=np.unique(targets), average=None, zero_division=0)
    assert result["balanced_accuracy"] == pytest.approx(recalls.mean(), **close)
    assert result["macro_f1"] == pytest.approx(sk.f1_score(targets, predicted, average="macro"), **close)
    assert result["weighted_f1"] == pytest.approx(sk.f1_score(targets, predicted, average="weighted"), **close)
    assert np.array_equal(result["confusion"], sk.confusion_matrix(targets, predicted, labels=every))
    reference = sk.precision_recall_fscore_support(targets, predicted, labels=every, zero_division=np.nan)
    for name, column in zip(("precision", "recall", "f1", "support"), reference, strict=True):
        mine = [np.nan if row[name] is None else row[name] for row in result["per_class"]]
        # scikit-learn calls F1 0 for a class that was only predicted or only occurred; so do we.
        np.testing.assert_allclose(mine, column, rtol=1e-9, atol=1e-9)
    if classes > 5:
        top5 = sk.top_k_accuracy_score(targets, probabilities, k=5, labels=every)
        assert result["top5_accuracy"] == pytest.approx(top5, **close)
    if classes == 2 and len(np.unique(targets)) == 2:
        assert result["roc_auc"] == pytest.approx(sk.roc_auc_score(targets, probabilities[:, 1]), **close)


@given(samples)
@settings(max_examples=30, deadline=None)
def test_top_1_is_the_accuracy_and_top_k_is_everything(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    targets, probabilities = drawn
    rounded = np.round(probabilities, 1)  # with ties
    assert ours.top_k_accuracy(targets, rounded, 1) == ours.accuracy(targets, rounded.argmax(axis=1))
    assert ours.top_k_accuracy(targets, rounded, probabilities.shape[1]) == 1.0


@given(samples)
@settings(max_examples=30, deadline=None)
def test_intervals_hold_their_values(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    result = ours.evaluate_classification(*drawn)
    low, high = result["accuracy_interval"]
    assert low <= result["accuracy"] <= high
    for row in result["per_class"]:
        for name in ("precision", "recall", "f1"):
            assert (row[name] is None) == (row[f"{name}_interval"] is None)
            if row[name] is not None:
                low, high = row[f"{name}_interval"]
                assert low <= row[name] <= high
    for name in ("macro_f1", "weighted_f1", "balanced_accuracy"):
        low, high = result[f"{name}_interval"] or (0, 1)
        assert 0 <= low <= high <= 1


def test_bootstrap_intervals_are_as_wide_as_resampling_the_samples_makes_them() -> None:
    targets, probabilities = draw(9, 400, 4)
    result = ours.evaluate_classification(targets, probabilities)
    rng = np.random.default_rng(0)
    again: dict[str, list[float]] = {name: [] for name in ("loss", "balanced_accuracy", "macro_f1", "weighted_f1")}
    for rows in rng.integers(0, 400, (1000, 400)):
        confusion = ours.confusion_matrix(targets[rows], probabilities[rows].argmax(axis=1), 4)
        values = (ours.log_loss(targets[rows], probabilities[rows]), ours.balanced_accuracy(confusion))
        for column, value in zip(again.values(), (*values, *ours.average_f1(confusion)), strict=True):
            column.append(value)
    for name, column in again.items():
        low, high = result[f"{name}_interval"]
        slow_low, slow_high = np.quantile(column, [0.025, 0.975])
        assert (low, high) == pytest.approx((slow_low, slow_high), abs=0.2 * (slow_high - slow_low))


def test_brier_of_two_classes_is_twice_scikit_learns() -> None:
    targets, probabilities = draw(5, 200, 2)
    reference = sk.brier_score_loss(targets, probabilities[:, 1])
    assert multiclass_brier(targets, probabilities) == pytest.approx(2 * reference, abs=1e-12)


def test_a_perfect_classifier_has_loss_zero_and_no_confusion() -> None:
    targets = np.array([0, 1, 2, 1])
    result = ours.evaluate_classification(targets, np.eye(3, dtype=np.float32)[targets])
    assert (result["loss"], result["accuracy"], result["brier"], result["calibration_error"]) == (0, 1, 0, 0)
    assert result["most_confused"] == []
    assert result["macro_f1_interval"] is None  # nothing to resample
    assert result["accuracy_interval"][0] < 1
    assert result["per_class"][0]["f1_interval"][0] < 1


def test_a_certain_mistake_is_a_large_finite_loss() -> None:
    loss = ours.log_loss(np.array([1]), np.array([[1, 0]], dtype=np.float32))
    assert loss == pytest.approx(-np.log(np.finfo(np.float32).tiny))


def test_without_samples_every_number_is_none() -> None:
    result = ours.evaluate_classification(np.zeros(0, np.int64), np.zeros((0, 7), np.float32))
    assert result["count"] == 0
    assert result["confusion"] == np.zeros((7, 7), int).tolist()
    assert {key for key, value in result.items() if value is None} == {
        *("calibration_error", "brier"),
        *("loss", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "top5_accuracy"),
        *("loss_interval", "accuracy_interval", "balanced_accuracy_interval", "macro_f1_interval"),
        *("weighted_f1_interval", "top5_accuracy_interval"),
    }
    assert result["per_class"][3] == {
        **{"class": 3, "support": 0, "predicted": 0, "right": 0},
        **{key: None for name in ("precision", "recall", "f1") for key in (name, f"{name}_interval")},
    }


def test_one_class_only() -> None:
    result = ours.evaluate_classification(np.zeros(4, np.int64), np.ones((4, 1), np.float32))
    assert (result["accuracy"], result["macro_f1"], result["balanced_accuracy"]) == (1, 1, 1)
    json.dumps(result, allow_nan=False)


def test_a_class_that_never_occurs_does_not_pull_the_averages() -> None:
    probabilities = np.eye(3)[[0, 1, 1]]
    result = ours.evaluate_classification(np.array([0, 1, 1]), probabilities)
    assert result["balanced_accuracy"] == result["macro_f1"] == 1
    assert result["per_class"][2]["f1"] is None


def test_most_confused_pairs_come_largest_first_without_the_diagonal() -> None:
    confusion = np.array([[50, 3, 0], [7, 40, 1], [0, 0, 9]])
    assert ours.most_confused(confusion) == [(1, 0, 7), (0, 1, 3), (1, 2, 1)]
    assert ours.most_confused(confusion, most=1) == [(1, 0, 7)]


def test_a_diverged_network_is_an_error_that_says_so() -> None:
    probabilities = np.full((3, 2), 0.5)
    probabilities[1] = np.nan
    with pytest.raises(SpirulaError, match=r"1 of 3 samples[\s\S]*learning_rate"):
        score("classification", np.zeros(3, np.int64), probabilities)


@pytest.mark.parametrize(("targets", "shape"), [([0, 1], (3, 2)), ([0, 2], (2, 2)), ([-1, 0], (2, 2))])
def test_what_does_not_fit_together_is_refused(targets: list[int], shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="fit"):
        score("classification", np.array(targets), np.full(shape, 0.5))


def test_score_is_the_flat_part_of_the_evaluation_and_is_json() -> None:
    targets, probabilities = draw(0, 300, 10)
    short = score("classification", targets, probabilities.astype(np.float32))
    full = ours.evaluate_classification(targets, probabilities.astype(np.float32))
    assert short.items() <= full.items()
    assert full.keys() - short.keys() == {"per_class", "confusion", "most_confused"}
    json.dumps(full, allow_nan=False)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(ValueError, match="segmentation"):
        score("segmentation", np.zeros(1), np.zeros((1, 1)))  # type: ignore[arg-type]
