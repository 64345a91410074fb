"""Ways to train take turns: bounded in time, stopped by memory, and the network stays as it is."""

from __future__ import annotations

import pytest
import torch
from small_training import same_weights, small_feeds, small_network, small_settings, weights
from torch import Tensor, nn

from spirula.training.device import Machine
from spirula.training.searching.trials import ROUNDS, Trial, measure
from spirula.training.shortage import is_shortage

CPU = torch.device("cpu")


class Clock:
    """Only the steps move it: each by its own time."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Slow(nn.Module):
    """Takes so many seconds per call and per image, on a clock; runs out of memory above a size."""

    def __init__(self, clock: Clock, call: float, image: float, most: int = 10**9) -> None:
        super().__init__()
        self.clock, self.call, self.image, self.most = clock, call, image, most
        self.layer = nn.Linear(16, 2)

    def __deepcopy__(self, memo: object) -> Slow:
        return Slow(self.clock, self.call, self.image, self.most)

    def forward(self, images: Tensor) -> Tensor:
        if len(images) > self.most:
            raise RuntimeError(
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
            )
        self.clock.now += self.call + self.image * len(images)
        return self.layer(images.flatten(1))


def trials(*sizes: int) -> list[Trial]:
    return [Trial(size, Machine(CPU)) for size in sizes]


def run(module: nn.Module, found: list[Trial], clock: Clock, seconds: float, **more: object) -> None:
    def feed(size: int, channels_last: bool):
        return small_feeds(samples=256, batch_size=size)[0]

    measure(module, small_settings(), found, feed, seconds=seconds, clock=clock, **more)  # type: ignore[arg-type]


def test_speeds_are_images_per_second_of_whole_steps() -> None:
    clock, found = Clock(), trials(8, 16, 32)
    run(Slow(clock, 0.01, 0.001), found, clock, 30.0)
    for trial in found:
        assert trial.median == pytest.approx(trial.batch_size / (0.01 + 0.001 * trial.batch_size), rel=0.05)
        assert len(trial.speeds) >= ROUNDS


def test_the_slow_ones_get_no_more_turns_than_they_need() -> None:
    clock, found = Clock(), trials(4, 64)
    run(Slow(clock, 0.1, 0.0), found, clock, 30.0)
    assert len(found[0].speeds) == ROUNDS < len(found[1].speeds)


def test_time_is_bounded() -> None:
    clock, found = Clock(), trials(8, 16, 32, 64)
    run(Slow(clock, 1.0, 0.0), found, clock, 5.0)
    assert clock.now <= 5.0 + 4 * 1.0  # one trial's warming and turn, begun in time
    assert found[0].speeds
    assert not found[3].speeds


def test_a_size_that_runs_out_of_memory_ends_the_growth() -> None:
    clock, found = Clock(), trials(8, 16, 32, 64)
    run(Slow(clock, 0.01, 0.0, most=20), found, clock, 20.0)
    assert [bool(trial.speeds) for trial in found] == [True, True, False, False]
    assert [trial.failed for trial in found[2:]] == ["out of memory"] * 2


def test_a_size_that_would_take_most_of_the_memory_is_not_tried() -> None:
    clock, found = Clock(), trials(8, 64)
    run(Slow(clock, 0.01, 0.0), found, clock, 5.0, fits=lambda size: size < 32)
    assert found[0].speeds
    assert "not tried" in found[1].failed


def test_other_errors_are_errors() -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, images: Tensor) -> Tensor:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    clock = Clock()
    with pytest.raises(RuntimeError, match="mat1"):
        run(Broken(), trials(8), clock, 5.0)


def test_the_network_stays_as_it_is() -> None:
    module = small_network()
    before = weights(module)
    measure(module, small_settings(), trials(8), lambda size, last: small_feeds(batch_size=size)[0], seconds=0.2)
    assert same_weights(before, weights(module))


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: …"), True),
        (MemoryError(), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_shortage_of_memory_is_known_by_its_words(error: Exception, short: bool) -> None:
    assert is_shortage(error) is short
