"""Temperature against scikit-learn's, against a known truth, and properties that must always hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spirula.errors import RunError
from spirula.metrics.calibration import calibration_error
from spirula.metrics.classification import log_loss
from spirula.metrics.temperature import Temperature, fitted, honesty, sample_loss, tempered


def overconfident(count: int, temperature: float, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Targets drawn from softmax(z), and the probabilities softmax(temperature · z) of who claims another doubt."""
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(size=(count, classes)) * 1.5)
    true = logits.softmax(1).numpy()
    targets = (rng.random((count, 1)) > true.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    return targets, (logits * temperature).softmax(1).numpy().astype(np.float32)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(true: float) -> None:
    targets, probabilities = overconfident(20_000, true)
    found = fitted(targets, probabilities, apart=False)
    assert found is not None
    assert found.low < true < found.high
    assert found.value == pytest.approx(true, rel=0.05)
    assert found.samples == 20_000


def test_the_interval_covers_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(200):
        found = fitted(*overconfident(300, 2.0, seed=seed), apart=False)
        assert found is not None
        inside += found.low <= 2.0 <= found.high
    assert 180 <= inside <= 200  # of 190


def test_it_is_the_optimum_that_pytorch_finds() -> None:
    targets, probabilities = overconfident(500, 2.3, classes=3)
    logits, true = torch.from_numpy(probabilities).double().log(), torch.from_numpy(targets)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    descent = torch.optim.LBFGS(
        [log_temperature], max_iter=200, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        descent.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits / log_temperature.exp(), true)
        loss.backward()
        return loss

    descent.step(closure)
    found = fitted(targets, probabilities, apart=False)
    assert found is not None
    assert found.value == pytest.approx(float(log_temperature.detach().exp()), rel=1e-5)
    after = tempered(probabilities, found.value, apart=False)
    assert log_loss(targets, after) == pytest.approx(float(closure().detach()), rel=1e-6)
    assert calibration_error(targets, after) < calibration_error(targets, probabilities)


def test_single_decisions_are_tempered_each_on_its_own() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(4_000, 5)) * 2
    targets = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.uint8)
    claimed = (1 / (1 + np.exp(-2.5 * logits))).astype(np.float32)
    found = fitted(targets, claimed, apart=True)
    assert found is not None
    assert found.value == pytest.approx(2.5, rel=0.08)
    after = tempered(claimed, found.value, apart=True)
    np.testing.assert_array_equal(after > 0.5, claimed > 0.5)
    expected = torch.nn.functional.binary_cross_entropy(
        torch.from_numpy(after), torch.from_numpy(targets.astype(float)), reduction="none"
    ).mean(1)
    np.testing.assert_allclose(sample_loss(targets, after, apart=True), expected.numpy(), rtol=1e-4)


def test_nothing_is_fitted_to_nothing() -> None:
    targets, probabilities = overconfident(100, 1.0)
    right = probabilities.argmax(axis=1)
    assert fitted(right, probabilities, apart=False) is None  # no mistake: certainty would be the best
    assert fitted((right + 1) % 4, probabilities, apart=False) is None
    assert fitted(targets[:29], probabilities[:29], apart=False) is None


def test_where_no_temperature_is_the_best_there_is_none() -> None:
    targets, probabilities = overconfident(100, 1.0)
    assert fitted(targets, np.full((100, 4), 0.25, np.float32), apart=False) is None  # flat: all are as good
    assert fitted(targets % 2, np.full((100, 2), 0.5, np.float32), apart=False) is None
    broken = probabilities.copy()
    broken[3] = np.nan
    assert fitted(targets, broken, apart=False) is None
    tie = np.where(np.arange(2) == (np.arange(100) % 2)[:, None], 0.9, 0.1).astype(np.float32)
    tie[1] = 0.5  # the one mistake is a tie: ever lower temperatures are ever better
    assert fitted(np.arange(100) % 2, tie, apart=False) is None


def test_answers_that_know_nothing_have_none_and_sure_ones_that_know_something_do() -> None:
    rng = np.random.default_rng(3)
    sure = np.full((400, 2), 1e-30, np.float32)  # as of a network whose logits have run away
    said = rng.integers(0, 2, 400)
    sure[np.arange(400), said] = 1
    even = np.concatenate([said[:200], 1 - said[200:]])  # right in exactly half: the flatter the better
    assert fitted(even, sure, apart=False) is None
    known = np.where(rng.random(400) < 0.8, said, 1 - said)
    found = fitted(known, sure, apart=False)
    assert found is not None
    assert found.value > 20
    right = float((known == said).mean())
    assert tempered(sure, found.value, apart=False).max() == pytest.approx(right, abs=1e-6)


@given(
    arrays(np.float32, (8, 3), elements=st.floats(0, 1, width=32)),
    st.floats(0.05, 20),
)
@settings(max_examples=200)
def test_the_answer_never_changes(raw: np.ndarray, temperature: float) -> None:
    whole = (raw + np.float32(1e-3)) / (raw + np.float32(1e-3)).sum(axis=1, keepdims=True)
    after = tempered(whole, temperature, apart=False)
    np.testing.assert_array_equal(after.argmax(axis=1), whole.argmax(axis=1))
    np.testing.assert_allclose(after.sum(axis=1), 1)
    alone = tempered(raw, temperature, apart=True)
    np.testing.assert_array_equal(alone > 0.5, raw > 0.5)


def test_certainty_and_impossibility_are_finite() -> None:
    edge = np.array([[1.0, 0.0], [0.5, 0.5]], np.float32)
    for apart in (False, True):
        assert np.isfinite(tempered(edge, 0.05, apart=apart)).all()
        assert np.isfinite(sample_loss(np.array([1, 0]) if not apart else np.eye(2), edge, apart=apart)).all()


def test_a_temperature_of_one_changes_nothing() -> None:
    _, probabilities = overconfident(50, 1.0)
    np.testing.assert_allclose(tempered(probabilities, 1.0, apart=False), probabilities, rtol=1e-5)


def test_honesty_has_the_numbers_of_the_other_metrics_and_intervals_around_them() -> None:
    targets, probabilities = overconfident(800, 3.0)
    found = honesty(targets, probabilities, apart=False)
    assert found.loss == pytest.approx(log_loss(targets, probabilities), rel=1e-5)
    assert found.error == pytest.approx(calibration_error(targets, probabilities), rel=1e-5)
    assert found.loss_interval[0] < found.loss < found.loss_interval[1]
    assert found.error_interval[0] < found.error < found.error_interval[1]


def test_what_the_card_holds_is_read_back_or_refused() -> None:
    known = Temperature(1.4, 1.2, 1.7, 300)
    assert Temperature.from_dict(known.to_dict()) == known
    assert Temperature.from_dict(None) is None
    for damaged in ({"value": 1.4}, {**known.to_dict(), "value": -1.0}, {**known.to_dict(), "value": "x"}, [1]):
        with pytest.raises(RunError, match="temperature"):
            Temperature.from_dict(damaged)
