"""How the speed of training changes over the epochs, with and without flushing denormal numbers to zero.

The MNIST network of the study notes (3,156,098 parameters) with Adam and the one-cycle schedule: the same training
twice, with PyTorch's own setting and with ours, taking turns in one process.

    python benchmarks/denormals/run.py [--data mnist] [--epochs 5] [--batch 64] [--repeats 2]

Prints a Markdown table of images per second by epoch (medians over the repeats), and one JSON row.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
from contextlib import nullcontext
from typing import Any

import torch

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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    by_setting: dict[bool, list[list[float]]] = {False: [], True: []}
    accuracy: dict[bool, float] = {}
    for turn in range(options.repeats):
        for flush in (turn % 2 == 0, turn % 2 == 1):
            measured, accuracy[flush] = speeds(options, flush=flush)
            by_setting[flush].append(measured)
    medians = {
        flush: [statistics.median(epoch) for epoch in zip(*rows, strict=True)] for flush, rows in by_setting.items()
    }
    print(f"{options.data}, batch {options.batch}, {torch.get_num_threads()} threads, PyTorch {torch.__version__}\n")
    print(f"| images/s in epoch | {' | '.join(str(1 + epoch) for epoch in range(options.epochs))} | val_accuracy |")
    print(f"|---|{'---:|' * (options.epochs + 1)}")
    for flush, name in ((False, "PyTorch's own setting"), (True, "denormals flushed")):
        print(f"| {name} | {' | '.join(f'{value:,.0f}' for value in medians[flush])} | {accuracy[flush]:.4f} |")
    row = {
        "benchmark": "denormals",
        "data": options.data,
        "batch": options.batch,
        "own": [round(value) for value in medians[False]],
        "flushed": [round(value) for value in medians[True]],
        "ratio_last_epoch": round(medians[True][-1] / medians[False][-1], 3),
        "accuracy": [accuracy[False], accuracy[True]],
        "repeats": options.repeats,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "processor": platform.processor() or platform.machine(),
    }
    print(f"\n{json.dumps(row)}")


if __name__ == "__main__":
    main()
