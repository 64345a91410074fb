"""How the speed of training changes over the epochs, with and without flushing denormal numbers to zero.

The MNIST network of the study notes (3,156,098 parameters) with Adam and the one-cycle schedule: the same training
twice, with PyTorch's own setting and with ours, taking turns in one process.

    python -m benchmarks.denormals.run [--data mnist] [--epochs 5] [--batch 64] [--turns 2]
"""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from typing import Any

import torch

from benchmarks.harness import Result, arguments, more_per_second, publish, take_turns, typed
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble
from spirula.training.device import flushing_denormals
from spirula.training.loop import fit
from spirula.training.records import EpochRecord


def speeds(options: argparse.Namespace, *, flush: bool) -> tuple[list[float], float]:
    """Train once; return images per second of every epoch and the last validation accuracy."""
    recipe = make_recipe(
        source=options.data,
        model="mnist-cnn",
        optimizer="adam",
        schedule="one-cycle",
        learning_rate=0.002,
        batch_size=options.batch,
        validation=0.1,
        epochs=options.epochs,
    )
    assembly = assemble(recipe)
    with flushing_denormals() if flush else nullcontext():
        records = list(fit(assembly.network.module, assembly.train, assembly.validation, assembly.settings))
    epochs: list[dict[str, Any]] = [record.metrics for record in records if isinstance(record, EpochRecord)]
    return [row["images_per_second"] for row in epochs], epochs[-1]["val_accuracy"]


def main() -> None:
    parser = arguments(__doc__, turns=2)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    found = take_turns(
        {name: lambda _, flush=name == "flushed": speeds(options, flush=flush) for name in ("own", "flushed")},
        options.turns,
    )
    own, flushed = ([measured for measured, _ in found[name]] for name in ("own", "flushed"))
    rows = [
        more_per_second(
            f"epoch {epoch + 1}", "PyTorch's own setting", [row[epoch] for row in own], [row[epoch] for row in flushed]
        )
        for epoch in range(options.epochs)
    ]
    accuracy = {name: [value for _, value in turns] for name, turns in found.items()}
    title = f"Denormal numbers flushed to zero: {options.data}, batches of {options.batch}, {options.threads} threads"
    more = {"val_accuracy": accuracy}
    versions = {"torch": torch.__version__}
    publish(Result("denormals", title, typed(), options.turns, tuple(rows), versions, more), keep=options.keep)


if __name__ == "__main__":
    main()
