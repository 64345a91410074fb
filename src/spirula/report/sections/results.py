"""How well it does on one split: numbers with intervals, mix-ups, classes, mistakes, calibration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...wording import test_views_words
from .. import wording
from ..facts import Facts
from ..figures.matrix import cell_title, matrix_drawing, shades
from ..pictures import picture
from .distributions import calibration, values

TABLE_CLASSES = 20  # the most classes whose confusion matrix is an HTML table
DRAWN_CLASSES = 100  # the most classes whose confusion matrix is drawn whole
FIRST_MISTAKES = 18

PURPOSE = {
    "test": "Held out until the end: nothing about the network was chosen by looking at it.",
    "out-of-fold": "Every sample, as the network of that fold said that had never seen it nor what belongs with it.",
    "validation": "Not trained on, but used to choose the best epoch: slightly flattering.",
    "train": "Trained on: tells how much was memorised, not how well it does on something new.",
}


def results(facts: Facts, split: str) -> dict[str, Any]:
    """Return everything the report shows about one split."""
    result = facts.evaluation(split)
    common = {
        "split": split,
        "task": facts.task,
        "noun": facts.noun,
        "purpose": " ".join(part for part in (PURPOSE.get(split, ""), _views(facts)) if part),
        "count": wording.count(result["count"]),
        "empty": not result["count"],
    }
    if not result["count"]:
        return common
    return {
        **common,
        "numbers": _regression_numbers(result) if facts.task == "regression" else _numbers(facts, result),
        "confusion": _confusion(facts, result, split) if facts.task == "classification" else None,
        "pairs": _pairs(facts, result) if facts.task == "classification" else [],
        "classes": _classes(facts, result) if facts.task != "regression" else None,
        "mistakes": _mistakes(facts, split),
        "first_mistakes": FIRST_MISTAKES,
        "calibration": calibration(facts, split) if facts.task != "regression" else None,
        "values": values(facts, split) if facts.task == "regression" else None,
    }


def _views(facts: Facts) -> str:
    """Say it when more than the picture itself was looked at; the epochs of the training are about that alone."""
    name = (facts.config.get("model") or {}).get("test_views")
    if name in (None, "none"):
        return ""
    return f"Averaged over {test_views_words(str(name))} (test_views = {name}); the curves are not."


def _row(name: str, value: str, interval: str, meaning: str) -> dict[str, str]:
    return {"name": name, "value": value, "interval": interval, "meaning": meaning}


def _numbers(facts: Facts, result: dict[str, Any]) -> list[dict[str, str]]:
    multilabel = facts.task == "multilabel"
    classes = "labels" if multilabel else "classes"
    names = [
        ("exact_match", "Exact match", "share with every label right"),
        ("accuracy", "Label accuracy" if multilabel else "Accuracy", "share that is right"),
        ("top5_accuracy", "Top-5 accuracy", "share whose class is among the five most probable"),
        ("balanced_accuracy", "Balanced accuracy", "mean recall: every class counts the same"),
        ("macro_f1", "Macro F1", f"mean F1 of the {classes}"),
        ("weighted_f1", "Weighted F1", "mean F1, weighted by how often a class occurs"),
        ("micro_f1", "Micro F1", "F1 of all decisions together"),
        ("mean_average_precision", "Mean average precision", "ranking quality, whatever the threshold"),
        ("roc_auc", "ROC AUC", "how often the second class is ranked above the first"),
    ]
    rows = [
        _row(title, wording.percent(result[key]), wording.percent_range(result.get(f"{key}_interval")), meaning)
        for key, title, meaning in names
        if result.get(key) is not None
    ]
    if not multilabel:
        largest = max(row["support"] for row in result["per_class"]) / result["count"]
        guess = "accuracy of always naming the most frequent class"
        rows.append(_row("For comparison", wording.percent(largest), wording.NONE, guess))
    ends = wording.number_range(result.get("loss_interval"))
    rows.append(_row("Loss", wording.number(result["loss"]), ends, "mean cross-entropy, in nats"))
    rows.append(
        _row(
            "Calibration error",
            wording.percent(result["calibration_error"]),
            wording.NONE,
            "mean distance between confidence and accuracy",
        )
    )
    return rows


def _regression_numbers(result: dict[str, Any]) -> list[dict[str, str]]:
    names = [
        ("mae", "Mean absolute error", "how far off, on average"),
        ("rmse", "Root mean squared error", "as above, large errors weigh more"),
        ("bias", "Bias", "mean of predicted minus true: above 0, it predicts too much"),
        ("r2", "R²", "share of the variance that is explained"),
    ]
    return [
        _row(title, wording.number(result[key]), wording.number_range(result[f"{key}_interval"]), meaning)
        for key, title, meaning in names
    ]


def _confusion(facts: Facts, result: dict[str, Any], split: str) -> dict[str, Any]:
    confusion = np.asarray(result["confusion"])
    names = list(facts.names(len(confusion)))
    note = ""
    if len(confusion) > DRAWN_CLASSES:
        wrong = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * np.diagonal(confusion)
        chosen = np.sort(np.argsort(-wrong, kind="stable")[:DRAWN_CLASSES])
        note = f"The {DRAWN_CLASSES} of {len(confusion)} classes with the most mix-ups, among themselves."
        confusion, names = confusion[np.ix_(chosen, chosen)], [names[index] for index in chosen]
    if len(confusion) > TABLE_CLASSES:
        title = f"Confusion matrix, {split} {facts.noun}"
        return {"drawing": matrix_drawing(confusion, names, key=f"{split}-matrix", title=title), "note": note}
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
                        "title": cell_title(name, names[j], int(confusion[i, j]), float(share[i, j])),
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
