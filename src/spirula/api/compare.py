"""The verb ``compare``: runs on the same samples, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..metrics.clustered import belong_together, effective_size
from ..metrics.intervals import wilson
from ..metrics.paired import Difference, absolute_errors, compare_errors, compare_shares, right
from ..runs.folder import Predictions
from .inference import stored_split
from .run import Run, open_run
from .showing.tables import Table

MEASURES = {"classification": "accuracy", "multilabel": "exact match", "regression": "mean absolute error"}


@dataclass(frozen=True, eq=False)
class Against:
    """One run against the base.

    difference: ``first`` is this run and ``second`` the base, so above 0 is more than the base; ``only_first`` are the
    samples that it fixed, ``only_second`` those that it broke.
    """

    name: str
    difference: Difference
    stored: Predictions

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or that the samples cannot tell."""
        if self.difference.interval is None:
            return "no samples"
        low, high = self.difference.interval
        if low <= 0 <= high:
            return "not distinguishable"
        more = low > 0
        return "better" if more == (self.difference.only_first is not None) else "worse"


class Comparison:
    """Runs beside a base, over the same samples. Printing it says the numbers; ``save`` writes a page with pictures.

    base: name of the run that the others are compared with. runs: :class:`Against` of each other.
    split, measure, task, classes: what was compared. targets: of the samples, as :class:`Predictions` has them.
    """

    def __init__(self, base: Run, stored: Predictions, runs: Sequence[Against], split: str, task: str) -> None:
        self.base, self.runs, self.split, self.task = base.name, tuple(runs), split, task
        self.measure = MEASURES[task]
        self.classes = base.classes
        self.stored = stored
        self._base = base
        found = (said.together for said in (stored, *(run.stored for run in runs)))
        self._together = next((each for each in found if belong_together(each)), None)

    @property
    def difference(self) -> Difference:
        """Return the numbers of the first run against the base."""
        return self.runs[0].difference

    @property
    def atoms(self) -> int:
        """How many the samples are when what belongs together counts once."""
        return len(self.stored.ids) if self._together is None else len(np.unique(self._together))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON holds them."""
        return {
            "base": self.base,
            "split": self.split,
            "measure": self.measure,
            "count": self.difference.count,
            "atoms": self.atoms,
            "value": self.difference.second,
            "runs": [
                {
                    "run": run.name,
                    "value": run.difference.first,
                    "difference": run.difference.difference,
                    "interval": None if run.difference.interval is None else list(run.difference.interval),
                    "p_value": run.difference.p_value,
                    "fixed": run.difference.only_first,
                    "broken": run.difference.only_second,
                    "verdict": run.verdict,
                }
                for run in self.runs
            ],
        }

    def flips(self, run: int = 0) -> Table:
        """Return the samples that a run answers otherwise well than the base, fixed ones first.

        Columns: ``change`` ("fixed" or "broken"), ``id``, ``label``, and what both said with how sure. For a
        regression ``change`` is by how much the absolute error grew, and every sample is a row, the largest first.
        """
        from .flips import flip_rows

        return Table(flip_rows(self, self.runs[run]), f"{self.base} → {self.runs[run].name}, {self.split}")

    def save(self, path: str | Path, *, most: int = 60, lang: str = "en") -> Path:
        """Write one HTML page with the numbers and the flips as pictures, at most ``most`` of each kind.

        ``lang``: "en" or "ko". Raises :class:`InputError` for another ending than ``.html`` and another language.
        """
        from .flips import write_page

        return write_page(self, self._base, Path(path), most, lang)

    def __str__(self) -> str:
        base = self.difference
        lines = [f"{self.measure.capitalize()} on the {base.count:,} samples of {self.split}:"]
        width = max(len(name) for name in (self.base, *(run.name for run in self.runs)))
        lines.append(f"  {self.base:{width}}  {self._share(base.second, self.stored)}")
        for run in self.runs:
            told = run.difference
            lines.append(f"  {run.name:{width}}  {self._share(told.first, run.stored)}")
            lines += [f"  {'':{width}}  {line}" for line in self._against(run)]
        if len(self.runs) > 1:
            lines.append(
                f"Each is compared with {self.base}; of many comparisons, one in twenty differs by chance alone."
            )
        if self._together is not None:
            lines.append(
                f"Copies and groups are not independent: these samples are {self.atoms:,} that stand alone or belong "
                "together, and the intervals and p count them so."
            )
        return "\n".join(lines)

    def _share(self, value: float, said: Predictions) -> str:
        if self.task == "regression":
            return f"{value:.4g}"
        if not said.ids:
            return "–"
        count: float = len(said.ids)
        if self._together is not None:
            count = effective_size(right(said.targets, said.probabilities), self._together)
        low, high = wilson(value * count, count)
        return f"{100 * value:.2f} %  ({100 * float(low):.2f} … {100 * float(high):.2f})"

    def _against(self, run: Against) -> list[str]:
        told = run.difference
        if told.interval is None:
            return []
        low, high = told.interval
        test = "McNemar" if self._together is None else "sign test"
        if self.task == "regression":
            return [f"{told.difference:+.4g} (95 % interval {low:+.4g} … {high:+.4g}): {run.verdict}"]
        return [
            f"{100 * told.difference:+.2f} points (95 % interval {100 * low:+.2f} … {100 * high:+.2f})",
            f"{told.only_first:,} fixed, {told.only_second:,} broken: {run.verdict} ({test} p = {told.p_value:.2g})",
        ]

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def compare(base: Run | str | Path, *others: Run | str | Path, split: str | None = None) -> Comparison:
    """Compare runs, or those of paths, with a base on a split that all have stored predictions of: sample by sample.

    Differences are what a run has more than the base, with Newcombe's interval for paired shares and McNemar's exact
    test (a paired bootstrap's interval for a regression's errors).

    Raises :class:`InputError` without a second run, and when the samples, their labels or the tasks are not the same.
    """
    if not others:
        raise InputError("One run alone cannot be compared", "Name two or more: spirula compare BASE RUN …")
    first, *rest = (run if isinstance(run, Run) else open_run(run) for run in (base, *others))
    chosen = stored_split(first.folder, split)
    one, task = first.folder.predictions(chosen), str(first.folder.document()["data"]["task"])
    against = []
    for run in rest:
        if task != run.folder.document()["data"]["task"] or (task != "regression" and first.classes != run.classes):
            raise InputError(
                f"{first.name} and {run.name} do not answer the same question", "Compare runs of one task and classes."
            )
        stored = run.folder.predictions(stored_split(run.folder, chosen))
        other = _in_order_of(one, stored, chosen, (first.name, run.name))
        against.append(Against(run.name, _difference(task, other, one), other))
    return Comparison(first, one, against, chosen, task)


def _difference(task: str, one: Predictions, other: Predictions) -> Difference:
    together = one.together if other.together is None else other.together
    measured, compared = (absolute_errors, compare_errors) if task == "regression" else (right, compare_shares)
    first, second = (measured(each.targets, each.probabilities) for each in (one, other))
    return compared(first, second, together)


def _in_order_of(one: Predictions, other: Predictions, split: str, names: tuple[str, str]) -> Predictions:
    """Return ``other`` with its rows in the order of ``one``."""
    place = {name: row for row, name in enumerate(other.ids)}
    missing = [name for name in one.ids if name not in place]
    if missing or len(one.ids) != len(other.ids):
        raise InputError(
            f"The {split} samples of {names[0]} and {names[1]} are not the same: "
            f"{len(one.ids):,} and {len(other.ids):,}, {len(missing):,} of the first are not in the second",
            "Train both on the same data with the same seed and shares, or on data with a test split of its own.",
        )
    rows = np.array([place[name] for name in one.ids], dtype=np.int64)
    together = None if other.together is None else other.together[rows]
    sorted_other = Predictions(one.ids, other.targets[rows], other.probabilities[rows], together)
    if not np.array_equal(sorted_other.targets, one.targets):
        raise InputError(
            f"The labels of the {split} samples differ between {names[0]} and {names[1]}", "Compare runs of one data."
        )
    return sorted_other
