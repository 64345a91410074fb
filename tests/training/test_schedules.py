import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spirula.errors import InputError
from spirula.training.updates.schedules import Schedule


def test_constant():
    assert [Schedule("constant", 0.1).at(step, 10) for step in (0, 5, 9)] == [0.1, 0.1, 0.1]


@pytest.mark.parametrize(("step", "golden"), [(0, 0.1), (1000, 0.096), (50_000, 0.1 * 0.96**50), (500, 0.0979795897)])
def test_exponential_is_keras_exponential_decay(step, golden):
    # initial_learning_rate * decay_rate ** (step / decay_steps), not staircase
    assert Schedule("exponential", 0.1, decay_steps=1000, decay_rate=0.96).at(step, 10**6) == pytest.approx(golden)


@pytest.mark.parametrize(("step", "golden"), [(0, 0.2), (250, 0.1 * (1 + math.sqrt(0.5))), (500, 0.1), (999, 4.93e-7)])
def test_cosine_is_keras_cosine_decay(step, golden):
    assert Schedule("cosine", 0.2).at(step, 1000) == pytest.approx(golden, rel=1e-3)


@pytest.mark.parametrize("steps", [10, 57, 1000])
def test_one_cycle_is_pytorch_one_cycle(steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.3, total_steps=steps)
    ours = Schedule("one-cycle", 0.3)
    for step in range(steps):
        assert ours.at(step, steps) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        if step < steps - 1:
            theirs.step()


def test_warm_up_is_linear_and_then_the_course_begins():
    schedule = Schedule("exponential", 1.0, warmup_steps=4, decay_steps=10, decay_rate=0.5)
    assert [schedule.at(step, 100) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert schedule.at(14, 100) == pytest.approx(0.5)


def test_cosine_after_warm_up_ends_near_zero():
    schedule = Schedule("cosine", 1.0, warmup_steps=10)
    assert schedule.at(9, 110) == 1.0
    assert schedule.at(60, 110) == pytest.approx(0.5)
    assert schedule.at(109, 110) < 1e-3


@given(
    name=st.sampled_from(["constant", "linear", "exponential", "cosine", "one-cycle"]),
    steps=st.integers(1, 300),
    warmup=st.integers(0, 400),
    peak=st.floats(1e-6, 10),
)
def test_every_rate_of_every_plan_is_in_range(name, steps, warmup, peak):
    schedule = Schedule(name, peak, warmup_steps=0 if name == "one-cycle" else warmup)
    rates = [schedule.at(step, steps) for step in range(steps)]
    assert all(0 < rate <= peak * (1 + 1e-12) for rate in rates)
    assert rates == [schedule.at(step, steps) for step in range(steps)]


def test_mistakes_are_named():
    with pytest.raises(InputError, match="staircase"):
        Schedule("staircase", 0.1)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="warmup"):
        Schedule("one-cycle", 0.1, warmup_steps=5)
