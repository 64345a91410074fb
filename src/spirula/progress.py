"""What a person (or a program) sees while a training runs. Looks at records; changes nothing.

Four ways: a live ``bar`` for a terminal, plain ``lines`` for everything else, ``json`` lines for a
program, and ``quiet``. Messages go to stderr, JSON lines to stdout.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

from .errors import InputError, did_you_mean
from .training.record_lines import record_line, step_line
from .training.records import Record, StepRecord, StoppedRecord

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Mode = Literal["auto", "bar", "lines", "json", "quiet"]

MODES = ("auto", "bar", "lines", "json", "quiet")


class Display(Protocol):
    """Where a training reports to."""

    def message(self, text: str) -> None:
        """Say a sentence."""

    def loading(self, stage: str, done: int, total: int) -> None:
        """Say how far a stage of known length has come; ``total`` 0 when it is not known."""

    def record(self, record: Record) -> None:
        """Show what the training loop yielded."""


@contextmanager
def display(mode: Mode = "auto", stream: TextIO | None = None, output: TextIO | None = None) -> Iterator[Display]:
    """Open a display for the length of a ``with`` block.

    Parameters
    ----------
    mode: ``auto`` is ``bar`` on a terminal that can move its cursor and ``lines`` elsewhere: in
        files, pipes, notebooks, and where the environment has ``CI``. ``NO_COLOR`` takes the colours
        out of the bar.
    stream: for messages, bar and lines; stderr when not given.
    output: for JSON lines; stdout when not given.

    Raises
    ------
    InputError: an unknown mode.
    """
    if mode not in MODES:
        raise InputError(f'progress = "{mode}" is unknown.{did_you_mean(mode, MODES)}', f"Choose {', '.join(MODES)}.")
    stream = sys.stderr if stream is None else stream
    if mode == "auto":
        mode = "bar" if _can_draw(stream) else "lines"
    if mode == "json":
        yield _JsonLines(sys.stdout if output is None else output)
    elif mode == "quiet":
        yield _Quiet()
    elif mode == "lines":
        yield _Lines(stream)
    else:
        bar = _Bar(stream)
        try:
            yield bar
        finally:
            bar.close()


def _can_draw(stream: TextIO) -> bool:
    encoding = (getattr(stream, "encoding", None) or "").lower()
    return (
        stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb" and encoding.startswith("utf")
    )


class _Quiet:
    def message(self, text: str) -> None:
        """Say nothing."""

    def loading(self, stage: str, done: int, total: int) -> None:
        """Say nothing."""

    def record(self, record: Record) -> None:
        """Say nothing."""


class _JsonLines:
    """One JSON object per line: ``{"event": "epoch", …}``. Numbers that JSON lacks (NaN, infinity) become null."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def message(self, text: str) -> None:
        self._write("message", {"text": text})

    def loading(self, stage: str, done: int, total: int) -> None:
        self._write("loading", {"stage": stage, "done": done, "total": total})

    def record(self, record: Record) -> None:
        self._write(type(record).__name__.removesuffix("Record").lower(), asdict(record))

    def _write(self, event: str, fields: dict[str, Any]) -> None:
        # Plain ASCII, so that no console's code page can get in the way.
        self._output.write(json.dumps({"event": event, **_jsonable(fields)}, allow_nan=False) + "\n")
        self._output.flush()


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class _Lines:
    """One line per epoch and per stage; in long ones another line now and then, so that a log shows life."""

    every = 60.0

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._stage = ""
        self._spoke = clock()

    def message(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        # A console that cannot write a name shows its escapes; the training goes on.
        self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self._stream.flush()
        self._spoke = self._clock()

    def loading(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stage = stage
            self.message(f"{stage} …")
        elif self._clock() - self._spoke >= self.every:
            self.message(f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}")

    def record(self, record: Record) -> None:
        self._stage = ""
        line = record_line(record)
        if line is not None:
            self.message(line)
        elif isinstance(record, StepRecord) and record.epoch and self._clock() - self._spoke >= self.every:
            self.message(f"  step {record.step:,} of {record.steps:,}  {step_line(record)}")


class _Bar:
    """A live bar at the bottom of the terminal; lines scroll above it."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        plain = Column(no_wrap=True)
        self._progress: Progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=plain),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%", markup=False, table_column=plain),
            TextColumn("{task.fields[detail]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=Console(file=stream, force_terminal=True, force_jupyter=False),
            transient=True,
            redirect_stdout=False,  # results belong there, wherever it goes
            refresh_per_second=4,  # drawing must not take time from training
        )
        self._task: TaskID | None = None
        self._shown = ""
        self._progress.start()

    def close(self) -> None:
        self._progress.stop()

    def message(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def loading(self, stage: str, done: int, total: int) -> None:
        detail = f"{done:,} of {total:,}" if total else f"{done:,}"
        self._show("loading", stage, done, total or None, detail)
        if total and done >= total:
            self._clear()

    def record(self, record: Record) -> None:
        if isinstance(record, StepRecord):
            description = f"epoch {max(record.epoch, 1)}/{record.epochs}"
            detail = step_line(record) if record.epoch else "the first step is being prepared"
            self._show("training", description, record.step, record.steps, detail)
            return
        if isinstance(record, StoppedRecord):
            self._clear()
        line = record_line(record)
        if line is not None:
            self.message(line)

    def _show(self, kind: str, description: str, done: int, total: int | None, detail: str) -> None:
        """Move the bar, or replace it when something else is going on now."""
        kind = kind if kind == "training" else description
        if self._task is None or kind != self._shown:
            self._clear()
            self._task = self._progress.add_task(description, total=total, detail=detail)
            self._shown = kind
        self._progress.update(self._task, description=description, completed=done, total=total, detail=detail)

    def _clear(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
