"""The training pictures that a network finds most like a picture, as Python and the command line ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError, RunError, SpirulaError
from ...evaluation.pictures import as_pictures
from ...runs.folder import EMBEDDING
from ..showing.picture_sheet import write_sheet
from ..showing.tables import Gallery
from .inside import Inside, visible

if TYPE_CHECKING:
    from pathlib import Path

    from ...evaluation.reload import TrainedNetwork
    from ...insight.embedding.sight import Known
    from ...runs.folder import RunFolder

MOST = 100


class Neighbours(Gallery):
    """One row per neighbour, the nearest first, of one picture after the other: picture, rank, file, label, similarity.

    ``similarity`` is a cosine, -1…1, in the 32 principal components of what the last layer is given. ``images``: uint8
    (N, H, W, 1 | 3) in the rows' order, empty where the run's data is no longer there; ``asked``: the pictures.
    """

    def __init__(
        self, rows: list[dict[str, Any]], images: np.ndarray, title: str, asked: np.ndarray, predicted: Sequence[str]
    ) -> None:
        super().__init__(rows, images, title)
        self.asked = asked
        self.predicted = list(predicted)

    def save(self, path: str | Path, *, rows: int = 20, columns: int | None = None) -> Path:
        """Write a sheet as ``.svg``, ``.html`` or ``.png``: a row for each of the first ``rows`` pictures, then itself
        and its neighbours, ``columns`` of these (all of them when not given); return its path.

        Raises :class:`InputError` for another ending, and where there are no pictures of the neighbours.
        """
        if not len(self.images):
            raise InputError("The run's data is not there any more: there is nothing to draw", "See the table.")
        each = len(self) // len(self.asked)
        width = each if columns is None else min(columns, each)
        pictures: list[np.ndarray] = []
        labels: list[str] = []
        for number, name in enumerate(self.predicted[:rows]):
            pictures.append(self.asked[number])
            labels.append(f"→ {name}")
            for place in range(number * each, number * each + width):
                pictures.append(self.images[place])
                labels.append(f"{self[place]['label']} {self[place]['similarity']:.2f}")
        return write_sheet(path, np.stack(pictures), labels, title=self.title, foot=self.title, columns=1 + width)

    def _repr_html_(self) -> str:
        return super(Gallery, self)._repr_html_()


def neighbours(inside: Inside, pictures: Any, k: int) -> Neighbours:
    """See :meth:`spirula.Run.neighbours`."""
    from ...evaluation.reload import reload
    from ...insight.embedding.nearest import nearest

    known = known_embedding(inside.run)
    most = min(len(known.ids) - 1, MOST)
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or not 1 <= k <= most:
        raise InputError(f"k = {k!r} cannot work", f"Give a whole number, 1 to {most}.")
    network = reload(inside.run, inside.module)
    asked = list(pictures) if isinstance(pictures, list | tuple) else [pictures]
    if not asked:
        raise InputError("There is no picture to look for", "Give one.")
    found = [inside.one(picture, network.preprocessing) for picture in asked]
    pixels = np.stack([picture for picture, _ in found])
    seen, values = looked_at(network, known, pixels)
    near, similar = nearest(seen[:, :-1], known.points, k + 1)
    rows: list[dict[str, Any]] = []
    for number, (_, name) in enumerate(found):
        others = [place for place in range(k + 1) if known.ids[near[number, place]] != name][:k]  # not itself
        for rank, place in enumerate(others, 1):
            row = int(near[number, place])
            rows.append(
                {
                    "picture": name,
                    "rank": rank,
                    "file": known.ids[row],
                    "label": known.labels[row],
                    "similarity": float(similar[number, place]),
                }
            )
    title = f"Nearest training pictures of {inside.run.name}"
    images = _images(inside.run, [row["file"] for row in rows])
    return Neighbours(rows, images, title, _shown(pixels), _said(network, values))


def known_embedding(run: RunFolder) -> Known:
    """Return what the run keeps of its embedding; :class:`RunError`, with the way to make one, where it has none."""
    from ...insight.embedding.sight import Known

    arrays = run.arrays(EMBEDDING)
    if not arrays:
        raise RunError(
            f"{run.name} has no embedding of its training pictures", f"Make one: spirula explain {run.path} --map"
        )
    try:
        return Known.from_arrays(arrays)
    except (KeyError, ValueError) as error:
        raise RunError(
            f"insight/{EMBEDDING}.npz of {run.name} cannot be used: {error}",
            f"Make it anew: spirula explain {run.path} --map",
        ) from error


def looked_at(network: TrainedNetwork, known: Known, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a ``Sight`` sees of pictures (n, H, W, C), float32 (n, d + 1), and their probabilities (n, K).

    In one pass. Raises :class:`RunError` where what is known is of another network.
    """
    from ...insight.embedding.ending import given_to, last_layer, listening

    path = last_layer(network.module, network.prepared(pixels[:1]))
    if path is None or given_to(network.module, path) != len(known.sight.axes.mean):
        raise RunError(f"insight/{EMBEDDING}.npz is of another network", "Make it anew: spirula explain RUN --map")
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    with listening(network.module, path, known.sight) as listener:
        for part in network.parts(pixels):
            seen = listener.take()
            assert seen is not None  # the layer was run a moment ago
            parts.append((seen, part))
    return np.concatenate([seen for seen, _ in parts]), np.concatenate([part for _, part in parts])


def _images(run: RunFolder, ids: Sequence[str]) -> np.ndarray:
    """Return the training pictures of some names, uint8 (N, H, W, 1 | 3); none where the data is gone or another."""
    from ..own_data import own_data
    from ..showing.tables import no_pictures

    try:
        dataset = own_data(run)
    except SpirulaError:
        return no_pictures()
    place = {name: row for row, name in enumerate(dataset.manifest.ids)}
    return _shown(np.asarray(dataset.pixels[[place[name] for name in ids]]))


def _shown(pixels: np.ndarray) -> np.ndarray:
    pictures = as_pictures(pixels)
    assert pictures is not None  # an embedding is of pictures
    return np.stack([visible(picture) for picture in pictures])


def _said(network: TrainedNetwork, values: np.ndarray) -> list[str]:
    """Return what the network says of each picture."""
    if network.task == "regression":
        return [f"{float(row[0]):.4g}" for row in values]
    if network.task == "multilabel":
        return [", ".join(network.classes[k] for k in np.flatnonzero(row > 0.5)) or "(none)" for row in values]
    return [f"{network.classes[int(row.argmax())]} {float(row.max()):.2f}" for row in values]
