"""Threads that make the parts of a batch side by side, each part from beginning to end by one of them.

PyTorch's own threads share every single operation and wait for one another after each. Making a batch is many small
operations: on a machine with other work to do, the waiting then takes a hundred times as long as the work.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier

import torch


def side_by_side(act: Callable[[int, int], None], number: int, least: int = 1) -> None:
    """Call ``act(start, stop)`` for parts of 0 … number, at least ``least`` long, on as many threads as PyTorch has.

    Returns when all are done; what one of them raises is raised here. No gradients are recorded.
    """
    threads = torch.get_num_threads()
    parts = min(number // least, 2 * threads)  # two each: one that was held up does less
    if parts < 2:
        _by_this_thread(act, number, threads)
        return
    if threads == 1:
        act(0, number)
        return
    ends = [number * part // parts for part in range(parts + 1)]
    list(_crew(threads, os.getpid()).map(_alone(act), ends[:-1], ends[1:]))


def _by_this_thread(act: Callable[[int, int], None], number: int, threads: int) -> None:
    """Do it here, and no operation with others: what is not worth dividing is not worth their waiting either."""
    torch.set_num_threads(1)
    try:
        act(0, number)
    finally:
        torch.set_num_threads(threads)


def _alone(act: Callable[[int, int], None]) -> Callable[[int, int], None]:
    def work(start: int, stop: int) -> None:
        with torch.inference_mode():  # belongs to a thread; results may be tensors of an inference that asked for them
            act(start, stop)

    return work


@cache
def _crew(threads: int, process: int) -> ThreadPoolExecutor:
    """Start the threads once per process: a forked one has none of its parent's."""
    crew = ThreadPoolExecutor(threads, f"spirula-{process}", initializer=_one_each)
    everybody = Barrier(threads)  # or one quick thread would do for all, and the others would start later
    list(crew.map(lambda _: everybody.wait(), range(threads)))
    torch.set_num_threads(threads)  # what a thread sets counts for itself and for threads that come later
    return crew


def _one_each() -> None:
    """Let PyTorch's operations in this thread run in this thread alone."""
    torch.get_num_threads()  # the first call takes over the process's number
    torch.set_num_threads(1)
