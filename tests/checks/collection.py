"""The planted collection: runs with known faults, and healthy ones; what checks find is counted against that.

python tests/checks/collection.py      writes docs/checks/measured.json anew
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import faults
import numpy as np
from made_runs import Fault, healthy, said
from trained_runs import TRAINED, train

from spirula.checks.check import CHECKS, COMPARED, check_run, check_runs
from spirula.checks.facts import RunFacts
from spirula.runs.folder import RunFolder

MEASURED = Path(__file__).parents[2] / "docs" / "checks" / "measured.json"
SEEDS = range(20, 28)  # the limits were chosen with others in view

# What each fault is told by.
PLANTED: dict[str, tuple[Fault, ...]] = {
    "D001": (faults.leak,),
    "D002": (faults.not_searched,),
    "D003": (faults.wrong_labels,),
    "D004": (faults.rare_class,),
    "D005": (faults.shortcut,),
    "D006": (faults.crop,),
    "D007": (faults.raw_input,),
    "D008": (faults.two_labels,),
    "T001": (faults.interrupted,),
    "T002": (faults.not_finite,),
    "T003": (faults.overfit,),
    "T004": (faults.underfit,),
    "T005": (faults.jumping, faults.nothing_learned),
    "T006": (faults.crawling,),
    "T007": (faults.unfinished,),
    "T008": (faults.worse_and_worse,),
    "T009": (faults.dead,),
    "T010": (faults.exploding,),
    "T011": (faults.vanishing,),
    "T012": (faults.starved,),
    "E001": (faults.small,),
    "E002": (faults.one_pair,),
    "E003": (faults.no_test,),
    "E005": (faults.other_numbers,),
    "E006": (faults.nothing_held_out,),
    "E008": (faults.part_left_out,),
}
# Healthy runs of many kinds: classes, samples, epochs, accuracy.
HEALTHY = [
    *((10, 1200, 12, 0.92), (10, 2000, 30, 0.85), (2, 1000, 10, 0.97), (4, 700, 6, 0.9), (10, 3000, 20, 0.75)),
    *((3, 900, 15, 0.82), (10, 1500, 8, 0.99), (5, 1200, 60, 0.95), (2, 2000, 25, 0.78), (10, 5000, 10, 0.7)),
]


@dataclass(frozen=True)
class Case:
    """A run and the codes that are true of it. ``also``: codes that are true as well, but were not what was planted."""

    name: str
    run: RunFolder
    planted: frozenset[str]
    also: frozenset[str] = frozenset()


def made_cases(folder: Path) -> Iterator[Case]:
    for place, (classes, held, epochs, accuracy) in enumerate(HEALTHY):
        for seed in (200 + place, 300 + place):
            made = healthy(seed, classes=classes, held=held, epochs=epochs, accuracy=accuracy)
            yield Case(f"healthy-{seed}", made.write(folder / f"healthy-{seed}"), frozenset())
    for code, planted in PLANTED.items():
        for fault in planted:
            for seed in SEEDS:
                made = healthy(1000 + seed)
                fault(made, np.random.default_rng([seed, *code.encode()]))
                name = f"{code}-{fault.__name__}-{seed}"
                yield Case(name, made.write(folder / name), frozenset({code}))


def trained_cases(folder: Path) -> Iterator[Case]:
    for name, plan in TRAINED.items():
        yield Case(f"trained-{name}", train(plan, folder, name), plan.planted, plan.also | {"E002"})


@dataclass(frozen=True)
class Compared:
    """Runs that are compared: two networks, each with some seeds."""

    name: str
    runs: tuple[RunFolder, ...]
    planted: frozenset[str]


# Samples, accuracies of the first network's seeds and of the second's, and what that does not support.
PAIRS: list[tuple[int, tuple[float, ...], tuple[float, ...], str]] = [
    *((1000, (0.90, 0.93, 0.88), (0.91, 0.89, 0.92), "E004"), (2000, (0.80, 0.84), (0.82, 0.79), "E004")),
    *((500, (0.95, 0.91, 0.93), (0.94, 0.92), "E004"), (3000, (0.70, 0.74, 0.72, 0.69), (0.72, 0.70, 0.74), "E004")),
    *((300, (0.90,), (0.91,), "E007"), (800, (0.85,), (0.86,), "E007"), (200, (0.7,), (0.72,), "E007")),
    *((2000, (0.90, 0.905, 0.9), (0.80, 0.795, 0.802), ""), (3000, (0.97, 0.972), (0.9, 0.902), "")),
    *((1000, (0.6, 0.62, 0.61), (0.9, 0.89), ""), (1500, (0.88, 0.88, 0.875, 0.885), (0.92, 0.925, 0.92, 0.93), "")),
]


def compared_cases(folder: Path) -> Iterator[Compared]:
    for place, (samples, first, second, planted) in enumerate(PAIRS):
        runs = []
        for model, accuracies in (("two-conv", first), ("lenet5", second)):
            for seed, accuracy in enumerate(accuracies):
                made = healthy(place)
                rng = np.random.default_rng([place, seed, len(model)])
                targets = np.arange(samples) % 10
                made.held = {"test": (targets, said(targets, 10, accuracy, rng))}
                made.config |= {"model": model, "seed": seed}
                runs.append(made.write(folder / f"{place}-{model}-{seed}"))
        yield Compared(f"pair-{place}", tuple(runs), frozenset({planted} - {""}))


def measured(cases: list[Case], pairs: list[Compared]) -> dict[str, dict[str, int]]:
    """Return what docs/checks/measured.json holds."""
    trained = sum(case.name.startswith("trained-") for case in cases)
    runs = {"all": len(cases) + sum(len(pair.runs) for pair in pairs), "trained": trained}
    return {"runs": runs} | counted(cases) | counted_pairs(pairs)


def found(run: RunFolder) -> set[str]:
    return {finding.code for finding in check_run(RunFacts(run, "runs/planted"))}


def counted(cases: Iterable[Case]) -> dict[str, dict[str, int]]:
    """Return, by code, the runs that have the fault, those that do not, and how many of each were accused."""
    table = {code: {"with": 0, "found": 0, "without": 0, "accused": 0} for code in CHECKS}
    for case in cases:
        said = found(case.run)
        for code, row in table.items():
            if code in case.planted:
                row["with"] += 1
                row["found"] += code in said
            elif code not in case.also:
                row["without"] += 1
                row["accused"] += code in said
    return table


def counted_pairs(cases: Iterable[Compared]) -> dict[str, dict[str, int]]:
    """Return the same for the checks that compare runs."""
    table = {code: {"with": 0, "found": 0, "without": 0, "accused": 0} for code in COMPARED}
    for case in cases:
        warned = {entry.code for entry in check_runs([RunFacts(run, run.name) for run in case.runs])}
        for code, row in table.items():
            has = code in case.planted
            row["with" if has else "without"] += 1
            row["found" if has else "accused"] += code in warned
    return table


def rates(row: dict[str, int]) -> tuple[float | None, float | None]:
    """Return precision and recall; None where nothing was said, or nothing planted."""
    said = row["found"] + row["accused"]
    return row["found"] / said if said else None, row["found"] / row["with"] if row["with"] else None


def whole_collection(folder: Path) -> list[Case]:
    return [*made_cases(folder / "made"), *trained_cases(folder / "trained")]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        cases = whole_collection(Path(temporary))
        table = measured(cases, list(compared_cases(Path(temporary) / "compared")))
        for case in cases:
            said = found(case.run)
            if said - case.also != case.planted:
                print(case.name, "planted", sorted(case.planted), "said", sorted(said), file=sys.stderr)
    MEASURED.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
