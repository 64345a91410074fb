"""What a page keeps so that every sum on it can be shown whole, within a size that a browser opens at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from .recording import Recording
from .stations import Station, shape_of
from .step import sides

MOST_BYTES = 17_000_000  # of numbers; 23 MB as text
CHANNELS = (100_000, 64, 32, 16, 8)  # maps shown of each station, tried in this order
UNITS = 4  # times as many units of a vector as maps: they are single numbers
GRID = 7  # rows and columns of places whose windows are kept where whole maps are too much

Kept = dict[int, set[int]]  # of each value the channels that are kept


@dataclass(eq=False)
class Keeping:
    """shown: of each station the channels that can be chosen. values: of each value the channels that are kept.
    places: of some stations the (row, column) whose windows are kept, since their sources are not. dropped: stations of
    which nothing is kept: they are only named."""

    shown: list[list[int]] = field(default_factory=list)
    values: Kept = field(default_factory=dict)
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    complete: bool = True


@dataclass(frozen=True, eq=False)
class _Measured:
    """What is measured once. active: of each station its channels, the most active first. origins: of a station that
    moves values, the channels of its source that they come from; None for the others."""

    active: list[np.ndarray]
    origins: list[set[int] | None]


def keep(stations: Sequence[Station], recording: Recording, answer: int, most: int = MOST_BYTES) -> Keeping:
    """Choose what is kept: all if it fits ``most`` bytes, else the most active maps, else windows at some places.

    What is still too large then is dropped, the largest first.
    """
    measured = _measured(stations, recording)
    found = Keeping()
    places: dict[int, list[tuple[int, int]]] = {}
    for channels in CHANNELS:
        found = _kept(stations, recording, measured, answer, channels, {})
        if size_of(found, stations, recording) <= most:
            found.complete = channels == CHANNELS[0]
            return found
        places = {}
        for index in _heaviest(stations, recording) if channels <= 16 else ():
            grid = _grid(recording.values[stations[index].output], found.shown[index])
            weight = stations[index].main.arrays["weight"]
            if len(grid) * weight[0].size > recording.values[stations[index].main.sources[0]].size // 2:
                continue  # the windows would take more than the maps
            places[index] = grid
            found = _kept(stations, recording, measured, answer, channels, places)
            if size_of(found, stations, recording) <= most:
                found.complete = False
                return found
    dropped: set[int] = set()
    for index in _largest(stations, recording):
        dropped.add(index)
        found = _kept(stations, recording, measured, answer, CHANNELS[-1], places, dropped)
        if size_of(found, stations, recording) <= most:
            break
    found.complete = False
    return found


def size_of(found: Keeping, stations: Sequence[Station], recording: Recording) -> int:
    """Return how many bytes of numbers that is."""
    total = 0
    for value, channels in found.values.items():
        _, height, width = shape_of(recording, value)
        total += 4 * len(channels) * height * width
    for index, station in enumerate(stations):
        if index in found.dropped:
            continue
        total += sum(4 * array.size for _, stage in station.stages for array in stage.arrays.values())
        weight = station.main.arrays.get("weight")
        if weight is not None:
            total += 4 * len(found.shown[index]) * (weight.size // len(weight))
        total += 4 * station.main.arrays["order"].size if "order" in station.main.arrays else 0
        if index in found.places and weight is not None:
            total += 4 * len(found.places[index]) * (weight.size // len(weight))
    return total


def window(station: Station, row: int, column: int) -> tuple[list[int], list[int]]:
    """Return the rows and the columns of its sources that a convolution takes for one place; some may lie outside."""
    s = station.main.settings
    lines = [
        [at * s["stride"][axis] - s["padding"][axis] + i * s["dilation"][axis] for i in range(s["kernel"][axis])]
        for axis, at in ((0, row), (1, column))
    ]
    return lines[0], lines[1]


def taken(station: Station, shown: Sequence[int], recording: Recording) -> list[set[int] | None]:
    """Return, for each source, the channels that the shown outputs are computed from; None for all."""
    main = station.main
    counts = [shape_of(recording, source)[0] for source in main.sources]
    if main.kind == "convolution":
        each = main.arrays["weight"].shape[1]
        per_group = len(main.arrays["weight"]) // main.settings["groups"]
        return [{c // per_group * each + i for c in shown for i in range(each)}]
    if main.kind == "dense":
        return [None]
    if main.kind == "combination":
        return [{c if count > 1 else 0 for c in shown} for count in counts]
    if main.kind == "concatenation" and main.settings["axis"] == 0:
        starts = np.cumsum([0, *counts])
        return [{c - starts[i] for c in shown if starts[i] <= c < starts[i + 1]} for i in range(len(counts))]
    if main.kind in ("unknown", "input"):
        return [set() for _ in counts]
    return [set(shown) for _ in counts]


def _measured(stations: Sequence[Station], recording: Recording) -> _Measured:
    active = []
    for station in stations:
        value = recording.values[station.output].reshape(shape_of(recording, station.output))
        active.append(np.argsort(-np.abs(value).mean(axis=(1, 2)), kind="stable"))
    moving = (station if station.main.kind == "rearrangement" else None for station in stations)
    return _Measured(active, [None if station is None else _origins(station, recording) for station in moving])


def _origins(station: Station, recording: Recording) -> set[int]:
    count, rows, columns = shape_of(recording, station.main.sources[0])
    order = station.main.arrays.get("order")
    return set(range(count)) if order is None else set(np.unique(order // (rows * columns)).tolist())


def _kept(
    stations: Sequence[Station],
    recording: Recording,
    measured: _Measured,
    answer: int,
    channels: int,
    places: dict[int, list[tuple[int, int]]],
    dropped: Collection[int] = (),
) -> Keeping:
    found = Keeping(places={i: entries for i, entries in places.items() if i not in dropped}, dropped=set(dropped))
    by_output: dict[int, list[int]] = {}
    for index, station in enumerate(stations):
        if index in dropped:
            found.shown.append([])
            continue
        shown = _chosen(station, measured.active[index], by_output, recording, channels)
        found.shown.append(shown)
        by_output[station.output] = shown
        found.values.setdefault(station.output, set()).update(shown)
        count, height, width = shape_of(recording, station.output)
        if height * width == 1 or station.output in (0, answer):
            found.values[station.output].update(range(count))
        if index in places:
            continue
        origins = measured.origins[index]
        channels_taken = taken(station, shown, recording) if origins is None else [origins]
        for source, needed in zip(station.main.sources, channels_taken, strict=True):
            everything = range(shape_of(recording, source)[0])
            found.values.setdefault(source, set()).update(everything if needed is None else needed)
    return found


def _chosen(
    station: Station, active: np.ndarray, known: dict[int, list[int]], recording: Recording, most: int
) -> list[int]:
    count, height, width = shape_of(recording, station.output)
    most = most * UNITS if height * width == 1 else most
    main = station.main
    if main.kind in ("pooling", "same", "padding", "combination") and main.sources[0] in known:
        before = known[main.sources[0]]
        if shape_of(recording, main.sources[0])[0] == count:
            return before
    if count <= most or main.kind in ("input", "rearrangement"):
        return list(range(count))
    depthwise = main.kind == "convolution" and main.settings["groups"] == shape_of(recording, main.sources[0])[0]
    if depthwise and main.sources[0] in known:
        each = count // main.settings["groups"]
        return [c * each + i for c in known[main.sources[0]][: max(most // each, 1)] for i in range(each)]
    return sorted(active[:most].tolist())


def _heaviest(stations: Sequence[Station], recording: Recording) -> list[int]:
    """Return the convolutions over all channels, those with the largest sources first; the picture is kept anyway."""
    convolutions = [(i, s.main) for i, s in enumerate(stations) if s.main.kind == "convolution"]
    mixing = [i for i, main in convolutions if main.settings["groups"] == 1 and main.sources[0] != 0]
    return sorted(mixing, key=lambda i: -recording.values[stations[i].main.sources[0]].size)


def _largest(stations: Sequence[Station], recording: Recording) -> list[int]:
    """Return the stations whose values are largest first; neither the picture nor the answer."""
    return sorted(range(1, len(stations) - 1), key=lambda i: -recording.values[stations[i].output].size)


def _grid(value: np.ndarray, shown: Sequence[int]) -> list[tuple[int, int]]:
    """Return evenly spaced places and, for each shown map, where it is strongest."""
    _, height, width = sides(value.shape)
    lines = [np.unique(np.linspace(0, side - 1, min(GRID, side)).round().astype(int)) for side in (height, width)]
    found = {(int(row), int(column)) for row in lines[0] for column in lines[1]}
    for map_ in value.reshape(sides(value.shape))[list(shown)]:
        row, column = np.unravel_index(int(map_.argmax()), map_.shape)
        found.add((int(row), int(column)))
    return sorted(found)
