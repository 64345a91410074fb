"""What our training loop costs beside a hand-written PyTorch loop.

Both train the same two-conv network from the same weights on the same images, with the same optimizer,
precision, memory format, batch size, order and validation pass. The hand-written loop has its images
normalised on the device beforehand and measures nothing while it trains. Ours normalises batch by batch
and has its metrics, progress records, checks for losses that are not finite, and checkpoints on (one at the
start and one per epoch). The two
take turns in one process; the ratio is taken within each turn.

Then how much of the hand-written loop's speed is left in float32, and what a step costs more, in microseconds: in ours,
in Lightning's Trainer and in Keras on PyTorch, each beside a hand-written loop in its own process. The peers get an
environment of their own.

    python -m benchmarks.overhead.run [--batch 32 128] [--turns 15] [--no-peers]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness import Result, Row, answer, arguments, more_per_second, peer, publish, ratio, take_turns, typed
from benchmarks.overhead.two_conv import network
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset, load
from spirula.errors import SpirulaError
from spirula.training.device import Machine, choose_channels_last, choose_device, choose_precision
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.records import EpochRecord
from spirula.training.settings import Settings
from spirula.training.stopping import StoppingRule
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.schedules import Schedule

HERE = Path(__file__).parent
PEERS = {"lightning": "Lightning", "keras": "Keras on PyTorch,"}
FRAMEWORK_TURNS = 3
RULE = UpdateRule("adam")
RATE = 1e-3


def train_by_hand(
    module: nn.Module,
    train: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    machine: Machine,
    *,
    batch_size: int,
    epochs: int,
) -> float:
    """The loop that one would write; returns the last validation accuracy."""
    machine.place(module)
    optimizer = RULE.optimizer(module)
    optimizer.param_groups[0]["lr"] = RATE
    (images, targets), (held_images, held_targets) = train, validation
    right = 0
    for _ in range(epochs):
        module.train()
        for rows in torch.randperm(len(images), device=machine.device).split(batch_size):
            with machine.arithmetic():
                logits = module(images[rows])
            loss = functional.cross_entropy(logits.float(), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        module.eval()
        with torch.no_grad():
            right = 0
            for batch, answers in zip(held_images.split(256), held_targets.split(256), strict=True):
                with machine.arithmetic():
                    right += (module(batch).argmax(1) == answers).sum()
    return float(right) / len(held_images)


def train_with_spirula(
    module: nn.Module, train: Batches, validation: Batches, machine: Machine, *, epochs: int, checkpoints: Path
) -> float:
    """Our loop with everything on; returns the last validation accuracy."""
    settings = Settings(
        machine,
        RULE,
        Schedule("constant", RATE),
        Objective(Loss("cross-entropy")),
        StoppingRule("val_accuracy"),
        epochs=epochs,
    )
    records = list(fit(module, train, validation, settings, checkpoints=checkpoints))
    return next(r.metrics["val_accuracy"] for r in reversed(records) if isinstance(r, EpochRecord))


@dataclass(frozen=True)
class Loops:
    """The two loops on the same images. ``one(ours)`` trains once and returns images/s and the validation accuracy."""

    one: Callable[[bool], tuple[float, float]]

    def turns(self, number: int) -> tuple[list[float], list[float], list[float]]:
        """Return our images/s, those of the loop by hand, turn by turn, and all accuracies."""
        self.one(True), self.one(False)  # warm: memory taken, kernels chosen
        found = take_turns({"ours": lambda _: self.one(True), "by hand": lambda _: self.one(False)}, number)
        ours, hand = ([speed for speed, _ in found[name]] for name in ("ours", "by hand"))
        return ours, hand, [accuracy for turns in found.values() for _, accuracy in turns]


def microseconds(ours: list[float], hand: list[float], batch_size: int) -> float:
    """Return what our step costs more, from images/s of both turn by turn."""
    return statistics.median(1e6 * batch_size * (1 / mine - 1 / other) for mine, other in zip(ours, hand, strict=True))


def loops(dataset: Dataset, machine: Machine, batch_size: int, options: argparse.Namespace) -> Loops:
    rows = dataset.rows("train")[: options.images]
    held = dataset.rows("validation")[: options.images // 5]
    preprocessing = fit_preprocessing(dataset, rows, "standardize", None)
    shared: dict[str, Any] = {
        "preprocessing": preprocessing,
        "device": machine.device,
        "channels_last": machine.channels_last,
    }
    train = Batches(dataset, rows, batch_size=batch_size, shuffle=True, **shared)
    validation = Batches(dataset, held, batch_size=256, **shared)
    tensors, held_tensors = (next(Batches(dataset, r, batch_size=len(r), **shared).epoch(0)) for r in (rows, held))
    _, side, channels = dataset.input_shape
    images = len(rows) * options.epochs

    def one(ours: bool) -> tuple[float, float]:
        module = network(channels, side, len(dataset.manifest.classes))
        with tempfile.TemporaryDirectory() as folder:
            machine.wait()
            began = time.perf_counter()
            if ours:
                accuracy = train_with_spirula(
                    module, train, validation, machine, epochs=options.epochs, checkpoints=Path(folder)
                )
            else:
                accuracy = train_by_hand(
                    module,
                    (tensors.images, tensors.targets),
                    (held_tensors.images, held_tensors.targets),
                    machine,
                    batch_size=batch_size,
                    epochs=options.epochs,
                )
            machine.wait()
            return images / (time.perf_counter() - began), accuracy

    return Loops(one)


def measure(dataset: Dataset, machine: Machine, batch_size: int, options: argparse.Namespace) -> Row:
    ours, hand, accuracies = loops(dataset, machine, batch_size, options).turns(options.turns)
    step = 1000 * batch_size / statistics.median(hand)
    note = (
        f"{microseconds(ours, hand, batch_size):+.0f} µs per step of {step:.2f} ms; "
        f"validation accuracy {min(accuracies):.4f} to {max(accuracies):.4f}"
    )
    return more_per_second(
        f"batches of {batch_size}", "the loop one would write by hand", hand, ours, goal=0.98, note=note
    )


def beside_frameworks(
    dataset: Dataset, batch_size: int, options: argparse.Namespace
) -> tuple[list[Row], dict[str, str]]:
    """Return how much of the speed of a loop by hand is left: a row for each peer; and the peers' versions."""
    machine = Machine(torch.device("cpu"), "float32", channels_last=False)
    python = peer("loops", "lightning", "keras", "torch")
    both = loops(dataset, machine, batch_size, options)
    rows = dataset.rows("train")[: options.images]
    with tempfile.TemporaryDirectory() as folder:
        pixels, labels = Path(folder, "pixels.npy"), Path(folder, "labels.npy")
        np.save(pixels, dataset.pixels[rows])
        np.save(labels, dataset.manifest.targets[rows])

        def theirs(name: str) -> Callable[[int], dict[str, Any]]:
            command = [python, HERE / "loops_side.py", name, pixels, labels, batch_size, options.threads]
            return lambda _: answer(command)

        def mine(_: int) -> dict[str, Any]:
            ours, hand, _accuracies = both.turns(3)
            by_hand = 1e6 * batch_size / statistics.median(hand)
            return {"by_hand": by_hand, "framework": by_hand + microseconds(ours, hand, batch_size)}

        found = take_turns({"ours": mine, **{name: theirs(name) for name in PEERS}}, FRAMEWORK_TURNS)
    versions = {key: value for name in PEERS for key, value in found[name][0]["versions"].items()}
    shares = {name: [turn["by_hand"] / turn["framework"] for turn in turns] for name, turns in found.items()}
    extra = {
        name: statistics.median(turn["framework"] - turn["by_hand"] for turn in turns) for name, turns in found.items()
    }
    medians = {name: statistics.median(share) for name, share in shares.items()}
    return [
        Row(
            f"speed as a share of the loop by hand, batches of {batch_size}, float32",
            f"{title} {versions[name]}",
            medians[name],
            medians["ours"],
            "of 1",
            *ratio(shares["ours"], shares[name]),
            note=f"a step takes {extra[name]:+,.0f} µs there and {extra['ours']:+,.0f} µs in ours",
        )
        for name, title in PEERS.items()
    ], versions


def main() -> None:
    parser = arguments(__doc__, turns=15)
    parser.add_argument("--data", default="fashion-mnist", help="a named set or a folder (default: %(default)s)")
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--images", type=int, default=48_000, help="training images per epoch (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--device")
    parser.add_argument("--precision", choices=["float32", "bfloat16"])
    parser.add_argument("--no-peers", action="store_true", help="only beside the loop by hand")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = choose_device(options.device).value
    precision = choose_precision(options.precision, device).value
    machine = Machine(device, precision, choose_channels_last(None, device, precision).value)
    try:
        dataset = load(options.data)
    except SpirulaError as error:
        raise SystemExit(f"{error}\n  (or try: --data digits)") from error
    rows = [measure(dataset, machine, batch_size, options) for batch_size in options.batch]
    versions = {"torch": torch.__version__}
    if not options.no_peers:
        beside, others = beside_frameworks(dataset, options.batch[0], options)
        rows, versions = rows + beside, {**others, **versions}
    title = f"The training loop: two-conv on {options.data}, {device}, {precision}, {options.threads} threads"
    result = Result("overhead", title, typed(), options.turns, tuple(rows), versions)
    publish(result, keep=options.keep)


if __name__ == "__main__":
    main()
