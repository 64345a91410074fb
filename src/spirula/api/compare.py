"""The verb ``compare``: two runs on the same samples, one by one."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..metrics.multilabel import THRESHOLD
from ..metrics.paired import Difference, compare_errors, compare_shares
from ..runs.folder import Predictions
from .inference import stored_split
from .run import Run, open_run


class Comparison:
    """Two runs side by side. ``difference`` has the numbers; printing it says them in a sentence."""

    def __init__(self, first: str, second: str, split: str, measure: str, difference: Difference) -> None:
        self.first, self.second, self.split, self.measure = first, second, split, measure
        self.difference = difference

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON holds them."""
        told = self.difference
        return {
            "first": self.first,
            "second": self.second,
            "split": self.split,
            "measure": self.measure,
            "count": told.count,
            "values": [told.first, told.second],
            "difference": told.difference,
            "interval": None if told.interval is None else list(told.interval),
            "p_value": told.p_value,
            "only_first": told.only_first,
            "only_second": told.only_second,
        }

    def __str__(self) -> str:
        told, percent = self.difference, self.measure != "mean absolute error"

        def show(value: float) -> str:
            return f"{100 * value:.2f} %" if percent else f"{value:.4g}"

        lines = [f"{self.measure.capitalize()} on the {told.count:,} samples of {self.split}:"]
        width = max(len(self.first), len(self.second))
        lines += [f"  {self.first:{width}}  {show(told.first)}", f"  {self.second:{width}}  {show(told.second)}"]
        if told.interval is not None:
            low, high = told.interval
            apart = f"{100 * told.difference:+.2f} points" if percent else f"{told.difference:+.4g}"
            ends = f"{100 * low:+.2f} … {100 * high:+.2f}" if percent else f"{low:+.4g} … {high:+.4g}"
            lines.append(f"Difference {apart} (95 % interval {ends})")
            sure = "They differ" if low > 0 or high < 0 else "They cannot be told apart by these samples"
            lines.append(f"{sure}{'' if told.p_value is None else f' (McNemar p = {told.p_value:.2g})'}.")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def compare(first: Run | str | Path, second: Run | str | Path, split: str | None = None) -> Comparison:
    """Compare two runs, or those of two paths, on a split that both have stored predictions of: sample by sample.

    Raises :class:`InputError` when the samples, their labels or the tasks are not the same.
    """
    first, second = (run if isinstance(run, Run) else open_run(run) for run in (first, second))
    chosen = stored_split(first.folder, split)
    one, other = first.folder.predictions(chosen), second.folder.predictions(stored_split(second.folder, chosen))
    task = first.folder.card()["task"]
    if task != second.folder.card()["task"] or (task != "regression" and first.classes != second.classes):
        raise InputError(
            f"{first.name} and {second.name} do not answer the same question", "Compare runs of one task and classes."
        )
    other = _in_order_of(one, other, chosen, (first.name, second.name))
    names = (first.name, second.name, chosen)
    if task == "regression":
        errors = [np.abs(stored.probabilities[:, 0] - stored.targets) for stored in (one, other)]
        return Comparison(*names, "mean absolute error", compare_errors(*errors))
    measure = "accuracy" if task == "classification" else "exact match"
    return Comparison(*names, measure, compare_shares(_right(one), _right(other)))


def _right(stored: Predictions) -> np.ndarray:
    if stored.targets.ndim == 1:
        right: np.ndarray = stored.probabilities.argmax(axis=1) == stored.targets
        return right
    matches: np.ndarray = ((stored.probabilities > THRESHOLD) == (stored.targets > 0)).all(axis=1)
    return matches


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
    sorted_other = Predictions(one.ids, other.targets[rows], other.probabilities[rows])
    if not np.array_equal(sorted_other.targets, one.targets):
        raise InputError(
            f"The labels of the {split} samples differ between {names[0]} and {names[1]}", "Compare runs of one data."
        )
    return sorted_other
