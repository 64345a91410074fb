"""One offline page of a walk: a strip of layers, the maps of one, and the arithmetic of a place."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from ...runs.files import finite
from .. import wording
from ..page import whole_page
from ..pictures import Picture, picture
from ..speech import Say, speaker
from .words import WORDS

SCRIPTS = ("data.js", "sums.js", "paint.js", "panel.js", "stages.js", "views.js", "maps.js", "walk.js")


@dataclass(frozen=True, eq=False)
class Shown:
    """Whose walk it is. image: uint8 (H, W, C), the picture as the network gets it, before it is scaled.

    probabilities: (K,), or the value of a regression. classes: K names; empty for a regression. views: whether the
    run's own answers are averages over several views. label: what the picture is labelled in the run's data, if known.
    """

    run: str
    name: str
    image: np.ndarray
    probabilities: np.ndarray
    classes: Sequence[str]
    views: bool = False
    label: str = ""


def render_walk(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray], shown: Shown, language: str) -> str:
    """Return the page as one HTML document that needs no other file and no network.

    document, arrays: see :class:`spirula.insight.walk.document.Walk`. Raises :class:`~spirula.errors.InputError` for
    another language than "en" and "ko".
    """
    say = speaker(WORDS, language)
    place = ("en", "ko").index(language)
    answer = _answer(document, shown)
    whole = {
        **document,
        "stations": [*document["stations"], answer],
        "classes": list(shown.classes),
        "probabilities": np.asarray(shown.probabilities, np.float64).tolist(),
        "logits_station": answer["from"][0][1],
        "words": {key: pair[place] for key, pair in WORDS.items()},
    }
    unknown = [station for station in document["stations"] if station["kind"] == "unknown"]
    return whole_page(
        "walk/page.html",
        tuple(f"walk/{name}" for name in SCRIPTS),
        language=language,
        say=say,
        run=shown.run,
        picture_name=shown.name,
        label=shown.label,
        picture=_whole(shown.image),
        lead=_lead(document, shown, say),
        notes=[say("views")] * shown.views + [say("gated")] * bool(document["gated"]),
        unknown=[_told(station, say) for station in unknown],
        complete=bool(document["complete"]),
        document=_data(whole),
        arrays=[
            {"name": name, "type": str(array.dtype), "text": Markup(_text(array))} for name, array in arrays.items()
        ],
    )


def _whole(image: np.ndarray) -> Picture:
    return picture(image, most=max(image.shape[:2]))


def _answer(document: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """Return the station after the last one, where numbers become an answer."""
    at = [i for i, station in enumerate(document["stations"]) if station["value"] == document["answer"]]
    count = len(shown.probabilities)
    return {
        "name": {"softmax": "softmax", "sigmoid": "sigmoid"}.get(document["output"], "output"),
        "kind": "answer",
        "operator": "",
        "from": [[document["answer"], at[-1]]],
        "from_shapes": [[len(document["logits"]), 1, 1]],
        "value": -1,
        "shape": [count, 1, 1],
        "vector": True,
        "shown": list(range(count)),
        "settings": {},
        "arrays": {},
        "stages": [],
        "parameters": 0,
        "places": None,
        "seen": None,
        "limit": 1.0,
        "signed": False,
    }


def _lead(document: Mapping[str, Any], shown: Shown, say: Say) -> str:
    values, name = np.asarray(shown.probabilities), document["network"]
    network = say("this_network") if name in ("stack", "graph") else name  # names of kinds, not of networks
    if not shown.classes:
        return say("lead_labels", network=network, label=wording.number(float(values[0]), 4))
    if document["output"] == "sigmoid" and len(document["logits"]) == len(shown.classes):
        labels = [_isolated(name) for name, value in zip(shown.classes, values, strict=True) if value > 0.5]
        return say("lead_labels", network=network, label=", ".join(labels) or say("no_label"))
    best = int(values.argmax())
    share = wording.percent(float(values[best]))
    return say("lead_class", network=network, label=_isolated(shown.classes[best]), share=share)


def _isolated(name: str) -> str:
    """Return a name that does not turn the sentence around it where it is written from right to left: UAX #9."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def _told(station: Mapping[str, Any], say: Say) -> dict[str, str]:
    before = " + ".join(_shape(shape) for shape in station["from_shapes"])
    return {
        "name": station["name"],
        "operator": station["operator"],
        "shapes": f"{before} → {_shape(station['shape'])}",
        "why": say("too_large") if station["reason"] == "large" else "",
    }


def _shape(shape: Sequence[int]) -> str:
    channels, height, width = shape
    return f"{channels:,}" if height * width == 1 else f"{height:,} × {width:,} × {channels:,}"


def _data(document: Mapping[str, Any]) -> Markup:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(finite(document), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _text(array: np.ndarray) -> str:
    kind = "<i4" if array.dtype == np.int32 else "<f4"
    return base64.b64encode(np.ascontiguousarray(array, kind).tobytes()).decode("ascii")
