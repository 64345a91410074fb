"""Parts of a batch side by side: all of them, by threads that work alone, and PyTorch is left as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
import torch

from spirula.data.batching.crew import side_by_side


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("number", "least"), [(0, 1), (1, 1), (2, 1), (3, 1), (17, 1), (17, 5), (17, 50), (400, 3)])
def test_every_sample_is_in_one_part(number: int, least: int) -> None:
    seen: list[tuple[int, int]] = []
    side_by_side(lambda start, stop: seen.append((start, stop)), number, least)
    assert sorted(row for start, stop in seen for row in range(start, stop)) == list(range(number))
    assert len(seen) == 1 or all(stop - start >= least for start, stop in seen)


def test_each_thread_works_alone_and_the_others_keep_their_number() -> None:
    inside: dict[str, int] = {}
    meeting = threading.Barrier(2)

    def act(start: int, stop: int) -> None:
        if start in (0, 5):  # the first two of four parts meet: two threads are at work at once
            meeting.wait(20)
        inside[threading.current_thread().name] = torch.get_num_threads()

    side_by_side(act, 20)
    assert list(inside.values()) == [1, 1]
    assert torch.get_num_threads() == 2
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [2]


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_too_little_to_divide_is_done_here_by_one_thread(fails: bool) -> None:
    inside: list[tuple[str, int]] = []

    def act(start: int, stop: int) -> None:
        inside.append((threading.current_thread().name, torch.get_num_threads()))
        if fails:
            raise ValueError(f"{start} to {stop}")

    with pytest.raises(ValueError, match="0 to 3") if fails else nullcontext():
        side_by_side(act, 3, least=2)
    assert inside == [(threading.current_thread().name, 1)]
    assert torch.get_num_threads() == 2


def test_what_one_raises_is_raised() -> None:
    def act(start: int, _: int) -> None:
        if start:
            raise ValueError(f"part {start}")

    with pytest.raises(ValueError, match="part 5"):
        side_by_side(act, 20)


@pytest.mark.parametrize("inference", [False, True])
def test_results_are_tensors_of_whoever_asked(inference: bool) -> None:
    def act(start: int, stop: int) -> None:
        made[start:stop] = start

    with torch.inference_mode(inference):
        made = torch.zeros(20)
        side_by_side(act, 20)
    assert made.tolist() == [0.0] * 5 + [5.0] * 5 + [10.0] * 5 + [15.0] * 5
    assert made.is_inference() == inference
    if not inference:
        weight = torch.ones(20, requires_grad=True)
        (weight * made).sum().backward()
        assert torch.equal(weight.grad, made)  # type: ignore[arg-type]
