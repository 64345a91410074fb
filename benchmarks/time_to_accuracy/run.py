"""Seconds of training until an accuracy on the official test set: our recipes beside what one would use instead.

    python -m benchmarks.time_to_accuracy.run [--turns 1] [--seeds 10] [--cases mnist-keras …] [--minutes 60]

- mnist-keras, fashion-keras: the study notes' network in Keras on TensorFlow, batch 32, until an epoch first has it;
- mnist-pytorch: PyTorch's own MNIST example, until an epoch first has 99 %; mnist-whole: all its 14 epochs;
- fashion-resnet, cifar10-resnet: a stock ResNet-18 with a DataLoader.

The peer stops at the first epoch that has the accuracy, a choice made on the test set that favours it; ours trains its
recipe to the end, and the mean of its test accuracies over all seeds must have it (never the best of them). Seconds are
those of training alone on both sides, without imports, reading and testing; a second row has the whole processes. One
turn of a peer takes minutes to hours: in each turn half of our seeds run before it and half after it.
A ResNet that has not reached it after ``--minutes`` is stopped there; then the ratio is the least it can be: said so.
What was measured is remembered until the case is whole, so that a measurement that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Result, Row, answer, arguments, faster, peer, publish, remembered, take_turns, typed

HERE = Path(__file__).parent
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}


@dataclass(frozen=True)
class Peer:
    """Who one would use instead. side: its script. label: its name in the table. epochs: its most."""

    side: str
    label: str
    epochs: int


@dataclass(frozen=True)
class Case:
    """One comparison. recipe, options: of our side. target: of the test accuracy.

    whole: the peer trains all its epochs, whatever it reaches on the way.
    """

    name: str
    data: str
    target: float
    peer: Peer
    goal: float
    options: tuple[str, ...] = ()
    recipe: str = "fast"
    whole: bool = False


KERAS = Peer("keras", "the notes' network, Keras, batch 32", 15)
PYTORCH = Peer("pytorch", "PyTorch's MNIST example", 14)
RESNET = Peer("resnet", "ResNet-18, DataLoader", 30)
CASES = (
    Case("mnist-keras", "mnist", 0.990, KERAS, 15),
    Case("mnist-pytorch", "mnist", 0.990, PYTORCH, 20),
    Case("mnist-whole", "mnist", 0.995, PYTORCH, 1, ("--epochs", "12", "--crop", "2"), whole=True),
    Case("fashion-keras", "fashion-mnist", 0.917, KERAS, 10),
    Case("fashion-resnet", "fashion-mnist", 0.935, RESNET, 10, ("--epochs", "4", "--erase", "0"), recipe="best"),
    Case("cifar10-resnet", "cifar10", 0.900, RESNET, 10),
)


def prepared(data: str, folder: Path) -> Path:
    """Write a named set as the peers read it: arrays, IDX files, or the pictures themselves."""
    folder = folder / data
    if folder.is_dir():
        return folder
    folder.mkdir()
    archive = Path(os.environ.get("SPIRULA_DATA", "."), f"{data}-jpeg.tar")
    if archive.is_file():
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        return folder
    import spirula as sp

    dataset = sp.load(data, validation=0)
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, name in (("train", "train"), ("test", "t10k")):
        rows = dataset.rows(part)
        pixels, labels = np.asarray(dataset.pixels[rows]), dataset.manifest.targets[rows]
        np.save(folder / f"{part}_x.npy", pixels)
        np.save(folder / f"{part}_y.npy", labels)
        (raw / f"{name}-images-idx3-ubyte").write_bytes(_idx(pixels[..., 0]))
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(_idx(labels.astype(np.uint8)))
    return folder


def _idx(values: np.ndarray) -> bytes:
    """Return an array of bytes in the format of LeCun's files: two zeros, type 8, axes, their lengths, the values."""
    head = bytes((0, 0, 8, values.ndim)) + b"".join(length.to_bytes(4, "big") for length in values.shape)
    return head + np.ascontiguousarray(values).tobytes()


def ours(case: Case, threads: int, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "spirula", "train", case.data, "--recipe", case.recipe, *case.options]
        command += ["--seed", str(seed), "--threads", str(threads), "--runs", runs, "--name", "run"]
        whole = answer(command)["process_seconds"]
        document = json.loads(Path(runs, "run", "run.json").read_text(encoding="utf-8"))
    return {
        "seconds": document["timing"]["training_seconds"],
        "process_seconds": whole,
        "accuracy": document["results"]["test"]["accuracy"],
        "versions": {"python": document["versions"]["python"], "torch": document["versions"]["torch"]},
    }


def theirs(case: Case, folder: Path, threads: int, seed: int, minutes: float) -> dict[str, Any]:
    python = peer("keras", "keras", "tensorflow-cpu", "numpy") if case.peer.side == "keras" else Path(sys.executable)
    target = 2.0 if case.whole else case.target
    script = HERE / f"{case.peer.side}_side.py"
    command = [python, script, prepared(case.data, folder), case.peer.epochs, target, threads, seed]
    return answer([*command, minutes] if case.peer.side == "resnet" else command, QUIET)


def compared(case: Case, folder: Path, options: argparse.Namespace) -> Result:
    """Let both sides take turns; our seeds are divided among them, half before the peer and half after it."""
    share = -(-options.seeds // options.turns)
    question = f"time to accuracy: {case.name}"

    def once(contestant: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return remembered(question, f"{contestant} of {case} with {options.threads} threads", run)

    def seeds(turn: int, half: int) -> list[dict[str, Any]]:
        of_turn = range(turn * share, min((turn + 1) * share, options.seeds))
        middle = (len(of_turn) + 1) // 2
        return [
            once(f"seed {seed}", partial(ours, case, options.threads, seed))
            for seed in (of_turn[middle:] if half else of_turn[:middle])
        ]

    contestants: dict[str, Callable[[int], Any]] = {
        "ours": lambda turn: seeds(turn, 0),
        "theirs": lambda turn: once(
            f"turn {turn} for {options.minutes:g} minutes",
            partial(theirs, case, folder, options.threads, turn, options.minutes),
        ),
        "ours, again": lambda turn: seeds(turn, 1),
    }
    found = take_turns(contestants, options.turns)
    mine = [[*first, *second] for first, second in zip(found["ours"], found["ours, again"], strict=True)]
    title = f"Seconds until an accuracy on the test set, {options.threads} threads"
    versions = {**mine[0][0]["versions"], **found["theirs"][0]["versions"]}
    more = {"ours": [run for turn in mine for run in turn], "theirs": found["theirs"]}
    return Result(question, title, typed(), options.turns, rows(case, mine, found["theirs"]), versions, more)


def rows(case: Case, ours: Sequence[Sequence[dict[str, Any]]], theirs: Sequence[dict[str, Any]]) -> tuple[Row, Row]:
    """Return two comparisons, of the training alone and of the whole processes, from our runs and theirs by turn."""
    accuracy = [run["accuracy"] for turn in ours for run in turn]
    mean = statistics.mean(accuracy)
    reached = [case.whole or turn["accuracy"][-1] >= case.target for turn in theirs]
    peers = ", ".join(f"{turn['accuracy'][-1]:.4f} after epoch {len(turn['accuracy'])}" for turn in theirs)
    count = "1 seed" if len(accuracy) == 1 else f"{len(accuracy)} seeds"
    note = (
        f"ours: mean test accuracy {mean:.4f}, standard deviation {statistics.pstdev(accuracy):.4f}, "
        f"{min(accuracy):.4f} to {max(accuracy):.4f} over {count}; theirs: {peers}"
        + ("" if all(reached) else f" and stopped there, short of {case.target:.3f}: the ratio is the least it can be")
    )
    what = f"{case.data}, {case.target:.1%}"
    label = f"{case.peer.label}, {'all ' if case.whole else 'up to '}{case.peer.epochs} epochs"
    training, whole = (
        [statistics.median(run[name] for run in turn) for turn in ours] for name in ("seconds", "process_seconds")
    )
    met = mean >= case.target
    return (
        faster(what, label, [sum(turn["seconds"]) for turn in theirs], training, goal=case.goal, met=met, note=note),
        faster(
            f"{what}, the whole process",
            label,
            [turn["process_seconds"] for turn in theirs],
            whole,
            met=met,
            note="imports, reading and testing on both sides; ours with report and reload check",
        ),
    )


def main() -> None:
    parser = arguments(__doc__, turns=1)
    parser.add_argument("--seeds", type=int, default=10, help="of ours (default: %(default)s)")
    parser.add_argument("--cases", nargs="+", default=[case.name for case in CASES])
    parser.add_argument("--minutes", type=float, default=60.0, help="of training of a peer (default: %(default)s)")
    options = parser.parse_args()
    unknown = set(options.cases) - {case.name for case in CASES}
    if unknown:
        parser.error(f"--cases {' '.join(sorted(unknown))}: choose from {', '.join(case.name for case in CASES)}")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if case.name in options.cases:
                publish(compared(case, Path(folder), options), keep=options.keep)


if __name__ == "__main__":
    main()
