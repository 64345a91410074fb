"""The top of the report: what was learned, how well, and whether to believe it."""

from __future__ import annotations

import shlex
from typing import Any

from ...checks.left_out import REPORT
from ...checks.sentences import part_word
from ...errors import RunError
from ...runs.folder import LEFT_OUT
from .. import wording
from ..facts import Facts
from ..retold.retell import retold
from ..speech import Say, speaker
from ..words.overview import WORDS
from ..words.samples import counted, noun_words, split_words
from .folds import spread
from .survey import leak_points

RESUMABLE = ("interrupted", "failed")
STATUSES = ("finished", "running", "interrupted", "failed")


def overview(facts: Facts) -> dict[str, Any]:
    """Return the headline, the badge of the reload test, the tiles and the points worth knowing."""
    document, say = facts.document, speaker(WORDS, facts.language)
    known = facts.status in STATUSES
    return {
        "say": say,
        "name": facts.run.name,
        "title": _title(facts, say),
        "created": wording.moment(document.get("created"), facts.language),
        "status": facts.status,
        "status_title": say(facts.status) if known else facts.status.capitalize(),
        "status_words": say(f"{facts.status}_words") if known else say("other_words", status=facts.status),
        "resume": f"spirula train --resume {shlex.quote(facts.address)}" if resumable(facts) else "",
        "failure": _failure(facts),
        "headline": _headline(facts, say),
        "badge": _badge(facts, say),
        "tiles": _tiles(facts, say),
        "points": _points(facts, say),
    }


def resumable(facts: Facts) -> bool:
    """Whether going on makes sense: a run whose numbers were no longer finite would fail again at the same step."""
    return facts.status in RESUMABLE and not facts.not_finite


def _failure(facts: Facts) -> str:
    """Return what failed: in one line where a section of its own tells the rest."""
    whole = str(facts.document.get("failure") or "")
    return retold(whole.partition("\n")[0] if facts.not_finite else whole, facts.language)


def _title(facts: Facts, say: Say) -> str:
    forms = {"running": "is_learning", "interrupted": "was_learning", "failed": "was_learning"}
    name = str(facts.document.get("model", {}).get("name") or "")
    model = name if name and "(" not in name and name not in ("stack", "graph", "module") else say("custom")
    if facts.imported:
        return say("imported", model=model, origin=facts.imported.get("from", say("a_file")))
    return say(forms.get(facts.status, "learned"), model=model, source=_source(facts, say))


def _source(facts: Facts, say: Say) -> str:
    """Return the last part of a path, or the name of the set."""
    source = str(facts.document.get("data", {}).get("source") or say("its_data"))
    return source.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or source


def _headline(facts: Facts, say: Say) -> dict[str, str] | None:
    """Return the first thing to say of the first evaluated split: a number, of what, and how sure."""
    for split in facts.evaluated[:1]:
        result = facts.evaluation(split)
        of = counted(result["count"], facts.noun, facts.language, split)
        if facts.task == "regression":
            return {
                "value": wording.number(result["mae"]),
                "sentence": say("average_error", of=of),
                "interval": wording.number_range(result["mae_interval"], language=facts.language),
                "split": split,
            }
        key, words = ("exact_match", "every_label_right") if facts.task == "multilabel" else ("accuracy", "right")
        return {
            "value": wording.percent(result[key]),
            "sentence": say(words, of=of),
            "interval": wording.percent_range(result[f"{key}_interval"]),
            "split": split,
        }
    return None


def _badge(facts: Facts, say: Say) -> dict[str, str]:
    if facts.imported:
        words = say("badge_imported_words", file=facts.imported.get("file", say("a_file")))
        return {"kind": "open", "title": say("badge_imported"), "words": words, "detail": ""}
    verification = facts.document.get("verification") or {}
    state, kind = {"verified": ("verified", "good"), "failed": ("failed", "bad")}.get(
        str(verification.get("status")), ("open", "open")
    )
    return {
        "kind": kind,
        "title": say(f"badge_{state}"),
        "words": say(f"badge_{state}_words"),
        "detail": retold(str(verification.get("detail") or ""), facts.language),
    }


def _tiles(facts: Facts, say: Say) -> list[dict[str, str]]:
    document, language = facts.document, facts.language
    best, timing = document.get("best") or {}, document.get("timing") or {}
    stopped, model = document.get("stopped") or {}, document.get("model") or {}
    tiles = [_result_tile(facts, split, say) for split in facts.evaluated]
    if document.get("folds"):
        tiles.append({"label": say("tile_folds"), "value": str(document["folds"]["count"]), "note": spread(facts)})
    if best.get("epoch") is not None:
        known = best.get("value") is not None
        note = f"{best.get('monitor', '')} {wording.number(best['value'])}" if known else str(best.get("monitor", ""))
        last = stopped.get("epoch") or len(facts.history)
        value = say("best_of" if best["epoch"] else "none_of", epoch=best["epoch"], last=last)
        tiles.append({"label": say("tile_best"), "value": value, "note": note})
    if timing.get("training_seconds") is not None:
        speed = timing.get("images_per_second")
        note = say(f"{facts.noun}_per_second", n=wording.count(speed)) if speed else ""
        value = wording.duration(timing["training_seconds"], language)
        tiles.append({"label": say("tile_training"), "value": value, "note": note})
    if model.get("parameters") is not None:
        operations = model.get("multiply_adds")
        note = say("multiply_adds", n=wording.large(operations, language)) if operations else ""
        tiles.append({"label": say("tile_parameters"), "value": wording.count(model["parameters"]), "note": note})
    if document.get("device"):
        machine = document.get("machine") or {}
        note = str(machine.get("accelerator") or machine.get("processor") or "")
        tiles.append({"label": say("tile_device"), "value": str(document["device"]), "note": note})
    return tiles


def _result_tile(facts: Facts, split: str, say: Say) -> dict[str, str]:
    result, named = facts.evaluation(split), split_words(split, facts.language).capitalize()
    if facts.task == "regression":
        return {
            "label": say("tile_error", split=named),
            "value": wording.number(result["mae"]),
            "note": say(
                "tile_interval", interval=wording.number_range(result["mae_interval"], language=facts.language)
            ),
        }
    key, name = ("exact_match", "tile_exact") if facts.task == "multilabel" else ("accuracy", "tile_accuracy")
    return {
        "label": say(name, split=named),
        "value": wording.percent(result[key]),
        "note": say("tile_interval", interval=wording.percent_range(result[f"{key}_interval"])),
    }


def _points(facts: Facts, say: Say) -> list[dict[str, str]]:
    """Return up to four sentences, each with the section that shows why."""
    points = [*_left_out(facts, say), *leak_points(facts)]
    for split in facts.evaluated[:1]:
        result = facts.evaluation(split)
        if facts.task == "regression":
            points += _regression_points(result, split, say)
        else:
            points += _class_points(facts, result, split, say)
    points += _training_points(facts, say)
    return points[:4]


def _left_out(facts: Facts, say: Say) -> list[dict[str, str]]:
    """Return what could not be made after the training; nothing of the run depends on it."""
    left = dict(facts.document.get(LEFT_OUT) or {})
    left.pop(REPORT, None)  # here it is
    if not left:
        return []
    parts = ", ".join(part_word(part, facts.language) for part in left)
    reasons = "; ".join(dict.fromkeys(retold(str(reason), facts.language) for reason in left.values()))
    return [{"text": say("left_out", parts=parts, reason=reasons), "to": "verdict"}]


def _class_points(facts: Facts, result: dict[str, Any], split: str, say: Say) -> list[dict[str, str]]:
    rows = result["per_class"] if facts.task == "classification" else result["per_label"]
    names = facts.names(len(rows))
    points = []
    scored = [row for row in rows if row["f1"] is not None and row["support"]]
    if len(scored) > 1:
        weakest = min(scored, key=lambda row: float(row["f1"]))
        if weakest["f1"] < 1:
            text = say("weakest", name=names[weakest["class"]], f1=wording.percent(weakest["f1"]))
            points.append({"text": text, "to": f"{split}-classes"})
    for true, predicted, samples in result.get("most_confused", [])[:1]:
        share = wording.percent(samples / max(rows[true]["support"], 1))
        text = say("mixed", true=names[true], predicted=names[predicted], n=wording.count(samples), share=share)
        points.append({"text": text, "to": f"{split}-confusion"})
    error = result.get("calibration_error")
    if error is not None:
        points.append({"text": say("calibration", points=f"{100 * error:.1f}"), "to": f"{split}-calibration"})
    return points


def _regression_points(result: dict[str, Any], split: str, say: Say) -> list[dict[str, str]]:
    points = []
    if result["r2"] is not None:
        points.append({"text": say("explains", share=wording.percent(result["r2"])), "to": f"{split}-numbers"})
    low, high = result["bias_interval"] or (0.0, 0.0)
    if low > 0 or high < 0:
        text = say("too_high" if low > 0 else "too_low", bias=wording.number(abs(result["bias"])))
        points.append({"text": text, "to": f"{split}-numbers"})
    return points


def _training_points(facts: Facts, say: Say) -> list[dict[str, str]]:
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
            text = say("memorises", points=f"{100 * gap:.0f}", noun=noun_words(facts.noun, facts.language))
            points.append({"text": text, "to": "learning"})
    if stopped in ("patience", "budget"):
        points.append({"text": say(f"stopped_{stopped}"), "to": "learning"})
    return points
