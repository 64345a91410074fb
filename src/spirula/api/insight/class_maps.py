"""Class-activation maps of any pictures, as Python and the command line ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError, did_you_mean
from ...evaluation.pictures import as_pictures
from ...metrics.faithfulness import FEWEST, Faithfulness, faithful_arrays
from ...runs.files import write_arrays
from ..keeping.looks import asked_of
from ..showing.tables import DrawnTable, Picture
from .inside import Inside, visible

if TYPE_CHECKING:
    from ...insight.attention import Looker, Method
    from ...insight.looked import Layer
    from ...models.build import Network


class ClassMaps(DrawnTable):
    """One row per picture: file, the class asked about, its probability (of a regression the value), method, layer.

    ``arrays``: maps, float32 (N, H, W) ≥ 0 in the pictures' size as the network gets them, in no unit; images, uint8
    (N, H, W, C); and the areas of :class:`spirula.metrics.faithfulness.Faithfulness`, float64 (1, n), measured on at
    most 24 of the pictures, evenly taken; fewer where the network is large. The columns of the others are empty.
    """

    def __init__(self, rows: list[dict[str, Any]], svg: str, title: str, arrays: dict[str, np.ndarray]) -> None:
        super().__init__(rows, Picture(svg), title)
        self.arrays = arrays

    @property
    def faithfulness(self) -> Faithfulness:
        """The areas under the deletion and insertion curves, beside those of random maps of the same smoothness."""
        return Faithfulness.stored(self.arrays)

    @property
    def verdict(self) -> str:
        """One sentence: whether the maps tell more than random ones."""
        from ...report.wording import number, number_range

        gain = self.faithfulness.gain
        numbers = f"{number(gain.difference)}, 95 % interval {number_range(list(gain.interval or ()) or None)}"
        if self.faithfulness.better is None:
            return f"Whether the maps tell more than random ones cannot be said of {gain.count} (it takes {FEWEST})."
        if self.faithfulness.better:
            return f"The maps tell more than random ones: insertion minus deletion is larger by {numbers}."
        return (
            f"Warning: the maps are no better than random ones (insertion minus deletion beside theirs: {numbers}). "
            "Do not read anything into them; try another method or layer."
        )

    def save_arrays(self, path: str | Path) -> Path:
        """Write the arrays as ``.npz`` and return its path. Raises :class:`InputError` for another ending."""
        target = Path(path)
        if target.suffix.lower() != ".npz":
            raise InputError(f"{target} is no .npz", "End the name in .npz.")
        write_arrays(target, self.arrays)
        return target


def class_maps(
    inside: Inside, pictures: Any, cam: str | None, layer: str | None, target: str | int | None
) -> ClassMaps:
    """See :meth:`spirula.Run.explain`."""
    from ...data.batching.preprocess import Preprocessing
    from ...insight.attention import METHODS, Looker, maps_of, stretched, suited
    from ...insight.effort import pictures_affordable
    from ...insight.faithful import faithfulness
    from ...insight.shifts import evenly
    from ...models.summary import summarize
    from ...report.figures.looks import look_figure

    method = None if cam is None else _method(cam, METHODS)
    if method == "occlusion" and layer is not None:
        raise InputError(f"layer = {layer} would have no effect: occlusion has no layer", "Leave it out.")
    several = isinstance(pictures, list | tuple) or getattr(pictures, "ndim", 0) == 4
    listed = list(pictures) if several else [pictures]
    if not listed:
        raise InputError("There is no picture to explain", "Give paths, arrays, or rows of the run's manifest.csv.")
    network, card = inside.trained()
    preprocessing, classes = Preprocessing.from_dict(card["preprocessing"]), list(card["classes"])
    where = _layer(network, method or "gradcam", layer)
    wanted = _target(target, classes)
    found = [inside.one(picture, preprocessing) for picture in listed]
    pixels = np.stack([one for one, _ in found])
    looker = Looker(network, preprocessing, len(classes))
    values = _values(looker, pixels)
    asked = asked_of(card["task"], values) if wanted is None else np.full(len(pixels), wanted)
    if method is None:
        assert where is not None  # only occlusion has no layer
        method = suited(looker, pixels, asked, where.call)
    maps = maps_of(looker, pixels, asked, method, None if where is None else where.call)
    some = evenly(np.arange(len(pixels)), pictures_affordable(summarize(network).multiply_adds))
    measured = faithfulness(looker, pixels[some], asked[some], maps[some])
    areas = {row: place for place, row in enumerate(some.tolist())}
    size = (pixels.shape[1], pixels.shape[2])
    rows = [
        {
            "file": name,
            "class" if classes else "output": classes[int(number)] if classes else "value",
            "probability" if classes else "value": float(value[int(number)]),
            "cam": method,
            "layer": "" if where is None else where.name,
            "deletion": float(measured.method.deletion[areas[row]]) if row in areas else None,
            "insertion": float(measured.method.insertion[areas[row]]) if row in areas else None,
        }
        for row, ((_, name), number, value) in enumerate(zip(found, asked, values, strict=True))
    ]
    images = as_pictures(pixels)
    assert images is not None  # a run of vectors has been refused
    arrays = {
        "maps": stretched(maps, size),
        "images": images,
        "asked": asked,
        "files": np.asarray([name for _, name in found], dtype=np.str_),
        "layer": np.asarray("" if where is None else where.name),
        **faithful_arrays([method], [measured]),
    }
    captions = [(str(row["file"]), _caption(row)) for row in rows]
    figure = look_figure(
        [visible(image) for image in images], arrays["maps"], captions, method=method, language=inside.language
    )
    return ClassMaps(rows, figure.alone(), f"Where {inside.run.name} looks", arrays)


def _values(looker: Looker, pixels: np.ndarray) -> np.ndarray:
    from ...insight.calls import evaluating

    with evaluating(looker.network.module):
        return np.asarray(looker.values(looker.images(pixels)).cpu().numpy())


def _caption(row: dict[str, Any]) -> str:
    from ...report.wording import number, percent

    return f"{row['class']} {percent(row['probability'])}" if "class" in row else f"value {number(row['value'])}"


def _method(cam: str, methods: Sequence[Method]) -> Method:
    for method in methods:
        if method == cam:
            return method
    raise InputError(
        f'There is no class-activation map "{cam}".{did_you_mean(str(cam), list(methods))}',
        f"Choose one of: {', '.join(methods)}.",
    )


def _layer(network: Network, method: str, name: str | None) -> Layer | None:
    from ...insight.looked import layer_for_maps

    if len(network.spec.input_shape) != 3:
        raise InputError(f"{network.spec.name} was trained on vectors: there is nowhere to look", "See run.weights().")
    return None if method == "occlusion" else layer_for_maps(network, name)


def _target(target: str | int | None, classes: Sequence[str]) -> int | None:
    """Return the number of a class that is asked about."""
    if target is None:
        return None
    if not classes:
        raise InputError(f"target = {target} would have no effect: a regression has no classes", "Leave it out.")
    if isinstance(target, str) and target in classes:
        return classes.index(target)
    if isinstance(target, int | np.integer) and not isinstance(target, bool) and 0 <= target < len(classes):
        return int(target)
    listed = ", ".join(classes[:20]) + (f" and {len(classes) - 20} more" if len(classes) > 20 else "")
    raise InputError(f'There is no class "{target}".{did_you_mean(str(target), list(classes))}', f"Classes: {listed}.")
