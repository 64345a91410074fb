"""Labels that a run doubts, as a table, and as the patch that a training applies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..metrics.suspects import suspects
from ..runs.files import write_text
from ..runs.folder import OUT_OF_FOLD, RunFolder
from .showing.tables import Table

COLUMNS = ("id", "label", "old_label")  # of a patch; see spirula.data.sources.patch
HELD_OUT = ("test", OUT_OF_FOLD, "validation")


class LabelSuspects(Table):
    """Samples whose label a network doubts, the surest first: id, label (suggested), old_label, sureness, split.

    Most are mistakes of the labels or of the network; which, only a look at the picture tells. ``save`` writes a patch
    for ``spirula train --labels``; remove the rows first whose label is right.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], title: str = "") -> None:
        super().__init__(rows, title)

    def save(self, path: str | Path) -> Path:
        """Write the rows as a patch, ``id,label,old_label``, and return its path.

        Raises :class:`InputError` for another ending than ``.csv``.
        """
        target = Path(path)
        if target.suffix.lower() != ".csv":
            raise InputError(f"{target} is no CSV file", "End the name in .csv.")
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([row[name] for name in COLUMNS] for row in self)
        write_text(target, text.getvalue())
        return target


def label_suspects(folder: RunFolder, split: str | None = None) -> LabelSuspects:
    """Return the suspected labels of one held-out split, or of all that a run has predictions of.

    Raises :class:`InputError` where samples do not have exactly one class, and for a split without predictions.
    """
    task = folder.document()["data"]["task"]
    if task != "classification":
        raise InputError(
            f"{folder.name} is a {task} run: suspected labels are found where each sample has one class",
            "See its largest errors: run.mistakes()",
        )
    present = [name for name in HELD_OUT if name in folder.splits_with_predictions()]
    if split is not None and split not in present:
        raise InputError(
            f"{folder.name} has no held-out predictions of {split}",
            f"There are: {', '.join(present)}." if present else "Train with --folds 5: every sample is then held out.",
        )
    classes = folder.classes()
    rows: list[dict[str, Any]] = []
    for name in present if split is None else [split]:
        stored = folder.predictions(name)
        said = stored.probabilities.argmax(axis=1)
        rows += [
            {
                "id": stored.ids[row],
                "label": classes[int(said[row])],
                "old_label": classes[int(stored.targets[row])],
                "sureness": float(stored.probabilities[row, said[row]]),
                "split": name,
            }
            for row in suspects(stored.targets, stored.probabilities).tolist()
        ]
    rows.sort(key=lambda row: -row["sureness"])
    return LabelSuspects(rows, f"Suspected labels of {folder.name}")
