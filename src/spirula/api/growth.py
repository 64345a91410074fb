"""The verb ``more_photos``: would more of them help, and of which class?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, RunError
from ..plural import counted
from ..runs.folder import FOLDS, GROWTH, RunFolder, find_run
from ..runs.writer import RunWriter
from .own_data import recipe_of
from .run import Run

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from ..evaluation.grown import Growth
    from ..training.transfer.probe import Probe

SPLITS = ("test", "validation")  # the first that has samples is judged on
FEW = 200  # held-out samples below which the interval of an accuracy is some points wide


def more_photos(
    run: Run | str | Path,
    source: Any = None,
    *,
    split: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Growth:
    """Say what more training samples would bring, from the features of a pretrained network.

    The output layer is fitted on nested random parts of the training samples, again and again, and judged on the same
    held-out samples; the curve is drawn on with a 95 % band. The answer is stored in the run and shown in its report.

    Parameters
    ----------
    run: trained with strategy features or finetune. Of a fine-tuned run the features are those that it began with.
    source: the data again, if they were a Python object.
    split: "test" or "validation"; the first that has samples without it.

    Raises :class:`InputError` for a run without a pretrained network and for a regression, :class:`RunError` when the
    data have changed.
    """
    from ..data.splits.atoms import atom_of_each
    from ..evaluation.growth import measure
    from ..training.transfer.refitting import refitting

    folder = run.folder if isinstance(run, Run) else find_run(run)
    probe = _probe(folder, source, progress)
    dataset = probe.dataset
    chosen = split or next((name for name in SPLITS if len(dataset.rows(name))), None)
    if chosen not in SPLITS or not len(dataset.rows(chosen)):
        raise InputError(
            f"{folder.path} has no held-out samples{f' in {split}' if split else ''}", "Train with --test 0.2."
        )
    rows, held = dataset.rows("train"), dataset.rows(chosen)
    single = dataset.manifest.task == "classification"
    targets = dataset.manifest.targets
    atoms = atom_of_each(dataset.manifest, dataset.twins)
    growth = measure(
        refitting(probe, rows, held, float((folder.document().get("head") or {}).get("strength") or 0.01)),
        targets[rows] if single else np.zeros(len(rows), np.int64),
        targets[held] if single else np.zeros(len(held), np.int64),
        dataset.manifest.classes if single else (),
        groups=atoms[rows],
        held_groups=atoms[held],
        split=chosen,
        seed=probe.seed,
        progress=progress,
    )
    growth = replace(growth, notes=(*growth.notes, *_better(growth, dataset)))
    with closing(RunWriter.reopen(folder)) as writer:
        writer.write_insight_json(GROWTH, growth.to_dict())
    Run(folder).report()
    return growth


def _better(growth: Growth, dataset: Dataset) -> list[str]:
    """Return what would tell more, where these held-out samples are too few to tell."""
    if growth.gain is not None and growth.gain.verdict != "unknown":
        return []
    there = {name: len(dataset.rows(name)) for name in SPLITS}
    larger = max(there, key=lambda name: there[name])
    if there[larger] > 2 * growth.held_out:
        return [f"{larger.capitalize()} has {there[larger]:,} samples and would tell more: --split {larger}"]
    if growth.held_out < FEW:
        held = counted(growth.held_out, "held-out sample tells", "held-out samples tell")
        return [f"{held} little: train with --test 0.4, or with --folds 5 and ask its folds one by one."]
    return []


def _probe(folder: RunFolder, source: Any, progress: Callable[[str, int, int], None] | None) -> Probe:
    """Return the run's probe, its data read again."""
    from ..training.assemble import assemble

    if FOLDS in folder.document():
        raise InputError(
            f"{folder.path} is a cross-validation: it has a network for each fold, and none of its own",
            f"Ask one of its folds: spirula more-photos {folder.path / FOLDS / '1'}",
        )
    recipe = recipe_of(folder)
    if recipe.training.strategy not in ("features", "finetune"):
        raise InputError(
            f"{folder.path} learned its features from these samples alone, so parts of them have others",
            "Ask a run of the same data with --strategy features.",
        )
    if folder.document()["data"]["task"] == "regression":  # before anything is read, which may take minutes
        raise InputError("More samples are judged by accuracy, and a regression has none", "Ask a run with classes.")
    assembly = assemble(recipe, source=source, progress=progress)
    if assembly.dataset.manifest.fingerprint != folder.document()["data"]["fingerprint"]:
        raise RunError(f"The data of {folder.path} have changed since it was trained", "Train again, then ask again.")
    probe = assembly.probe if assembly.finetuning is None else assembly.finetuning.probe
    assert probe is not None
    return probe
