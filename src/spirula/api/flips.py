"""What changed between two runs, sample by sample: as rows, and as a page with pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, SpirulaError
from ..metrics.multilabel import THRESHOLD
from ..metrics.paired import absolute_errors, right
from ..report.comparison import Change, ComparedRun, render
from ..report.speech import read_language
from ..runs.files import write_text
from ..runs.folder import Predictions
from .own_data import own_data

if TYPE_CHECKING:
    from .compare import Against, Comparison
    from .run import Run


def flip_rows(comparison: Comparison, run: Against) -> list[dict[str, Any]]:
    """Return one dictionary per changed sample; see :meth:`Comparison.flips`."""
    before, after = comparison.stored, run.stored
    names = (comparison.base, run.name) if comparison.base != run.name else (f"{run.name} (base)", run.name)
    rows = []
    for place, change in _changes(comparison, run):
        row: dict[str, Any] = {"change": change, "id": before.ids[place], "label": _truth(comparison, before, place)}
        for name, stored in zip(names, (before, after), strict=True):
            said, sure = _said(comparison, stored, place)
            row |= {name: said} if sure is None else {name: said, f"{name} probability": sure}
        rows.append(row)
    return rows


def write_page(comparison: Comparison, base: Run, path: Path, most: int, language: str) -> Path:
    """Write the page of a comparison; pictures come from the base run's own data, when it is still there."""
    if path.suffix.lower() != ".html":
        raise InputError(f"{path} does not end in .html", "Name an HTML file, such as compare.html.")
    read_language(language)
    pictures, problem = _pictures(base)
    runs = []
    for run in comparison.runs:
        changed = _changes(comparison, run)
        shown: dict[str, int] = {}
        cards = []
        for place, change in changed:
            kind = change if isinstance(change, str) else ("broken" if change > 0 else "fixed")
            shown[kind] = shown.get(kind, 0) + 1
            if shown[kind] > most:
                continue
            before, after = comparison.stored, run.stored
            cards.append(
                Change(
                    kind=kind,
                    file=before.ids[place],
                    label=_truth(comparison, before, place),
                    before=_words(*_said(comparison, before, place)),
                    after=_words(*_said(comparison, after, place)),
                    image=pictures.get(before.ids[place]),
                )
            )
        runs.append(ComparedRun(run.name, run.difference, run.verdict, tuple(cards), shown))
    write_text(
        path, render(comparison.base, comparison.split, comparison.measure, runs, problem, language, comparison.atoms)
    )
    return path


def _changes(comparison: Comparison, run: Against) -> list[tuple[int, str | float]]:
    """Return (place, "fixed" | "broken") or, for a regression, (place, growth of the absolute error)."""
    before, after = comparison.stored, run.stored
    if comparison.task == "regression":
        growth = absolute_errors(after.targets, after.probabilities) - absolute_errors(
            before.targets, before.probabilities
        )
        return [(int(place), float(growth[place])) for place in np.argsort(-np.abs(growth), kind="stable")]
    was, now = (right(said.targets, said.probabilities) for said in (before, after))
    # The surest first: what a network is sure of and wrong about tells most.
    sure = np.maximum(_surest(before), _surest(after))
    flips: list[tuple[int, str | float]] = []
    for kind, chosen in (("fixed", ~was & now), ("broken", was & ~now)):
        places = np.flatnonzero(chosen)
        flips += [(int(place), kind) for place in places[np.argsort(-sure[places], kind="stable")]]
    return flips


def _surest(stored: Predictions) -> np.ndarray:
    values = stored.probabilities
    sure: np.ndarray = (values if stored.targets.ndim == 1 else np.abs(values - 0.5)).max(axis=1)
    return sure


def _truth(comparison: Comparison, stored: Predictions, place: int) -> str:
    target = stored.targets[place]
    if comparison.task == "regression":
        return f"{float(target):.4g}"
    if comparison.task == "multilabel":
        return _labels(comparison, target > 0)
    return comparison.classes[int(target)]


def _said(comparison: Comparison, stored: Predictions, place: int) -> tuple[str, float | None]:
    values = stored.probabilities[place]
    if comparison.task == "regression":
        return f"{float(values[0]):.4g}", None
    if comparison.task == "multilabel":
        return _labels(comparison, values > THRESHOLD), None
    return comparison.classes[int(values.argmax())], float(values.max())


def _labels(comparison: Comparison, hot: np.ndarray) -> str:
    return ", ".join(comparison.classes[k] for k in np.flatnonzero(hot)) or "(none)"


def _words(said: str, sure: float | None) -> str:
    return said if sure is None else f"{said} ({100 * sure:.0f}\u202f%)"


class _Pictures:
    """The pictures of a data set by sample name, looked up one at a time: a set may be larger than memory."""

    def __init__(self, pixels: np.ndarray, ids: tuple[str, ...]) -> None:
        self.pixels = pixels
        self.place = {name: row for row, name in enumerate(ids)}

    def get(self, name: str) -> np.ndarray | None:
        from ..evaluation.pictures import as_pictures

        row = self.place.get(name)
        found = None if row is None else as_pictures(np.asarray(self.pixels[row : row + 1]))
        return None if found is None else found[0]


def _pictures(base: Run) -> tuple[_Pictures, str]:
    """Return the pictures of a run's data, and what is the matter when there are none."""
    try:
        dataset = own_data(base.folder)
    except SpirulaError as error:
        return _Pictures(np.zeros((0, 1, 1, 1), np.uint8), ()), str(error)
    return _Pictures(dataset.pixels, dataset.manifest.ids), ""
