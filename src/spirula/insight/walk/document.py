"""The walk as plain data: a document that JSON can hold, and the arrays that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .keeping import Keeping, window
from .recording import Recording
from .stations import Station, shape_of

PER_CHANNEL = ("weight", "bias")  # of a main step: one row for each output channel


@dataclass(frozen=True, eq=False)
class Walk:
    """``document``: plain data. ``arrays``: float32 or int32 by the names that the document uses.

    document["stations"], in the order of computing, each with: name; kind; reason why it
    is unknown ("unknown" | "large"); operator; from: (value, station) of each
    source; value; shape (channels, height, width); vector; shown: the channels that can be chosen; settings and arrays
    of the step that mixes; stages that follow, each with name, kind, settings, arrays; parameters; places: the
    (row, column) whose windows are kept, or null; seen: what its rows and columns see of the picture, or null; limit:
    the strongest colour. document["values"]: of each value its shape, the channels that are kept (null: all) and the
    name of its array, (channels, height, width).
    """

    document: dict[str, Any]
    arrays: dict[str, np.ndarray]


def describe(stations: Sequence[Station], recording: Recording, keeping: Keeping, answer: int) -> Walk:
    """Return stations and kept values as plain data."""
    arrays: dict[str, np.ndarray] = {}
    at = {station.output: index for index, station in enumerate(stations)}
    entries = [_station(index, station, recording, keeping, at, arrays) for index, station in enumerate(stations)]
    values = {}
    for value, channels in sorted(keeping.values.items()):
        shape = shape_of(recording, value)
        kept = sorted(channels)
        if not kept:
            continue
        whole = len(kept) == shape[0]
        array = recording.values[value].reshape(shape)
        arrays[f"value{value}"] = np.ascontiguousarray(array if whole else array[kept])
        values[str(value)] = {"shape": list(shape), "channels": None if whole else kept, "array": f"value{value}"}
    document = {"stations": entries, "values": values, "answer": answer, "complete": keeping.complete}
    return Walk(document, arrays)


def _station(
    index: int,
    station: Station,
    recording: Recording,
    keeping: Keeping,
    at: Mapping[int, int],
    arrays: dict[str, np.ndarray],
) -> dict[str, Any]:
    main, shown = station.main, keeping.shown[index]
    dropped = index in keeping.dropped
    if dropped:
        main = replace(main, kind="unknown", settings={}, arrays={}, parameters=station.parameters)
    value = recording.values[station.output]
    shape = shape_of(recording, station.output)
    kept = {name: array[shown] if name in PER_CHANNEL else array for name, array in main.arrays.items()}
    places = keeping.places.get(index)
    if places is not None:
        kept["windows"] = _windows(station, recording, places)
    finite = np.abs(value.reshape(shape)[shown])
    finite = finite[np.isfinite(finite) & (finite > 0)]
    return {
        "name": station.name,
        "kind": main.kind,
        "reason": "large" if dropped else "unknown" if main.kind == "unknown" else "",
        "operator": main.operator,
        "module": main.places[-1].kind if main.places else "",
        "from": [[source, at.get(source, -1)] for source in main.sources],
        "from_shapes": [list(shape_of(recording, source)) for source in main.sources],
        "value": station.output,
        "shape": list(shape),
        "vector": shape[1] * shape[2] == 1,
        "shown": shown,
        "settings": main.settings,
        "arrays": _stored(f"station{index}", kept, arrays),
        "stages": [
            {
                "name": name,
                "kind": stage.kind,
                "settings": stage.settings,
                "arrays": _stored(f"station{index}stage{place}", stage.arrays, arrays),
                "parameters": stage.parameters,
            }
            for place, (name, stage) in enumerate([] if dropped else station.stages)
        ],
        "parameters": main.parameters,
        "places": None if places is None else [list(place) for place in places],
        "seen": _seen(recording.seen[station.output], shape[1:]),
        "limit": float(np.percentile(finite, 99)) if finite.size else 1.0,
        "signed": bool((value < 0).any()),
    }


def _seen(sides: Any, shape: Sequence[int]) -> Any:
    """A vector has one field; anything else whose field has another size than its maps has none that can be said."""
    if sides is None or (len(sides[0]), len(sides[2])) != tuple(shape):
        return None
    return [list(side) for side in sides]


def _stored(prefix: str, kept: Mapping[str, np.ndarray], arrays: dict[str, np.ndarray]) -> dict[str, str]:
    names = {}
    for name, array in kept.items():
        names[name] = f"{prefix}{name}"
        arrays[names[name]] = np.ascontiguousarray(array, np.int32 if array.dtype == np.int32 else np.float32)
    return names


def _windows(station: Station, recording: Recording, places: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return float32 (places, channels, rows, columns) of the only source; zero outside."""
    source = station.main.sources[0]
    shape = shape_of(recording, source)
    value = recording.values[source].reshape(shape)
    found = []
    for row, column in places:
        rows, columns = (np.asarray(line) for line in window(station, row, column))
        inside = [(line >= 0) & (line < side) for line, side in zip((rows, columns), shape[1:], strict=True)]
        part = value[:, rows.clip(0, shape[1] - 1)][:, :, columns.clip(0, shape[2] - 1)]
        found.append(part * (inside[0][:, None] & inside[1][None, :]))
    return np.stack(found).astype(np.float32)
