"""From a network and a picture to a walk: recorded, put in stations, cut to size, and checked."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ...data.batching.normalize import folded
from ...data.batching.preprocess import Preprocessing, apply
from ...models.build import Network
from .arithmetic import Arithmetic
from .document import Walk, describe
from .keeping import MOST_BYTES, keep
from .layouts import channels_first
from .recording import Recording, record
from .stations import Station, stations_of
from .step import sides

CHECKED = 24  # places of each station whose sums are computed and compared
NEAR = 1e-5  # of the largest value of the station: float32 sums of many terms differ by some 5e-7 of it


def walk(network: Network, preprocessing: Preprocessing, pixels: np.ndarray, *, most: int = MOST_BYTES) -> Walk:
    """Return all that a network makes of one picture, in stations whose numbers add up.

    pixels: (H, W, C) as the run's data holds them, uint8 0…255 or float32. ``most``: bytes of numbers. A station whose
    sums do not agree with PyTorch's values is only named. Nothing about the network changes.
    """
    device = next((value.device for value in network.module.parameters()), torch.device("cpu"))
    raw = torch.from_numpy(np.array(pixels[None])).to(device)
    recording = record(network.module, apply(raw, preprocessing))
    channels_first(recording)
    stations, answer = stations_of(recording)
    found = _checked(stations, recording, answer, most)
    factor, offset = folded(preprocessing)
    logits = recording.values[answer].reshape(-1)
    found.document.update(
        {
            "preprocessing": {
                "scale": preprocessing.scale,
                "mean": list(preprocessing.mean),
                "std": list(preprocessing.std),
                "factor": factor.double().tolist(),
                "offset": offset.double().tolist(),
            },
            "output": network.output,
            "logits": logits.astype(np.float64).tolist(),
            "gated": any(_is_gate(station) for station in found.document["stations"]),
            "network": network.spec.name,
        }
    )
    found.arrays["pixels"] = np.ascontiguousarray(np.moveaxis(pixels, -1, 0).astype(np.float32))
    return found


def _checked(stations: Sequence[Station], recording: Recording, answer: int, most: int) -> Walk:
    """Describe the stations; those whose numbers do not add up become unknown, and all is described again."""
    found = describe(stations, recording, keep(stations, recording, answer, most), answer)
    wrong = [index for index in range(len(stations)) if not adds_up(found, index, recording)]
    if not wrong:
        return found
    for index in wrong:
        main = stations[index].main
        stations[index].main = replace(
            main, kind="unknown", settings={}, arrays={}, parameters=stations[index].parameters
        )
        stations[index].stages = []
    return describe(stations, recording, keep(stations, recording, answer, most), answer)


def _is_gate(station: Mapping[str, Any]) -> bool:
    """Whether one of two values that meet is one number for a whole map."""
    single = [math.prod(shape[1:]) == 1 for shape in station["from_shapes"]]
    return station["kind"] == "combination" and any(single) and not all(single)


def adds_up(found: Walk, index: int, recording: Recording) -> bool:
    """Whether the sums of a station agree with what PyTorch computed, at some places of its shown maps."""
    station = found.document["stations"][index]
    if station["kind"] in ("unknown", "input"):
        return True
    value = recording.values[station["value"]].reshape(sides(recording.values[station["value"]].shape))
    arithmetic, choice = Arithmetic(found), random.Random(index)
    _, height, width = station["shape"]
    scale = max(float(np.abs(value[np.isfinite(value)]).max(initial=0.0)), 1e-3)
    for _ in range(CHECKED):
        channel = choice.choice(station["shown"])
        row, column = choice.choice(station["places"] or [(choice.randrange(height), choice.randrange(width))])
        results = arithmetic.results(index, channel, row, column)
        wanted = float(value[channel, row, column])
        if results is None:
            return False
        if results[-1] != wanted and not abs(results[-1] - wanted) <= NEAR * scale and not math.isnan(wanted):
            return False
    return True
