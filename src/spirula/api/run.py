"""A run as Python users hold it: the folder's facts as tables, and the verbs that compute with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import RunError
from ..metrics.score import HEADLINE
from ..runs.folder import REPORT, RunFolder, find_run
from ..runs.own_pieces import pieces_of_run
from .headline import headline
from .inference import stored_split
from .insight.looking import Looking
from .showing.tables import Gallery, Picture, Table
from .timing import speed_lines

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from .calibration import Calibration
    from .check import Verdict
    from .evaluation import Evaluation
    from .insight.neighbours import Neighbours
    from .labels import LabelSuspects


class Run(Looking):
    """A run folder. Everything shown here is read from the folder; nothing in it is executed.

    ``module`` is only needed for a network of your own class, which the folder cannot rebuild.
    """

    def __init__(self, folder: RunFolder, module: nn.Module | None = None) -> None:
        self.folder = folder
        self.module = module

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def status(self) -> str:
        """``running``, ``finished``, ``interrupted`` or ``failed``."""
        return str(self.folder.document()["status"])

    @property
    def verified(self) -> bool:
        """Whether a fresh process reproduced the logged numbers from the saved files."""
        return bool(self.folder.document().get("verification", {}).get("status") == "verified")

    @property
    def history(self) -> Table:
        """One dictionary per epoch: loss, accuracy, val_loss, val_accuracy, learning_rate, seconds, …"""
        return Table(self.folder.history(), f"Epochs of {self.name}")

    @property
    def results(self) -> dict[str, dict[str, Any]]:
        """The numbers of each held-out split, with their 95 % intervals."""
        return dict(self.folder.document().get("results", {}))

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights were kept; ``None`` before the first one ended."""
        epoch = self.folder.document().get("best", {}).get("epoch")
        return None if epoch is None else int(epoch)

    @property
    def classes(self) -> list[str]:
        return self.folder.classes()

    def network(self) -> nn.Module:
        """Return the trained network: a plain module in evaluation mode that returns logits."""
        from ..evaluation.reload import reload

        return reload(self.folder, self.module).module

    def evaluate(
        self,
        data: Any = None,
        *,
        split: str | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Evaluation:
        """Return the numbers of a stored split, or measure the network on other data.

        Parameters
        ----------
        data: any source that :func:`spirula.train` takes; its classes are matched by name. Without
            it, what was stored at the end of the training is returned.
        split: which split; the run's test split (or validation, if there is none) when not given.
        """
        from .inference import evaluate_run

        return evaluate_run(self.folder, self.module, data, split, progress)

    def predict(self, x: Any, *, top: int | None = None, calibrated: bool = False) -> Table:
        """Return one row per picture: the class (or value), its probability, the runners-up. See :func:`predict`."""
        from .predicting import predict_run

        return predict_run(self.folder, self.module, x, top, calibrated)

    def predict_proba(self, x: Any, *, calibrated: bool = False) -> np.ndarray:
        """Return float32 (N, K) probabilities (or (N, 1) values) for paths or arrays; ``calibrated`` as float64."""
        from .predicting import probabilities

        return probabilities(self.folder, self.module, x, calibrated)

    def calibrate(self, *, refuse: float | Literal["none"] | None = None) -> Calibration:
        """Fit the temperature to the validation samples, and choose what :meth:`predict` calls unknown.

        ``refuse``: the share (0…1) of the validation pictures that may be refused, those least like the training
        pictures; "none" refuses nothing any more. Both are written into the model card, and the report anew. Returns
        what the card says then.
        """
        from .calibration import calibrate

        found = calibrate(self.folder, refuse)
        self.report()
        return found

    def neighbours(self, pictures: Any, k: int = 5) -> Neighbours:
        """Return the ``k`` training pictures that the network finds most like a picture, or like each of several.

        ``pictures``: one or several of what :meth:`feature_maps` takes. A sample of the run's own data is not among its
        own neighbours. Searched are the training pictures of ``insight/embedding.npz``: all, or evenly taken.
        """
        from .insight.neighbours import neighbours

        return neighbours(self._inside, pictures, k)

    def mistakes(self, split: str | None = None) -> Gallery:
        """Return the most confident mistakes of a split, worst first, with their pictures.

        Of a regression the largest errors: the column is then ``error``, in the targets' unit, not ``confidence``.
        """
        from .mistakes import mistakes

        return mistakes(self.folder, split)

    def label_suspects(self, split: str | None = None) -> LabelSuspects:
        """Return the labels that the network doubts, the surest first; save them for ``train(labels="patch.csv")``."""
        from .labels import label_suspects

        return label_suspects(self.folder, split)

    def confusion(self, split: str | None = None) -> Table:
        """Return the confusion matrix as a table: one row per true class, one column per predicted one."""
        from ..metrics.classification import confusion_matrix

        stored = self.folder.predictions(stored_split(self.folder, split))
        if stored.targets.ndim != 1 or not self.classes:
            raise RunError(f"{self.name} has no confusion matrix: its samples do not have exactly one class")
        matrix = confusion_matrix(stored.targets, stored.probabilities.argmax(axis=1), len(self.classes))
        rows = [
            {"true": name, **dict(zip(self.classes, map(int, counts), strict=True))}
            for name, counts in zip(self.classes, matrix, strict=True)
        ]
        return Table(rows, "Confusion matrix")

    def curves(self) -> Picture:
        """Return the learning curves as an SVG that shows itself in a notebook."""
        from ..report.figures import learning_curves

        return Picture(learning_curves(self.folder.history(), best=self.folder.document().get("best")))

    def report(self, lang: str | None = None) -> Path:
        """Write ``report.html`` anew from what is in the folder, and return its path.

        ``lang``: "en" or "ko"; the one that the run was trained with (``lang``, English by default) without it.
        """
        from ..report.page import build_report

        return build_report(self.folder, lang)

    def check(self, *, mute: Iterable[str] = (), lang: str = "en") -> Verdict:
        """Return what is wrong with this run: coded findings with the next command. See :func:`spirula.check`."""
        from .check import check

        return check(self, mute=mute, lang=lang)

    def closing_lines(self) -> list[str]:
        """Return what is said when a training ends: numbers, the reload test, where the report is."""
        document = self.folder.document()
        verification = document.get("verification", {})
        lines = [
            f"{split.capitalize():10} {headline(document['data']['task'], r)}" for split, r in self.results.items()
        ]
        spread = document.get("folds", {}).get("spread", {}).get(HEADLINE[document["data"]["task"]][0])
        if spread and spread["std"] is not None:
            shares = document["data"]["task"] == "classification"
            in_words = f"{spread['mean']:.4g} ± {spread['std']:.2g}"
            in_words = f"{100 * spread['mean']:.2f} ± {100 * spread['std']:.2f} %" if shares else in_words
            lines.append(f"Folds      {in_words} (mean and standard deviation)")
        lines += speed_lines(document.get("timing") or {})
        if verification:
            lines.append(f"Reloaded in a fresh process: {verification['status']} ({verification.get('detail', '')})")
        return [*lines, f"Report     {(self.path / REPORT).resolve()}"]

    def __repr__(self) -> str:
        numbers = "; ".join(
            f"{split} {headline(self.folder.document()['data']['task'], result)}"
            for split, result in self.results.items()
        )
        return f"<Run {self.path}: {self.status}{'; ' + numbers if numbers else ''}>"

    def _repr_html_(self) -> str:
        document = self.folder.document()
        task = document["data"]["task"]
        rows = "".join(
            f"<tr><th scope='row'>{escape(split)}</th><td>{escape(headline(task, result))}</td></tr>"
            for split, result in self.results.items()
        )
        return (
            f"<p><b>{escape(self.name)}</b> — {escape(self.status)}, "
            f"{'verified' if self.verified else 'not verified'}; report: {escape(str(self.path / REPORT))}</p>"
            f"<table>{rows}</table>{self.curves().svg if self.folder.history() else ''}"
        )


def open_run(
    name: str | Path,
    runs: str | Path = "runs",
    *,
    custom: Any = None,
    trust: str | None = None,
    module: nn.Module | None = None,
) -> Run:
    """Open a run by path, by name inside ``runs``, or the newest one as ``"last"``.

    A network with activations or layers of your own needs them again: ``custom`` is the Python file that the run was
    trained with, or the functions and classes; ``trust`` is the SHA-256 of the copy in the folder, which is then run.
    Everything else about a run works without, and nothing that belongs to a run is ever run unasked.
    ``module``: a new object of your own class, if the run was trained with one; the run's weights are put into it.
    """
    folder = find_run(name, runs)
    return Run(replace(folder, pieces=pieces_of_run(folder, custom, trust)), module)
