"""The sums of the page, in Python: the same steps on the same stored arrays, in double precision.

What the page's script computes for a place is computed here too, so that a station whose numbers do not add up to what
PyTorch gave is never shown as if they did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .document import Walk
from .functions import applied


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Computes single values of a walk's stations from what the walk has stored."""

    walk: Walk

    def value(self, number: int, channel: int, row: int, column: int) -> float | None:
        """Return a stored value; None where that channel is not kept."""
        entry = self.walk.document["values"].get(str(number))
        if entry is None:
            return None
        if entry["channels"] is not None:
            if channel not in entry["channels"]:
                return None
            channel = entry["channels"].index(channel)
        return float(self.walk.arrays[entry["array"]][channel, row, column])

    @np.errstate(invalid="ignore", over="ignore")  # a network may have come to infinity: its sums are shown too
    def results(self, index: int, channel: int, row: int, column: int) -> list[float] | None:
        """Return what a station's main step gives at one place, and what each of its stages makes of that.

        None where the page shows no arithmetic: an unknown step, or a place whose window is not kept.
        """
        station = self.walk.document["stations"][index]
        rule = getattr(self, f"_{station['kind']}", None)
        if rule is None:
            return None
        first = rule(station, channel, row, column)
        if first is None:
            return None
        numbers = [first]
        for stage in station["stages"]:
            numbers.append(self._stage(station, stage, numbers[-1], channel, row, column))
        return numbers

    def _array(self, entry: Mapping[str, Any], name: str) -> np.ndarray | None:
        stored = entry["arrays"].get(name)
        return None if stored is None else self.walk.arrays[stored].astype(np.float64)

    def _convolution(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float | None:
        s, at = station["settings"], station["shown"].index(channel)
        weight, bias = self._array(station, "weight"), self._array(station, "bias")
        assert weight is not None
        outputs, (height, width) = station["shape"][0], station["from_shapes"][0][1:]
        first = channel // (outputs // s["groups"]) * weight.shape[1]
        total = 0.0 if bias is None else float(bias[at])
        if station["places"] is not None:
            if [row, column] not in station["places"]:
                return None
            windows = self._array(station, "windows")
            assert windows is not None
            return total + float((windows[station["places"].index([row, column])] * weight[at]).sum())
        for i in range(weight.shape[1]):
            for y in range(s["kernel"][0]):
                for x in range(s["kernel"][1]):
                    r = row * s["stride"][0] - s["padding"][0] + y * s["dilation"][0]
                    c = column * s["stride"][1] - s["padding"][1] + x * s["dilation"][1]
                    if 0 <= r < height and 0 <= c < width:
                        value = self.value(station["from"][0][0], first + i, r, c)
                        assert value is not None
                        total += value * weight[at, i, y, x]
        return float(total)

    def _dense(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float:
        at = station["shown"].index(channel)
        weight, bias = self._array(station, "weight"), self._array(station, "bias")
        assert weight is not None
        stored = self.walk.document["values"][str(station["from"][0][0])]["array"]
        inputs = self.walk.arrays[stored].astype(np.float64).ravel()
        return float(weight[at] @ inputs + (0.0 if bias is None else bias[at]))

    def _pooling(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float | None:
        s = station["settings"]
        (top, bottom, high), (left, right, wide) = s["windows"][0][row], s["windows"][1][column]
        height, width = station["from_shapes"][0][1:]
        numbers = [
            self.value(station["from"][0][0], channel, y, x)
            for y in range(top, bottom, s["step"][0])
            for x in range(left, right, s["step"][1])
            if 0 <= y < height and 0 <= x < width
        ]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return None
        return max(known) if s["mode"] == "max" else sum(known) / (high * wide)

    def _combination(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float | None:
        numbers = []
        for (value, _), (channels, height, width) in zip(station["from"], station["from_shapes"], strict=True):
            place = (channel if channels > 1 else 0, row if height > 1 else 0, column if width > 1 else 0)
            numbers.append(self.value(value, *place))
        return None if None in numbers else _combined(station["settings"]["way"], numbers[0], numbers[1])  # type: ignore[arg-type]

    def _concatenation(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float | None:
        place = [channel, row, column]
        axis = station["settings"]["axis"]
        for (value, _), shape in zip(station["from"], station["from_shapes"], strict=True):
            if place[axis] < shape[axis]:
                return self.value(value, *place)
            place[axis] -= shape[axis]
        raise AssertionError("the place lies outside")

    def _rearrangement(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float | None:
        _, height, width = station["shape"]
        flat = (channel * height + row) * width + column
        if not station["settings"]["same"]:
            flat = int(self.walk.arrays[station["arrays"]["order"]][flat])
        _, height, width = station["from_shapes"][0]
        return self.value(station["from"][0][0], flat // (height * width), flat // width % height, flat % width)

    def _padding(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float | None:
        s, (_, height, width) = station["settings"], station["from_shapes"][0]
        y, x = row - s["top"], column - s["left"]
        if 0 <= y < height and 0 <= x < width:
            return self.value(station["from"][0][0], channel, y, x)
        return float(s["number"])

    def _same(self, station: Mapping[str, Any], channel: int, row: int, column: int) -> float | None:
        return self.value(station["from"][0][0], channel, row, column)

    def _stage(
        self, station: Mapping[str, Any], stage: Mapping[str, Any], x: float, channel: int, row: int, column: int
    ) -> float:
        s = stage["settings"]
        if stage["kind"] == "nothing":
            return x
        if stage["kind"] == "activation":
            slope = self._array(stage, "slope")
            return applied(s, x, 0.0 if slope is None else float(slope[channel % len(slope)]))
        if stage["kind"] == "constant":
            constant = s.get("number")
            if constant is None:
                array = self._array(stage, "constant")
                assert array is not None
                sizes = s["shape"]
                y, z = (at if size > 1 else 0 for at, size in zip((row, column), sizes[1:], strict=True))
                constant = float(array[((channel if sizes[0] > 1 else 0) * sizes[1] + y) * sizes[2] + z])
            return _combined(s["way"], constant, x) if s["turned"] else _combined(s["way"], x, constant)
        _, height, width = station["shape"]
        flat = (channel * height + row) * width + column
        ways = {"batch": (channel, channel), "place": (row * width + column, channel)}
        run, each = ways.get(s["way"]) or (flat // s["size"], flat % s["size"] if s["way"] == "layer" else channel)
        mean, variance = self._array(stage, "mean"), self._array(stage, "variance")
        weight, bias = self._array(stage, "weight"), self._array(stage, "bias")
        assert mean is not None
        assert variance is not None
        scaled = (x - mean[run]) / math.sqrt(variance[run] + s["epsilon"])
        scaled = scaled if weight is None else scaled * weight[each]
        return float(scaled if bias is None else scaled + bias[each])


def _combined(way: str, first: float, second: float) -> float:
    match way:
        case "add":
            return first + second
        case "sub":
            return first - second
        case "mul":
            return first * second
        case "div":
            return first / second if second else math.nan
        case "max":
            return max(first, second)
    return min(first, second)
