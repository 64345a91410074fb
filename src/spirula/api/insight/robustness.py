"""What becomes of a network's answers when pictures change: after a training, and as the verb ``run.robustness``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError, did_you_mean
from ...metrics.robustness import points
from ...runs.folder import ROBUSTNESS
from ..keeping.looks import trained_passes
from ..showing.tables import DrawnTable, Picture
from .inside import Inside

if TYPE_CHECKING:
    from ...evaluation.views import ViewSet
    from ...insight.robustness.changes import Strengths
    from ...insight.robustness.measured import Ask
    from ...models.summary import Summary
    from ...runs.writer import RunWriter
    from ...training.assembly import Assembly
    from ..run import Run

Kinds = str | Sequence[str] | Mapping[str, float | Iterable[float]]
_RANGES = {
    "shift": (1, float("inf"), "whole pixels from 1"),
    "rotate": (0, 180, "degrees above 0, up to 180"),
    "blur": (0, float("inf"), "a standard deviation in pixels, above 0"),
    "contrast": (0, float("inf"), "a factor of 0 or more"),
    "brightness": (-1, 1, "a share of the full range, -1 to 1"),
    "noise": (0, 1, "a share of the full range, above 0, up to 1"),
}


class Robustness(DrawnTable):
    """One row per change: kind, strength, accuracy, probability of the true class, each with its 95 % interval.

    Of several labels ``exact match`` in place of the accuracy, and the mean probability of what is true of each; of a
    regression only the mean absolute ``error``.

    ``arrays``: of ``insight/robustness.npz``, see :func:`spirula.insight.robustness.measured.robustness_arrays`.
    """

    def __init__(
        self, rows: list[dict[str, Any]], picture: Picture, title: str, arrays: dict[str, np.ndarray], verdict: str
    ) -> None:
        super().__init__(rows, picture, title)
        self.arrays = arrays
        self.verdict = verdict


def note_robustness(writer: RunWriter, assembly: Assembly, summary: Summary, views: ViewSet | None) -> None:
    """Write ``insight/robustness.npz``, of some pictures of the test split (of another one, where there is none).

    Nothing for vectors, and where the network is so large that it would take long beside the training.
    """
    from ...insight.calls import evaluating
    from ...insight.effort import pictures_changed
    from ...insight.robustness.changes import usual_strengths
    from ...insight.shifts import evenly

    dataset, manifest = assembly.dataset, assembly.dataset.manifest
    splits = [split for split in ("test", "validation", "train") if len(dataset.rows(split))]
    if len(dataset.input_shape) != 3 or not splits:
        return
    strengths = usual_strengths(dataset.input_shape[0], dataset.input_shape[1])
    each = 1 if views is None else len(views.views)
    trained = trained_passes(writer, assembly) / each
    count = pictures_changed(summary.multiply_adds * each, _changes(strengths), trained)
    rows = evenly(dataset.rows(splits[0]), count) if count else np.zeros(0, np.int64)
    if not len(rows):
        return
    with assembly.own.blamed(), evaluating(assembly.network.module):
        asked = _asking(assembly, views)
        arrays = _measured(manifest.task, asked, np.asarray(dataset.pixels[rows]), manifest.targets[rows], strengths)
    writer.write_insight_arrays(ROBUSTNESS, {**arrays, "split": np.asarray(splits[0])})


def _asking(assembly: Assembly, views: ViewSet | None) -> Ask:
    """Return what gives the probabilities (N, K) of pictures, averaged over their ``views`` as every later answer."""
    import torch

    from ...evaluation.predict import answers
    from ...insight.attention import Looker

    network, classes = assembly.network, len(assembly.dataset.manifest.classes)
    looker = Looker(network, assembly.preprocessing, classes, assembly.at_once)

    def ask(pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            parts = [
                answers(network.module, looker.images(pixels[batch]), network.output, classes, views).float().cpu()
                for batch in looker.batches(len(pixels))
            ]
        return torch.cat(parts).numpy()

    return ask


def _changes(strengths: Sequence[Strengths]) -> int:
    return 1 + sum(len(entry.values) for entry in strengths)


def _measured(
    task: str, ask: Ask, pixels: np.ndarray, targets: np.ndarray, strengths: Sequence[Strengths]
) -> dict[str, np.ndarray]:
    from ...insight.robustness.measured import robustness, robustness_arrays

    ends = (0.0, 255.0) if pixels.dtype == np.uint8 else (float(pixels.min()), float(pixels.max()))
    return robustness_arrays(robustness(task, ask, pixels, targets, strengths, ends))


def robustness(inside: Inside, kinds: Kinds | None, data: Any, split: str, samples: int) -> Robustness:
    """See :meth:`spirula.Run.robustness`."""
    from ...data.splits.split import split_name
    from ...evaluation.reload import reload
    from ...insight.shifts import evenly
    from ..run import Run
    from .shifts import check_values, data_for

    if samples < 1:
        raise InputError(f"samples = {samples} cannot work", "Give at least one.")
    run = Run(inside.run, inside.module)
    network = reload(run.folder, run.module)
    if len(network.preprocessing.input_shape) != 3:
        raise InputError(f"{run.name} was trained on vectors: there are no pictures to change", "See its report.")
    height, width = network.preprocessing.input_shape[:2]
    strengths = _asked(kinds, height, width)
    dataset, chosen = data_for([run], data, split_name(split) or split)
    check_values(dataset, network.preprocessing)
    rows = evenly(dataset.rows(chosen), samples)
    pixels = np.asarray(dataset.pixels[rows])
    arrays = _measured(network.task, network.probabilities, pixels, dataset.manifest.targets[rows], strengths)
    return told(run, {**arrays, "split": np.asarray(chosen)})


def told(run: Run, arrays: dict[str, np.ndarray]) -> Robustness:
    """Return the table, the picture and the sentence of what was measured."""
    from ...report.facts import Facts
    from ...report.inside.robustness import MEASURES, robustness_figure, verdict
    from ...report.inside.words import WORDS
    from ...report.speech import speaker

    say, facts = speaker(WORDS, "en"), Facts(run.folder)
    measure, found = MEASURES[facts.task], points(arrays)
    column = "exact match" if measure == "exact" else measure
    rows: list[dict[str, Any]] = []
    for point in found:
        rows.append(
            {
                "change": "unchanged" if point.kind == "none" else point.kind,
                "strength": None if point.kind == "none" else point.strength,
                column: point.value,
                f"{column} interval": list(point.interval),
            }
        )
        if point.probability is not None and point.probability_interval is not None:
            ends = list(point.probability_interval)
            rows[-1] |= {"probability": point.probability, "probability interval": ends}
    title = f"{found[0].count:,} pictures of {arrays['split']}, changed"
    picture = Picture(robustness_figure(found, say, measure).alone())
    return Robustness(rows, picture, title, arrays, verdict(facts, arrays, say))


def _asked(kinds: Kinds | None, height: int, width: int) -> list[Strengths]:
    """Return what is to be tried: the usual strengths of all kinds or of some, or given ones."""
    from ...insight.robustness.changes import KINDS, Strengths, usual_strengths

    usual = {entry.kind: entry for entry in usual_strengths(height, width)}
    if kinds is None:
        return list(usual.values())
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    for name in names:
        if name not in KINDS:
            raise InputError(
                f'There is no change "{name}".{did_you_mean(str(name), KINDS)}', f"Choose: {', '.join(KINDS)}."
            )
    if not names:
        raise InputError("No change is named", f"Choose: {', '.join(KINDS)}.")
    if not isinstance(kinds, Mapping):
        return [usual[name] for name in KINDS if name in names and name in usual]
    found = []
    for kind in KINDS:
        if kind in kinds:
            given = kinds[kind]
            values = tuple(sorted(float(x) for x in (given if isinstance(given, Iterable) else [given])))
            _check(kind, values, min(height, width))
            mild = tuple(value for value in values if value in usual[kind].mild) if kind in usual else ()
            found.append(Strengths(kind, values, mild))
    return found


def _check(kind: str, values: tuple[float, ...], side: int) -> None:
    low, high, must = _RANGES[kind]
    fits = all(low <= value <= high for value in values)
    if kind in ("rotate", "blur", "noise"):
        fits = fits and all(value > 0 for value in values)
    if kind == "shift":
        fits = fits and all(value == int(value) and value < side for value in values)
        must = f"{must}, below the {side} of the pictures' side"
    if not values or not fits:
        raise InputError(f"{kind} = {list(values)} cannot work", f"Give {must}.")
