"""The parts of a survey as templates take them: files, copies, sizes, light. Each says what it has nothing of.

``pictures``: name → pictures, uint8 (h, w, 1 | 3) each, in the order of what they show; see
:mod:`spirula.data.survey.shown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from .. import wording
from ..figures.distributions import histogram
from ..pictures import picture
from ..retold.retell import retold
from ..speech import Say
from .code_words import code_words
from .words import split_words

Pictures = Mapping[str, Sequence[np.ndarray]]

MOST_ROWS = 200  # of the ledger, in the page
THUMBNAIL = 176
VERDICTS = ("accepted", "converted", "suspect", "refused")


def files_part(files: Mapping[str, Any], pictures: Pictures, say: Say, language: str) -> dict[str, Any]:
    """Return verdicts, reasons, properties, suspects as pictures, and the files that were not simply accepted."""
    verdicts, rows = files["verdicts"], files["rows"]
    total = sum(verdicts.values())
    suspects = [row for row in rows if row["verdict"] == "suspect"]
    return {
        "missing": "" if "formats" in files or rows else say("all_accepted"),
        "verdicts": [
            {"name": say(verdict), "count": wording.count(verdicts[verdict]), "share": _share(verdicts[verdict], total)}
            for verdict in VERDICTS
            if verdict in verdicts
        ],
        "codes": [
            {
                "verdict": say(entry["verdict"]),
                "words": code_words(entry["code"], language),
                "code": entry["code"],
                "count": wording.count(entry["count"]),
            }
            for entry in files["codes"]
        ],
        "facts": _file_facts(files, say, language) if "formats" in files else [],
        "rows": [
            {**row, "verdict": say(row["verdict"]), "reason": retold(row["reason"], language)}
            for row in rows[:MOST_ROWS]
        ],
        "rows_note": _more_rows(total - verdicts.get("accepted", 0), say),
        "suspects": [
            {"picture": picture(image, most=THUMBNAIL), "id": row["id"], "reason": retold(row["reason"], language)}
            for row, image in zip(suspects, pictures.get("suspects", ()), strict=False)
        ],
        "suspects_more": _more(verdicts.get("suspect", 0), len(pictures.get("suspects", ())), say),
    }


def _file_facts(files: Mapping[str, Any], say: Say, language: str) -> list[tuple[str, str]]:
    facts = [
        (say("formats"), _listed(files["formats"])),
        (say("modes"), _listed(files["modes"])),
        (say("turned"), wording.count(files["turned"])),
    ]
    sizes = files["bytes"]
    if sizes:
        ends = {name: wording.size(value, language) for name, value in sizes.items()}
        facts.append((say("bytes"), say("range", **ends)))
    return facts


def copies_part(copies: Mapping[str, Any], counts: Mapping[str, int], pictures: Pictures, say: Say) -> dict[str, Any]:
    """Return groups, leaks, what a division by file would leak, and the pairs as pictures."""
    lines = [
        say("leak_row", split=split_words(split, say), n=wording.count(number), of=wording.count(counts.get(split)))
        for split, number in copies["leaks"].items()
    ]
    if copies["groups"] and not lines and len(counts) > 1:
        lines.append(say("no_leak"))
    lines += [
        say(
            "naive" if kind == "naive" else "naive_groups",
            split=split_words(split, say),
            n=f"{wording.number(entry['mean'], 2)} ± {wording.number(entry['std'], 1)}",
            of=wording.count(entry["of"]),
        )
        for kind in ("naive", "naive_groups")
        for split, entry in copies[kind].items()
        if entry["mean"] >= 0.5  # less than half a picture is none
    ]
    shown = pictures.get("pairs", ())
    return {
        "lead": say("copies_lead", pictures=wording.count(copies["pictures"]), groups=wording.count(copies["groups"]))
        if copies["groups"]
        else say("copies_none"),
        "lines": lines,
        "kinds": say("kinds", kinds=", ".join(f"{say(f'kind_{kind}')} {n:,}" for kind, n in copies["kinds"].items()))
        if copies["kinds"]
        else "",
        "pairs": [
            _pair(place, pair, shown[2 * place : 2 * place + 2], say)
            for place, pair in enumerate(copies["pairs"][: len(shown) // 2])
        ],
        "more": _more(sum(copies["kinds"].values()), len(shown) // 2, say),
    }


def _pair(place: int, pair: Mapping[str, Any], images: Sequence[np.ndarray], say: Say) -> dict[str, Any]:
    marks = [say(f"across_{what}") for what in ("splits", "labels") if pair[f"across_{what}"]]
    sides = zip(images, pair["ids"], pair["splits"], pair["labels"], strict=True)
    return {
        "title": say("pair_of", n=place + 1, kind=say(f"kind_{pair['kind']}")),
        "kind": say(f"kind_{pair['kind']}"),
        "marks": marks,
        "sides": [
            {"picture": picture(image, most=THUMBNAIL), "id": name, "split": split_words(split, say), "label": label}
            for image, name, split, label in sides
        ],
    }


def sizes_part(
    sizes: Mapping[str, Any] | None,
    resize: Mapping[str, Any] | None,
    pictures: Pictures,
    say: Say,
    key: str,
    language: str,
) -> dict[str, Any]:
    """Return the pictures' own sizes, and what bringing them to the network's does. ``key``: unique on the page."""
    if not sizes or not sizes["count"] or resize is None:
        return {}
    size = wording.shape(resize["size"])
    charts = [
        _chart(sizes[f"{name}_bars"], f"{key}-{name}", name, wording.tick, say, language)
        for name in ("shorter", "aspect")
        if sizes["distinct"] > 1
    ]
    common = ", ".join(f"{entry['height']} × {entry['width']} ({entry['count']:,})" for entry in sizes["common"])
    square = sizes["count"] - sizes["lying"] - sizes["upright"]
    return {
        "lead": say("distinct", n=wording.count(sizes["distinct"]), common=common)
        if sizes["distinct"] > 1
        else say("one_size", size=wording.shape([int(sizes["height"]["most"]), int(sizes["width"]["most"])])),
        "shape": say("lying", **{n: wording.count(v) for n, v in (*_shapes(sizes), ("square", square))}),
        "rows": [
            *(_spread_row(say(name), sizes[name], _pixels) for name in ("height", "width")),
            _spread_row(say("aspect"), sizes["aspect"], wording.number),
        ],
        "charts": charts,
        "resize": _resize_words(resize, size, say),
        "costs": _costs(resize, say) if resize["worst"] else [],
        "worst_lead": say("worst_lead_crop")
        if resize["mode"] == "crop"
        else say("worst_lead_other", mode=resize["mode"]),
        "worst": [
            {"picture": picture(image, most=THUMBNAIL), "id": entry["id"], "words": _worst_words(entry, say)}
            for entry, image in zip(resize["worst"], pictures.get("worst", ()), strict=False)
        ],
    }


def _shapes(sizes: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return ("lying", sizes["lying"]), ("upright", sizes["upright"])


def _worst_words(entry: Mapping[str, Any], say: Say) -> str:
    return f"{entry['height']} × {entry['width']}, {say('loses', share=wording.percent(entry['lost'], 0))}"


def _resize_words(resize: Mapping[str, Any], size: str, say: Say) -> str:
    reduced, enlarged = resize["reduced"], resize["enlarged"]
    if not resize["mode"]:
        return say("resize_none", size=size)
    times = enlarged["times"]
    return say(
        "resize_lead",
        size=size,
        reduced=wording.count(reduced["count"]),
        reduced_times=wording.number(reduced["times"]["median"], 2) if reduced["times"] else wording.NONE,
        enlarged=wording.count(enlarged["count"]),
        enlarged_times=say("times_most", times=wording.number(times["most"], 2)) if times else "",
    )


def _costs(resize: Mapping[str, Any], say: Say) -> list[dict[str, Any]]:
    def times(value: float | None) -> str:
        return wording.NONE if value is None else f"{wording.number(value, 3)} ×"

    rows = []
    for mode, fact, worded in (("squash", "stretched", times), ("crop", "lost", _percent), ("pad", "empty", _percent)):
        row = _spread_row(mode, resize[fact], worded)
        rows.append({**row, "cost": say(f"{mode}_cost"), "chosen": say("chosen") if resize["mode"] == mode else ""})
    return rows


def light_part(light: Mapping[str, Any], pictures: Pictures, say: Say, key: str, language: str) -> dict[str, Any]:
    """Return brightness and contrast, and the extreme pictures. ``key``: unique on the page."""
    colours = {name: wording.count(light[name]) for name in ("grey", "coloured")}
    mixed = light["grey"] and light["coloured"]
    return {
        "rows": [_spread_row(say(name), light[name], _percent) for name in ("brightness", "contrast")],
        "colour": say("some_grey", **colours) if mixed else say("all_grey" if light["grey"] else "all_coloured"),
        "charts": [
            _chart(light[f"{name}_bars"], f"{key}-{name}", name, _tick_percent, say, language)
            for name in ("brightness", "contrast")
            if light[f"{name}_bars"]
        ],
        "extremes": [
            {
                "title": say(kind, n=wording.count(light[kind]["count"])),
                "more": _more(light[kind]["count"], len(light[kind]["ids"]), say),
                "cards": [
                    {"picture": picture(image, most=THUMBNAIL), "id": name}
                    for name, image in zip(light[kind]["ids"], pictures.get(kind, ()), strict=False)
                ],
            }
            for kind in ("blank", "dark", "bright")
            if light[kind]["count"]
        ],
    }


def _chart(bars: Mapping[str, Any], key: str, name: str, worded: Any, say: Say, language: str) -> dict[str, Any]:
    title, axis = say(f"{name}_chart"), say(f"{name}_axis")
    beyond = say("beyond", n=wording.count(bars["beyond"])) if bars["beyond"] else ""
    drawn: Markup = histogram(
        bars["counts"],
        bars["edges"],
        key=key,
        title=title,
        description=f"{axis}: {worded(bars['edges'][0])} … {worded(bars['edges'][-1])}. {beyond}".strip(),
        x_title=axis,
        y_title=say("how_many"),
        wording=worded,
        ticks=worded,
        language=language,
    )
    return {"title": title, "drawing": drawn, "note": beyond}


def _spread_row(name: str, values: Mapping[str, float] | None, worded: Any) -> dict[str, Any]:
    ends = [wording.NONE] * 3 if values is None else [worded(values[end]) for end in ("least", "median", "most")]
    return {"name": name, "cells": ends}


def _pixels(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return wording.percent(value)


def _tick_percent(value: float) -> str:
    return f"{100 * value:.3g}\u202f%"


def _share(number: int, total: int) -> str:
    return wording.percent(number / total if total else None)


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name or '?'} {number:,}" for name, number in numbers.items()) or wording.NONE


def _more(number: int, shown: int, say: Say) -> str:
    return say("more", n=wording.count(number - shown)) if 0 < shown < number else ""


def _more_rows(number: int, say: Say) -> str:
    return say("more_rows", shown=MOST_ROWS, n=wording.count(number)) if number > MOST_ROWS else ""
