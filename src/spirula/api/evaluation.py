"""What every evaluation gives: numbers with intervals, a table of the classes, one row per sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metrics.score import Task, evaluate
from ..runs.folder import Predictions, RunFolder
from .showing.tables import Table


class Evaluation(dict[str, Any]):
    """Numbers by name (with ``…_interval`` for 95 % intervals).

    per_class: the table of the classes. predictions: one row per sample. targets, probabilities: the same as arrays,
    (N,) and (N, K), as :class:`spirula.runs.folder.Predictions` has them.
    """

    def __init__(
        self,
        numbers: dict[str, Any],
        task: str,
        per_class: Table,
        predictions: Table,
        targets: np.ndarray,
        probabilities: np.ndarray,
    ) -> None:
        super().__init__(numbers)
        self.task = task
        self.per_class = per_class
        self.predictions = predictions
        self.targets = targets
        self.probabilities = probabilities
        self.notes: list[str] = []

    def __str__(self) -> str:
        rows = [
            {"": name, "value": value, "95 % interval": _interval(self.get(f"{name}_interval"))}
            for name, value in self.items()
            if isinstance(value, int | float)
        ]
        notes = "\n".join(f"Note: {note}" for note in self.notes)
        return "\n\n".join(str(part) for part in (Table(rows), self.per_class, notes) if part)

    def _repr_html_(self) -> str:
        rows = [{"measure": n, "value": v} for n, v in self.items() if isinstance(v, int | float)]
        return Table(rows)._repr_html_() + self.per_class._repr_html_()


def _interval(interval: Any) -> str:
    return f"{interval[0]:.4g} … {interval[1]:.4g}" if interval else ""


def evaluation_of(run: RunFolder, numbers: dict[str, Any], said: Predictions) -> Evaluation:
    """Put the tables of one split together."""
    task: Task = run.document()["data"]["task"]
    classes, ids, targets, values = run.classes(), said.ids, said.targets, said.probabilities
    if task == "regression":
        rows = [
            {"id": name, "target": float(target), "predicted": float(value)}
            for name, target, value in zip(ids, targets, values[:, 0], strict=True)
        ]
        return Evaluation(numbers, task, Table([]), Table(rows), targets, values)
    detail = evaluate(task, targets, values, said.together)
    if task == "multilabel":
        called = [[classes[k] for k in np.flatnonzero(row > 0.5)] for row in values]
        true = [[classes[k] for k in np.flatnonzero(row)] for row in targets]
        rows = [
            {"id": name, "label": ", ".join(t), "predicted": ", ".join(p)}
            for name, t, p in zip(ids, true, called, strict=True)
        ]
    else:
        chosen = values.argmax(axis=1)
        rows = [
            {"id": name, "label": classes[int(t)], "predicted": classes[int(k)], "probability": float(v[k])}
            for name, t, k, v in zip(ids, targets, chosen, values, strict=True)
        ]
    table = detail["per_label" if task == "multilabel" else "per_class"]
    per_class = [{**row, "class": name} for name, row in zip(classes, table, strict=True)]
    return Evaluation(numbers, task, Table(per_class), Table(rows), targets, values)
