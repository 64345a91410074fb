"""Evaluating a run: from its folder and some data to tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.splits.split import split_name
from ..errors import InputError, RunError
from ..plural import counted
from ..runs.folder import OUT_OF_FOLD, Predictions, RunFolder
from ..wording import test_views_words
from .evaluation import Evaluation, evaluation_of

if TYPE_CHECKING:
    from torch import nn

_AT_ONCE = 1024  # pictures in memory


def stored_split(run: RunFolder, split: str | None = None) -> str:
    """Return the split asked for, else the most telling stored one; :class:`RunError` if there is none."""
    stored = run.splits_with_predictions()
    asked = split and (split_name(split) or split)  # "val" too
    chosen = asked or next((name for name in ("test", OUT_OF_FOLD, "validation", "train") if name in stored), None)
    if not stored and "imported" in run.document():
        raise RunError(
            f"{run.name} was imported: no split of its data is known here",
            f"Measure it on data: spirula evaluate {run.path} DATA",
        )
    if chosen is None or chosen not in stored:
        found = ", ".join(stored) or "none"
        raise RunError(
            f"{run.name} has no predictions of {chosen or 'any split'} (stored: {found})",
            "Name a stored split, or finish the run first.",
        )
    return chosen


def evaluate_run(
    run: RunFolder,
    module: nn.Module | None,
    data: Any,
    split: str | None,
    progress: Callable[[str, int, int], None] | None,
) -> Evaluation:
    """See :func:`spirula.evaluate`. ``module`` is the user's own where the folder cannot rebuild it."""
    if data is None:
        chosen = stored_split(run, split)
        stored = run.predictions(chosen)
        numbers = run.document().get("results", {}).get(chosen)
        if numbers is None:
            raise RunError(
                f"{run.name} was stopped while it was evaluated", f"Finish it: spirula train --resume {run.path}"
            )
        kept = evaluation_of(run, numbers, stored)
        kept.notes = _averaged(run.config().get("model", {}).get("test_views"))
        return kept
    from ..data.dataset import load_all
    from ..data.splits.atoms import atom_of_each
    from ..evaluation.reload import reload
    from ..metrics.score import score

    network = reload(run, module)
    preprocessing = network.preprocessing
    height, width = preprocessing.height, preprocessing.width
    size = None if height is None or width is None else (height, width)
    dataset = load_all(
        str(data) if isinstance(data, Path) else data,
        task=network.task,
        classes=network.classes or None,
        image_size=size,
        channels=preprocessing.channels if size else None,
        resize=preprocessing.resize,
        interpolation=preprocessing.interpolation,
        crop_share=preprocessing.crop_share,
        progress=progress,
        **_columns(run, data),
    )
    manifest = dataset.manifest
    if str(dataset.pixels.dtype) != preprocessing.dtype:
        raise InputError(
            f"{manifest.source} holds {dataset.pixels.dtype} values, but the run was trained on {preprocessing.dtype}",
            "Give the same kind of values: pixels 0…255 as uint8, or the same floats.",
        )
    present = [name for name, count in manifest.counts().items() if count]
    chosen = (split and (split_name(split) or split)) or ("test" if "test" in present else present[0])
    if chosen not in present:
        raise InputError(f'{manifest.source} has no split "{chosen}"', f"Choose one of: {', '.join(present)}.")
    rows = dataset.rows(chosen)
    parts = (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))  # a set may exceed the memory
    probabilities = np.concatenate([network.probabilities(dataset.pixels[part]) for part in parts])
    targets = manifest.targets[rows]
    if manifest.task == "multilabel":
        targets = targets.astype(np.uint8)
    ids = [manifest.ids[row] for row in rows]
    said = Predictions(ids, targets, probabilities, atom_of_each(manifest, dataset.twins)[rows])
    result = evaluation_of(run, score(manifest.task, targets, probabilities, said.together), said)
    averaged = _averaged(None if network.views is None else network.views.name)
    result.notes = [*manifest.notes, *averaged, *_trained_on(run, manifest.source, ids)]
    return result


def _averaged(test_views: str | None) -> list[str]:
    """Say it when more than the picture itself was looked at."""
    if test_views in (None, "none"):
        return []
    return [f"The answers are averaged over {test_views_words(test_views)} (test_views = {test_views})."]


def _columns(run: RunFolder, data: Any) -> dict[str, str]:
    """Return the table's columns that the run was trained with; another table of the kind has the same."""
    if not isinstance(data, str | Path) or Path(data).suffix.lower() not in (".csv", ".tsv", ".parquet"):
        return {}
    asked = run.config().get("data", {})
    return {name: asked[name] for name in ("path_column", "label_column", "split_column") if name in asked}


def _trained_on(run: RunFolder, source: str, ids: list[str]) -> list[str]:
    """Say it when the network is measured on what it learned from."""
    if source != run.document()["data"]["source"]:
        return []
    columns = run.manifest()
    learned = {name for name, split in zip(columns["id"], columns["split"], strict=True) if split == "train"}
    count = sum(name in learned for name in ids)
    among = f"{count:,} of these {counted(len(ids), 'sample', 'samples')}"
    was = "was" if count == 1 else "were"
    return [f"{among} {was} trained on: the numbers flatter the network."] if count else []
