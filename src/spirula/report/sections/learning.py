"""How it learned: curves, epochs, time."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from ...errors import RunError
from ...runs.folder import RATES
from .. import wording
from ..facts import Facts
from ..figures.curves import METRICS, curve_charts
from ..figures.rates import rate_chart
from ..retold.retell import retold
from ..speech import Say, speaker
from ..words.learning import WORDS
from ..words.timing import WORDS as TIMING

REASONS = ("finished", "patience", "interrupted", "budget")
PARTS = ("data", "forward", "backward", "update", "rest")


def learning(facts: Facts) -> dict[str, Any]:
    """Return the curves, the table of the epochs, and why the training stopped."""
    rows, say = facts.history, speaker(WORDS, facts.language)
    best = facts.document.get("best") or {}
    if facts.imported and not rows:
        return {"missing": say("imported")}
    if not rows:
        return {"missing": say("no_epoch")}
    fitted = _fitted(facts)
    charts = curve_charts(rows, best.get("epoch"), facts.language)
    return {
        "say": say,
        "lead": _lead(facts, say),
        "best": best.get("epoch"),
        "fitted": fitted,
        "rate": _rate(facts),
        "charts": [] if fitted and len(rows) == 1 else charts,  # a point is no curve
        "table": _table(rows, best.get("epoch"), facts.language, say),
    }


def _lead(facts: Facts, say: Say) -> str:
    """Return what there is to say of the whole course, a sentence each."""
    document, rows = facts.document, facts.history
    best, start = document.get("best") or {}, _start(document.get("start") or {}, say)
    stopped = str((document.get("stopped") or {}).get("reason") or "")
    reason = say(f"reason_{stopped}") if stopped in REASONS else stopped
    sentences = [say("ended" if reason else "epochs", n=wording.count(len(rows)), reason=reason)]
    interpolation = _interpolation(document.get("interpolation"), say)
    if best.get("epoch"):
        by = say("best_by", monitor=best["monitor"]) if best.get("monitor") else ""
        saved = "" if interpolation else say("best_saved")
        sentences.append(say("best", epoch=best["epoch"], by=by, saved=saved))
    if start:
        sentences.append(say("start", values=start))
        sentences += [say("start_is_best")] if best.get("epoch") == 0 else []
    if not any(row.get("val_loss") is not None for row in rows):
        sentences.append(say("not_validated"))
    return " ".join([*sentences, interpolation]).strip()


def _fitted(facts: Facts) -> dict[str, Any] | None:
    """Return how the output layer was fitted on the features of a frozen backbone, if it was."""
    head, backbone = facts.document.get("head"), facts.document.get("backbone") or {}
    if not head:
        return None
    return {
        "parameters": wording.count(head.get("parameters")),
        "backbone": backbone.get("name") or "",
        "weights": backbone.get("weights") or "",
        "sha256": str(backbone.get("sha256") or "")[:12],
        "strength": wording.number(head["strength"]),
        "reason": retold(str(head.get("reason") or ""), facts.language),
        "tried": [
            {"strength": wording.number(strength), "loss": wording.number(loss), "best": strength == head["strength"]}
            for strength, loss in head.get("tried") or []
        ],
    }


def _interpolation(found: dict[str, Any] | None, say: Say) -> str:
    """Say which weights between those of the start and of the best epoch are the saved ones, if that was asked."""
    if not found:
        return ""
    values = ", ".join(f"{share:.0%}: {wording.number(value)}" for share, value in found["tried"])
    which = {0.0: "taken_start", 1.0: "taken_best"}.get(found["share"], "taken_between")
    taken = say(which, share=f"{found['share']:.0%}")
    return say("interpolation", taken=taken, monitor=found["monitor"], values=values)


def _rate(facts: Facts) -> dict[str, Any] | None:
    """Return the range test that found the learning rate, if there was one."""
    found = facts.document.get("learning_rate") or {}
    path = facts.run.insight_path(RATES)
    if not found or not path.is_file():
        return None
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        chart = rate_chart(known, facts.language)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise RunError(f"{path.name} cannot be read: {error}", "Its file was changed or damaged.") from error
    steps = len(known["rates"])
    return {
        "found": wording.number(found.get("found")),
        "reason": retold(str(found.get("reason")), facts.language),
        "chart": chart,
        "steps": steps,
    }


def _start(metrics: dict[str, Any], say: Say) -> str:
    """Say what the network was worth before its first step, if that was measured."""
    said = [
        f"{say(name).lower()} {words(metrics[f'val_{name}'])}"
        for name, (words, _) in METRICS.items()
        if metrics.get(f"val_{name}") is not None
    ]
    return ", ".join(said)


def _table(rows: list[dict[str, Any]], best: int | None, language: str, say: Say) -> dict[str, Any]:
    """Return one row per epoch, with the columns that occur."""
    columns: list[tuple[str, str, Callable[[float], str]]] = [("epoch", say("epoch"), wording.count)]
    for name, (words, _) in METRICS.items():
        columns.append((name, say(name), words))
        columns.append((f"val_{name}", say("validation_of", measure=say(name).lower()), words))
    columns += [
        ("penalty", say("penalty"), wording.number),
        ("seconds", say("seconds"), partial(wording.duration, language=language)),
        ("images_per_second", say("images_per_second"), wording.count),
    ]
    present = [column for column in columns if any(row.get(column[0]) is not None for row in rows)]
    return {
        "head": [title for _, title, _ in present],
        "rows": [
            {
                "best": best is not None and row.get("epoch") == best,
                "cells": [words(row[key]) if row.get(key) is not None else wording.NONE for key, _, words in present],
            }
            for row in rows
        ],
    }


def _memory(document: dict[str, Any], say: Say) -> list[str]:
    """Say where a batch was computed in parts because memory ran out."""
    batch = document.get("batch") or {}
    steps = [wording.count(entry.get("step")) for entry in batch.get("halved") or []]
    if not batch or batch.get("at_once") == batch.get("size"):
        return []
    values = {"at_once": batch.get("at_once"), "size": batch.get("size")}
    return [say("halved" if steps else "divided", steps=", ".join(steps), **values)]


def timing(facts: Facts) -> dict[str, Any]:
    """Return where the time went, and on what machine."""
    known, say = facts.document.get("timing") or {}, speaker(TIMING, facts.language)
    machine = dict(facts.document.get("machine") or {})
    memory = machine.pop("memory_bytes", None)
    share = known.get("data_wait_share")
    duration = partial(wording.duration, language=facts.language)
    size = partial(wording.size, language=facts.language)
    stages = {retold(stage, facts.language): seconds for stage, seconds in (known.get("stages") or {}).items()}
    times = [
        (say("total"), duration(known.get("total_seconds"))),
        (say("loading"), duration(known.get("loading_seconds"))),
        *((say("stage", stage=stage), duration(seconds)) for stage, seconds in stages.items()),
        (say("training"), duration(known.get("training_seconds"))),
        (say("validation"), duration(known.get("validation_seconds"))),
        (say("evaluation"), duration(known.get("evaluation_seconds"))),
        (say(f"per_second_{facts.noun}"), wording.count(known.get("images_per_second"))),
        (say("waiting"), wording.percent(share)),
        (say("memory_peak"), size(known.get("peak_memory_bytes"))),
        (say("memory_gpu"), size(known.get("peak_device_memory_bytes"))),
    ]
    described = {"device": facts.document.get("device"), **machine}
    rows = [(_title(key, say), wording.option(value)) for key, value in described.items() if value]
    shares = known.get("shares") or {}
    starving = [retold(str(sentence), facts.language) for sentence in known.get("starving") or []]
    return {
        "say": say,
        "times": [(name, value) for name, value in times if value != wording.NONE],
        "shares": [(say(part), wording.percent(shares.get(part))) for part in PARTS] if shares else [],
        "shares_title": say(
            "shares", timed=wording.count(known.get("timed_steps")), steps=wording.count(known.get("steps"))
        ),
        "starving": [*starving, *_memory(facts.document, say)],
        "machine": [*rows, *([(say("memory"), size(memory))] if memory else [])],
    }


def _title(key: str, say: Say) -> str:
    """Return what a property of the machine is called; one that is new by its own name."""
    return say(key) if key in TIMING else key.replace("_", " ").capitalize()
