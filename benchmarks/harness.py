"""What every measurement here shares: peers in environments of their own, turns, ratios with intervals, result files.

A question is a folder with a ``run.py``, started from the root of the repository as ``python -m benchmarks.NAME.run``.
It lets the contestants take turns, makes a :class:`Result` of what it saw, and calls :func:`publish`: the table goes to
standard output, the numbers into ``benchmarks/results/NAME.json``, from which ``docs/benchmarks.md`` is written.
A ratio above 1 always means that ours is better, so a lost comparison can be seen, and it stays in the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

HERE = Path(__file__).parent
ENVIRONMENTS = HERE / ".environments"
RESULTS = HERE / "results"
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Row:
    """One comparison.

    what: the case. peer: who it is compared with. theirs, ours: medians, in ``unit``.
    ratio, low, high: how many times better ours is, the median over the turns and its interval (see :func:`ratio`).
    goal: the ratio that was aimed at. met: whether ours also did what else was asked, such as an accuracy; if not, the
    comparison is lost whatever the ratio. note: what a reader must know to judge the figure.
    """

    what: str
    peer: str
    theirs: float
    ours: float
    unit: str
    ratio: float
    low: float
    high: float
    goal: float | None = None
    met: bool = True
    note: str = ""


@dataclass(frozen=True)
class Result:
    """What a question's measurement found. title: one line. versions: package → version, of both sides."""

    question: str
    title: str
    command: str
    turns: int
    rows: tuple[Row, ...]
    versions: Mapping[str, str]
    more: Mapping[str, Any] = field(default_factory=dict)


def arguments(document: str | None, *, turns: int) -> argparse.ArgumentParser:
    """Return a parser with what all questions take: turns, threads, and whether the result is kept."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=turns, help="runs of each contestant (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=cores(), help="of each contestant (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/NAME.json, for the docs")
    return parser


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peer(name: str, *packages: str) -> Path:
    """Return the Python of an environment with these packages, made when it is asked for first."""
    folder = ENVIRONMENTS / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / ".ready"
    if not ready.exists() or ready.read_text(encoding="utf-8").split() != sorted(packages):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        ready.write_text("\n".join(sorted(packages)), encoding="utf-8")
    return python


def answer(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run a process; return the JSON object of its last line, with ``process_seconds``: its whole wall-clock time."""
    began = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    lines = done.stdout.strip().splitlines()
    found: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return {**found, "process_seconds": seconds}


def take_turns(contestants: Mapping[str, Callable[[int], Answer]], turns: int) -> dict[str, list[Answer]]:
    """Call every contestant once per turn, with the turn's number: A B C, then C B A, so that none is always first."""
    answers: dict[str, list[Answer]] = {name: [] for name in contestants}
    for turn in range(turns):
        for name in list(contestants)[:: 1 if turn % 2 == 0 else -1]:
            answers[name].append(contestants[name](turn))
    return answers


def ratio(better: Sequence[float], worse: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of ``better / worse`` over turns, and the ends of its interval.

    From five turns on the interval is the 95 % percentile bootstrap of that median; with fewer, the least and largest.
    """
    each = np.asarray(better, dtype=float) / np.asarray(worse, dtype=float)
    if len(each) < 5:
        return float(np.median(each)), float(each.min()), float(each.max())
    draws = np.random.default_rng(0).choice(each, (10_000, len(each)))
    low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975])
    return float(np.median(each)), float(low), float(high)


def faster(what: str, name: str, theirs: Sequence[float], ours: Sequence[float], **more: Any) -> Row:
    """Return the row of a comparison in seconds: fewer are better."""
    return Row(what, name, statistics.median(theirs), statistics.median(ours), "s", *ratio(theirs, ours), **more)


def more_per_second(what: str, name: str, theirs: Sequence[float], ours: Sequence[float], **more: Any) -> Row:
    """Return the row of a comparison in images per second: more are better."""
    medians = statistics.median(theirs), statistics.median(ours)
    return Row(what, name, *medians, "images/s", *ratio(ours, theirs), **more)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def table(result: Result) -> str:
    """Return the comparisons as a Markdown table."""
    lines = ["| what | beside | theirs | ours | ours is better by | goal |", "|---|---|---:|---:|---:|---:|"]
    for row in result.rows:
        better = f"{_figure(row.ratio)}× ({_figure(row.low)}–{_figure(row.high)})"
        reached = row.met and row.ratio >= (row.goal or 1.0)
        goal = f"{'' if row.goal is None else f'{row.goal:g}×, '}{'reached' if reached else 'lost'}"
        values = (f"{_figure(value)} {row.unit}" for value in (row.theirs, row.ours))
        lines.append(f"| {' | '.join([row.what, row.peer, *values, better, goal])} |")
    notes = [f"\n{row.what}, {row.peer}: {row.note}" for row in result.rows if row.note]
    return "\n".join([*lines, *notes])


def publish(result: Result, *, keep: bool) -> None:
    """Print the table and the numbers; with ``keep``, write them into ``benchmarks/results``."""
    document = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), **asdict(result)}
    print(f"{result.title}\n\n{table(result)}\n\n{json.dumps(document, ensure_ascii=False)}")
    if keep:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(document, ensure_ascii=False, indent=1)
        (RESULTS / f"{result.question.replace(': ', '-').replace(' ', '_')}.json").write_text(
            text + "\n", encoding="utf-8"
        )


def _figure(value: float) -> str:
    """Return three significant digits, in full where there are more before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit("This is what the questions share; start one of them: python -m benchmarks.overhead.run")
