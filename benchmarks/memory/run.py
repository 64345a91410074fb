"""How fast a network of large feature maps trains and answers when freed memory is kept, and when it is given back.

The cats-and-dogs network of the study notes (180×180, batches of 32), without data: forward, backward and update, then
forward alone. Each setting has its own process, since it stays for a process's life; they take turns.

    python -m benchmarks.memory.run [--threads 2] [--seconds 6] [--turns 3]

Seconds are processor time divided by the number of threads, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.harness import Result, answer, arguments, more_per_second, publish, take_turns, typed
from spirula.memory import keep_freed_memory
from spirula.models.build import build
from spirula.recipe import read_recipe
from spirula.training.device import Machine, choose_precision

BATCH, SIDE = 32, 180


def images_per_second(work: Callable[[], object], seconds: float) -> float:
    """Repeat ``work`` on a batch for that much processor time of each thread."""
    for _ in range(2):
        work()
    began, batches = time.process_time(), 0
    while time.process_time() - began < seconds * torch.get_num_threads():
        work()
        batches += 1
    return batches * BATCH / (time.process_time() - began) * torch.get_num_threads()


def one_process(keeps: bool, threads: int, seconds: float) -> tuple[float, float]:
    """Measure training and answering in this process."""
    if keeps and not keep_freed_memory():
        sys.exit("The C library of this machine has nothing to set.")
    torch.set_num_threads(threads)
    device = torch.device("cpu")
    machine = Machine(device, choose_precision(None, device).value, channels_last=True)
    layers = read_recipe("cats-and-dogs").model.model
    assert layers is not None
    module = build(layers, input_shape=(SIDE, SIDE, 3), outputs=2, seed=0).module
    machine.place(module)
    optimizer = torch.optim.RMSprop(module.parameters(), foreach=True)
    images = torch.randn(BATCH, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)

    def answer() -> torch.Tensor:
        with machine.arithmetic():
            logits: torch.Tensor = module(images)
        return logits

    def step() -> None:
        optimizer.zero_grad()
        answer().float().square().mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    trained = images_per_second(step, seconds)
    with torch.inference_mode():
        return trained, images_per_second(answer, seconds / 2)


def main() -> None:
    parser = arguments(__doc__, turns=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--process", choices=["keep", "give-back"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.process:
        trained, answered = one_process(options.process == "keep", options.threads, options.seconds)
        print(json.dumps({"training": trained, "answering": answered}))
        return
    command = [
        sys.executable,
        "-m",
        "benchmarks.memory.run",
        "--threads",
        options.threads,
        "--seconds",
        options.seconds,
    ]
    contestants = {
        setting: lambda _, setting=setting: answer([*command, "--process", setting])
        for setting in ("give-back", "keep")
    }
    found = take_turns(contestants, options.turns)
    rows = [
        more_per_second(
            what,
            "freed memory given back, glibc's way",
            *([row[what] for row in found[setting]] for setting in ("give-back", "keep")),
        )
        for what in ("training", "answering")
    ]
    title = f"Freed memory kept: {SIDE}×{SIDE}, batches of {BATCH}, {options.threads} threads"
    versions = {"torch": torch.__version__}
    result = Result(
        "memory",
        title,
        typed(),
        options.turns,
        tuple(rows),
        versions,
    )
    publish(result, keep=options.keep)


if __name__ == "__main__":
    main()
