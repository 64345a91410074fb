"""The other end of a worker process: starting it, speaking with it, and noticing that it is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any

from .ledger import Entry
from .reading import Item, Reading


class CannotStartError(Exception):
    """No worker process can be started here."""


def worker_command() -> list[str]:
    """Return the command of a worker, which reads file names as this process does.

    It finds its packages where this process found them, and looks nowhere else (``-I -S``): a ``queue.py`` or a
    ``sitecustomize.py`` in the current folder or beside the user's script is none of ours.
    """
    run = f"import sys; sys.path += {_homes()!a}; from spirula.data.pictures.decoder_process import main; main()"
    return [sys.executable, "-I", "-S", "-B", "-X", f"utf8={sys.flags.utf8_mode}", "-c", run]


def _homes() -> list[str]:
    """Return the folders of the packages that a worker needs."""
    found = (sys.modules[name] for name in ("spirula", "numpy", "PIL", "simplejpeg") if name in sys.modules)
    return list(dict.fromkeys(str(Path(folder).absolute().parent) for package in found for folder in package.__path__))


class Workers:
    """Every worker of one intake. Used from one thread per worker and from the thread that reads the results."""

    def __init__(self) -> None:
        self.closed = False
        self._lock = Lock()
        self._workers: list[Worker] = []

    def several(self, number: int) -> list[Worker]:
        """Return ``number`` workers, the same ones as before where there are any; they start on their first message."""
        while len(self._workers) < number:
            self._workers.append(Worker(self))
        return self._workers[:number]

    def tick(self, passed: float, limit: float) -> None:
        """Let time pass for the busy, and end those who have been busy for longer than ``limit`` seconds."""
        for worker in self._workers:
            worker.seconds += passed
            if worker.busy and worker.seconds > limit:
                worker.slow = True
                worker.kill()

    def start(self) -> subprocess.Popen[bytes]:
        """Start a process; raises :class:`CannotStartError` when that is impossible, or when all was closed."""
        with self._lock:
            if self.closed:
                raise CannotStartError
            try:
                environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # one is enough
                return subprocess.Popen(
                    worker_command(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would open one for each
                )
            except OSError as error:
                raise CannotStartError from error

    def close(self) -> None:
        """Kill every process, and start no other. Threads that wait for an answer go on at once."""
        with self._lock:
            self.closed = True
        for worker in self._workers:
            worker.kill()

    def end(self) -> None:
        """Wait until the killed processes are gone, when no thread speaks with them any more."""
        for worker in self._workers:
            worker.end()


class Worker:
    """One worker. busy: it owes an answer, for ``seconds`` by now. slow: it was ended because that took too long."""

    def __init__(self, workers: Workers) -> None:
        self.busy = False
        self.slow = False
        self.seconds = 0.0
        self._workers = workers
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, job: dict[str, Any]) -> None:
        """Say what to do with files, starting the process before its first job.

        Raises :class:`CannotStartError` when it cannot be started.
        """
        if self._process is None:
            self._begin()
            self._process = self._workers.start()
            if self._workers.closed:  # meanwhile, and too early to know of this process
                self.end()
                raise CannotStartError
            greeting = _pipe(self._process.stdout).readline()
            self.busy = False
            if greeting != b'"ready"\n':
                self.end()
                raise CannotStartError
        self._send(job)

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        pipe = _pipe(self._process.stdin)
        with suppress(BrokenPipeError):  # a process that is gone is noticed when its answer is missing
            pipe.write(json.dumps(message).encode() + b"\n")
            pipe.flush()

    def read(self, items: Sequence[Item], alone: bool) -> list[Reading] | None:
        """Let the process read files; ``None`` when it died of it, or was ended as too slow.

        Raises ``OSError`` when the store cannot take the pixels.
        """
        self._begin()
        self._send({"items": items, "alone": alone})
        assert self._process is not None
        line = _pipe(self._process.stdout).readline()
        self.busy = False
        if not line.endswith(b"\n"):
            return None
        readings: list[Reading] = []
        for row, entry, digest, postponed, failed in json.loads(line):
            if failed:
                raise OSError(0, failed)
            readings.append(Reading(row, Entry(*entry), digest, None, postponed))
        return readings

    def autopsy(self) -> str:
        """Clear a dead process away, so that :meth:`begin` starts another; returns how it ended, in words."""
        assert self._process is not None
        self._process.kill()  # it may have closed its output only
        code = self._process.wait()
        self.end()
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()

    def end(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()

    def _begin(self) -> None:
        self.seconds, self.slow, self.busy = 0.0, False, True


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
