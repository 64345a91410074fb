"""Budgets on a clock that only the batches move."""

import itertools

import pytest
import torch
from small_training import SmallFeed, run_small, same_weights, small_feeds, small_network, small_settings, weights

from spirula.errors import InputError
from spirula.training.checkpoints import load_checkpoint
from spirula.training.records import EpochRecord
from spirula.training.searching.budget import Pace, later_plan, plan_budget, steps_within
from spirula.training.updates.schedules import Schedule


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class TimedFeed(SmallFeed):
    """Every batch takes ``seconds``, or what ``slower`` says from a given batch on."""

    def __init__(self, feed, clock, seconds, slower=None, after=10**9):
        super().__init__(feed.images, feed.targets, feed.batch_size, noise=feed.noise)
        self.clock, self.seconds, self.slower, self.left = clock, seconds, slower, after

    def epoch(self, epoch, start=0):
        for batch in super().epoch(epoch, start):
            self.left -= 1
            self.clock.now += self.seconds if self.left > 0 else self.slower
            yield batch


def timed(clock, step=0.1, judge=0.05, **changes):
    train, validation = small_feeds(samples=80)  # 10 steps an epoch, 2 batches of validation
    return TimedFeed(train, clock, step, **changes), TimedFeed(validation, clock, judge)


def test_plan_by_hand():
    pace = Pace(step=0.1, validation=0.5)
    assert steps_within(1.5, pace, 10) == 10
    assert steps_within(1.55, pace, 10) == 10
    assert steps_within(2.3, pace, 10) == 12  # 1.5 for the epoch, 0.5 for another validation, 0.3 for steps
    assert steps_within(3.0, pace, 10) == 20
    assert steps_within(0.5, pace, 10) == 0
    assert steps_within(0.75, pace, 10) == 2
    assert later_plan(100, 40, 3.2, pace, 10) == 60
    assert later_plan(50, 40, 1000.0, pace, 10) == 50
    assert later_plan(50, 40, -1.0, pace, 10) == 40


@pytest.mark.parametrize("budget", [4.0, 10.0, 33.3, 120.0])
def test_ends_inside_the_budget_and_uses_it(budget):
    clock = Clock()
    _, records = run_small(small_settings(epochs=None, budget=budget), feeds=timed(clock), clock=clock)
    spent = clock.now - 100.0
    assert 0.75 * budget <= spent <= budget
    assert records[-1].reason == "budget"
    assert records[-1].epoch == len([r for r in records if isinstance(r, EpochRecord)])


def test_the_schedule_ends_with_the_budget():
    clock = Clock()
    settings = small_settings(epochs=None, budget=30.0, schedule=Schedule("cosine", 0.1))
    _, records = run_small(settings, feeds=timed(clock), clock=clock)
    assert [r for r in records if isinstance(r, EpochRecord)][-1].metrics["learning_rate"] < 0.001


def test_part_of_an_epoch_when_a_whole_one_does_not_fit():
    clock = Clock()
    _, records = run_small(
        small_settings(epochs=None, budget=60.0), feeds=timed(clock, step=7.0, judge=0.5), clock=clock
    )
    epochs = [r for r in records if isinstance(r, EpochRecord)]
    assert len(epochs) == 1
    assert 2 <= epochs[0].metrics["step"] < 10
    assert "val_loss" in epochs[0].metrics
    assert clock.now - 100.0 <= 60.0


@pytest.mark.parametrize("after", [45, 60, 101])
@pytest.mark.parametrize("slower", [0.15, 0.4])
def test_a_machine_that_becomes_slower_still_ends_in_time(after, slower):
    clock = Clock()
    feeds = timed(clock, slower=slower, after=after)
    _, records = run_small(small_settings(epochs=None, budget=30.0), feeds=feeds, clock=clock)
    assert clock.now - 100.0 <= 30.0
    assert records[-1].reason == "budget"
    assert "val_loss" in [r for r in records if isinstance(r, EpochRecord)][-1].metrics


def test_epochs_that_end_sooner_win():
    clock = Clock()
    _, records = run_small(small_settings(epochs=2, budget=500.0), feeds=timed(clock), clock=clock)
    assert (records[-1].reason, records[-1].step) == ("finished", 20)


def test_too_small_a_budget_says_what_would_do():
    clock = Clock()
    with pytest.raises(InputError, match=r"budget = 0.2s is too small") as caught:
        run_small(small_settings(epochs=None, budget=0.2), feeds=timed(clock), clock=clock)
    enough = float(caught.value.remedy.removeprefix("Give it at least ").removesuffix("s."))
    _, records = run_small(small_settings(epochs=None, budget=enough), feeds=timed(clock), clock=clock)
    assert records[-1].step >= 1


def test_measuring_changes_nothing():
    clock, module = Clock(), small_network()
    before, random = weights(module), torch.get_rng_state()
    plan_budget(module, *timed(clock), small_settings(epochs=None, budget=60.0, ema=0.9), clock(), clock)
    assert same_weights(weights(module), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(parameter.grad is None for parameter in module.parameters())


def test_resuming_keeps_the_plan_and_the_time_already_spent(tmp_path):
    settings = small_settings(epochs=None, budget=30.0)
    clock = Clock()
    whole, records = run_small(settings, feeds=timed(clock), clock=clock)
    clock, calls = Clock(), itertools.count()
    run_small(settings, feeds=timed(clock), clock=clock, checkpoints=tmp_path, interrupted=lambda: next(calls) == 50)
    first = clock.now - 100.0
    clock.now += 10_000.0  # a night passes
    again = clock.now
    resumed, rest = run_small(
        settings, feeds=timed(clock), clock=clock, checkpoints=tmp_path, resume=load_checkpoint(tmp_path)
    )
    assert first + clock.now - again <= 30.0
    assert rest[-1] == records[-1]
    assert same_weights(weights(resumed), weights(whole))
