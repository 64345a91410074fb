"""One offline page of an inspection: findings and tables first, pictures second."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import wording
from ..page import whole_page
from ..pictures import picture
from ..retold.retell import retold
from ..speech import Say
from .counts import counts_part
from .findings import told
from .parts import Pictures, copies_part, files_part, light_part, sizes_part
from .words import speaker, split_words


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pictures as the network gets them, uint8 (N, H, W, 1 | 3). ``changes``: augmentation in words, "" for none."""

    images: np.ndarray
    labels: Sequence[str]
    split: str
    changes: str = ""


def render_inspection(document: Mapping[str, Any], pictures: Pictures, sheet: Sheet | None, language: str) -> str:
    """Return the page as one HTML document that needs no other file and no network.

    document: what :func:`spirula.data.survey.survey.survey` returns. Raises :class:`~spirula.errors.InputError` for
    another language than "en" and "ko".
    """
    say = speaker(language)
    findings = [told(finding, document["source"], language, on_page=True) for finding in document["findings"]]
    return whole_page(
        "inspection.html",
        language=language,
        say=say,
        source=document["source"],
        title=title(document, say),
        badge=_badge(document, say),
        findings=[{**finding, "level_words": say(f"level_{finding['level']}")} for finding in findings],
        next_title=say("then" if any(finding["command"] for finding in findings) else "next"),
        next=next_command(document),
        tiles=_tiles(document, say, language),
        sections=_sections(document, pictures, sheet, say, language),
    )


def title(document: Mapping[str, Any], say: Say) -> str:
    """Return ``2,000 pictures in 2 classes``."""
    noun = "pictures" if len(document["image"]) == 3 else "samples"
    samples = say(noun, n=wording.count(document["samples"]))
    if not document["classes"]:
        return samples
    kind = "labels_n" if document["task"] == "multilabel" else "classes_n"
    return say("title", samples=samples, classes=say(kind, n=wording.count(len(document["classes"]))))


def next_command(document: Mapping[str, Any]) -> str:
    """Return what to type when the findings have been dealt with; "" while a training would refuse the data."""
    return "" if document["problems"] else f"spirula train {shlex.quote(document['source'])}"


def _badge(document: Mapping[str, Any], say: Say) -> dict[str, str]:
    levels = {finding["level"] for finding in document["findings"]}
    for level, key, kind in (("stop", "bad", "bad"), ("wrong", "open", "open"), ("look", "usable", "open")):
        if level in levels:
            return {"kind": kind, "title": say(f"badge_{key}"), "words": say(f"badge_{key}_words")}
    return {"kind": "good", "title": say("badge_good"), "words": say("badge_good_words")}


def _tiles(document: Mapping[str, Any], say: Say, language: str) -> list[dict[str, str]]:
    files, copies, verdicts = document["files"], document["copies"], document["files"]["verdicts"]
    splits = ", ".join(f"{split_words(s, say)} {wording.count(n)}" for s, n in document["counts"]["splits"].items())
    tiles = [
        {"label": say("tile_samples"), "value": wording.count(document["samples"]), "note": splits},
        {"label": say("tile_input"), "value": _input(document), "note": ""},
    ]
    if len(document["image"]) == 3 and document["samples"]:
        tiles[1]["note"] = say("input_note")
    if "formats" in files or verdicts:
        tiles.append({"label": say("tile_refused"), "value": wording.count(verdicts.get("refused", 0)), "note": ""})
        tiles.append({"label": say("tile_suspect"), "value": wording.count(verdicts.get("suspect", 0)), "note": ""})
    if copies is not None:
        note = say("groups_note", n=wording.count(copies["groups"])) if copies["groups"] else ""
        number = copies["pictures"] - copies["groups"]
        tiles.append({"label": say("tile_copies"), "value": wording.count(number), "note": note})
    if "bytes_in_all" in files:
        tiles.append({"label": say("tile_bytes"), "value": wording.size(files["bytes_in_all"], language), "note": ""})
    return tiles


def _input(document: Mapping[str, Any]) -> str:
    return wording.shape(document["image"]) if document["samples"] else wording.NONE


def _sections(
    document: Mapping[str, Any], pictures: Pictures, sheet: Sheet | None, say: Say, language: str
) -> list[dict[str, Any]]:
    parts: dict[str, Any] = {
        "counts": counts_part(document["counts"], document["classes"], document["task"], say),
        "files": files_part(document["files"], pictures, say, language) if "formats" in document["files"] else None,
        "copies": document["copies"] and copies_part(document["copies"], document["counts"]["splits"], pictures, say),
        "sizes": sizes_part(document["sizes"], document["resize"], pictures, say, "sizes", language),
        "light": document["light"] and light_part(document["light"], pictures, say, "light", language),
        "sheet": sheet and _sheet(sheet, say),
        "options": _options(document, say, language),
    }
    return [
        {"key": key, "title": say(f"part_{key}"), "template": key, "part": part} for key, part in parts.items() if part
    ]


def _sheet(sheet: Sheet, say: Say) -> dict[str, Any]:
    split = split_words(sheet.split, say) if sheet.split != "all" else say("all_together")
    return {
        "lead": say("sheet_augmented", split=split, changes=sheet.changes)
        if sheet.changes
        else say("sheet_lead", split=split),
        "cards": [
            {"picture": picture(image), "label": label} for image, label in zip(sheet.images, sheet.labels, strict=True)
        ],
    }


def _options(document: Mapping[str, Any], say: Say, language: str) -> dict[str, Any]:
    derived = document["derived"]
    rows = [
        {
            "name": name,
            "value": wording.option(value),
            "why": retold(derived[name], language) if name in derived else say("asked"),
        }
        for name, value in document["settings"].items()
    ]
    return {"rows": rows, "notes": [retold(note, language) for note in document["notes"]]}
