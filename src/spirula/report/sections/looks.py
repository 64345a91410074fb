"""Where it looks: class-activation maps of mistakes and right answers, whether to believe them, receptive fields."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from ...errors import RunError
from ...metrics.faithfulness import Faithfulness
from ...runs.folder import FIELDS, LOOKS
from .. import wording
from ..facts import Facts
from ..figures.looks import DrawnField, field_figure, overlaid, seen_words
from ..pictures import picture
from ..speech import Say, speaker
from ..words.looks import WORDS

Arrays = dict[str, np.ndarray]

METHODS = ("gradcam", "gradcam++", "layercam", "occlusion")  # that the words name


def looks(facts: Facts) -> dict[str, Any]:
    """Return cards with maps, the faithfulness of each method and the fields, drawn from what the training left."""
    found, fields = facts.run.arrays(LOOKS), facts.run.arrays(FIELDS)
    say = speaker(WORDS, facts.language)
    if not found and not fields:
        return {"missing": say("missing")}
    task = facts.task
    try:
        cards = _cards(found, task) if found else []
        return {
            "say": say,
            "task": task,
            "method": _title(str(found["method"]), say) if found else "",
            "command": _command(facts, str(found["method"])) if found else "",
            "layer": str(found["layer"]) if found else "",
            "size": _sides(found["maps"].shape[1:]) if found else "",
            "wrong": [card for card in cards if not card["right"]],
            "right": [card for card in cards if card["right"]],
            "faithful": [_faithful(found, number, facts.language, say) for number in range(len(found["methods"]))]
            if found
            else [],
            "shown": next((i for i, name in enumerate(found["methods"]) if name == found["method"]), 0) if found else 0,
            "fields": _field_rows(fields, say) if fields else [],
            "figure": _field_figure(fields, facts.language) if fields and len(fields["drawn"]) else Markup(),
            "averaged": int(fields["averaged"]) if fields else 0,
        }
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"The arrays of {facts.run.name}/insight do not fit: {error}", "Their files changed.") from error


def _title(method: str, say: Say) -> str:
    """Return what a method is called; one that is new by its own name."""
    return say(method) if method in METHODS else method


def _command(facts: Facts, method: str) -> str:
    return shlex.join(["spirula", "explain", facts.address, "PICTURES", "--cam", method])


def _cards(found: Arrays, task: str) -> list[dict[str, Any]]:
    cards = []
    for number, image in enumerate(found["images"]):
        seen = image if image.shape[2] in (1, 3) else image.mean(axis=2, keepdims=True).round().astype(np.uint8)
        right, truth = bool(found["right"][number]), None
        if "true_maps" in found and not right:
            truth = _map(seen, found["true_maps"][number])
        value = float(found["values"][number])
        cards.append(
            {
                "right": right,
                "picture": picture(seen),
                "map": _map(seen, found["maps"][number]),
                "truth": truth,
                "label": str(found["labels"][number]),
                "asked": str(found["asked"][number]),
                "value": "" if task == "regression" else wording.percent(value),
                "file": str(found["files"][number]),
            }
        )
    return cards


def _map(image: np.ndarray, heat: np.ndarray) -> dict[str, Any]:
    return {"picture": picture(overlaid(image, heat.astype(np.float32))), "empty": not heat.any()}


def _faithful(found: Arrays, number: int, language: str, say: Say) -> dict[str, Any]:
    measured = Faithfulness.stored(found, number)
    gain = measured.gain
    name = str(found["methods"][number])
    return {
        "method": _title(name, say),
        "pictures": wording.count(gain.count),
        "deletion": wording.number(measured.deletion.first),
        "random_deletion": wording.number(measured.deletion.second),
        "insertion": wording.number(measured.insertion.first),
        "random_insertion": wording.number(measured.insertion.second),
        "gain": wording.number(gain.difference),
        "interval": wording.number_range(list(gain.interval) if gain.interval else None, language=language),
        "better": measured.better,
    }


def _field_rows(fields: Arrays, say: Say) -> list[dict[str, str]]:
    rows = []
    for number, name in enumerate(fields["layers"]):
        sight = str(fields["sights"][number])
        rows.append(
            {
                "layer": str(name),
                "kind": str(fields["kinds"][number]),
                "maps": _sides(fields["maps"][number]) if fields["maps"][number].any() else wording.NONE,
                "size": _size_words(fields, number, sight, say),
                "step": _pair_words(fields["steps"][number]),
                "offset": _pair_words(fields["offsets"][number]),
                "centre": _box_words(fields["centres"][number], sight, say),
            }
        )
    return rows


def _size_words(fields: Arrays, number: int, sight: str, say: Say) -> str:
    size, bare = fields["sizes"][number], fields["bare_sizes"][number]
    if sight in ("unknown", "nothing"):
        return say({"unknown": "unknown", "nothing": "sees_nothing"}[sight])
    if not np.isnan(size).any():
        return _pair_words(size)
    if not np.isnan(bare).any():
        return say("gates", bare=_pair_words(bare))
    return say("whole" if sight == "whole" else "beyond")


def _sides(pair: Sequence[int] | np.ndarray) -> str:
    return f"{pair[0]}\u00a0×\u00a0{pair[1]}"


def _pair_words(pair: np.ndarray) -> str:
    return wording.NONE if np.isnan(pair).any() else " × ".join(f"{value:g}".replace("-", "−") for value in pair)


def _box_words(box: np.ndarray, sight: str, say: Say) -> str:
    if sight == "whole":
        return say("all")
    if sight != "part":
        return wording.NONE
    top, left, bottom, right = (int(side) for side in box)
    return say("box", top=top, bottom=bottom - 1, left=left, right=right - 1)


def _field_figure(fields: Arrays, language: str) -> Markup:
    image = fields["images"][0]
    seen = image if image.shape[2] in (1, 3) else image.mean(axis=2, keepdims=True).round().astype(np.uint8)
    drawn = []
    for number, row in enumerate(fields["drawn"]):
        top, left, bottom, right = (int(side) for side in fields["centres"][row])
        words = seen_words(float(fields["shares"][number]), language)
        strength = fields["strengths"][number].astype(np.float32)
        drawn.append(DrawnField(str(fields["layers"][row]), (top, left, bottom, right), words, strength))
    return field_figure(seen, drawn, language).inside("looks-fields")
