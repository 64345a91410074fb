"""Suspected labels are the off-diagonal of the confident joint, as its paper defines it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.metrics.suspects import suspects


def confident_joint(targets: np.ndarray, probabilities: np.ndarray) -> list[int]:
    """Algorithm 1 of Northcutt, Jiang and Chuang (2021), one sample after the other: rows off its diagonal."""
    classes = probabilities.shape[1]
    threshold = [probabilities[targets == k, k].mean() if (targets == k).any() else np.inf for k in range(classes)]
    rows = []
    for row, (label, values) in enumerate(zip(targets, probabilities, strict=True)):
        able = [k for k in range(classes) if values[k] >= threshold[k]]
        if able and max(able, key=lambda k: values[k]) != label:
            rows.append(row)
    return rows


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_they_are_some_of_the_confident_joint_the_surest_first(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    targets = np.arange(200) % classes
    logits = rng.normal(size=(200, classes)) + 2.5 * np.eye(classes)[targets]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    given_labels = np.where(rng.random(200) < 0.1, rng.integers(0, classes, 200), targets)
    found = suspects(given_labels, probabilities)
    assert set(found.tolist()) <= set(confident_joint(given_labels, probabilities))
    said = probabilities.argmax(axis=1)
    assert (said[found] != given_labels[found]).all()
    assert np.all(np.diff(probabilities[found, said[found]]) <= 0)


def test_planted_wrong_labels_of_a_good_network_are_found_and_no_others() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(1000) % 4
    sure = rng.uniform(0.9, 0.999, 1000)
    probabilities = np.full((1000, 4), 0.0) + ((1 - sure) / 3)[:, None]
    probabilities[np.arange(1000), targets] = sure
    wrong = rng.choice(1000, 40, replace=False)
    labels = targets.copy()
    labels[wrong] = (targets[wrong] + 1) % 4
    found = suspects(labels, probabilities)
    assert set(found.tolist()) <= set(wrong.tolist())
    assert len(found) >= 15  # those that it is as sure of as of the middle sample


def test_nothing_is_doubted_where_nothing_is_right_or_nothing_is_there() -> None:
    assert suspects(np.array([0, 1]), np.array([[0.1, 0.9], [0.9, 0.1]])).tolist() == []
    assert suspects(np.zeros(0, np.int64), np.zeros((0, 3))).tolist() == []
