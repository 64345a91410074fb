"""Where the time of a step goes: looked at rarely, added up rightly, and never at the price of the training."""

from __future__ import annotations

import itertools
import time

import pytest
import torch
from small_training import run_small, same_weights, small_feeds, small_settings, weights
from torch import nn

from spirula.training import phases as module_under_test
from spirula.training.checkpoints import load_checkpoint
from spirula.training.loop import fit
from spirula.training.phases import FIRST, MOST, PHASES, STRIDE, Phases
from spirula.training.records import EpochRecord, StoppedRecord, TimeRecord

CPU = torch.device("cpu")


class Ticking:
    """A clock that is looked at: each look is one second later than the last."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return float(self.looks)


def take(phases: Phases, steps: int) -> None:
    for _ in range(steps):
        phases.begin()
        for phase in PHASES:
            phases.end(phase)


def test_most_steps_are_not_looked_at() -> None:
    clock = Ticking()
    phases = Phases(CPU, 40, clock)
    take(phases, 40)
    assert clock.looks == (len(PHASES) + 1) * len(range(FIRST, 40, STRIDE))
    sums = phases.taken()
    assert sums == {"timed_steps": 5.0, **{f"timed_{phase}": 5.0 for phase in PHASES}}
    assert phases.taken()["timed_steps"] == 0.0


def test_a_long_epoch_has_no_more_looks_than_a_short_one() -> None:
    phases = Phases(CPU, 100_000, Ticking())
    take(phases, 100_000)
    assert 0.9 * MOST <= phases.taken()["timed_steps"] <= MOST


def test_the_first_steps_do_not_count_and_epochs_go_on_counting() -> None:
    phases = Phases(CPU, 3, Ticking())
    for _ in range(4):  # epochs of three steps; before each, and after the last step, a step begins
        take(phases, 3)
        phases.begin()
    assert phases.taken()["timed_steps"] == len(range(FIRST, 12, STRIDE))


class Moved:
    """A clock that only moves when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    def on(self, seconds: float) -> None:
        self.now += seconds


class Slow(nn.Module):
    """A layer whose forward takes 3 ms and whose backward takes 9."""

    def __init__(self, clock: Moved) -> None:
        super().__init__()
        self.clock = clock

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.clock.on(0.003)
        if x.requires_grad:
            x.register_hook(lambda _: self.clock.on(0.009))
        return x


def time_of(records: list[object]) -> TimeRecord:
    return next(record for record in records if isinstance(record, TimeRecord))


def test_the_parts_are_those_of_the_step() -> None:
    clock = Moved()
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2), Slow(clock))
    train, _ = small_feeds(samples=80, batch_size=4)

    class Dawdling:
        samples = 80

        def __len__(self) -> int:
            return 20

        def epoch(self, epoch: int, start: int = 0):
            for batch in train.epoch(epoch, start):
                clock.on(0.006)
                yield batch

    settings = small_settings(epochs=2, stopping=small_settings().stopping.__class__("loss"))
    records = list(fit(network, Dawdling(), None, settings, clock=clock))
    spent = time_of(records)
    assert (spent.steps, spent.timed_steps, spent.peak_device_bytes) == (40, 5, None)
    assert spent.data == pytest.approx(40 * 0.006)
    assert spent.forward == pytest.approx(40 * 0.003)
    assert spent.backward == pytest.approx(40 * 0.009)
    assert spent.update == 0.0
    assert spent.data + spent.forward + spent.backward + spent.update <= spent.training + 1e-9
    assert spent.training == pytest.approx(
        sum(r.metrics["seconds"] for r in records if isinstance(r, EpochRecord)), rel=1e-6
    )
    assert isinstance(records[-1], StoppedRecord)


def test_looking_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, _ = run_small(small_settings())
    monkeypatch.setattr(module_under_test, "STRIDE", 1)
    monkeypatch.setattr(module_under_test, "FIRST", 0)
    looked, records = run_small(small_settings())
    assert time_of(records).timed_steps == time_of(records).steps == 9
    assert same_weights(weights(plain), weights(looked))


def test_a_resumed_training_adds_up_both_sessions(tmp_path) -> None:
    calls = itertools.count()
    stop = lambda: next(calls) == 13  # noqa: E731
    _, first = run_small(small_settings(epochs=6), checkpoints=tmp_path, interrupted=stop)
    loaded = load_checkpoint(tmp_path)
    done = len(loaded.history)
    assert 0 < done < 6
    _, rest = run_small(small_settings(epochs=6), network_seed=9, checkpoints=tmp_path, resume=loaded)
    assert time_of(first).steps == 3 * done
    assert time_of(rest).steps == 18
    assert time_of(rest).training > time_of(first).training


def test_a_training_without_a_finished_epoch_says_nothing() -> None:
    _, records = run_small(small_settings(), interrupted=lambda: True)
    assert not [record for record in records if isinstance(record, TimeRecord)]


class FakeEvent:
    """Stands for an event of a GPU, which is 2 ms after the one before it."""

    made = itertools.count()

    def __init__(self, device: torch.device, *, enable_timing: bool) -> None:
        assert enable_timing
        self.number = next(self.made)

    def record(self) -> None:
        """Nothing to queue here."""

    def elapsed_time(self, other: FakeEvent) -> float:
        return 2.0 * (other.number - self.number)


def test_a_gpu_is_given_events_that_are_read_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "Event", FakeEvent)
    clock = Ticking()
    phases = Phases(torch.device("cuda"), 40, clock)
    take(phases, 40)
    assert clock.looks == phases.steps == 0
    assert phases.taken() == pytest.approx({"timed_steps": 5.0, **{f"timed_{phase}": 0.01 for phase in PHASES}})


def test_looking_costs_nothing_that_could_be_measured() -> None:
    """Processor time of a thousand steps' calls, the least of five tries: a few microseconds a step at most."""
    phases = Phases(CPU, 1000)
    took = []
    for _ in range(5):
        began = time.process_time()
        take(phases, 1000)
        took.append(time.process_time() - began)
    assert min(took) / 1000 < 5e-6
