"""The output layer on features: scikit-learn's optimum, and a strength that is chosen on samples not learned from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor

from spirula.training.transfer.head import STRENGTHS, USUAL, Problem, Standard, choose_strength, solve

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 8)) @ RNG.normal(size=(8, 8)) + 3.0
Y = np.argmax(X @ RNG.normal(size=(8, 3)) + RNG.normal(size=(150, 3)) * 4, axis=1)
WEIGHTS = RNG.uniform(0.2, 3.0, size=150)
ONES = torch.ones(150, dtype=torch.float64)


def tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


@pytest.mark.parametrize("strength", [0.003, 0.1, 10.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_optimum_is_scikit_learns(strength: float, weighted: bool) -> None:
    weights = WEIGHTS if weighted else np.ones(150)
    theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(X, Y, sample_weight=weights)
    weight, bias, _ = solve(Problem("softmax", tensor(X), tensor(Y), tensor(weights), 3), strength, tolerance=1e-9)
    np.testing.assert_allclose(weight.numpy(), theirs.coef_, atol=2e-4)
    # Softmax leaves a constant open, and neither side holds the bias back.
    np.testing.assert_allclose(bias - bias.mean(), theirs.intercept_ - theirs.intercept_.mean(), atol=2e-3)


def test_two_outputs_for_two_classes_share_the_penalty() -> None:
    """One vector w becomes ±w/2, whose squares sum to half as much: scikit-learn's C is twice ours."""
    labels = (Y > 0).astype(np.int64)
    theirs = LogisticRegression(C=0.2, tol=1e-10, max_iter=10_000).fit(X, labels)
    weight, bias, _ = solve(Problem("softmax", tensor(X), tensor(labels), ONES, 2), 0.1, tolerance=1e-9)
    np.testing.assert_allclose((weight[1] - weight[0]).numpy(), theirs.coef_[0], atol=2e-4)
    assert float(bias[1] - bias[0]) == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_every_label_is_its_own_logistic_regression() -> None:
    labels = np.stack([Y == 0, Y != 1, X[:, 0] > 3], axis=1).astype(float)
    factors = np.array([1.0, 4.0, 0.5])
    problem = Problem("sigmoid", tensor(X), tensor(labels), tensor(np.tile(factors, (150, 1))), 3)
    weight, bias, _ = solve(problem, 0.05, tolerance=1e-9)
    for place, factor in enumerate(factors):
        theirs = LogisticRegression(C=0.05 * factor, tol=1e-10, max_iter=10_000).fit(X, labels[:, place])
        np.testing.assert_allclose(weight[place].numpy(), theirs.coef_[0], atol=2e-4)
        assert float(bias[place]) == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_numbers_are_ridge_regression() -> None:
    wanted = X @ np.arange(8.0)[:, None] + 5.0
    theirs = Ridge(alpha=1 / 0.05).fit(X, wanted, sample_weight=WEIGHTS)
    weight, bias, _ = solve(Problem("linear", tensor(X), tensor(wanted), tensor(WEIGHTS), 1), 0.05, tolerance=1e-10)
    np.testing.assert_allclose(weight.numpy()[0], np.ravel(theirs.coef_), atol=1e-4)
    assert float(bias) == pytest.approx(float(np.ravel(theirs.intercept_)[0]), abs=1e-3)


def test_standardised_features_are_folded_into_the_layer() -> None:
    features = torch.cat([tensor(X), torch.full((150, 1), 7.0, dtype=torch.float64)], dim=1)
    standard = Standard.of(features)
    inside = standard(features)
    np.testing.assert_allclose(inside[:, :8].mean(0), 0.0, atol=1e-12)
    np.testing.assert_allclose(inside[:, :8].std(0, correction=0), 1.0)
    assert (inside[:, 8] == 0).all()
    weight, bias = torch.randn(3, 9, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
    raw_weight, raw_bias = standard.folded(weight, bias)
    torch.testing.assert_close(features @ raw_weight.T + raw_bias, inside @ weight.T + bias)


def many(samples: int, noise: float, seed: int = 1) -> Problem:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(samples, 40))
    labels = (features[:, 0] + noise * generator.normal(size=samples) > 0).astype(np.int64)
    ones = torch.ones(samples, dtype=torch.float64)
    return Problem("softmax", tensor(features), tensor(labels), ones, 2)


def test_noise_asks_for_more_holding_back() -> None:
    folds = torch.arange(200) % 5
    clear, noisy = (choose_strength(many(200, noise), folds, folds >= 0) for noise in (0.05, 3.0))
    assert noisy.strength < clear.strength
    assert noisy.strength in STRENGTHS
    assert "5 folds" in noisy.reason
    losses = dict(noisy.tried)
    assert losses[noisy.strength] == min(losses.values())


def test_copies_in_one_fold_do_not_flatter_a_free_layer() -> None:
    """Each sample twice, with labels at random: only whoever may look at the copy is better than a coin."""
    problem = many(40, 1e6)
    twice = problem.rows(torch.arange(40).repeat(2))
    apart = choose_strength(twice, torch.arange(80) % 5, torch.ones(80, dtype=torch.bool))
    mixed = (torch.arange(80) + torch.arange(80) // 40) % 5  # the copy is in another fold
    leaking = choose_strength(twice, mixed, torch.ones(80, dtype=torch.bool))
    assert min(loss for _, loss in apart.tried) > 0.65
    assert min(loss for _, loss in leaking.tried) < 0.3


def test_augmented_views_are_not_judged() -> None:
    problem = many(60, 0.5)
    broken = Problem("softmax", problem.features, 1 - problem.targets, problem.weights * 0, 2)
    both = Problem(
        "softmax",
        torch.cat([problem.features, broken.features]),
        torch.cat([problem.targets, broken.targets]),
        torch.cat([problem.weights, broken.weights]),
        2,
    )
    folds = (torch.arange(60) % 3).repeat(2)
    judged = torch.arange(120) < 60
    with_views, without = choose_strength(both, folds, judged), choose_strength(problem, folds[:60], judged[:60])
    np.testing.assert_allclose(with_views.tried, without.tried, rtol=1e-3)


def test_features_are_standardised_by_what_is_learned_from() -> None:
    """Held-out samples far away have no say in the scale of the others: that would be known of them beforehand."""
    problem = many(60, 0.5)
    folds = torch.arange(60) % 3
    problem.features[folds == 0, 7] *= 5
    first = (folds == 0).nonzero()[:, 0]
    found = dict(choose_strength(problem, folds, folds == 0).tried)
    standard = Standard.of(problem.features[folds != 0])
    inside = Problem("softmax", standard(problem.features), problem.targets, problem.weights, 2)
    weight, bias, _ = solve(inside.rows((folds != 0).nonzero()[:, 0]), STRENGTHS[4], tolerance=1e-9)
    assert found[STRENGTHS[4]] == pytest.approx(float(inside.rows(first).loss(weight, bias)) / 20, rel=1e-3)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_a_class_that_is_only_held_out_has_no_say(output: str) -> None:
    """The free bias calls it impossible, the more so the better it is fitted: one picture would choose for all."""
    problem = many(90, 3.0)
    rare = torch.zeros(90, dtype=torch.bool)
    rare[4] = True
    targets = torch.where(rare, 2, problem.targets)
    usual = Problem("softmax", problem.features, problem.targets, problem.weights, 2)
    more = Problem("softmax", problem.features, targets, problem.weights, 3)
    if output == "sigmoid":
        usual = Problem("sigmoid", problem.features, problem.targets[:, None].double(), problem.weights, 1)
        both = torch.stack([problem.targets, rare.long()], dim=1).double()
        more = Problem("sigmoid", problem.features, both, problem.weights, 2)
    folds = torch.arange(90) % 3
    alone, beside = (choose_strength(part, folds, folds >= 0) for part in (usual, more))
    assert min(loss for _, loss in beside.tried) < 1.05 * min(loss for _, loss in alone.tried)


def test_nothing_to_choose_by_where_each_class_is_in_one_fold() -> None:
    problem = Problem("softmax", tensor(X[:2]), torch.tensor([0, 1]), ONES[:2], 2)
    assert choose_strength(problem, torch.tensor([0, 1]), ONES[:2] > 0).strength == USUAL


def test_too_few_to_choose_by() -> None:
    assert "too few" in choose_strength(many(1, 1.0), torch.zeros(1, dtype=torch.int64), torch.ones(1) > 0).reason
