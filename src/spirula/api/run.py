"""A run as Python users hold it: the folder's facts as tables, and the verbs that compute with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RunError
from ..metrics.score import HEADLINE
from ..runs.folder import REPORT, RunFolder, find_run
from ..runs.own_pieces import pieces_of_run
from .headline import headline
from .inference import stored_split
from .inside import Inside
from .tables import DrawnTable, FeatureMaps, Gallery, Picture, Table, no_pictures
from .timing import speed_lines

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from .check import Verdict
    from .class_maps import ClassMaps
    from .evaluation import Evaluation


class Run:
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

    def predict(self, x: Any, *, top: int | None = None) -> Table:
        """Return one row per picture: the class (or value), its probability, the runners-up. See :func:`predict`."""
        from .inference import predict_run

        return predict_run(self.folder, self.module, x, top)

    def predict_proba(self, x: Any) -> np.ndarray:
        """Return float32 (N, K) probabilities (or (N, 1) values) for paths or arrays."""
        from .inference import probabilities

        return probabilities(self.folder, self.module, x)

    def mistakes(self, split: str | None = None) -> Gallery:
        """Return the most confident mistakes of a split, worst first, with their pictures.

        Of a regression the largest errors: the column is then ``error``, in the targets' unit, not ``confidence``.
        """
        chosen = stored_split(self.folder, split)
        arrays = self.folder.arrays(f"mistakes_{chosen}")
        numbers = self.folder.document()["data"]["task"] == "regression"
        rows = [
            {
                "file": str(arrays["files"][i]),
                "label": str(arrays["labels"][i]),
                "predicted": str(arrays["predicted"][i]),
                "error" if numbers else "confidence": float(arrays["confidence"][i]),
                "row": int(arrays["rows"][i]),
            }
            for i in range(len(arrays.get("rows", ())))
        ]
        title = f"{'Largest errors' if numbers else 'Most confident mistakes'} of {chosen}"
        return Gallery(rows, arrays.get("images", no_pictures()), title)

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

    @property
    def convolutions(self) -> list[str]:
        """The names of the layers that convolve, as the summary shows them, from the input on."""
        return self._inside.convolutions()

    def weights(self, *, initial: bool = False) -> Table:
        """Return one row per tensor: layer, shape as Keras prints it and as torch has it, mean, std, share of zeros, ….

        ``std`` divides by the number of values. ``initial``: the weights that the training started from, rebuilt from
        the run's seed and checked bit for bit; :class:`RunError` where that is not possible.
        """
        return self._inside.weights(initial=initial)

    def weight_histogram(self, layer: str | None = None, *, beside_initial: bool | None = None) -> Picture:
        """Return the histogram of a layer's kernel, or of all (at most 12), beside that before training.

        ``beside_initial``: by default wherever the weights before training are known.
        """
        return self._inside.weight_histogram(layer, beside_initial)

    def kernels(
        self,
        layer: str | None = None,
        *,
        columns: int = 16,
        channel: int | None = None,
        limit: float | None = None,
        beside_initial: bool | None = False,
    ) -> Picture:
        """Return every kernel of a convolution (the first one by default) in a grid, on one scale around zero.

        ``channel``: the input channel to show. Without it, kernels on colour pictures are in colour, others the mean
        over their inputs. ``limit``: the value of the strongest colour; by default the largest one there is.
        ``beside_initial``: also those before training; ``None``: wherever they are known.
        """
        return self._inside.kernels(layer, columns, channel, limit, beside_initial)

    def feature_maps(
        self, picture: Any, layer: str | None = None, *, channels: Sequence[int] | None = None
    ) -> FeatureMaps:
        """Return what a layer makes of one picture: drawn in a grid, and as ``.arrays``, float32 (C, H, W).

        ``picture``: a path, an array, or a sample of the run's data by its id or row in ``manifest.csv``. ``layer``: a
        name of the summary; the first convolution after its activation by default. ``channels``: which to draw.
        """
        return self._inside.feature_maps(picture, layer, channels)

    def explain(
        self, pictures: Any, *, cam: str | None = None, layer: str | None = None, target: str | int | None = None
    ) -> ClassMaps:
        """Return where in pictures the evidence for a class lies, and whether these maps tell more than random ones.

        ``pictures``: one or several of what :meth:`feature_maps` takes. ``cam``: gradcam (the default where the layer's
        maps are pooled into one value), layercam (elsewhere), gradcam++, occlusion. ``layer``: by default the last one
        with maps through which everything goes. ``target``: the class to ask about, by name or number; each picture's
        most probable one by default. Of a regression: what raises the value.
        """
        from .class_maps import class_maps

        return class_maps(self._inside, pictures, cam, layer, target)

    def shift_invariance(
        self, data: Any = None, *, shifts: Iterable[int] = range(-6, 7), split: str = "test", samples: int = 1000
    ) -> DrawnTable:
        """Return the accuracy when the pictures are moved sideways; see :func:`spirula.shift_invariance`."""
        from .shifts import shift_invariance

        return shift_invariance(self, data, shifts=shifts, split=split, samples=samples)

    @property
    def _inside(self) -> Inside:
        return Inside(self.folder, self.module)

    def report(self) -> Path:
        """Write ``report.html`` anew from what is in the folder, and return its path."""
        from ..report.page import build_report

        return build_report(self.folder)

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
