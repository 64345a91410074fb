"""The verbs beside ``train``, each a few lines over the rooms that do the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .run import Run, open_run

if TYPE_CHECKING:
    from torch import nn

    from ..data.dataset import Dataset
    from ..models.build import Network
    from ..models.summary import Summary
    from .evaluation import Evaluation
    from .showing.tables import Table


def load(source: Any, **options: Any) -> Dataset:
    """Read a data set as training would: decoded, divided, its classes named. See :func:`spirula.data.dataset.load`."""
    from ..data.dataset import load as load_dataset
    from ..wording import parse_image_size

    if "image_size" in options:
        try:
            options["image_size"] = parse_image_size(options["image_size"])
        except ValueError as error:
            raise InputError(f"image_size: {error}", "Give 180, or (180, 240) for height and width.") from error
    return load_dataset(source, **with_embedding(options))


def with_embedding(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a data set with the network that ``duplicates = "features"`` needs, and others as they are."""
    if options.get("duplicates") != "features" or "embed" in options:
        return options
    from ..recipe import make_recipe
    from ..training.transfer.embedding import embedder

    return {**options, "embed": embedder(make_recipe(), options.get("progress"))}


def build(model: Any, *, input_shape: Sequence[int], classes: int, seed: int = 0, custom: Any = None) -> nn.Module:
    """Build a network as a plain module that returns logits.

    Parameters
    ----------
    model: a catalogue name, ``timm/NAME``, a TOML file or layers in Keras's notation.
    input_shape: (H, W, C), or (F,) for vectors. The module itself takes (N, C, H, W).
    classes: outputs of the last layer, which is added when the notation does not end in it.
    custom: a Python file, functions or classes that ``custom.NAME`` in the network stands for; see :func:`train`.
    """
    from ..custom.library import library
    from ..models.build import build as build_network

    shape = tuple(input_shape)
    return build_network(model, input_shape=shape, outputs=classes, seed=seed, custom=library(custom)).module


def summary(model: Any, input_shape: Sequence[int], classes: int = 10, *, custom: Any = None) -> Summary:
    """Return the table of layers: output shape, parameters, multiply-adds, receptive field. Shows itself in Jupyter.

    ``model`` and ``custom`` as in :func:`build`, or any ``nn.Module``; ``input_shape`` is (H, W, C) or (F,).
    """
    from torch import nn

    from ..models.summary import summarize

    shape = tuple(input_shape)
    return summarize(model if isinstance(model, nn.Module) else _network(model, shape, classes, custom), shape)


def diagram(model: Any, input_shape: Sequence[int], classes: int = 10, *, custom: Any = None) -> Diagram:
    """Return a drawing of the network with shapes. Shows itself in Jupyter; ``.save(path)`` writes SVG or PNG."""
    return Diagram(_network(model, tuple(input_shape), classes, custom))


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


def described(model: Any) -> tuple[tuple[int, ...] | None, int | None, tuple[str, ...]]:
    """Return what a description itself states: input shape, outputs, and notes on how it was read; None where open."""
    from ..models.description import describes_by_layers, read_description

    if not describes_by_layers(model):
        return None, None, ()
    description = read_description(model)
    return description.input_shape, description.outputs, description.notes


def _network(model: Any, shape: tuple[int, ...], classes: int, custom: Any = None) -> Network:
    from ..custom.library import library
    from ..models.build import build as build_network

    return build_network(
        model, input_shape=shape, outputs=classes, seed=0, task="classification", custom=library(custom)
    )


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
    return _as_run(run).evaluate(data, split=split, progress=progress)


def predict(run: Run | str | Path, x: Any, *, top: int | None = None, calibrated: bool = False) -> Table:
    """Say what is in pictures.

    Parameters
    ----------
    x: a path, a folder (all pictures below it), a list of paths; or arrays, tensors or lists as training takes them:
        pixels 0…255 (N, H, W[, C]) or (N, C, H, W), or one picture; floats (N, H, W, C); vectors (N, F).
        Pictures of another size are brought to the network's as training did it.
    top: how many classes to name per picture.
    calibrated: probabilities with the temperature of the model card, see :meth:`spirula.Run.calibrate`; which class is
        the most probable never changes.

    Returns
    -------
    One row per picture: ``file``, ``predicted``, ``probability`` and, with ``top``, ``top`` as a list
    of (class, probability). Multi-label: every label above 0.5. Regression: ``value``. A file that cannot be
    read has ``None`` there and the reason as ``problem``. Of a run that refuses pictures unlike its training pictures,
    ``predicted`` is then "unknown", ``probability`` ``None``, and ``refused`` says why.
    """
    return _as_run(run).predict(x, top=top, calibrated=calibrated)


def write_report(run: Run | str | Path, lang: str | None = None) -> Path:
    """Write a run's ``report.html`` anew and return its path; ``lang``: "en" or "ko", the run's own without it."""
    return _as_run(run).report(lang)


def _as_run(run: Run | str | Path) -> Run:
    return run if isinstance(run, Run) else open_run(run)
