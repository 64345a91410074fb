"""Evaluating and predicting with a run: from its folder and some data to tables."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.splits.split import split_name
from ..errors import DataError, InputError, RunError
from ..plural import counted
from ..runs.folder import OUT_OF_FOLD, RunFolder
from ..wording import test_views_words
from .evaluation import Evaluation, evaluation_of
from .tables import Table

if TYPE_CHECKING:
    from torch import nn

    from ..data.pictures.reading import Place
    from ..evaluation.reload import TrainedNetwork

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
PHONE_SUFFIXES = (
    ".heic",
    ".heif",
)  # not read, which is said of each: a phone's photos do not go missing without a word


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
        kept = evaluation_of(run, numbers, stored.ids, stored.targets, stored.probabilities)
        kept.notes = _averaged(run.config().get("model", {}).get("test_views"))
        return kept
    from ..data.dataset import load_all
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
    probabilities = network.probabilities(dataset.pixels[rows])
    targets = manifest.targets[rows]
    if manifest.task == "multilabel":
        targets = targets.astype(np.uint8)
    ids = [manifest.ids[row] for row in rows]
    result = evaluation_of(run, score(manifest.task, targets, probabilities), ids, targets, probabilities)
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


def predict_run(run: RunFolder, module: nn.Module | None, x: Any, top: int | None) -> Table:
    """See :func:`spirula.predict`."""
    predicted = _predict(run, module, x)
    network = predicted.network
    if top is not None and not (network.classes and 1 <= top <= len(network.classes)):
        few = (
            f"Choose 1 to {len(network.classes)}." if network.classes else "Leave it out: a regression has no classes."
        )
        raise InputError(f"top = {top} is not possible here", few)
    rows = []
    values = iter(predicted.values)
    for name, reason in zip(predicted.names, predicted.reasons, strict=True):
        if reason is not None:
            empty = (
                ["value"] if network.task == "regression" else ["predicted", "probability", *(["top"] if top else [])]
            )
            rows.append({"file": name, **dict.fromkeys(empty), "problem": reason})
            continue
        row = next(values)
        if network.task == "regression":
            rows.append({"file": name, "value": float(row[0])})
            continue
        order = np.argsort(-row, kind="stable")
        if network.task == "multilabel":
            labels = [network.classes[k] for k in order if row[k] > 0.5]
            entry: dict[str, Any] = {"file": name, "predicted": ", ".join(labels), "probability": float(row[order[0]])}
        else:
            entry = {"file": name, "predicted": network.classes[order[0]], "probability": float(row[order[0]])}
        if top is not None:
            entry["top"] = [(network.classes[k], float(row[k])) for k in order[:top]]
        rows.append(entry)
    return Table(rows, f"Predictions of {run.name}")


def probabilities(run: RunFolder, module: nn.Module | None, x: Any) -> np.ndarray:
    """Return float32 (N, K) probabilities (or (N, 1) values) for what :func:`spirula.predict` takes."""
    predicted = _predict(run, module, x)
    reasons = [reason for reason in predicted.reasons if reason is not None]
    if reasons:
        shown = "".join(f"\n  - {reason}" for reason in reasons[:20])
        raise DataError(
            f"{len(reasons):,} of {counted(len(predicted.names), 'picture', 'pictures')} cannot be read:{shown}",
            "Leave these files out, or use predict, which has a row for each.",
        )
    return predicted.values


def picture_paths(x: Any, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> list[Path]:
    """Return the pictures that paths and folders name, folders searched below for ``suffixes``, in a stable order.

    Raises :class:`InputError` for a path that does not exist, an archive, or a folder without pictures.
    """
    from ..data.sources.archives import is_archive

    found: list[Path] = []
    for path in [Path(x)] if isinstance(x, str | os.PathLike) else [Path(item) for item in x]:
        if path.is_dir():
            inside = sorted(
                file
                for file in path.rglob("*")
                if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
            )
            if not inside:
                raise InputError(f"{path} has no pictures in it", f"Known endings: {', '.join(suffixes)}.")
            found += inside
        elif is_archive(path):
            raise InputError(f"{path} is an archive, and here pictures are needed", "Unpack it and name some of them.")
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path} does not exist", "Check the path.")
    return found


def _pictures(x: Any, suffixes: tuple[str, ...]) -> list[tuple[str, Path | Place | str]]:
    """Return (name, place) of the pictures that paths, folders and archives name; why it has none in place of one."""
    from ..data.sources.archives import is_archive, list_archive

    found: list[tuple[str, Path | Place | str]] = []
    for path in [Path(x)] if isinstance(x, str | os.PathLike) else [Path(item) for item in x]:
        if not is_archive(path):
            found += [(str(each), each) for each in picture_paths(path, suffixes)]
            continue
        listing, files = list_archive(path, frozenset(suffixes))
        inside: dict[str, Place | str] = {name: files.place(row) for row, name in enumerate(listing.paths)}
        inside |= {name: f"{name}: {reason}" for name, _, reason in listing.lost}
        if not inside:
            raise InputError(f"{path} has no pictures in it", f"Known endings: {', '.join(suffixes)}.")
        found += [(str(path / name), inside[name]) for name in sorted(inside)]
    return found


@dataclass(frozen=True, eq=False)
class _Predicted:
    """names and reasons: one per picture, the reason why it could not be read or None. values: (M, K) of the others."""

    names: list[str]
    reasons: list[str | None]
    values: np.ndarray
    network: TrainedNetwork


def _predict(run: RunFolder, module: nn.Module | None, x: Any) -> _Predicted:
    from ..evaluation.inputs import read_arrays, read_pictures
    from ..evaluation.reload import reload

    network = reload(run, module)
    if not _names_files(x):
        pixels = read_arrays(x, network.preprocessing)
        names = [str(number) for number in range(len(pixels))]
        return _Predicted(names, [None] * len(pixels), network.probabilities(pixels), network)
    arrays = () if network.preprocessing.channels in (1, 3) else (".npy",)
    pictures = _pictures(x, (*IMAGE_SUFFIXES, *PHONE_SUFFIXES, *arrays))
    parts: list[np.ndarray] = []
    reasons: list[str | None] = []
    for start in range(0, len(pictures), 256):
        block = [place for _, place in pictures[start : start + 256]]
        pixels, refused = read_pictures([place for place in block if not isinstance(place, str)], network.preprocessing)
        parts.append(network.probabilities(pixels))
        said = iter(refused)
        reasons += [place if isinstance(place, str) else next(said) for place in block]
    values = np.concatenate(parts) if parts else network.probabilities(np.zeros((0,), np.uint8))
    return _Predicted([name for name, _ in pictures], reasons, values, network)


def _names_files(x: Any) -> bool:
    several = isinstance(x, list | tuple)
    return all(isinstance(item, str) or hasattr(item, "__fspath__") for item in (x if several else [x]))
