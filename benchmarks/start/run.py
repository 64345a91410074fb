"""How long `spirula --help` and a whole small training take, beside a bare `import torch`.

Each is a process of its own; they take turns. The training is `spirula train digits --epochs 1`, its run folder and its
report written. The reload check is another process, which imports PyTorch anew, beside what is written here: what is
spent waiting for it at the end is taken off, and stated.

    python -m benchmarks.start.run [--turns 7] [--processor]

With `--processor`, seconds are those that the processors worked for the process: on a busy machine the clock measures
the others too.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.harness import Result, arguments, faster, publish, take_turns, typed

# Runs the command line in this process; says what it waited for the reload check, and its own processor time.
TRAINING = """
import sys, time
from subprocess import Popen
from spirula.cli.main import run
waited = []
def timed(process, *arguments, communicate=Popen.communicate, **options):
    began = time.perf_counter()
    try:
        return communicate(process, *arguments, **options)
    finally:
        waited.append(time.perf_counter() - began)
Popen.communicate = timed
code = run(["train", "digits", "--epochs", "1", "--progress", "quiet", "--runs", sys.argv[1], "--threads", sys.argv[2]])
print(waited[-1], time.process_time())  # those before were git's
sys.exit(code)
"""
HELP_GOAL, TRAIN_GOAL = 0.3, 1.5


def once(command: list[str]) -> tuple[float, float, str]:
    """Run a process; return its seconds by the clock and of the processors (its children's too), and its output."""
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    took, after = time.perf_counter() - began, os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return took, worked, done.stdout


def main() -> None:
    parser = arguments(__doc__, turns=7)
    parser.add_argument("--processor", action="store_true", help="compare by processor time")
    options = parser.parse_args()
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        training = [sys.executable, "-c", TRAINING, str(Path(place)), str(options.threads)]

        def bare(_: int) -> float:
            return once([sys.executable, "-c", "import torch"])[options.processor]

        def asked_for_help(_: int) -> float:
            return once([sys.executable, "-m", "spirula", "--help"])[options.processor]

        def trained(_: int) -> float:
            took, _worked, said = once(training)
            waited, own = map(float, said.split()[-2:])
            waits.append(waited)
            return own if options.processor else took - waited

        contestants = {"import": bare, "help": asked_for_help, "train": trained}
        take_turns(contestants, 1)  # warm: files read, bytecode written
        found = take_turns(contestants, options.turns)
    help_seconds = statistics.median(found["help"])
    rows = (
        faster(
            "`spirula --help`",
            "`import torch`",
            found["import"],
            found["help"],
            met=help_seconds <= HELP_GOAL,
            note=f"The goal is {HELP_GOAL} s; it took {help_seconds:.2f} s.",
        ),
        faster(
            "`spirula train digits --epochs 1`",
            "`import torch`",
            found["import"],
            found["train"],
            goal=round(1 / TRAIN_GOAL, 2),
            note=f"Report written; the wait for the reload check, {statistics.median(waits):.1f} s, is not counted. "
            f"The goal is {TRAIN_GOAL} times what the import takes.",
        ),
    )
    kind = "processor time" if options.processor else "by the clock"
    versions = {name: version(name) for name in ("torch", "numpy", "jinja2", "cyclopts")}
    publish(Result("start", f"Starting: {kind}", typed(), options.turns, rows, versions), keep=options.keep)


if __name__ == "__main__":
    main()
