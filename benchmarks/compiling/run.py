"""What --compile brings: whole training steps of the same network, as it is and compiled, taking turns in one process.

A step is what it is in a training: making the batch, forward, backward, update. What compiling itself took is stated;
with the compiler's cache emptied first (`XDG_CACHE_HOME` at an empty folder) it is that of a first run.

    python -m benchmarks.compiling.run [--turns 9] [--steps 30] [--processor]

With `--processor`, seconds are those that the processors worked for this process, of compiling those of the C++
compiler too: on a busy machine the clock measures the others as well.
"""

from __future__ import annotations

import copy
import itertools
import os
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.harness import Result, Row, arguments, faster, publish, take_turns, typed
from spirula.recipe import read_recipe
from spirula.training.assemble import assemble
from spirula.training.compiling.forward import compiled_forward
from spirula.training.device import Precision, flushing_denormals
from spirula.training.parts import Parts
from spirula.training.step import training_step

CASES: tuple[tuple[str, Precision], ...] = tuple(
    itertools.product(("fast-fashion-mnist", "fashion-two-conv"), ("bfloat16", "float32"))
)


def measured(recipe: str, precision: Precision, options: Any, took: Callable[[], float]) -> tuple[Row, float]:
    """Return the comparison of one network and the seconds that compiling it took."""
    assembly = assemble(read_recipe(recipe, precision=precision, compile=True, threads=options.threads))
    settings, network = assembly.settings, assembly.network.module
    seconds = 0.0

    def contestant(*, compiled: bool) -> Callable[[int], float]:
        nonlocal seconds
        module, parts, programs = copy.deepcopy(network), Parts(), None
        if compiled:
            making = compiled_forward(module, assembly.train, settings, parts, worked if options.processor else took)
            seconds = next(making).seconds  # type: ignore[union-attr]
            try:
                next(making)
            except StopIteration as end:
                programs = end.value
        settings.tuning.into_training(module)
        optimizer = settings.rule.optimizer(module, settings.tuning.rate_factors(module))
        step = training_step(module, optimizer, settings.objective, settings.machine, parts=parts, compiled=programs)
        batches = (batch for epoch in itertools.count(1) for batch in assembly.train.epoch(epoch))

        def turn(_: int) -> float:
            began = took()
            for batch in itertools.islice(batches, options.steps):
                step(batch, 1e-5)
            return took() - began

        return turn

    contestants = {"plain": contestant(compiled=False), "compiled": contestant(compiled=True)}
    with flushing_denormals():
        take_turns(contestants, 1)  # warm: kernels chosen, memory taken
        found = take_turns(contestants, options.turns)
    size = assembly.train.batch_size
    what = f"{assembly.network.spec.name}, batch {size}, {precision}, {options.steps} steps"
    return faster(what, "without --compile", found["plain"], found["compiled"]), seconds


def worked() -> float:
    """Return the seconds that processors worked for this process and those that it waited for, in hundredths."""
    return sum(os.times()[:4])


def main() -> None:
    parser = arguments(__doc__, turns=9)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--processor", action="store_true", help="compare by processor time")
    options = parser.parse_args()
    took = time.process_time if options.processor else time.perf_counter
    found = {f"{recipe}, {precision}": measured(recipe, precision, options, took) for recipe, precision in CASES}
    more = {"compiling took, s": {name: round(seconds, 1) for name, (_, seconds) in found.items()}}
    unit = "processor seconds" if options.processor else "seconds by the clock"
    threads = f"{options.threads} thread{'' if options.threads == 1 else 's'}"
    title = f"Training steps compiled and not: {unit}, {threads}"
    rows = tuple(row for row, _ in found.values())
    publish(
        Result("compiling", title, typed(), options.turns, rows, {"torch": torch.__version__}, more), keep=options.keep
    )


if __name__ == "__main__":
    main()
