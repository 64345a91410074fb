"""What goes in: the data, the network, and what the network really gets."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from ...effects import changes_nothing
from ...errors import RunError
from .. import wording
from ..facts import Facts
from ..pictures import picture
from ..retold.retell import retold
from ..speech import Say, speaker
from ..words.data import WORDS
from ..words.network import WORDS as NETWORK
from ..words.samples import counted, split_words
from .survey import survey_parts

SPLITS = ("train", "validation", "test")
MOST_REFUSED = 50
SAMPLE_SIZE = 96  # pixels of the longer side in the report


def data(facts: Facts) -> dict[str, Any]:
    """Return counts per split and class, a few samples of each class, notes and refused files."""
    say = speaker(WORDS, facts.language)
    if facts.imported:
        return {"missing": say("imported")}
    described = facts.document.get("data", {})
    counts = {str(split): int(count) for split, count in described.get("counts", {}).items()}
    splits = [*(split for split in SPLITS if counts.get(split)), *(split for split in counts if split not in SPLITS)]
    per_class = described.get("class_counts") or {}
    names = facts.classes if facts.task != "regression" else []
    most = max((per_class.get(split, {}).get(name, 0) for split in splits for name in names), default=0)
    return {
        "say": say,
        "lead": _lead(facts, {split: counts[split] for split in splits}, sum(counts.values()), say),
        "splits": [split_words(split, facts.language) for split in splits],
        "task": facts.task,
        "counted": bool(most),
        "classes": [
            {
                "name": name,
                "cells": [
                    {
                        "text": wording.count(per_class.get(split, {}).get(name, 0)),
                        "share": 100 * per_class.get(split, {}).get(name, 0) / most if most else 0,
                    }
                    for split in splits
                ],
            }
            for name in names
        ],
        "notes": [retold(str(note), facts.language) for note in described.get("notes") or []],
        "refused": {"count": 0, "rows": []} if "formats" in facts.survey.get("files", {}) else _refused(facts),
        "survey": survey_parts(facts),
        "samples": _by_label(facts.pictures("samples")),
        "fingerprint": described.get("fingerprint") or "",
    }


def _lead(facts: Facts, counts: dict[str, int], total: int, say: Say) -> str:
    """Return how many samples there are, of which shape, and how many in each split; "" where that is not known."""
    if not counts:
        return ""
    words = ", ".join(
        say("split", n=wording.count(number), split=split_words(split, facts.language))
        for split, number in counts.items()
    )
    shape = wording.shape(facts.document.get("data", {}).get("image"))
    key = "lead" if shape == wording.NONE else f"lead_{facts.noun}"
    return say(key, total=counted(total, facts.noun, facts.language), shape=shape, splits=words)


def _refused(facts: Facts) -> dict[str, Any]:
    columns = facts.run.manifest()
    verdicts = [
        (name, retold(reason, facts.language))
        for name, verdict, reason in zip(
            *(columns.get(column, []) for column in ("id", "verdict", "reason")), strict=False
        )
        if verdict == "refused"
    ]
    return {"count": len(verdicts), "rows": verdicts[:MOST_REFUSED]}


def _by_label(arrays: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Group pictures by label, in the order in which labels first occur."""
    groups: dict[str, list[Any]] = {}
    for image, label in zip(arrays.get("images", ()), arrays.get("labels", ()), strict=False):
        groups.setdefault(str(label), []).append(picture(image, most=SAMPLE_SIZE))
    return [{"label": label, "pictures": pictures} for label, pictures in groups.items()]


def network(facts: Facts) -> dict[str, Any]:
    """Return the layers as a table, their totals, and the diagram."""
    path = facts.run.insight_path("network.json")
    rows: list[dict[str, Any]] = []
    if path.is_file():
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{path.name} cannot be read: {error}", "Write it anew with: spirula report") from error
    model, say = facts.document.get("model") or {}, speaker(NETWORK, facts.language)
    if not rows and not model.get("parameters"):
        return {"missing": say("missing")}
    return {
        "say": say,
        "name": model.get("name") or "",
        "notation": model.get("notation") or "",
        "layers": [
            {
                "name": row.get("name", ""),
                "level": int(row.get("level") or 0),
                "kind": row.get("kind", ""),
                "output": wording.shape(row.get("output_shape")),
                "parameters": wording.count(row.get("parameters") or 0),
                "frozen": bool(row.get("not_trainable")) and not row.get("trainable"),
                "multiply_adds": wording.count(row.get("multiply_adds") or 0),
                "field": say("all")
                if row.get("receptive_field") and not row.get("stride")
                else _side(row.get("receptive_field")),
                "stride": _side(row.get("stride")),
            }
            for row in rows
        ],
        "totals": _totals(model, facts.language),
        "diagram": _diagram(facts),
    }


def _totals(model: dict[str, Any], language: str) -> dict[str, str]:
    parameters = model.get("parameters")
    return {
        "parameters": wording.count(parameters),
        "trainable": wording.count(model.get("trainable")),
        "multiply_adds": wording.large(model.get("multiply_adds"), language),
        "size": wording.size(None if parameters is None else 4 * parameters, language),
    }


def _side(size: Any) -> str:
    """Return ``5`` for a square field (height, width), ``5 × 3`` for another."""
    if isinstance(size, list) and len(size) == 2 and size[0] == size[1]:
        return wording.shape(size[0])
    return wording.shape(size)


def _diagram(facts: Facts) -> str:
    """Return the diagram as an image: a browser never runs what an image holds, and its styles stay inside."""
    path = facts.run.insight_path("network.svg")
    if not path.is_file():
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def sheet(facts: Facts) -> dict[str, Any]:
    """Return what the network really gets, after resizing and augmentation."""
    say = speaker(WORDS, facts.language)
    if facts.imported:
        return {"missing": say("sheet_imported")}
    arrays = facts.pictures("inputs")
    labels = arrays.get("labels", np.zeros(0, np.str_))
    changes = ", ".join(_augmentation(facts))
    return {
        "say": say,
        "lead": say("sheet_augmented", changes=changes) if changes else say("sheet"),
        "cards": [
            {"picture": picture(image), "label": str(label)}
            for image, label in zip(arrays.get("images", ()), labels, strict=False)
        ],
    }


def _augmentation(facts: Facts) -> list[str]:
    options = facts.config.get("augmentation", {})
    return [f"{name} {wording.option(value)}" for name, value in options.items() if not changes_nothing(value)]
