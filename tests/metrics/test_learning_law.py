"""The law of learning curves: what is planted is found, and what cannot be known has a wide interval."""

import numpy as np
import pytest

from spirula.metrics.growth import fit_laws, resampled

SIZES = np.array([62.0, 125, 250, 500, 1000, 2000])


@pytest.mark.parametrize(("a", "b", "c"), [(2.0, 0.5, 0.01), (0.5, 0.3, 0.0), (5.0, 0.97, 0.1), (-0.3, 0.5, 0.2)])
def test_a_planted_law_is_found_and_foretells(a, b, c):
    errors = a * SIZES**-b + c
    law = fit_laws(SIZES, errors[None])
    ahead = np.array([4000.0, 8000.0])
    np.testing.assert_allclose(law.at(SIZES)[0], errors, atol=2e-3)
    np.testing.assert_allclose(law.at(ahead)[0], a * ahead**-b + c, atol=2e-3)


def test_a_flat_curve_promises_nothing():
    law = fit_laws(SIZES, np.full((1, 6), 0.07))
    np.testing.assert_allclose(law.at(np.array([2000.0, 4000.0, 1e6])), 0.07)


def test_an_error_never_ends_below_zero():
    falling = 0.5 - 0.08 * np.arange(6.0)  # a straight line in log n
    law = fit_laws(SIZES, falling[None])
    assert 0.0 <= law.c[0] <= 1.0


def test_rows_are_fitted_one_by_one():
    errors = np.stack([0.5 * SIZES**-0.5, 0.2 + 0.0 * SIZES])
    both, one = fit_laws(SIZES, errors), fit_laws(SIZES, errors[1:])
    np.testing.assert_allclose(both.at(SIZES)[1], one.at(SIZES)[0])


def test_the_bootstrap_keeps_held_out_samples_paired():
    random = np.random.default_rng(0)
    easy = (random.random(300) < 0.8).astype(float)
    right = np.stack([np.stack([easy, easy])] * 4)  # both sizes are right on the same samples
    drawn = resampled(right, 200, 1)
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 1])
    assert 0.015 < drawn[:, 0].std() < 0.032  # sqrt(0.8 * 0.2 / 300) = 0.023
    np.testing.assert_allclose(drawn.mean(), 1 - easy.mean(), atol=0.01)


def test_the_bootstrap_draws_what_belongs_together_together():
    """Each held-out sample eight times over says no more than once."""
    random = np.random.default_rng(0)
    right = np.broadcast_to(random.random(100) < 0.8, (4, 2, 100)).astype(float)
    many = np.repeat(right, 8, axis=2)
    one, eight = resampled(right, 400, 1), resampled(many, 400, 1, np.repeat(np.arange(100), 8))
    np.testing.assert_allclose(eight, one)
    assert resampled(many, 400, 1).std() < 0.6 * one.std()
