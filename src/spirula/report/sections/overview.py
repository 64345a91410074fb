"""The top of the report: what was learned, how well, and whether to believe it."""

from __future__ import annotations

import shlex
from typing import Any

from ...errors import RunError
from .. import wording
from ..facts import Facts
from .folds import spread
from .survey import leak_points

RESUMABLE = ("interrupted", "failed")

STATUS_WORDS = {
    "finished": "The training finished.",
    "running": "The training is still under way: this is what is known so far.",
    "interrupted": "The training was interrupted before its end.",
    "failed": "The training failed before its end.",
}


def overview(facts: Facts) -> dict[str, Any]:
    """Return the headline, the badge of the reload test, the tiles and the points worth knowing."""
    document = facts.document
    return {
        "name": facts.run.name,
        "title": _title(facts),
        "created": wording.moment(document.get("created")),
        "status": facts.status,
        "status_words": STATUS_WORDS.get(facts.status, f"Status: {facts.status}."),
        "resume": f"spirula train --resume {shlex.quote(facts.address)}" if resumable(facts) else "",
        "failure": _failure(facts),
        "headline": _headline(facts),
        "badge": _badge(facts),
        "tiles": _tiles(facts),
        "points": _points(facts),
    }


def resumable(facts: Facts) -> bool:
    """Whether going on makes sense: a run whose numbers were no longer finite would fail again at the same step."""
    return facts.status in RESUMABLE and not facts.not_finite


def _failure(facts: Facts) -> str:
    """Return what failed: in one line where a section of its own tells the rest."""
    whole = str(facts.document.get("failure") or "")
    return whole.partition("\n")[0] if facts.not_finite else whole


def _title(facts: Facts) -> str:
    verb = {"running": "is learning", "interrupted": "was learning", "failed": "was learning"}
    name = str(facts.document.get("model", {}).get("name") or "")
    model = name if name and "(" not in name and name not in ("stack", "graph", "module") else "A custom network"
    if facts.imported:
        return f"{model} was imported from {facts.imported.get('from', 'a file')}"
    return f"{model} {verb.get(facts.status, 'learned')} {_source(facts)}"


def _source(facts: Facts) -> str:
    """Return the last part of a path, or the name of the set."""
    source = str(facts.document.get("data", {}).get("source") or "its data")
    return source.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or source


def _headline(facts: Facts) -> dict[str, str] | None:
    """Return the first thing to say of the first evaluated split: a number, of what, and how sure."""
    for split in facts.evaluated[:1]:
        result = facts.evaluation(split)
        of = f"{wording.count(result['count'])} {split} {facts.noun}"
        if facts.task == "regression":
            return {
                "value": wording.number(result["mae"]),
                "sentence": f"average error over {of}",
                "interval": wording.number_range(result["mae_interval"]),
                "split": split,
            }
        key, words = ("exact_match", "with every label right") if facts.task == "multilabel" else ("accuracy", "right")
        return {
            "value": wording.percent(result[key]),
            "sentence": f"of {of} {words}",
            "interval": wording.percent_range(result[f"{key}_interval"]),
            "split": split,
        }
    return None


def _badge(facts: Facts) -> dict[str, str]:
    if facts.imported:
        words = f"Not trained here, but taken over with its weights from {facts.imported.get('file', 'a file')}."
        return {"kind": "open", "title": "Imported", "words": words, "detail": ""}
    verification = facts.document.get("verification") or {}
    detail = str(verification.get("detail") or "")
    if verification.get("status") == "verified":
        words = "A fresh process loaded the saved model and got the numbers that training had logged."
        return {"kind": "good", "title": "Verified", "words": words, "detail": detail}
    if verification.get("status") == "failed":
        words = "A fresh process loaded the saved model and got other numbers than training had logged: do not use it."
        return {"kind": "bad", "title": "Verification failed", "words": words, "detail": detail}
    words = "The saved model has not been reloaded in a fresh process to repeat these numbers."
    return {"kind": "open", "title": "Not verified", "words": words, "detail": detail}


def _tiles(facts: Facts) -> list[dict[str, str]]:
    document = facts.document
    best, timing = document.get("best") or {}, document.get("timing") or {}
    stopped, model = document.get("stopped") or {}, document.get("model") or {}
    tiles = [_result_tile(facts, split) for split in facts.evaluated]
    if document.get("folds"):
        tiles.append({"label": "Folds", "value": str(document["folds"]["count"]), "note": spread(facts)})
    if best.get("epoch") is not None:
        known = best.get("value") is not None
        note = f"{best.get('monitor', '')} {wording.number(best['value'])}" if known else str(best.get("monitor", ""))
        last = stopped.get("epoch") or len(facts.history)
        tiles.append({"label": "Best epoch", "value": f"{best['epoch'] or 'none'} of {last}", "note": note})
    if timing.get("training_seconds") is not None:
        speed = timing.get("images_per_second")
        note = f"{wording.count(speed)} {facts.noun}/s" if speed else ""
        tiles.append({"label": "Training", "value": wording.duration(timing["training_seconds"]), "note": note})
    if model.get("parameters") is not None:
        operations = model.get("multiply_adds")
        note = f"{wording.large(operations)} multiply-adds" if operations else ""
        tiles.append({"label": "Parameters", "value": wording.count(model["parameters"]), "note": note})
    if document.get("device"):
        machine = document.get("machine") or {}
        note = str(machine.get("accelerator") or machine.get("processor") or "")
        tiles.append({"label": "Device", "value": str(document["device"]), "note": note})
    return tiles


def _result_tile(facts: Facts, split: str) -> dict[str, str]:
    result = facts.evaluation(split)
    if facts.task == "regression":
        return {
            "label": f"{split.capitalize()} error",
            "value": wording.number(result["mae"]),
            "note": f"95\u202f%: {wording.number_range(result['mae_interval'])}",
        }
    key, name = ("exact_match", "exact match") if facts.task == "multilabel" else ("accuracy", "accuracy")
    return {
        "label": f"{split.capitalize()} {name}",
        "value": wording.percent(result[key]),
        "note": f"95\u202f%: {wording.percent_range(result[f'{key}_interval'])}",
    }


def _points(facts: Facts) -> list[dict[str, str]]:
    """Return up to four sentences, each with the section that shows why."""
    points = leak_points(facts)
    for split in facts.evaluated[:1]:
        result = facts.evaluation(split)
        if facts.task == "regression":
            points += _regression_points(result, split)
        else:
            points += _class_points(facts, result, split)
    points += _training_points(facts)
    return points[:4]


def _class_points(facts: Facts, result: dict[str, Any], split: str) -> list[dict[str, str]]:
    rows = result["per_class"] if facts.task == "classification" else result["per_label"]
    names = facts.names(len(rows))
    points = []
    scored = [row for row in rows if row["f1"] is not None and row["support"]]
    if len(scored) > 1:
        weakest = min(scored, key=lambda row: float(row["f1"]))
        if weakest["f1"] < 1:
            text = f"Weakest class: {names[weakest['class']]}, F1 {wording.percent(weakest['f1'])}"
            points.append({"text": text, "to": f"{split}-classes"})
    for true, predicted, samples in result.get("most_confused", [])[:1]:
        share = samples / max(rows[true]["support"], 1)
        mixed = f"{names[true]} taken for {names[predicted]}"
        text = f"Most frequent mix-up: {mixed}, {wording.counted(samples, 'time', 'times')} ({wording.percent(share)})"
        points.append({"text": text, "to": f"{split}-confusion"})
    error = result.get("calibration_error")
    if error is not None:
        text = f"Its confidence is off by {100 * error:.1f} points on average"
        points.append({"text": text, "to": f"{split}-calibration"})
    return points


def _regression_points(result: dict[str, Any], split: str) -> list[dict[str, str]]:
    points = []
    if result["r2"] is not None:
        text = f"Explains {wording.percent(result['r2'])} of the variance (R²)"
        points.append({"text": text, "to": f"{split}-numbers"})
    low, high = result["bias_interval"] or (0.0, 0.0)
    if low > 0 or high < 0:
        direction = "high" if low > 0 else "low"
        text = f"Its values are too {direction}, by {wording.number(abs(result['bias']))} on average"
        points.append({"text": text, "to": f"{split}-numbers"})
    return points


def _training_points(facts: Facts) -> list[dict[str, str]]:
    try:
        rows = facts.history
    except RunError:
        return []  # the section on learning names the damage
    last = rows[-1] if rows else {}
    stopped = (facts.document.get("stopped") or {}).get("reason")
    points = []
    if last.get("accuracy") is not None and last.get("val_accuracy") is not None:
        gap = last["accuracy"] - last["val_accuracy"]
        if gap > 0.1:
            text = f"{100 * gap:.0f} points better on the training {facts.noun} than on validation: it memorises"
            points.append({"text": text, "to": "learning"})
    if stopped == "patience":
        points.append({"text": "Stopped when validation no longer improved", "to": "learning"})
    elif stopped == "budget":
        points.append({"text": "Ended by its time budget", "to": "learning"})
    return points
