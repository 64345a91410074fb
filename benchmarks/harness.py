"""What every measurement here shares: peers in environments of their own, turns, ratios with intervals, result files.

A question is a folder with a ``run.py``, started from the root of the repository as ``python -m benchmarks.NAME.run``.
It lets the contestants take turns, makes a :class:`Result` of what it saw, and calls :func:`publish`: the table goes to
standard output, the numbers into ``benchmarks/results/NAME.MACHINE.json``, and ``docs/benchmarks.md`` is made of those.
A ratio above 1 always means that ours is better, so a lost comparison can be seen, and it stays in the table.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

HERE = Path(__file__).parent
ENVIRONMENTS = HERE / ".environments"
RESULTS = HERE / "results"
UNFINISHED = HERE / ".unfinished"
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
    """What a question's measurement found.

    title: one line. versions: package → version, of both sides. sides: heads of the columns ``theirs`` and ``ours``.
    remark: what happened while it was measured, written into the file by hand.
    """

    question: str
    title: str
    command: str
    turns: int
    rows: tuple[Row, ...]
    versions: Mapping[str, str]
    more: Mapping[str, Any] = field(default_factory=dict)
    sides: tuple[str, str] = ("theirs", "ours")
    remark: str = ""


def arguments(document: str | None, *, turns: int) -> argparse.ArgumentParser:
    """Return a parser with what all questions take: turns, threads, and whether the result is kept."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=turns, help="runs of each contestant (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=cores(), help="of each contestant (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/NAME.MACHINE.json, for the docs")
    return parser


def typed() -> str:
    """Return the command that this process was started with, but for ``--keep``: what reproduces its figures."""
    question = Path(sys.argv[0]).parent.name
    return shlex.join(["python", "-m", f"benchmarks.{question}.run", *(w for w in sys.argv[1:] if w != "--keep")])


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


def remembered(question: str, contestant: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what ``run()`` answers, with the time ``at`` which it ended, or what it answered before.

    Answers are kept until the question is published: a measurement of hours that was stopped goes on where it was. They
    hold for the code of the product and of the benchmarks as it is, for this PyTorch, and for this machine.
    """
    asked = json.dumps([contestant, _code(), version("torch"), machine()])
    file = UNFINISHED / _file_name(question) / f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"
    if not file.exists():
        found = {**run(), "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}"}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".part").write_text(json.dumps(found), encoding="utf-8")
        file.with_suffix(".part").replace(file)
    answered: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return answered


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
        "instructions": _instructions(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def table(result: Result) -> str:
    """Return the comparisons as a Markdown table."""
    head = ["what", "beside", *result.sides, f"{result.sides[1]} is better by", "goal"]
    lines = [f"| {' | '.join(head)} |", "|---|---|---:|---:|---:|---:|"]
    for row in result.rows:
        spread = "one turn" if result.turns == 1 else f"{_figure(row.low)}–{_figure(row.high)}"
        better = f"{_figure(row.ratio)}× ({spread})"
        values = (f"{_figure(value)} {row.unit}" for value in (row.theirs, row.ours))
        lines.append(f"| {' | '.join([row.what, row.peer, *values, better, _judged(row)])} |")
    notes = [f"- {row.what}, {row.peer}: {row.note}" for row in result.rows if row.note]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def _judged(row: Row) -> str:
    """Return what became of the goal; without one, whether there is a difference at all."""
    if row.goal is not None:
        return f"{row.goal:g}×, {'reached' if row.met and row.ratio >= row.goal else 'lost'}"
    if not row.met or row.high < 1:
        return "lost"
    return "better" if row.low > 1 else "no difference found"


def publish(result: Result, *, keep: bool) -> None:
    """Print the table and the numbers; with ``keep``, write them into ``benchmarks/results``."""
    document = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), **asdict(result)}
    print(f"{result.title}\n\n{table(result)}\n\n{json.dumps(document, ensure_ascii=False)}")
    if keep:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(document, ensure_ascii=False, indent=1)
        file = f"{_file_name(result.question)}.{_short(**machine())}.json"
        (RESULTS / file).write_text(text + "\n", encoding="utf-8")
    shutil.rmtree(UNFINISHED / _file_name(result.question), ignore_errors=True)


def _figure(value: float) -> str:
    """Return three significant digits, in full where there are more before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _file_name(question: str) -> str:
    return question.replace(": ", "-").replace(" ", "_")


def _short(processor: str, instructions: str, **_: object) -> str:
    """Return a machine's name as a part of a file's name: what was measured on another one stays beside it."""
    bare = re.sub(r"\((r|tm)\)|processor|cpu|@.*", " ", processor.lower())
    return "-".join(re.findall(r"[a-z0-9]+", f"{bare} {instructions.lower().split()[0]}"))


def _instructions() -> str:
    """Return the widest instructions that PyTorch computes with here, and whether there are some for bfloat16."""
    import torch

    bfloat16 = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return f"{torch.backends.cpu.get_cpu_capability()}{' with bfloat16' if bfloat16 else ', no bfloat16'}"


def _code() -> str:
    """Return a digest of what is measured and of what measures."""
    spec = importlib.util.find_spec("spirula")
    assert spec is not None
    assert spec.origin is not None
    product = Path(spec.origin).parent
    files = [*HERE.glob("*.py"), *HERE.glob("*/*.py"), *product.rglob("*.py"), *product.rglob("*.toml")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit("This is what the questions share; start one of them: python -m benchmarks.overhead.run")
