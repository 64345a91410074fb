"""Cross-validation: one run per fold, and a run that holds them all::

runs/<name>/            the whole: run.json, manifest.csv (split = fold-1, fold-2, …), report.html
    predictions/out-of-fold.npz   every sample, as the network said that had not seen it
    folds/1/ folds/2/ …           ordinary runs; the samples of the fold are their test split
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import Recipe
from ..custom.library import Library
from ..errors import RunError
from ..metrics.score import HEADLINE, score
from ..progress import Display
from ..recipe import changed, recipe_toml
from ..runs import folder as layout
from ..runs.folder import FOLDS, OUT_OF_FOLD, RunFolder
from ..runs.provenance import provenance
from ..runs.writer import RunWriter, check_free, timestamp
from ..wording import parse_duration
from .keeping.pooled import joined_heat, joined_neighbours, temperature_of
from .keeping.thumbnails import joined_thumbnails
from .own_data import recipe_of
from .run import Run

if TYPE_CHECKING:
    from ..data.dataset import Dataset
    from ..data.manifest import Manifest

_MOST_MISTAKES = 48

# Trains one fold: from a recipe, data and a network (or None for those in words) to its run.
Start = Callable[[Recipe, Any, Any, Library, Display], Run]
GoOn = Callable[[RunWriter, Any, Any, Library | None, Display], Run]


def cross_validate(asked: Recipe, source: Any, model: Any, library: Library, show: Display, start: Start) -> Run:
    """Train and test on every fold, and pool what was predicted; returns the run of the whole.

    Whatever cannot work with the first fold is said before anything is written.
    """
    from ..training.assemble import assemble, load_data
    from .session.describe import facts, summary_of, title

    if asked.run.name:
        check_free(asked.run.runs or "runs", asked.run.name)
    first = assemble(changed(asked, fold=1), source=source, model=_fresh(model), custom=library, progress=show.loading)
    recipe = changed(first.recipe, fold=None, budget=asked.training.budget)
    whole = load_data(recipe, source, show.loading)
    summary = summary_of(first)
    writer = RunWriter.create(
        recipe.run.runs or "runs",
        recipe.run.name,
        f"{title(first)}-{recipe.data.folds}-folds",
        config=recipe_toml(changed(recipe, name=None), first.reasons),
        document={
            **facts(replace(first, dataset=whole), summary),
            **provenance(),
            FOLDS: {"count": recipe.data.folds},
        },
    )
    with closing(writer), _noted(writer, show):
        if library.file is not None:
            writer.write_source(library.file.content)
        del first  # its network and pictures: each fold has its own
        _describe(writer, whole)
        pooling = _pooling(whole)
        del whole  # as its pictures may be much memory
        return _train(writer, recipe, pooling, source, model, library, show, start, None)


def resume_folds(run: RunFolder, source: Any, model: Any, show: Display, start: Start, go_on: GoOn) -> Run:
    """Go on with a cross-validation: finished folds stay, the one under way is resumed, the others follow."""
    from ..training.assemble import load_data

    with closing(RunWriter.reopen(run)) as writer:
        if writer.document["status"] == "finished":
            raise RunError(f"{run.path} is finished already", "Look at its report.html, or start a new run.")
        asked = recipe_of(run)
        whole = load_data(asked, source, show.loading)
        if whole.manifest.fingerprint != writer.document["data"]["fingerprint"]:
            raise RunError(
                f"The data of {run.path} has changed since it was started: its folds would not be the same",
                "Put the files back as they were, or start a new run.",
            )
        with _noted(writer, show):
            writer.update(status="running", failure=None)
            if not (writer.path / FOLDS).exists():  # killed before the first fold: not all may be written
                _describe(writer, whole)
            library = run.pieces or Library()
            return _train(writer, asked, _pooling(whole), source, model, library, show, start, go_on)


@dataclass(frozen=True)
class _Pooling:
    """What is left of the data of the whole: its manifest, and what belongs together, int64 (N,)."""

    manifest: Manifest
    atoms: np.ndarray


def _pooling(whole: Dataset) -> _Pooling:
    from ..data.splits.atoms import atom_of_each

    return _Pooling(whole.manifest, atom_of_each(whole.manifest, whole.twins))


def _describe(writer: RunWriter, whole: Dataset) -> None:
    from ..data.splits.folds import APART
    from .session.describe import write_survey

    writer.write_classes(list(whole.manifest.classes))
    whole.manifest.write_csv(writer.path / layout.MANIFEST)
    write_survey(writer, whole, np.flatnonzero(whole.manifest.splits != APART))


def _train(
    writer: RunWriter,
    asked: Recipe,
    whole: _Pooling,
    source: Any,
    model: Any,
    library: Library,
    show: Display,
    start: Start,
    go_on: GoOn | None,
) -> Run:
    began = time.perf_counter()
    number = asked.data.folds or 0
    for fold in range(1, number + 1):
        path = fold_path(writer.path, fold)
        if (path / layout.DOCUMENT).is_file() and go_on is not None:
            run = Run(replace(RunFolder(path), pieces=library))
            if run.status == "finished":
                continue
            show.message(f"Fold {fold} of {number}: going on")
            with closing(RunWriter.reopen(run.folder)) as part:
                run = go_on(part, source, _fresh(model), library, show)
        else:
            show.message(f"Fold {fold} of {number}")
            budget = asked.training.budget
            each = None if budget is None else f"{parse_duration(budget) / number:.6g}s"
            recipe = changed(asked, fold=fold, budget=each, runs=str(path.parent), name=path.name)
            run = start(recipe, source, _fresh(model), library, show)
        if run.status != "finished":
            writer.update(status=run.status)
            show.message(f"The cross-validation goes on with: spirula train --resume {writer.path}")
            return Run(writer.folder)
    _pool(writer, whole, [RunFolder(fold_path(writer.path, fold)) for fold in range(1, number + 1)])
    # What folds took in sessions before this one counts too, however those ended.
    folds = sum(row["seconds"] for row in writer.document["folds"]["rows"])
    timing = {**writer.document["timing"], "total_seconds": max(time.perf_counter() - began, folds)}
    writer.update(status="finished", finished=timestamp(), timing=timing)
    run = Run(writer.folder)
    run.report()
    for line in run.closing_lines():
        show.message(line)
    return run


def fold_path(whole: Path, fold: int) -> Path:
    """Return the run folder of a fold, 1 for the first."""
    return whole / FOLDS / str(fold)


def _fresh(model: Any) -> Any:
    """Return a network of the user's own as it was given: each fold must begin with weights that saw nothing."""
    return copy.deepcopy(model) if hasattr(model, "state_dict") else model


def _pool(writer: RunWriter, whole: _Pooling, folds: list[RunFolder]) -> None:
    """Store what each fold's network said of its own fold as one split, its numbers, and their spread."""
    manifest = whole.manifest
    parts = [fold.predictions("test") for fold in folds]
    ids = [name for part in parts for name in part.ids]
    place = {name: row for row, name in enumerate(manifest.ids)}
    order = np.argsort([place[name] for name in ids], kind="stable")
    targets = np.concatenate([part.targets for part in parts])[order]
    probabilities = np.concatenate([part.probabilities for part in parts])[order]
    ids = [ids[row] for row in order.tolist()]
    together = whole.atoms[[place[name] for name in ids]]
    writer.write_predictions(OUT_OF_FOLD, ids, targets, probabilities, together)
    writer.write_insight_arrays(f"mistakes_{OUT_OF_FOLD}", _worst(folds, {name: row for row, name in enumerate(ids)}))
    if near := joined_neighbours(folds, ids):
        writer.write_insight_arrays(layout.NEAREST, near)
    if heat := joined_heat(folds):
        writer.write_insight_arrays(layout.HEAT, heat)
    if thumbnails := joined_thumbnails(folds):
        writer.write_insight_arrays(layout.THUMBNAILS, thumbnails)
    numbers = score(manifest.task, targets, probabilities, together)
    documents = [fold.document() for fold in folds]
    results = [document["results"]["test"] for document in documents]
    data, claim = writer.document["data"], documents[0]["data"].get("twins", {}).get("claim")
    if claim is not None:
        writer.update(data={**data, "twins": {**data.get("twins", {}), "claim": claim}})
    measures = [HEADLINE[manifest.task][0], *(name for name in ("balanced_accuracy", "loss") if name in results[0])]
    writer.update(
        results={OUT_OF_FOLD: numbers},
        folds={
            "count": len(folds),
            "samples": len(ids),
            "rows": [
                {
                    "fold": number,
                    "run": f"{FOLDS}/{number}",
                    "result": result,
                    "best": document.get("best", {}),
                    "temperature": temperature_of(fold),
                    "seconds": _seconds(document["timing"]),
                }
                for number, (fold, document, result) in enumerate(zip(folds, documents, results, strict=True), 1)
            ],
            "spread": {name: _spread([result[name] for result in results]) for name in measures},
        },
        verification=_verification([document.get("verification", {}) for document in documents]),
        timing={
            "training_seconds": sum(document["timing"]["training_seconds"] for document in documents),
            "evaluation_seconds": sum(document["timing"]["evaluation_seconds"] for document in documents),
            "peak_memory_bytes": max(document["timing"]["peak_memory_bytes"] for document in documents),
        },
    )


def _seconds(timing: dict[str, Any]) -> float:
    """Return what a fold took over all sessions; the total of its last one may be less than all of its training."""
    return float(max(timing["total_seconds"], timing["training_seconds"] + timing["evaluation_seconds"]))


def _spread(values: list[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    return {
        "values": values,
        "mean": float(np.mean(known)) if known else None,
        "std": float(np.std(known, ddof=1)) if len(known) > 1 else None,
    }


def _verification(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return ``verified`` when every fold is; else what the first fold says that is not."""
    good = sum(part.get("status") == "verified" for part in parts)
    if good == len(parts):
        return {"status": "verified", "detail": f"the networks of all {good} folds"}
    first = next(part for part in parts if part.get("status") != "verified")
    return {**first, "detail": f"{good} of {len(parts)} folds are verified. {first.get('detail', '')}"}


def _worst(folds: list[RunFolder], place: dict[str, int]) -> dict[str, np.ndarray]:
    """Return the worst mistakes of all folds, as each run has stored its own."""
    parts = [fold.arrays("mistakes_test") for fold in folds]
    parts = [part for part in parts if len(part.get("rows", ()))] or parts[:1]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(-joined["confidence"], kind="stable")[:_MOST_MISTAKES]
    chosen = {name: values[order] if len(values) else values for name, values in joined.items()}
    return {**chosen, "rows": np.array([place[str(name)] for name in chosen["files"]], dtype=np.int64)}


@contextmanager
def _noted(writer: RunWriter, show: Display) -> Iterator[None]:
    """Write into the run of the whole that it was interrupted or failed; without any fold begun, leave nothing."""
    try:
        yield
    except BaseException as error:
        if not (writer.path / FOLDS).exists():
            writer.discard()
            raise
        interrupted = isinstance(error, KeyboardInterrupt)
        failure = {} if interrupted else {"failure": str(error) or type(error).__name__}
        writer.update(status="interrupted" if interrupted else "failed", **failure)
        show.message(f"The cross-validation goes on with: spirula train --resume {writer.path}")
        raise
