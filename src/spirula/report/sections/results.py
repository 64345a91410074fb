"""How well it does on one split: numbers with intervals, mix-ups, classes, mistakes, calibration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...metrics.score import HEADLINE
from ...wording import test_views_words
from .. import wording
from ..facts import Facts
from ..figures.matrix import cell_title, matrix_drawing, shades
from ..pictures import picture
from ..retold.retell import retold
from ..speech import Say, speaker
from ..words.results import WORDS
from ..words.samples import counted, noun_words, split_words
from .distributions import calibration, values

TABLE_CLASSES = 20  # the most classes whose confusion matrix is an HTML table
DRAWN_CLASSES = 100  # the most classes whose confusion matrix is drawn whole
FIRST_MISTAKES = 18

# The measures of a class task in the order of the table; a run has those of its task.
MEASURES = (
    *("exact_match", "accuracy", "top5_accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "micro_f1"),
    *("mean_average_precision", "roc_auc"),
)


def results(facts: Facts, split: str) -> dict[str, Any]:
    """Return everything the report shows about one split."""
    result, say = facts.evaluation(split), speaker(WORDS, facts.language)
    purpose = say(f"purpose_{split}") if f"purpose_{split}" in WORDS else ""
    common = {
        "say": say,
        "split": split,
        "split_words": split_words(split, facts.language),
        "task": facts.task,
        "noun": noun_words(facts.noun, facts.language),
        "purpose": " ".join(part for part in (purpose, _views(facts, say)) if part),
        "count": counted(result["count"], facts.noun, facts.language),
        "empty": not result["count"],
    }
    if not result["count"]:
        return common
    return {
        **common,
        "numbers": _regression_numbers(facts, result, say)
        if facts.task == "regression"
        else _numbers(facts, result, say),
        "together": _together(result, facts.task, say),
        "confusion": _confusion(facts, result, split, say) if facts.task == "classification" else None,
        "pairs": _pairs(facts, result) if facts.task == "classification" else [],
        "classes": _classes(facts, result) if facts.task != "regression" else None,
        "mistakes": _mistakes(facts, split),
        "first_mistakes": FIRST_MISTAKES,
        "calibration": calibration(facts, split) if facts.task != "regression" else None,
        "values": values(facts, split) if facts.task == "regression" else None,
    }


def _views(facts: Facts, say: Say) -> str:
    """Say it when more than the picture itself was looked at; the epochs of the training are about that alone."""
    name = str((facts.config.get("model") or {}).get("test_views") or "none")
    if name == "none":
        return ""
    return say("views", words=retold(test_views_words(name), facts.language), name=name)


def _row(
    say: Say, key: str, value: str, interval: str = wording.NONE, title: str = "", means: str = ""
) -> dict[str, str]:
    return {"name": say(title or key), "value": value, "interval": interval, "meaning": say(f"{key}_means{means}")}


def _numbers(facts: Facts, result: dict[str, Any], say: Say) -> list[dict[str, str]]:
    multilabel = facts.task == "multilabel"
    titles = {"accuracy": "label_accuracy"} if multilabel else {}
    means = {"macro_f1": "_labels"} if multilabel else {}
    rows = [
        _row(
            say,
            key,
            wording.percent(result[key]),
            wording.percent_range(result.get(f"{key}_interval")),
            titles.get(key, ""),
            means.get(key, ""),
        )
        for key in MEASURES
        if result.get(key) is not None
    ]
    if not multilabel:
        largest = max(row["support"] for row in result["per_class"]) / result["count"]
        rows.append(_row(say, "comparison", wording.percent(largest)))
    ends = wording.number_range(result.get("loss_interval"), language=facts.language)
    rows.append(_row(say, "loss", wording.number(result["loss"]), ends))
    rows.append(_row(say, "calibration_error", wording.percent(result["calibration_error"])))
    return rows


def _regression_numbers(facts: Facts, result: dict[str, Any], say: Say) -> list[dict[str, str]]:
    return [
        _row(
            say,
            key,
            wording.number(result[key]),
            wording.number_range(result[f"{key}_interval"], language=facts.language),
        )
        for key in ("mae", "rmse", "bias", "r2")
    ]


def _together(result: dict[str, Any], task: str, say: Say) -> str:
    """Return how the intervals count samples that belong together; empty where none do."""
    known = result.get("together")
    if known is None:
        return ""
    effective, measure = known["effective"], say(HEADLINE[task][0]).lower()
    return say(
        "together" if effective is None else "together_effective",
        samples=wording.count(known["samples"]),
        atoms=wording.count(known["atoms"]),
        effective=wording.number(effective),
        measure=measure,
    )


def _confusion(facts: Facts, result: dict[str, Any], split: str, say: Say) -> dict[str, Any]:
    confusion = np.asarray(result["confusion"])
    names = list(facts.names(len(confusion)))
    note = ""
    if len(confusion) > DRAWN_CLASSES:
        wrong = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * np.diagonal(confusion)
        chosen = np.sort(np.argsort(-wrong, kind="stable")[:DRAWN_CLASSES])
        note = say("confusion_note", n=DRAWN_CLASSES, of=len(confusion))
        confusion, names = confusion[np.ix_(chosen, chosen)], [names[index] for index in chosen]
    if len(confusion) > TABLE_CLASSES:
        title = say(
            "confusion_title",
            split=split_words(split, facts.language),
            noun=noun_words(facts.noun, facts.language),
        )
        drawing = matrix_drawing(confusion, names, key=f"{split}-matrix", title=title, language=facts.language)
        return {"drawing": drawing, "note": note}
    share, shade = shades(confusion)
    return {
        "drawing": None,
        "names": names,
        "note": note,
        "rows": [
            {
                "name": name,
                "cells": [
                    {
                        "count": int(confusion[i, j]),
                        "class": f"{'right' if i == j else 'wrong'} s{shade[i, j]}",
                        "title": cell_title(name, names[j], int(confusion[i, j]), float(share[i, j]), facts.language),
                    }
                    for j in range(len(names))
                ],
            }
            for i, name in enumerate(names)
        ],
    }


def _pairs(facts: Facts, result: dict[str, Any]) -> list[dict[str, str]]:
    names = facts.names(len(result["per_class"]))
    return [
        {
            "true": names[true],
            "predicted": names[predicted],
            "count": wording.count(samples),
            "share": wording.percent(samples / result["per_class"][true]["support"]),
        }
        for true, predicted, samples in result["most_confused"]
    ]


def _classes(facts: Facts, result: dict[str, Any]) -> dict[str, Any]:
    rows = result["per_class"] if facts.task == "classification" else result["per_label"]
    names = facts.names(len(rows))
    floor = _floor(rows)

    def on_scale(value: float) -> str:
        return f"{100 * (max(value, floor) - floor) / (1 - floor):.1f}"

    columns = [
        {
            "name": names[row["class"]],
            "support": row["support"],
            "support_text": wording.count(row["support"]),
            "rates": [
                {
                    "value": row[key],
                    "text": wording.percent(row[key]),
                    "range": wording.percent_range(row[f"{key}_interval"]),
                    "marks": [on_scale(at) for at in (*(row[f"{key}_interval"] or (0, 0)), row[key] or 0)],
                }
                for key in ("precision", "recall", "f1")
            ],
            "average_precision": wording.percent(row["average_precision"]) if "average_precision" in row else None,
        }
        for row in rows
    ]
    return {"rows": columns, "floor": wording.percent_tick(floor)}


def _floor(rows: list[dict[str, Any]]) -> float:
    """Return where the lines of the class table begin: the tenth below the lowest end of an interval."""
    ends = [
        row[f"{key}_interval"][0] for row in rows for key in ("precision", "recall", "f1") if row[f"{key}_interval"]
    ]
    return min(math.floor(10 * min(ends, default=0.0)) / 10, 0.9)


def _mistakes(facts: Facts, split: str) -> list[dict[str, Any]]:
    """Return the cards of the gallery; without pictures (vectors) a card has none."""
    arrays = facts.run.arrays(f"mistakes_{split}")
    images = arrays.get("images", np.zeros((0, 1, 1, 1), np.uint8))
    cards = []
    columns = [arrays[name] for name in ("labels", "predicted", "confidence", "files") if name in arrays]
    for index, (label, predicted, confidence, file) in enumerate(
        zip(*columns, strict=True) if len(columns) == 4 else ()
    ):
        sure = float(confidence)
        cards.append(
            {
                "picture": picture(images[index]) if index < len(images) else None,
                "label": str(label),
                "predicted": str(predicted),
                "confidence": wording.number(sure) if facts.task == "regression" else wording.percent(sure),
                "share": 0 if facts.task == "regression" else 100 * sure,
                "file": str(file),
            }
        )
    return cards
