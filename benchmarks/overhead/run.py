"""What our training loop costs beside a hand-written PyTorch loop.

Both train the same two-conv network from the same weights on the same images, with the same optimizer,
precision, memory format, batch size, order and validation pass. The hand-written loop has its images
normalised on the device beforehand and measures nothing while it trains. Ours normalises batch by batch
and has its metrics, progress records, checks for losses that are not finite, and checkpoints on (one at the
start and one per epoch). The two
take turns in one process; the ratio is taken within each turn.

    python -m benchmarks.overhead.run [--batch 32 128] [--turns 7]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness import Result, Row, arguments, more_per_second, publish, take_turns
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset, load
from spirula.errors import SpirulaError
from spirula.training.device import Machine, choose_channels_last, choose_device, choose_precision
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.optimizers import UpdateRule
from spirula.training.records import EpochRecord
from spirula.training.schedules import Schedule
from spirula.training.settings import Settings
from spirula.training.stopping import StoppingRule

RULE = UpdateRule("adam")
RATE = 1e-3


def network(channels: int, side: int, classes: int) -> nn.Module:
    """The two-conv network of the tutorials: 333,526 parameters for 28×28×1 and ten classes."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * (side // 4) ** 2, 100),
        nn.ReLU(),
        nn.Dropout(0.4),
        nn.Linear(100, classes),
    )


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


def measure(dataset: Dataset, machine: Machine, batch_size: int, options: argparse.Namespace) -> Row:
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

    def one_turn(ours: bool) -> tuple[float, float]:
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

    one_turn(ours=True), one_turn(ours=False)  # warm: memory taken, kernels chosen
    found = take_turns({"ours": lambda _: one_turn(True), "by hand": lambda _: one_turn(False)}, options.turns)
    ours, hand = ([speed for speed, _ in found[name]] for name in ("ours", "by hand"))
    accuracies = [accuracy for turns in found.values() for _, accuracy in turns]
    microseconds = statistics.median(
        1e6 * batch_size * (1 / mine - 1 / other) for mine, other in zip(ours, hand, strict=True)
    )
    note = (
        f"{microseconds:+.0f} µs per step of {1000 * batch_size / statistics.median(hand):.2f} ms; "
        f"validation accuracy {min(accuracies):.4f} to {max(accuracies):.4f}"
    )
    return more_per_second(
        f"batches of {batch_size}", "the loop one would write by hand", hand, ours, goal=0.98, note=note
    )


def main() -> None:
    parser = arguments(__doc__, turns=7)
    parser.add_argument("--data", default="fashion-mnist", help="a named set or a folder (default: %(default)s)")
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--images", type=int, default=48_000, help="training images per epoch (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--device")
    parser.add_argument("--precision", choices=["float32", "bfloat16"])
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
    title = f"The training loop: two-conv on {options.data}, {device}, {precision}, {options.threads} threads"
    command = f"python -m benchmarks.overhead.run --batch {' '.join(map(str, options.batch))}"
    result = Result("overhead", title, command, options.turns, tuple(rows), {"torch": torch.__version__})
    publish(result, keep=options.keep)


if __name__ == "__main__":
    main()
