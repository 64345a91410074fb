"""CIFAR-10 to 94 % on one GPU: ``--recipe fast`` beside airbench94_muon, run as its author wrote it.

    python -m benchmarks.airbench.run --airbench FILE [--turns 10]

FILE is airbench94_muon.py of https://github.com/KellerJordan/cifar10-airbench. It runs once, as a process of its own,
and is ended after ``--turns`` trainings; it finds the pictures of our ``cifar10`` in the files that it would otherwise
download, so both learn the same ones. Of each side two figures:

- warm: seconds of one training, when everything is compiled: theirs as it prints them, ours ``training_seconds``.
- cold: from the start of the process, with nothing compiled, to the first accuracy on the test set; ours to the end of
  the process, its run folder and its report written.

The goal holds only if the mean of our test accuracies is 94 % or more, and no worse than theirs by more than a tenth
of a percent. Needs a CUDA GPU; without one nothing is measured, and it says so.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.harness import Result, answer, arguments, faster, publish

TARGET, AS_GOOD = 0.94, 0.001
WARM_GOAL, COLD_GOAL = 1 / 0.9, 1 / 0.25
# A line of its table: run, epoch, accuracy while training, on the test set, there with several views, seconds so far.
EVALUATED = re.compile(r"\|\s*eval\s*\|[^|]*\|[^|]*\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|")


@dataclass(frozen=True)
class Trainings:
    """What a side reached: seconds of each training when warm, its accuracies, and the seconds of a cold process."""

    warm: list[float]
    accuracy: list[float]
    cold: float


def write_pictures(folder: Path) -> None:
    """Write our CIFAR-10 as the files that airbench keeps its own in: (N, 32, 32, 3) bytes, labels, names."""
    import spirula as sp

    dataset = sp.load("cifar10", validation=0)
    (folder / "cifar10").mkdir()
    for part in ("train", "test"):
        rows = dataset.rows(part)
        kept = {
            "images": torch.from_numpy(dataset.pixels[rows]),
            "labels": torch.from_numpy(dataset.manifest.targets[rows]),
            "classes": list(dataset.manifest.classes),
        }
        torch.save(kept, folder / "cifar10" / f"{part}.pt")


def theirs(script: Path, folder: Path, trainings: int) -> Trainings:
    """Run the script in a folder with its pictures; end it after so many trainings, the one that warms it up aside."""
    began = time.perf_counter()
    found: list[tuple[float, float, float]] = []
    command, compiled = [sys.executable, "-u", script.resolve()], {"TORCHINDUCTOR_CACHE_DIR": str(folder / "compiled")}
    with (
        tempfile.TemporaryFile("w+") as complaints,  # a pipe that nobody empties would fill
        subprocess.Popen(
            command, cwd=folder, env={**os.environ, **compiled}, stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            row = EVALUATED.search(line)
            if row:
                found.append((time.perf_counter() - began, float(row[1]), float(row[2])))
            if len(found) > trainings:
                process.kill()
                break
        else:
            complaints.seek(0)
            raise SystemExit(f"{script} ended after {len(found)} trainings:\n{complaints.read()[-2000:]}")
    _warming_up, *real = found
    return Trainings([seconds for _, _, seconds in real], [right for _, right, _ in real], real[0][0])


def ours(threads: int, folder: Path, trainings: int, options: tuple[str, ...] = ()) -> Trainings:
    """Train as many times, each in a process of its own; the first finds nothing compiled."""
    environment = {"TORCHINDUCTOR_CACHE_DIR": str(folder / "ours")}
    seconds, accuracy, whole = [], [], []
    for seed in range(trainings):
        with tempfile.TemporaryDirectory() as runs:
            command = [sys.executable, "-m", "spirula", "train", "cifar10", "--recipe", "fast", "--seed", str(seed)]
            command += ["--threads", str(threads), "--runs", runs, "--name", "run", *options]
            whole.append(answer(command, environment)["process_seconds"])
            document = json.loads(Path(runs, "run", "run.json").read_text(encoding="utf-8"))
        seconds.append(document["timing"]["training_seconds"])
        accuracy.append(document["results"]["test"]["accuracy"])
    return Trainings(seconds, accuracy, whole[0])


def compared(mine: Trainings, peer: Trainings, command: str, versions: dict[str, str]) -> Result:
    mean, other = statistics.mean(mine.accuracy), statistics.mean(peer.accuracy)
    met = mean >= TARGET and mean >= other - AS_GOOD
    note = f"mean test accuracy {mean:.4f} of {len(mine.accuracy)} seeds; theirs {other:.4f} of {len(peer.accuracy)}"
    name = "airbench94_muon"
    rows = (
        faster("one training, warm", name, peer.warm, mine.warm, goal=WARM_GOAL, met=met, note=note),
        faster("a whole process, cold", name, [peer.cold], [mine.cold], goal=COLD_GOAL, met=met, note=note),
    )
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return Result("airbench", f"CIFAR-10 to 94 % on one {card}", command, len(mine.warm), rows, versions)


def main() -> None:
    parser = arguments(__doc__, turns=10)
    parser.add_argument("--airbench", type=Path, help="airbench94_muon.py of KellerJordan/cifar10-airbench")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("No CUDA GPU was found: airbench94_muon needs one, and nothing was measured.")
        return
    if options.airbench is None:
        print("Nothing was measured: give the path of airbench94_muon.py with --airbench FILE.")
        return
    if not options.airbench.is_file():
        parser.error(f"--airbench {options.airbench}: there is no such file")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_pictures(folder)
        mine = ours(options.threads, folder, options.turns)
        peer = theirs(options.airbench, folder, options.turns)
    command = f"python -m benchmarks.airbench.run --airbench airbench94_muon.py --turns {options.turns}"
    publish(compared(mine, peer, command, {"torch": torch.__version__}), keep=options.keep)


if __name__ == "__main__":
    main()
