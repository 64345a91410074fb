"""A batch in parts has the gradient of the whole; when memory runs out, the parts are halved, and it is said."""

from __future__ import annotations

import pytest
import torch
from small_training import SmallBatch, run_small, same_weights, small_feeds, small_settings, untimed, weights
from torch import Tensor, nn

from spirula.training.checkpoints import load_checkpoint
from spirula.training.device import Machine
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.parts import Parts
from spirula.training.records import EpochRecord, ShortageRecord, TimeRecord
from spirula.training.shortage import is_shortage
from spirula.training.state import Position
from spirula.training.step import training_step
from spirula.training.updates.optimizers import UpdateRule

CPU = Machine(torch.device("cpu"))
CPU_WORDS = "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory"


class Hungry(nn.Module):
    """A network that runs out of memory above so many samples, as a GPU or a CPU says it."""

    def __init__(self, most: int, *, on_gpu: bool = True, fails_from_call: int = 0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.most, self.on_gpu, self.calls, self.fails_from_call = most, on_gpu, 0, fails_from_call
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 2))

    def forward(self, images: Tensor) -> Tensor:
        self.calls += self.training
        if self.training and len(images) > self.most and self.calls > self.fails_from_call:
            raise torch.OutOfMemoryError("CUDA out of memory.") if self.on_gpu else RuntimeError(CPU_WORDS)
        result: Tensor = self.layers(images)
        return result


def batch_for(loss: str, samples: int = 13) -> SmallBatch:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(samples, 1, 4, 4, generator=generator)
    if loss in ("cross-entropy", "binary-cross-entropy"):
        return SmallBatch(images, torch.arange(samples) % 2)
    return SmallBatch(images, torch.randn(samples, 2, generator=generator))


@pytest.mark.parametrize("micro", [1, 2, 4, 5, 12])
@pytest.mark.parametrize(
    "objective",
    [
        Objective(Loss("cross-entropy")),
        Objective(Loss("cross-entropy", label_smoothing=0.1, class_weights=(0.5, 2.0)), l2=0.01),
        Objective(Loss("binary-cross-entropy")),
        Objective(Loss("mse"), unit=3.0),
        Objective(Loss("huber", huber_delta=0.5), l1=0.001),
    ],
    ids=lambda objective: objective.loss.name,
)
def test_parts_have_the_gradient_of_the_whole(micro: int, objective: Objective) -> None:
    after = []
    for size in (0, micro):
        module = Hungry(10**9)
        optimizer = UpdateRule("sgd", momentum=0.9).optimizer(module)
        step = training_step(module, optimizer, objective, CPU, clip_norm=0.5, parts=Parts(Position(0, micro=size)))
        seen = [step(batch_for(objective.loss.name), 0.1) for _ in range(3)][-1]
        gradients = [parameter.grad.clone() for parameter in module.parameters()]
        after.append((weights(module), gradients, seen))
    for name, whole in after[0][0].items():
        torch.testing.assert_close(after[1][0][name], whole, rtol=1e-5, atol=1e-6)
    for one, other in zip(after[0][1], after[1][1], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    for one, other in zip(after[0][2], after[1][2], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("samples", "micro", "sizes"), [(13, 4, [4, 4, 5]), (8, 3, [3, 3, 2]), (3, 1, [1, 1, 1]), (5, 0, [5])]
)
def test_no_sample_is_left_alone(samples: int, micro: int, sizes: list[int]) -> None:
    cut = list(Parts(Position(0, micro=micro)).of(batch_for("mse", samples)))
    assert [rows.stop - rows.start for rows, _ in cut] == sizes
    assert sum(share for _, share in cut) == pytest.approx(1.0)


@pytest.mark.parametrize("on_gpu", [True, False])
def test_out_of_memory_halves_and_the_batch_stays(on_gpu: bool) -> None:
    feeds = small_feeds(samples=40, batch_size=20)
    settings = small_settings(halves=True)
    plain = list(fit(whole := Hungry(10**9), *feeds, settings))
    records = list(fit(hungry := Hungry(6, on_gpu=on_gpu), *feeds, settings))
    assert [(r.step, r.micro_batch) for r in records if isinstance(r, ShortageRecord)] == [(1, 10), (1, 5)]
    for name, value in weights(whole).items():
        torch.testing.assert_close(weights(hungry)[name], value, rtol=1e-4, atol=1e-6)
    losses = [[r.metrics["loss"] for r in run if isinstance(r, EpochRecord)] for run in (plain, records)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_validation_is_halved_too() -> None:
    class Large(Hungry):
        def forward(self, images: Tensor) -> Tensor:
            if len(images) > 6:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            result: Tensor = self.layers(images)
            return result

    train, held = small_feeds(samples=40, batch_size=5)[0], small_feeds(samples=40, batch_size=40)[0]
    ends = [list(fit(module, train, held, small_settings(halves=True))) for module in (Large(0), Hungry(10**9))]
    losses = [[r.metrics["val_loss"] for r in records if isinstance(r, EpochRecord)] for records in ends]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_same_memory_gives_the_same_bits() -> None:
    feeds = small_feeds(samples=40, batch_size=20)
    one, other = Hungry(6, fails_from_call=3), Hungry(6, fails_from_call=3)
    first = list(fit(one, *feeds, small_settings(halves=True)))
    list(fit(other, *feeds, small_settings(halves=True)))
    assert same_weights(weights(one), weights(other))
    assert [r.step for r in first if isinstance(r, ShortageRecord)] == [4, 4]


@pytest.mark.parametrize(("module", "settings"), [(Hungry(6), {}), (Hungry(0), {"halves": True})])
def test_without_leave_or_with_one_sample_too_many_it_is_an_error(module: Hungry, settings: dict[str, object]) -> None:
    with pytest.raises(torch.OutOfMemoryError):
        list(fit(module, *small_feeds(), small_settings(**settings)))


def test_other_errors_are_not_taken_for_want_of_memory() -> None:
    class Broken(Hungry):
        def forward(self, images: Tensor) -> Tensor:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        list(fit(Broken(1), *small_feeds(), small_settings(halves=True)))


def test_a_resumed_training_goes_on_in_parts(tmp_path) -> None:
    feeds = small_feeds(samples=40, batch_size=20)
    unbroken = Hungry(6)
    whole = list(fit(unbroken, *feeds, small_settings(halves=True, epochs=4)))
    calls = iter(range(10**6))
    first = fit(
        Hungry(6), *feeds, small_settings(halves=True, epochs=4), checkpoints=tmp_path,
        interrupted=lambda: next(calls) == 6,
    )  # fmt: skip
    list(first)
    again = Hungry(6)
    rest = list(fit(again, *feeds, small_settings(halves=True, epochs=4), resume=load_checkpoint(tmp_path)))
    assert not [record for record in rest if isinstance(record, ShortageRecord)]
    assert same_weights(weights(unbroken), weights(again))
    before = load_checkpoint(tmp_path).history
    rows = [{"epoch": r.epoch, **r.metrics} for r in whole if isinstance(r, EpochRecord)]
    assert untimed(before) == untimed(rows[: len(before)])


def test_the_time_of_parts_is_told_apart_too() -> None:
    _, records = run_small(small_settings(epochs=6, micro_batch=3))
    spent = next(record for record in records if isinstance(record, TimeRecord))
    assert spent.timed_steps >= 2
    assert spent.forward > 0
    assert spent.backward > 0


@pytest.mark.parametrize(
    "words",
    [
        CPU_WORDS,
        "DefaultCPUAllocator: not enough memory: you tried to allocate 4294967296 bytes.",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
    ],
)
def test_every_way_to_say_that_memory_ran_out_is_understood(words: str) -> None:
    assert is_shortage(RuntimeError(words))
    assert not is_shortage(ValueError(words))
    assert not is_shortage(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
