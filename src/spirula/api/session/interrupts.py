"""Ctrl-C and SIGTERM become a wish to stop, so that training can save before it ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Says whether somebody asked to stop; calling it is what the training loop polls."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __call__(self) -> bool:
        return self.signal is not None


@contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM raise ``KeyboardInterrupt`` as Ctrl-C does, so that both leave the same traces."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Catch the first SIGINT or SIGTERM as a wish; a second one acts at once, as usual.

    Outside the main thread Python cannot catch signals: there the request simply never comes.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    watched = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in watched}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        request.signal = number
        for other in watched:
            signal.signal(other, before[other])

    for number in watched:
        signal.signal(number, on_signal)
    try:
        yield request
    finally:
        for number in watched:
            signal.signal(number, before[number])
