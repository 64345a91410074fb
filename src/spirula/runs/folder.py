"""Reading a run folder. Nothing here executes what it reads: JSON, TOML, CSV and plain arrays only."""

from __future__ import annotations

import csv
import json
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..custom.library import Library
from ..errors import RunError

SCHEMA = 1

CONFIG = "config.toml"
CUSTOM = "custom.py"
DOCUMENT = "run.json"
MANIFEST = "manifest.csv"
CLASSES = "classes.json"
METRICS = "metrics.jsonl"
PREDICTIONS = "predictions"
WEIGHTS = "model.safetensors"
CARD = "model.json"
CHECKPOINTS = "checkpoints"
INSIGHT = "insight"
REPORT = "report.html"
LEFT_OUT = "left_out"  # of run.json: parts that could not be made after the training, each with the reason
NOT_FINITE = "nonfinite.json"  # inside INSIGHT
OUT_OF_FOLD = "out-of-fold"  # the split of a cross-validation: each sample as the network said that never saw it
RATES = "rates.json"  # inside INSIGHT: the curve of a learning-rate range test
GROWTH = "growth.json"  # inside INSIGHT
FOLDS = "folds"  # inside a cross-validation: a run for each fold, named 1, 2, …
SURVEY = "survey"  # inside INSIGHT: .json and .npz
HEALTH = "health.json"  # inside INSIGHT: gradients, units and input while training
HEAT = "heat"  # inside INSIGHT, .npz: coarse class-activation maps of as many pictures as there was time for
LOOKS = "looks"  # inside INSIGHT, .npz: class-activation maps of some pictures, and how faithful they are
FIELDS = "fields"  # inside INSIGHT, .npz: receptive fields of the layers, theoretical and measured
BASELINES = "baselines.json"  # inside INSIGHT: what tells the classes apart without the pictures' content
EMBEDDING = "embedding"  # inside INSIGHT, .npz: what the last layer is given, a map of it, nearest training samples
NEAREST = "nearest"  # inside INSIGHT, .npz, of a cross-validation: nearest training samples, by each network its own
UNITS = "units"  # inside INSIGHT, .npz: which filters of each convolution are dead, and which are alike
KERNELS = "kernels"  # inside INSIGHT, .npz: the kernels of every convolution
KERNELS_BEFORE = "kernels_before"  # the same before training
EXCITING = "exciting"  # inside INSIGHT, .npz: the patches that some filters answer most strongly
ROBUSTNESS = "robustness"  # inside INSIGHT, .npz: what becomes of pictures that are moved, turned, blurred, …
THUMBNAILS = "thumbnails"  # inside INSIGHT, .npz: small pictures of judged samples and their neighbours, see sprites


@dataclass(frozen=True, eq=False)
class Predictions:
    """What the network said of one split.

    ids: N sample names. targets: int64 (N,) | uint8 (N, K) for multi-label | float32 (N,) for regression.
    probabilities: float32 (N, K), or the predicted values (N, 1) for regression.
    together: int64 (N,), the same number for samples that belong together (copies of one picture, one group of the
    user's); ``None`` when each stands alone, and for runs from before it was kept.
    """

    ids: list[str]
    targets: np.ndarray
    probabilities: np.ndarray
    together: np.ndarray | None = None


@dataclass(frozen=True)
class RunFolder:
    """One run folder on disk; every method reads the file anew, so a running training can be watched.

    ``pieces``: the user's own that a network may need, given by whoever opened the folder. Never read from it.
    """

    path: Path
    pieces: Library | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not (self.path / DOCUMENT).is_file():
            raise RunError(
                f"{self.path} is not a run folder: it has no {DOCUMENT}", "List the runs here with: spirula runs"
            )

    @property
    def name(self) -> str:
        """The folder's name; that of a fold tells of which run it is: ``NAME/folds/1``."""
        parent = self.path.resolve().parent
        if parent.name == FOLDS and (parent.parent / DOCUMENT).is_file():
            return f"{parent.parent.name}/{parent.name}/{self.path.name}"
        return self.path.name

    def document(self) -> dict[str, Any]:
        """Return ``run.json``: status, provenance, timing, results."""
        document: dict[str, Any] = self._json(DOCUMENT)
        if not isinstance(document, dict):
            raise self._damaged(DOCUMENT, ValueError("it is not an object"))
        if document.get("schema") != SCHEMA:
            raise RunError(
                f"{self.path / DOCUMENT} has schema {document.get('schema')!r}, this version reads {SCHEMA}",
                "Open it with the version of spirula that wrote it.",
            )
        return document

    def config(self) -> dict[str, Any]:
        """Return ``config.toml`` as nested dictionaries: every option, derived ones filled in."""
        try:
            return tomllib.loads((self.path / CONFIG).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise self._damaged(CONFIG, error) from error

    def history(self) -> list[dict[str, Any]]:
        """Return one dictionary per finished epoch. A torn last line (a crash while writing) is left out."""
        path = self.path / METRICS
        if not path.exists():
            return []
        rows: list[dict[str, Any]] = []
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged(METRICS, error) from error
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as error:
                if number == len(lines):
                    break
                raise self._damaged(f"{METRICS}, line {number}", error) from error
        return rows

    def card(self) -> dict[str, Any]:
        """Return ``model.json``: what rebuilds the network, with labels and preprocessing inside."""
        return dict(self._json(CARD))

    def classes(self) -> list[str]:
        return list(self._json(CLASSES))

    def manifest(self) -> dict[str, list[str]]:
        """Return the columns of ``manifest.csv`` by name: ``id label split group verdict code reason``.

        Older runs have the reasons of refused files only, in a column ``refused``.
        """
        try:
            with (self.path / MANIFEST).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                rows = list(csv.reader(file))
        except (OSError, csv.Error) as error:
            raise self._damaged(MANIFEST, error) from error
        if not rows:
            raise self._damaged(MANIFEST, ValueError("it is empty"))
        columns = {name: [row[column] for row in rows[1:]] for column, name in enumerate(rows[0])}
        if "refused" in columns:
            columns["reason"] = columns.pop("refused")
            columns["code"] = [""] * len(rows[1:])
            columns["verdict"] = ["refused" if reason else "accepted" for reason in columns["reason"]]
        return columns

    def splits_with_predictions(self) -> list[str]:
        known = ("train", "validation", "test", OUT_OF_FOLD)
        return [split for split in known if (self.path / PREDICTIONS / f"{split}.npz").exists()]

    def predictions(self, split: str) -> Predictions:
        """Return what the network said of a split; raises :class:`RunError` when its file is missing or damaged."""
        relative = Path(PREDICTIONS) / f"{split}.npz"
        arrays = self._arrays(relative)
        together = arrays.get("together")
        if together is not None and (together.shape != arrays["ids"].shape or together.dtype.kind not in "iu"):
            raise self._damaged(str(relative), ValueError("it does not say which samples belong together"))
        ids = [str(name) for name in arrays["ids"]]
        return Predictions(ids, arrays["targets"], arrays["probabilities"], together)

    def insight_path(self, filename: str) -> Path:
        return self.path / INSIGHT / filename

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays of ``insight/<name>.npz``; an empty dictionary when it was not written."""
        relative = Path(INSIGHT) / f"{name}.npz"
        return self._arrays(relative) if (self.path / relative).exists() else {}

    def _json(self, filename: str) -> Any:
        try:
            return json.loads((self.path / filename).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise self._damaged(filename, error) from error

    def _arrays(self, relative: Path) -> dict[str, np.ndarray]:
        try:
            with np.load(self.path / relative, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
            raise self._damaged(str(relative), error) from error

    def _damaged(self, filename: str, error: Exception) -> RunError:
        reason = "it is missing" if isinstance(error, FileNotFoundError) else str(error)
        return RunError(
            f"{self.path / filename} cannot be read: {reason}",
            "The run may be unfinished (spirula train --resume RUN) or its files changed.",
        )


def find_run(name: str | Path, runs: str | Path = "runs") -> RunFolder:
    """Find a run by path, by name inside ``runs``, or the newest one by the word ``last``."""
    if str(name) == "last":
        known = _by_age(runs)
        if not known:
            raise RunError(f"There is no run in {runs}", "Train one first: spirula train digits")
        return known[-1][0]
    for candidate in (Path(name), Path(runs) / name):
        if (candidate / DOCUMENT).is_file():
            return RunFolder(candidate)
    raise RunError(f"There is no run {name}, neither as a folder nor inside {runs}", "List them with: spirula runs")


def finished_runs(runs: str | Path = "runs") -> list[RunFolder]:
    """Return the finished runs inside ``runs``, the newest last."""
    return [folder for folder, status in _by_age(runs) if status == "finished"]


def _by_age(runs: str | Path) -> list[tuple[RunFolder, str]]:
    """Return the readable runs with their status, the newest last; a damaged one must not hide the others."""
    found: list[tuple[str, str, RunFolder]] = []
    for folder in run_folders(runs):
        with suppress(RunError):
            document = folder.document()
            if isinstance(document.get("data"), dict):
                found.append((str(document.get("created")), str(document["status"]), folder))
    return [(folder, status) for _, status, folder in sorted(found, key=lambda item: item[0])]


def run_folders(runs: str | Path = "runs") -> list[RunFolder]:
    """Return the run folders inside ``runs``, by name."""
    folder = Path(runs)
    if not folder.is_dir():
        return []
    return [RunFolder(path) for path in sorted(folder.iterdir()) if (path / DOCUMENT).is_file()]
