"""A worker that reads pictures for another process, which survives when a damaged file kills this one.

Started as a command of its own (so a script without ``if __name__ == "__main__"`` works too).
One line of JSON per message. In: a job ``{"store", "offset", "target"}``, or files ``{"items", "alone"}``.
Out: ``"ready"``, then for each list of files a line with what came of them. Pixels go straight into their row of the
store. Ends when its input ends, which it also does when the other process dies.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import ExitStack
from dataclasses import astuple
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from . import reading
from .quiet import quiet_pillow


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other process's affair: it closes our input
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between the answers
    answers.write(b'"ready"\n')
    answers.flush()
    try:
        with quiet_pillow(), ExitStack() as stores:
            for line in sys.stdin.buffer:
                message = json.loads(line)
                if "items" not in message:
                    job, store = message, None
                    stores.close()
                    if job["store"]:
                        store = stores.enter_context(Path(job["store"]).open("r+b", buffering=0))
                    continue
                items = (reading.Item(row, suffix, reading.Place(*place)) for row, suffix, place in message["items"])
                found = [answer(item, job, store, alone=message["alone"]) for item in items]
                answers.write(json.dumps(found).encode() + b"\n")
                answers.flush()
    except BrokenPipeError:
        return  # nobody listens any more


def answer(item: reading.Item, job: dict[str, Any], store: BinaryIO | None, *, alone: bool) -> list[Any]:
    """Read one file, write its pixels, and return what :meth:`spirula.data.pictures.worker.Worker.read` makes of it."""
    read = reading.read_item(item, job["target"], alone=alone)
    failed = ""
    if read.pixels is not None and store is not None:
        try:
            write_pixels(store, job["offset"], read)
        except OSError as error:
            failed = error.strerror or str(error)
    return [read.row, astuple(read.entry), read.digest, read.postponed, failed]


def write_pixels(store: BinaryIO, offset: int, read: reading.Reading) -> None:
    """Write the pixels of a reading into its row of an open store.

    A plain write and no memory map: on a full disk a map would kill the process, and this says so.
    """
    assert read.pixels is not None
    data = np.ascontiguousarray(read.pixels).data.cast("B")
    store.seek(offset + read.row * len(data))
    written = 0
    while written < len(data):
        written += store.write(data[written:])
