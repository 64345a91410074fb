"""The verbs beside ``train``, each a few lines over the rooms that do the work."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from .evaluation import Evaluation, evaluation_of
from .run import Run, open_run
from .tables import Table
from .train import train as train

if TYPE_CHECKING:
    from torch import nn

    from ..data.dataset import Dataset
    from ..models.build import Network
    from ..models.summary import Summary

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


def load(source: Any, **options: Any) -> Dataset:
    """Read a data set as training would: decoded, divided, its classes named. See :func:`spirula.data.dataset.load`."""
    from ..data.dataset import load as load_dataset

    return load_dataset(source, **options)


def build(model: Any, *, input_shape: Sequence[int], classes: int, seed: int = 0) -> nn.Module:
    """Build a network as a plain module that returns logits.

    Parameters
    ----------
    model: a catalogue name, ``timm/NAME``, a TOML file or layers in Keras's notation.
    input_shape: (H, W, C), or (F,) for vectors. The module itself takes (N, C, H, W).
    classes: outputs of the last layer, which is added when the notation does not end in it.
    """
    from ..models.build import build as build_network

    return build_network(model, input_shape=tuple(input_shape), outputs=classes, seed=seed).module


def summary(model: Any, input_shape: Sequence[int], classes: int = 10) -> Summary:
    """Return the table of layers: output shape, parameters, multiply-adds, receptive field. Shows itself in Jupyter.

    ``model`` as in :func:`build`, or any ``nn.Module``; ``input_shape`` is (H, W, C) or (F,).
    """
    from torch import nn

    from ..models.summary import summarize

    shape = tuple(input_shape)
    return summarize(model if isinstance(model, nn.Module) else _network(model, shape, classes), shape)


def diagram(model: Any, input_shape: Sequence[int], classes: int = 10) -> Diagram:
    """Return a drawing of the network with shapes. Shows itself in Jupyter; ``.save(path)`` writes SVG or PNG."""
    return Diagram(_network(model, tuple(input_shape), classes))


class Diagram:
    """A drawing of a network."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def _repr_svg_(self) -> str:
        from ..models.diagram import diagram_svg

        return diagram_svg(self.network)

    def save(self, path: str | Path, *, dpi: int = 192) -> Path:
        """Write an ``.svg`` or ``.png`` file; ``dpi`` is for PNG. Raises :class:`InputError` for another ending."""
        from ..models.diagram import write_diagram

        return write_diagram(self.network, path, dpi=dpi)


def _network(model: Any, shape: tuple[int, ...], classes: int) -> Network:
    from ..models.build import build as build_network

    return build_network(model, input_shape=shape, outputs=classes, seed=0, task="classification")


def evaluate(
    run: Run | str | Path,
    data: Any = None,
    *,
    split: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Return the numbers of a stored split, or measure the network on other data, classes matched by name.

    Every evaluation has the same parts: numbers with intervals, a table of the classes, and one row
    per sample with truth, prediction and probability.
    """
    run = _as_run(run)
    if data is None:
        chosen = run._split(split)
        stored = run.folder.predictions(chosen)
        numbers = run.results[chosen]
        return evaluation_of(run.folder, numbers, stored.ids, stored.targets, stored.probabilities)
    from ..data.dataset import load_all
    from ..evaluation.reload import reload
    from ..metrics.score import score

    network = reload(run.folder, run._module)
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
        progress=progress,
    )
    manifest = dataset.manifest
    present = [name for name, count in manifest.counts().items() if count]
    chosen = split or ("test" if "test" in present else present[0])
    if chosen not in present:
        raise InputError(f'{manifest.source} has no split "{chosen}"', f"Choose one of: {', '.join(present)}.")
    rows = dataset.rows(chosen)
    probabilities = network.probabilities(dataset.pixels[rows])
    targets = manifest.targets[rows]
    if manifest.task == "multilabel":
        targets = targets.astype(np.uint8)
    ids = [manifest.ids[row] for row in rows]
    return evaluation_of(run.folder, score(manifest.task, targets, probabilities), ids, targets, probabilities)


def predict(run: Run | str | Path, x: Any, *, top: int | None = None) -> Table:
    """Say what is in pictures.

    Parameters
    ----------
    x: a path, a folder (all pictures below it), a list of paths, a uint8 array (N, H, W, C) or (H, W, C)
        or (N, H, W), or float32 vectors (N, F).
    top: how many classes to name per picture.

    Returns
    -------
    One row per picture: ``file``, ``predicted``, ``probability`` and, with ``top``, ``top`` as a list
    of (class, probability). Multi-label: every label above 0.5. Regression: ``value``.
    """
    run = _as_run(run)
    names, values, network = _predicted(run, x)
    if top is not None and not (network.classes and 1 <= top <= len(network.classes)):
        raise InputError(f"top = {top} is not possible here", f"The run has {len(network.classes)} classes.")
    rows = []
    for name, row in zip(names, values, strict=True):
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


def probabilities(run: Run | str | Path, x: Any) -> tuple[list[str], np.ndarray]:
    """Return the names of the pictures and float32 (N, K) probabilities (or (N, 1) values)."""
    names, values, _ = _predicted(_as_run(run), x)
    return names, values


def write_report(run: Run | str | Path) -> Path:
    """Write a run's ``report.html`` anew and return its path."""
    return _as_run(run).report()


def picture_paths(x: Any) -> list[Path]:
    """Return the pictures that paths and folders name, folders searched below, in a stable order.

    Raises :class:`InputError` for a path that does not exist or a folder without pictures.
    """
    found: list[Path] = []
    for path in [Path(x)] if isinstance(x, str | os.PathLike) else [Path(item) for item in x]:
        if path.is_dir():
            inside = sorted(
                file
                for file in path.rglob("*")
                if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()
            )
            if not inside:
                raise InputError(f"{path} has no pictures in it", f"Known endings: {', '.join(IMAGE_SUFFIXES)}.")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path} does not exist", "Check the path.")
    return found


def _as_run(run: Run | str | Path) -> Run:
    return run if isinstance(run, Run) else open_run(run)


def _predicted(run: Run, x: Any) -> tuple[list[str], np.ndarray, Any]:
    from ..evaluation.inputs import read_arrays, read_pictures
    from ..evaluation.reload import reload

    network = reload(run.folder, run._module)
    if isinstance(x, np.ndarray) or (isinstance(x, list) and x and isinstance(x[0], np.ndarray)):
        pixels = read_arrays(x, network.preprocessing)
        return [str(number) for number in range(len(pixels))], network.probabilities(pixels), network
    paths = picture_paths(x)
    parts = [
        network.probabilities(read_pictures(paths[start : start + 256], network.preprocessing))
        for start in range(0, len(paths), 256)
    ]
    values = np.concatenate(parts) if parts else network.probabilities(np.zeros((0,), np.uint8))
    return [str(path) for path in paths], values, network
