"""Filter by filter: dead and similar ones named, every convolution's kernels beside those before training."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
from markupsafe import Markup

from ...errors import RunError
from ...runs.folder import EXCITING, KERNELS, KERNELS_BEFORE, UNITS
from .. import wording
from ..facts import Facts
from ..figures.filters import FilterSet, filter_figure
from ..figures.weights import WeightSet, weight_figure
from ..speech import Say, speaker
from .exciting import exciting_part
from .idle import Idle, idle_layers, idle_line
from .words import WORDS

Arrays = dict[str, np.ndarray]
MOST_OPEN = 8  # layers with dead or similar filters that are listed at once


def filters(facts: Facts) -> dict[str, Any]:
    """Return what the section shows, drawn from the arrays that the training left."""
    say = speaker(WORDS, facts.language)
    kernels, before, units, excited = (facts.run.arrays(name) for name in (KERNELS, KERNELS_BEFORE, UNITS, EXCITING))
    try:
        idle = idle_layers(units) if units else []
        return {
            "say": say,
            "idle": _idle_part(idle, int(units["samples"]), say) if units else None,
            "kernels": _kernels_part(facts, kernels, before, idle, say) if kernels else None,
            "exciting": exciting_part(excited, facts.address, say) if excited else None,
        }
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"The arrays of {facts.run.name}/insight do not fit: {error}", "Their files changed.") from error


def _idle_part(idle: list[Idle], samples: int, say: Say) -> dict[str, Any]:
    some = [entry for entry in idle if entry.dead or entry.pairs]
    words = {
        "samples": say("pictures_n", n=wording.count(samples)),
        "layers": say("convolutions_n", n=wording.count(len(idle))),
        "n": wording.count(sum(entry.filters for entry in idle)),
    }
    totals = {
        "dead": wording.count(sum(len(entry.dead) for entry in idle)),
        "pairs": wording.count(sum(entry.pair_count for entry in idle)),
    }
    return {
        "lead": say("idle_some", **words, **totals) if some else say("idle_none", **words),
        "rows": [{"layer": entry.layer, "words": idle_line(entry, say)} for entry in some],
        "folded": len(some) > MOST_OPEN,
    }


def _kernels_part(facts: Facts, kernels: Arrays, before: Arrays, idle: list[Idle], say: Say) -> dict[str, Any]:
    names = [str(name) for name in kernels["layers"]]
    dead = {entry.layer: entry for entry in idle}
    total = int(kernels["convolutions"])
    return {
        "note": say("kernels_some", shown=len(names), n=wording.count(total)) if total > len(names) else "",
        "command": shlex.join(["spirula", "explain", facts.address, "--layer", "NAME"]),
        "layers": [
            _layer(number, name, kernels, before, dead.get(name), facts.language) for number, name in enumerate(names)
        ],
    }


def _layer(number: int, name: str, kernels: Arrays, before: Arrays, idle: Idle | None, language: str) -> dict[str, Any]:
    say = speaker(WORDS, language)
    height, width = (int(side) for side in kernels["sizes"][number])
    inputs = say("inputs_n", n=wording.count(kernels["inputs"][number]))
    what = say("kernels_of", n=wording.count(kernels["counts"][number]), height=height, width=width, inputs=inputs)
    known = bool(before) and [str(layer) for layer in before["layers"]] == [str(layer) for layer in kernels["layers"]]
    return {
        "name": name,
        "words": what,
        "idle": idle_line(idle, say) if idle is not None and (idle.dead or idle.pairs) else "",
        "grid": _grid(number, name, what, kernels, before if known else {}, idle, say),
        "missing": "" if f"kernels_{number}" in kernels else say("too_large", height=height, width=width),
        "histogram": _histogram(number, name, kernels, before if known else {}, language),
    }


def _grid(number: int, name: str, what: str, kernels: Arrays, before: Arrays, idle: Idle | None, say: Say) -> Markup:
    key = f"kernels_{number}"
    if key not in kernels:
        return Markup()
    kind = str(kernels["kinds"][number])
    count, drawn = int(kernels["counts"][number]), kernels[key].shape[1 if kind == "matrix" else 0]
    first = f" ({say('first_of', shown=drawn, n=wording.count(count))})" if drawn < count else ""
    sets = [FilterSet(say("trained_spread", **_spread(kernels, number)) + first, _float(kernels[key]))]
    if key in before:
        sets.append(FilterSet(say("before_spread", **_spread(before, number)) + first, _float(before[key])))
    shown = say(f"shown_{kind}", n=wording.count(kernels["inputs"][number]))
    dead = idle.dead if idle is not None else ()
    figure = filter_figure(sets, title=f"{name}: {what}", shown=shown, dead=dead, say=say, matrix=kind == "matrix")
    return figure.inside(f"filters-kernels-{number}")


def _float(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)


def _spread(arrays: Arrays, number: int) -> dict[str, str]:
    mean, std = (float(value) for value in arrays["numbers"][number])
    return {"mean": wording.number(mean), "std": wording.number(std)}


def _histogram(number: int, name: str, kernels: Arrays, before: Arrays, language: str) -> Markup:
    mean, std = (float(value) for value in kernels["numbers"][number])
    height, width = (int(side) for side in kernels["sizes"][number])
    inputs, count = int(kernels["inputs"][number]), int(kernels["counts"][number])
    initial = before.get(f"values_{number}")
    spread = None if initial is None else tuple(float(value) for value in before["numbers"][number])
    entry = WeightSet(
        name,
        f"{height} × {width} × {inputs} × {count}",
        height * width * inputs * count,
        _float(kernels[f"values_{number}"]),
        (mean, std),
        None if initial is None else _float(initial),
        None if spread is None else (spread[0], spread[1]),
    )
    return weight_figure([entry], language=language).inside(f"filters-weights-{number}")
