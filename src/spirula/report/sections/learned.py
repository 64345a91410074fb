"""What it learned: kernels and weights beside those before training, and what its layers make of one picture."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
from markupsafe import Markup

from ...errors import RunError
from .. import wording
from ..facts import Facts
from ..figures.kernels import KernelSet, kernel_figure, map_figure
from ..figures.weights import WeightSet, weight_figure
from ..speech import Say, speaker
from ..words.learned import WORDS

Arrays = dict[str, np.ndarray]


def learned(facts: Facts) -> dict[str, Any]:
    """Return the figures and the table of the tensors, drawn from the arrays that the training left."""
    trained, initial, maps = (facts.run.arrays(name) for name in ("weights", "initial", "maps"))
    say = speaker(WORDS, facts.language)
    if not trained:
        return {"missing": say("missing")}
    korean = " --lang ko" * (facts.language == "ko")
    try:
        return {
            "say": say,
            "kernels": _kernels(trained, initial, facts.language, say),
            "weights": _weights(trained, initial, facts.language),
            "maps": _maps(maps, facts.language),
            "walk": f"spirula explain {shlex.quote(facts.address)} PICTURE --walk{korean}",
            "label": str(maps["labels"][0]) if maps else "",
            "rows": _rows(trained, initial),
        }
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"The arrays of {facts.run.name}/insight do not fit: {error}", "Their files changed.") from error


def _kernels(trained: Arrays, initial: Arrays, language: str, say: Say) -> Markup:
    if "kernels" not in trained:
        return Markup()
    sets = [KernelSet(say("trained"), trained["kernels"])]
    if "kernels" in initial:
        sets.append(KernelSet(say("before"), initial["kernels"]))
    return kernel_figure(
        sets,
        layer=str(trained["kernels_layer"]),
        shown=str(trained["kernels_shown"]),
        total=int(trained["kernels_count"]),
        language=language,
    ).inside("learned-kernels")


def _weights(trained: Arrays, initial: Arrays, language: str) -> Markup:
    sets = [
        WeightSet(
            str(trained["layers"][row]),
            str(trained["shapes"][row]).replace("×", " × "),
            int(trained["numbers"][row, 0]),
            trained[f"values_{number}"],
            _spread(trained, row),
            initial.get(f"values_{number}"),
            _spread(initial, row) if initial else None,
        )
        for number, row in enumerate(trained["sampled"])
    ]
    if not sets:
        return Markup()
    return weight_figure(sets, of=int(trained["kernel_count"]), language=language).inside("learned-weights")


def _spread(arrays: Arrays, row: int) -> tuple[float, float]:
    return float(arrays["numbers"][row, 1]), float(arrays["numbers"][row, 2])


def _maps(maps: Arrays, language: str) -> list[Markup]:
    return [
        map_figure(
            maps[f"maps_{number}"],
            layer=str(name),
            total=int(maps["channels"][number]),
            size=(int(maps["sizes"][number, 0]), int(maps["sizes"][number, 1])),
            channels=maps[f"numbers_{number}"].tolist() if f"numbers_{number}" in maps else None,
            most_active=f"numbers_{number}" in maps,  # older runs have the first ones
            picture=_visible(maps["images"][0]),
            caption=str(maps["labels"][0]),
            language=language,
        ).inside(f"learned-maps-{number}")
        for number, name in enumerate(maps.get("layers", ()))
    ]


def _visible(image: np.ndarray) -> np.ndarray:
    if image.shape[2] in (1, 3):
        return image
    return np.asarray(image.mean(axis=2, keepdims=True).round(), dtype=np.uint8)


def _rows(trained: Arrays, initial: Arrays) -> list[dict[str, str]]:
    before = initial.get("numbers")
    rows = []
    for number, (count, mean, std, low, high, zeros) in enumerate(trained["numbers"]):
        was = before[number] if before is not None else (None,) * 6
        rows.append(
            {
                "layer": str(trained["layers"][number]),
                "tensor": str(trained["tensors"][number]),
                "shape": str(trained["shapes"][number]).replace("×", "\u00a0×\u00a0"),
                "count": wording.count(count),
                "mean": wording.number(mean),
                "std": wording.number(std),
                "low": wording.number(low),
                "high": wording.number(high),
                "zeros": wording.percent(zeros) if zeros else "0",
                "mean_before": wording.number(was[1]),
                "std_before": wording.number(was[2]),
            }
        )
    return rows
