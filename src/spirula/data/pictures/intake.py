"""Intake: files are read by worker processes that may die without taking the run with them.

A worker that dies, or takes too long, costs only the file that it was on; another takes its place. Few files, or a
system where no process can be started, are read by threads of this process instead, through the same function.
"""

from __future__ import annotations

import os
import queue
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

import numpy as np

from .ledger import sentence
from .quiet import quiet_pillow
from .reading import Item, Place, Reading, entry_of, read_item
from .worker import CannotStartError, Worker, Workers

FEW = 64  # files up to which starting a process takes longer than reading them
SECONDS_PER_FILE = 60.0
_BLOCK, _BLOCK_BYTES = 32, 1 << 20  # most files, and bytes of files, per message
_LAST_BYTES = 1 << 17  # bytes of files per message towards the end, so that all workers finish together
_TICK = 0.2  # seconds between two looks at the clock

_Put = Callable[[list[Reading] | Exception | None], None]


@dataclass(frozen=True)
class Job:
    """What to do with files. target: see :func:`spirula.data.pictures.reading.read_item`.

    store: the file that takes the pixels of row i at ``offset`` + i pictures; ``None`` when there are none to keep.
    """

    target: Mapping[str, Any] | None = None
    store: Path | None = None
    offset: int = 0


class Intake:
    """Reads files of one data set, as a context: leaving it ends every process that it started."""

    def __init__(
        self, items: Sequence[Item], sizes: np.ndarray, *, few: int = FEW, seconds: float = SECONDS_PER_FILE
    ) -> None:
        """Items: numbered from 0. sizes: of each file in bytes, int64 (N,)."""
        self._items = items
        self._sizes = sizes
        self._seconds = seconds
        self._number = _cores()
        self._workers = Workers() if len(items) >= few and can_start() else None
        self._suspected: set[int] = set()  # rows of a block of which a worker died

    def __len__(self) -> int:
        return len(self._items)

    def __enter__(self) -> Intake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._workers is not None:
            self._workers.close()
            self._workers.end()

    def read(self, rows: Sequence[int], job: Job) -> Iterator[Reading]:
        """Yield what came of each of these rows, in any order; very large pictures come last, one at a time.

        Raises ``OSError`` when the store cannot take the pixels.
        """
        postponed: list[int] = []
        for reading in self._read(rows, job, alone=False):
            if reading.postponed:
                postponed.append(reading.row)
            else:
                yield reading
        yield from self._read(sorted(postponed), job, alone=True)

    def _read(self, rows: Sequence[int], job: Job, *, alone: bool) -> Iterator[Reading]:
        waiting = set(rows)
        if self._workers is not None:
            try:
                for reading in self._by_workers(self._workers, rows, job, alone):
                    waiting.discard(reading.row)
                    yield reading
            except CannotStartError:
                self._workers.end()
                self._workers = None  # no process can be started here: threads read the rest, but nothing that kills
                for row in sorted(waiting & self._suspected):
                    waiting.discard(row)
                    yield self._crash(row, "no other could be started")
        if waiting:
            yield from self._by_threads([row for row in rows if row in waiting], job, alone)

    def _by_threads(self, rows: Sequence[int], job: Job, alone: bool) -> Iterator[Reading]:
        """A bounded number of blocks is under way, so memory does not grow when writing is slower than decoding."""
        threads = 1 if alone else self._number

        def read(block: list[int]) -> list[Reading]:
            return [read_item(self._items[row], job.target, alone=alone) for row in block]

        waiting: deque[Future[list[Reading]]] = deque()
        blocks = self._blocks(rows)
        with quiet_pillow(), ThreadPoolExecutor(threads) as pool, _Store(job) as store:
            try:
                while True:
                    waiting.extend(pool.submit(read, block) for block in islice(blocks, 2 * threads - len(waiting)))
                    if not waiting:
                        return
                    for reading in waiting.popleft().result():
                        store.write(reading)
                        yield reading
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _by_workers(self, workers: Workers, rows: Sequence[int], job: Job, alone: bool) -> Iterator[Reading]:
        blocks = deque(self._blocks(rows))
        answers: queue.SimpleQueue[list[Reading] | Exception | None] = queue.SimpleQueue()
        message = {"store": None if job.store is None else str(job.store), "offset": job.offset, "target": job.target}
        threads = [
            Thread(target=self._serve, args=(worker, message, blocks, alone, answers.put), daemon=True)
            for worker in workers.several(1 if alone else min(self._number, len(blocks)))
        ]
        for thread in threads:
            thread.start()
        busy, last = len(threads), time.monotonic()
        try:
            while busy:
                try:
                    answer = answers.get(timeout=_TICK)
                except queue.Empty:
                    answer = []
                if answer is None:
                    busy -= 1
                elif isinstance(answer, Exception):
                    raise answer
                else:
                    yield from answer
                now = time.monotonic()
                if now - last >= _TICK:
                    # A long tick counts as a short one: a process that was stopped and continued was not slow.
                    workers.tick(min(now - last, 2 * _TICK), self._seconds)
                    last = now
        finally:
            if busy:  # left before the end: by Ctrl-C, by an error, or because nobody wants the rest
                workers.close()
            for thread in threads:
                thread.join()

    def _blocks(self, rows: Sequence[int]) -> Iterator[list[int]]:
        """Divide rows into messages, each of many small files or one large one.

        A worker waits between two messages, so they are long at first, and short at the end: all finish together.
        """
        block: list[int] = []
        size, left = 0, int(self._sizes[rows].sum())
        for row in rows:
            block.append(row)
            size += int(self._sizes[row])
            if len(block) == _BLOCK or size >= min(_BLOCK_BYTES, max(_LAST_BYTES, left // (4 * self._number))):
                yield block
                block, size, left = [], 0, left - size
        if block:
            yield block

    def _serve(self, worker: Worker, job: dict[str, Any], blocks: deque[list[int]], alone: bool, put: _Put) -> None:
        """Let one worker read blocks until there are none, replacing it when it dies.

        A block of which it dies is read again, file by file: so the right one is blamed, and a worker that the system
        ended for want of memory costs no file.
        """
        try:
            worker.begin(job)
            while True:
                try:
                    rows = blocks.popleft()
                except IndexError:
                    return
                readings = worker.read([self._items[row] for row in rows], alone)
                if readings is None:
                    worker.autopsy()
                    self._suspected.update(rows)
                    readings = []
                    for row in rows:
                        worker.begin(job)
                        readings += worker.read([self._items[row]], alone) or [self._blamed(row, worker)]
                    self._suspected.difference_update(rows)
                put(readings)
        except Exception as error:  # noqa: BLE001  raised again by the thread that reads the results
            put(error)
        finally:
            put(None)

    def _blamed(self, row: int, worker: Worker) -> Reading:
        how = worker.autopsy()
        return self._refused(row, "too-slow", seconds=self._seconds) if worker.slow else self._crash(row, how)

    def _crash(self, row: int, how: str) -> Reading:
        return self._refused(row, "decoder-crashed", detail=how)

    def _refused(self, row: int, code: str, **values: Any) -> Reading:
        return Reading(row, entry_of(None, int(self._sizes[row]), ((code, sentence(code, values)),)))


class _Store:
    """The store as threads of this process write to it."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> _Store:
        self._file = None if self._job.store is None else self._job.store.open("r+b")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, reading: Reading) -> None:
        if self._file is not None and reading.pixels is not None:
            self._file.seek(self._job.offset + reading.row * reading.pixels.nbytes)
            self._file.write(reading.pixels.tobytes())


def items_of(places: Sequence[Place], names: Sequence[str]) -> list[Item]:
    """Return the files to read, numbered in order; names say the suffix that each promises."""
    return [
        Item(row, os.path.splitext(name)[1].lower(), place)  # noqa: PTH122  a Path per file is slow
        for row, (place, name) in enumerate(zip(places, names, strict=True))
    ]


def can_start() -> bool:
    """Whether this process can start another Python: not when it is frozen into a program or embedded in one."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def _cores() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(16, usable))
