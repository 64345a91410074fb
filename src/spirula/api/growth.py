"""The verb ``more_photos``: would more of them help, and of which class?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, RunError
from ..runs.folder import FOLDS, GROWTH, RunFolder, find_run
from ..runs.writer import RunWriter
from .own_data import recipe_of
from .run import Run

if TYPE_CHECKING:
    from ..evaluation.grown import Growth
    from ..evaluation.growth import Fit
    from ..training.transfer.head import Problem
    from ..training.transfer.probe import Probe

SPLITS = ("test", "validation")  # the first that has samples is judged on


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
    from ..evaluation.growth import measure

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
    growth = measure(
        _fit(probe, rows, held, float((folder.document().get("head") or {}).get("strength") or 0.01)),
        targets[rows] if single else np.zeros(len(rows), np.int64),
        targets[held] if single else np.zeros(len(held), np.int64),
        dataset.manifest.classes if single else (),
        groups=_groups(probe, rows),
        split=chosen,
        seed=probe.seed,
        progress=progress,
    )
    with closing(RunWriter.reopen(folder)) as writer:
        writer.write_insight_json(GROWTH, growth.to_dict())
    Run(folder).report()
    return growth


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
    assembly = assemble(recipe, source=source, progress=progress)
    if assembly.dataset.manifest.fingerprint != folder.document()["data"]["fingerprint"]:
        raise RunError(f"The data of {folder.path} have changed since it was trained", "Train again, then ask again.")
    if assembly.dataset.manifest.task == "regression":
        raise InputError("More samples are judged by accuracy, and a regression has none", "Ask a run with classes.")
    probe = assembly.probe if assembly.finetuning is None else assembly.finetuning.probe
    assert probe is not None
    return probe


def _fit(probe: Probe, rows: np.ndarray, held: np.ndarray, strength: float) -> Fit:
    """Return the fit of the output layer on some of ``rows``, judged on ``held``; the strength is the run's."""
    import torch

    from ..training.transfer.head import Standard, solve
    from ..training.transfer.probe import problem_of

    features = probe.features()
    train, tested = features[torch.from_numpy(rows)], features[torch.from_numpy(held)]
    problem = problem_of(probe, train, rows, 1).to(torch.float32)
    truth = torch.from_numpy(probe.dataset.manifest.targets[held])

    def fit(positions: np.ndarray) -> np.ndarray:
        part = problem.rows(torch.from_numpy(positions))
        standard = Standard.of(part.features)
        weight, bias, _ = solve(_standardised(part, standard), strength, tolerance=1e-5)
        logits = standard(tested) @ weight.T + bias
        if probe.network.output == "softmax":
            right = (logits.argmax(1) == truth).double()
        else:
            right = ((logits > 0) == (truth.reshape(len(logits), -1) > 0.5)).double().mean(1)
        found: np.ndarray = right.numpy()
        return found

    return fit


def _standardised(part: Problem, standard: Any) -> Problem:
    from dataclasses import replace

    return replace(part, features=standard(part.features))


def _groups(probe: Probe, rows: np.ndarray) -> np.ndarray | None:
    """Return which samples stay together, as they do in splits; None when each stands alone."""
    from ..data.splits.atoms import atoms_of

    groups = probe.dataset.manifest.groups
    atoms = atoms_of(groups, probe.dataset.twins)
    if atoms is None:
        return None if groups is None else np.array(groups)[rows]
    found: np.ndarray = atoms[rows]
    return found
