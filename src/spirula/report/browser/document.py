"""Everything that the page's script browses: one document of columns, and the sheets of thumbnails beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from ...errors import RunError
from ...runs.files import printable
from ...runs.folder import EMBEDDING, HEAT, LOOKS, NEAREST, THUMBNAILS, Predictions
from ...runs.sprites import EXACT, Sheet, make_sheet, read_sheets
from .. import wording
from ..facts import Facts
from ..figures.colours import rising
from ..figures.looks import overlaid
from ..pictures import picture
from ..retold.retell import retold
from ..speech import Say, read_language
from .columns import columns, packed
from .further import further
from .listed import is_right, listed_rows, part, sureness
from .similar import nearest_mistakes, same_mistakes
from .words import WORDS

Arrays = Mapping[str, np.ndarray]
HEAT_COLOURS = 32


@dataclass(frozen=True)
class Browsed:
    """document: JSON that may stand in a script element. sheets: each one's file as base64. notes: sentences."""

    document: Markup
    sheets: list[str]
    notes: list[str]


def browsed(facts: Facts, say: Say) -> Browsed:
    """Return what is browsed of a run: every split with predictions, the one that counts most first.

    Pictures, neighbours and heat maps whose file cannot be read are missing, and a note names the file.
    Raises :class:`~spirula.errors.RunError` when arrays of the run do not fit each other.
    """
    notes: list[str] = []
    seen = NEAREST if "folds" in facts.document else EMBEDDING
    thumbnails, embedding, looks = (_arrays(facts, name, notes) for name in (THUMBNAILS, seen, LOOKS))
    heat = _arrays(facts, HEAT, notes)
    try:
        stored = read_sheets(thumbnails)
        sheets = stored or _sheets_of_mistakes(facts)
        places: dict[str, int] = {}
        for number, name in enumerate(name for sheet in sheets for name in sheet.ids):
            places.setdefault(name, number)
        document = _document(facts, embedding, looks, heat, sheets, places, say)
    except RunError:
        raise
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"The arrays of {facts.run.name} do not fit: {error}", "Their files were changed.") from error
    if sheets and not stored:
        notes.append(say("no_pictures_kept"))
    blurred = next((sheet for sheet in sheets if not sheet.exact), None)
    if blurred is not None:
        notes.append(say("compressed", size=f"{blurred.width} × {blurred.height}"))
    return Browsed(as_json(document), [base64.b64encode(sheet.content).decode("ascii") for sheet in sheets], notes)


def as_json(document: Any) -> Markup:
    """Return JSON for a script element that is data: nothing in it can end the element or begin a comment."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def split_title(split: str, say: Say) -> str:
    """Return what a split is called."""
    return say(f"split_{split}") if f"split_{split}" in WORDS else split


def _arrays(facts: Facts, name: str, notes: list[str]) -> Arrays:
    """Return arrays of the run; none, and a note, where their file cannot be read."""
    try:
        return facts.run.arrays(name)
    except RunError as error:
        notes.append(retold(str(error), facts.language))
        return {}


def _document(
    facts: Facts,
    embedding: Arrays,
    looks: Arrays,
    heat: Arrays,
    sheets: list[Sheet],
    places: Mapping[str, int],
    say: Say,
) -> dict[str, Any]:
    outputs = max(facts.predictions(split).probabilities.shape[1] for split in facts.evaluated)
    language = read_language(facts.language)
    splits = []
    for split in facts.evaluated:
        whole = facts.predictions(split)
        rows = listed_rows(facts.task, whole)
        stored = part(whole, rows)
        shown = sum(name in places for name in stored.ids)
        notes = [
            say("listed", n=wording.count(len(rows)), of=wording.count(len(whole.ids))) * (len(rows) < len(whole.ids)),
            say("some_pictures", shown=wording.count(shown)) * (0 < shown < len(rows)),
        ]
        splits.append(
            {
                "name": split,
                "title": split_title(split, say),
                "note": " ".join(note for note in notes if note),
                "ids": [printable(name) for name in stored.ids],
                "columns": {**columns(facts.task, stored), "places": _places(stored.ids, places)},
                "like": _like(facts.task, stored, _listed(embedding, split, whole, rows)),
                "looks": _looks(stored, split, looks),
                "heat": _heat(stored.ids, split, heat),
            }
        )
    return {
        "task": facts.task,
        "classes": [] if facts.task == "regression" else list(facts.names(outputs)),
        "pictures": bool(sheets),
        "further": further(facts, looks),
        "heat_colours": packed(rising(np.linspace(0, 1, HEAT_COLOURS), 1.0), "u1"),
        "words": {key: both[language] for key, both in WORDS.items()},
        "splits": splits,
        "trained": _trained(embedding, places),
        "sheets": [[len(sheet.ids), sheet.columns, sheet.height, sheet.width, int(sheet.exact)] for sheet in sheets],
    }


def _sheets_of_mistakes(facts: Facts) -> list[Sheet]:
    """Return the pictures of the worst mistakes: all that a run of before there were thumbnails has."""
    sheets = []
    for split in facts.evaluated:
        arrays = facts.pictures(f"mistakes_{split}")
        if arrays:
            images = arrays["images"]
            if images.shape[3] not in (1, 3):
                images = images.mean(axis=3, keepdims=True).round().astype(np.uint8)
            ids = [str(name) for name in arrays["files"][: len(images)]]
            if set(ids) <= set(facts.predictions(split).ids):
                sheets.append(make_sheet(ids, images, lossless=max(images.shape[1:3]) <= EXACT))
    return sheets


def _places(ids: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    """Return the number of each sample's thumbnail, -1 for none."""
    return packed(np.array([places.get(name, -1) for name in ids], dtype=np.int64), "i")


def _listed(embedding: Arrays, split: str, whole: Predictions, rows: np.ndarray) -> Arrays:
    """Return what the embedding says of some rows of a split, by short names; nothing where it is of other samples."""
    ids = embedding.get(f"{split}_ids")
    if ids is None or [str(name) for name in ids] != whole.ids:
        return {}
    names = ("points", "nearest", "similarity")
    return {name: embedding[f"{split}_{name}"][rows] for name in names if f"{split}_{name}" in embedding}


def _like(task: str, stored: Predictions, embedded: Arrays) -> dict[str, dict[str, str]]:
    """Return the columns of what is like each sample: mistakes of this split, and training pictures."""
    wrong = np.flatnonzero(~is_right(task, stored))
    found: dict[str, dict[str, str]] = {}
    if "points" in embedded:
        found["alike"] = packed(nearest_mistakes(embedded["points"], wrong), "i")
    elif task != "regression":
        found["alike"] = packed(same_mistakes(_kinds(task, stored), sureness(task, stored), wrong), "i")
    if "nearest" in embedded:
        found["nearest"] = packed(embedded["nearest"], "i")
        found["similarity"] = packed(embedded["similarity"], "f4")
    return found


def _kinds(task: str, stored: Predictions) -> np.ndarray:
    """Return a number for what was taken for what, int64 (N,)."""
    if task == "classification":
        kinds: np.ndarray = stored.targets * stored.probabilities.shape[1] + stored.probabilities.argmax(axis=1)
    else:
        off = (stored.probabilities > 0.5).astype(np.int8) - (stored.targets > 0)
        _, kinds = np.unique(off, axis=0, return_inverse=True)
    return kinds.ravel()


def _trained(embedding: Arrays, places: Mapping[str, int]) -> dict[str, Any]:
    """Return the training pictures that are someone's nearest; the columns name them by row."""
    ids = [str(name) for name in embedding.get("train_ids", ())]
    return {
        "ids": [printable(name) for name in ids],
        "labels": [str(label) for label in embedding.get("train_labels", ())],
        "places": _places(ids, places),
    }


def _heat(ids: Sequence[str], split: str, found: Arrays) -> dict[str, Any] | None:
    """Return the coarse heat maps of a split: rows of ``ids``, the classes asked about, sides, and values in a row."""
    if f"{split}_maps" not in found:
        return None
    maps, rows = found[f"{split}_maps"], {name: row for row, name in enumerate(ids)}
    shown = [(rows[name], at) for at, name in enumerate(map(str, found[f"{split}_ids"])) if name in rows]
    return {
        "rows": packed(np.array([row for row, _ in shown], dtype=np.int64), "i"),
        "asked": packed(found[f"{split}_asked"][[at for _, at in shown]], "i"),
        "height": maps.shape[1],
        "width": maps.shape[2],
        "maps": packed(maps[[at for _, at in shown]], "u1"),
    }


def _looks(stored: Predictions, split: str, found: Arrays) -> dict[str, Any]:
    """Return by row the pictures that have a heat map: the picture, what speaks for what is said, and for the truth."""
    if not found or str(found["split"]) != split:
        return {}
    rows = {name: row for row, name in enumerate(stored.ids)}
    looks: dict[str, Any] = {}
    for number, (file, image) in enumerate(zip(found["files"], found["images"], strict=True)):
        row = rows.get(str(file))
        if row is None:
            continue
        seen = image if image.shape[2] in (1, 3) else image.mean(axis=2, keepdims=True).round().astype(np.uint8)
        looks[str(row)] = {
            "picture": asdict(picture(seen)),
            "map": asdict(picture(overlaid(seen, found["maps"][number].astype(np.float32)))),
            "asked": str(found["asked"][number]),
            "label": str(found["labels"][number]),
        }
        if "true_maps" in found and not found["right"][number]:
            heat = found["true_maps"][number].astype(np.float32)
            looks[str(row)]["truth"] = asdict(picture(overlaid(seen, heat)))
    return looks
