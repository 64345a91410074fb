"""``insight/embedding.npz``: points, map and nearest training samples of every split that was heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .layout import layout, placed, spread_out
from .nearest import nearest
from .sight import Sight

TRAIN = "train"


def embedding_arrays(
    sight: Sight,
    layer: str,
    splits: Mapping[str, tuple[Sequence[str], np.ndarray]],
    train_labels: Sequence[str] | np.ndarray,
    *,
    of: int,
    laid_out: int,
) -> dict[str, np.ndarray]:
    """Return the arrays of the file.

    ``splits``: of each, "train" among them, the samples' names (n,) and what ``sight`` makes of their embeddings,
    float32 (n, d + 1). of: how many training samples there are in all. laid_out: how many samples may be laid out for
    the map; 0 for a map of the first two components.

    - ``layer``: the path of the layer whose input this is; ``mean``, ``axes``, ``share``: see :class:`.axes.Axes`;
      ``reference``: see :mod:`.likeness`;
    - ``splits``, ``map_kind`` ("neighbours" or "components"), ``training_samples`` (``of``), ``train_labels``;
    - of each SPLIT ``SPLIT_ids`` (n,), ``SPLIT_points`` float16 (n, d) of unit length, ``SPLIT_map`` float32 (n, 2);
    - of all but train ``SPLIT_nearest`` int32 (n, k) into ``train_ids``, ``SPLIT_similarity`` float16 (n, k) and
      ``SPLIT_likeness`` float32 (n,).
    """
    names = list(splits)
    # float16 is what is kept: what is computed from the file again must be what stands in it.
    points = {name: splits[name][1][:, :-1].astype(np.float16).astype(np.float32) for name in names}
    maps = mapped([points[name] for name in names], laid_out)
    arrays: dict[str, np.ndarray] = {
        "layer": np.asarray(layer),
        "mean": sight.axes.mean,
        "axes": sight.axes.axes,
        "share": np.asarray(sight.axes.share),
        "reference": sight.reference,
        "splits": np.asarray(names, dtype=np.str_),
        "map_kind": np.asarray("neighbours" if laid_out else "components"),
        "training_samples": np.asarray(of),
        "train_labels": np.asarray(train_labels, dtype=np.str_),
    }
    for name, places in zip(names, maps, strict=True):
        ids, seen = splits[name]
        arrays[f"{name}_ids"] = np.asarray(ids, dtype=np.str_)
        arrays[f"{name}_points"] = points[name].astype(np.float16)
        arrays[f"{name}_map"] = places
        if name != TRAIN:
            rows, similar = nearest(points[name], points[TRAIN])
            arrays[f"{name}_nearest"] = rows.astype(np.int32)
            arrays[f"{name}_similarity"] = similar.astype(np.float16)
            arrays[f"{name}_likeness"] = seen[:, -1]
    return arrays


def mapped(points: Sequence[np.ndarray], laid_out: int) -> list[np.ndarray]:
    """Return float32 (n, 2) for each set of points (n, d): one map for all of them.

    ``laid_out`` of them, evenly taken, find their places; the others go between those they are most alike.
    """
    if not laid_out:
        return [np.ascontiguousarray(part[:, :2], np.float32) for part in points]
    chosen = spread_out([len(part) for part in points], laid_out)
    known = np.concatenate([part[rows] for part, rows in zip(points, chosen, strict=True)])
    places = layout(known)
    maps = []
    ends = np.cumsum([len(rows) for rows in chosen])[:-1]
    for part, rows, own in zip(points, chosen, np.split(places, ends), strict=True):
        places_of = own if len(rows) == len(part) else placed(part, known, places)
        places_of[rows] = own
        maps.append(np.ascontiguousarray(places_of, np.float32))
    return maps
