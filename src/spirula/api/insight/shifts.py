"""The verb ``shift_invariance``: accuracy against how far the pictures are moved, of one run or of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...errors import InputError
from ...metrics.intervals import wilson
from ..showing.tables import DrawnTable, Picture

if TYPE_CHECKING:
    from ...data.batching.preprocess import Preprocessing
    from ...data.dataset import Dataset
    from ..run import Run

SHIFTS = range(-6, 7)
FILL = "what enters repeats the border's pixels"


def shift_invariance(
    runs: Run | str | Path | Sequence[Run | str | Path] | Mapping[str, Run | str | Path],
    data: Any = None,
    *,
    shifts: Iterable[int] = SHIFTS,
    split: str = "test",
    samples: int = 1000,
    direction: Literal["right", "down"] = "right",
) -> DrawnTable:
    """Measure translation invariance: move the pictures and count how often each network is still right.

    What enters at the border repeats the border's pixels (the background of a digit stays background); what leaves at
    the other side is lost. All runs see the same pictures.

    Parameters
    ----------
    runs: a run or several, also by path or name; a dictionary gives them the names to be shown.
    data: any source that :func:`spirula.train` takes; the first run's own data when not given.
    shifts: whole pixels at the network's resolution; negative ones are to the left (up).
    split: which split. Without ``data`` it must be the same samples in every run, so that none was trained on them.
    samples: at most this many, evenly spaced over the split.
    direction: "right" or "down".

    Returns
    -------
    A table, one row per shift: ``shift``, and for every run its accuracy under its name and the 95 % interval (Wilson)
    under ``… interval``. ``.picture()`` draws it, ``.save(path)`` writes the picture.

    Raises :class:`InputError` for runs that do not tell classes apart, vectors, and runs of other classes or sizes.
    """
    from ...data.splits.split import split_name
    from ...insight.shifts import evenly, right_when_moved
    from ...report.figures.shifts import ShiftCurve, shift_figure

    named = _opened(runs)
    opened = list(named.values())
    given = list(shifts) if isinstance(shifts, Iterable) else [shifts]
    whole = all(isinstance(by, int | np.integer) for by in given)
    moved = sorted({int(by) for by in given}) if whole else given
    if not moved or not whole or samples < 1 or direction not in ("right", "down"):
        raise InputError(
            f"shifts = {moved}, samples = {samples}, direction = {direction!r} cannot work",
            'Give at least one shift in whole pixels, one sample, and the direction "right" or "down".',
        )
    networks = comparable(opened)
    dataset, chosen = data_for(opened, data, split_name(split) or split)
    _check_fits(networks[0], dataset, moved, direction)
    rows = evenly(dataset.rows(chosen), samples)
    pixels, targets = np.asarray(dataset.pixels[rows]), dataset.manifest.targets[rows]
    curves = []
    for name, network in zip(named, networks, strict=True):
        right = np.array(right_when_moved(network.probabilities, pixels, targets, moved, direction))
        low, high = wilson(right, np.full(len(moved), len(rows)))
        curves.append(ShiftCurve(name, (right / len(rows)).tolist(), low.tolist(), high.tolist()))
    table = [
        {
            "shift": by,
            **{
                key: value
                for curve in curves
                for key, value in (
                    (curve.name, curve.accuracy[i]),
                    (f"{curve.name} interval", [curve.low[i], curve.high[i]]),
                )
            },
        }
        for i, by in enumerate(moved)
    ]
    figure = shift_figure(curves, moved, direction=direction, samples=len(rows), fill=FILL)
    title = f"Accuracy on {len(rows):,} pictures of {chosen}, moved {direction} by pixels; {FILL}"
    return DrawnTable(table, Picture(figure.alone()), title)


def _opened(runs: Run | str | Path | Sequence[Run | str | Path] | Mapping[str, Run | str | Path]) -> dict[str, Run]:
    from ..run import Run, open_run

    if isinstance(runs, Mapping):
        opened = {str(name): run if isinstance(run, Run) else open_run(run) for name, run in runs.items()}
        names = list(opened)
    else:
        several = list(runs) if isinstance(runs, Sequence) and not isinstance(runs, str) else [runs]
        found = [run if isinstance(run, Run) else open_run(run) for run in several]
        names = [run.name for run in found]
        opened = dict(zip(names, found, strict=True))
    if not names or len(opened) < len(names):
        raise InputError(f"shift_invariance got the runs {names}", "Give at least one run, and each once.")
    return opened


def comparable(runs: Sequence[Run]) -> list[Any]:
    """Return the networks of runs that answer the same question about pictures of the same size."""
    from ...evaluation.reload import reload

    networks = [reload(run.folder, run.module) for run in runs]
    first = networks[0]
    for run, network in zip(runs, networks, strict=True):
        if network.task != "classification" or len(network.preprocessing.input_shape) != 3:
            raise InputError(
                f"{run.name} does not tell classes of pictures apart", "Shift invariance is measured by accuracy."
            )
        same = network.classes == first.classes and network.preprocessing.dtype == first.preprocessing.dtype
        if not same or network.preprocessing.input_shape != first.preprocessing.input_shape:
            raise InputError(
                f"{run.name} and {runs[0].name} were trained on other classes or picture sizes",
                "Compare runs that can be shown the same pictures.",
            )
    return networks


def data_for(runs: Sequence[Run], data: Any, split: str) -> tuple[Dataset, str]:
    """Return data, the first run's own where none are given, and the split; without one the first that has samples.

    Raises :class:`InputError` for a split without samples, and where the runs' own splits are not the same samples.
    """
    from ...data.dataset import load_all
    from ..own_data import own_data

    if data is None:
        dataset = own_data(runs[0].folder)
        for run in runs[1:]:
            if _ids_of(run, split) != _ids_of(runs[0], split):
                raise InputError(
                    f"The {split} samples of {run.name} are not those of {runs[0].name}: one may have been trained on "
                    "what the other is tested with",
                    "Train both with the same seed and splits, or give data that neither has seen.",
                )
    else:
        from ...data.batching.preprocess import Preprocessing

        card = runs[0].folder.card()
        size = Preprocessing.from_dict(card["preprocessing"])
        shape = None if size.height is None or size.width is None else (size.height, size.width)
        dataset = load_all(
            str(data) if isinstance(data, Path) else data,
            task=card["task"],
            classes=card["classes"],
            image_size=shape,
            channels=size.channels if shape else None,
            resize=size.resize,
            interpolation=size.interpolation,
            crop_share=size.crop_share,
        )
    split = split or next(name for name, count in dataset.manifest.counts().items() if count)
    if not len(dataset.rows(split)):
        present = ", ".join(dataset.manifest.counts())
        raise InputError(f'{dataset.manifest.source} has no split "{split}"', f"Choose one of: {present}.")
    return dataset, split


def _ids_of(run: Run, split: str) -> list[str]:
    columns = run.folder.manifest()
    return [name for name, part in zip(columns["id"], columns["split"], strict=True) if part == split]


def _check_fits(network: Any, dataset: Dataset, shifts: Sequence[int], direction: str) -> None:
    side = dataset.input_shape[1 if direction == "right" else 0]
    if max(map(abs, shifts)) >= side:
        raise InputError(
            f"A shift of {max(map(abs, shifts))} pixels leaves nothing of pictures of {side}", "Choose smaller shifts."
        )
    check_values(dataset, network.preprocessing)


def check_values(dataset: Dataset, preprocessing: Preprocessing) -> None:
    """Raise :class:`InputError` where data hold other values than a run was trained on: floats, not bytes."""
    if str(dataset.pixels.dtype) != preprocessing.dtype:
        raise InputError(
            f"{dataset.manifest.source} holds {dataset.pixels.dtype} values, but the run was trained on "
            f"{preprocessing.dtype}",
            "Give the same kind of values: pixels 0…255 as uint8, or the same floats.",
        )
