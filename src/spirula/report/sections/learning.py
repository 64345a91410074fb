"""How it learned: curves, epochs, time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...errors import RunError
from ...runs.folder import RATES
from .. import wording
from ..facts import Facts
from ..figures.curves import METRICS, curve_charts
from ..figures.rates import rate_chart

REASONS = {
    "finished": "all planned epochs were trained",
    "patience": "the monitored metric no longer improved",
    "interrupted": "it was asked to stop",
    "budget": "the time budget ended",
}


PARTS = {
    "data": "Waiting for the batch",
    "forward": "Forward: network and loss",
    "backward": "Backward: gradients",
    "update": "Updating the weights",
    "rest": "Between steps: records, checkpoints",
}


def learning(facts: Facts) -> dict[str, Any]:
    """Return the curves, the table of the epochs, and why the training stopped."""
    rows = facts.history
    best = facts.document.get("best") or {}
    fitted = _fitted(facts.document)
    stopped = str((facts.document.get("stopped") or {}).get("reason") or "")
    if facts.imported and not rows:
        return {"missing": "The network was imported as it is: how it learned is not known here."}
    if not rows:
        return {"missing": "No epoch has finished yet."}
    return {
        "epochs": wording.counted(len(rows), "epoch", "epochs"),
        "best": best.get("epoch"),
        "start": _start(facts.document.get("start") or {}),
        "monitor": best.get("monitor") or "",
        "stopped": REASONS.get(stopped, stopped),
        "validated": any(row.get("val_loss") is not None for row in rows),
        "fitted": fitted,
        "rate": _rate(facts),
        "interpolation": _interpolation(facts.document.get("interpolation")),
        "charts": [] if fitted and len(rows) == 1 else curve_charts(rows, best.get("epoch")),  # a point is no curve
        "table": _table(rows, best.get("epoch")),
    }


def _fitted(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return how the output layer was fitted on the features of a frozen backbone, if it was."""
    head, backbone = document.get("head"), document.get("backbone") or {}
    if not head:
        return None
    return {
        "parameters": wording.count(head.get("parameters")),
        "backbone": backbone.get("name") or "",
        "weights": backbone.get("weights") or "",
        "sha256": str(backbone.get("sha256") or "")[:12],
        "strength": wording.number(head["strength"]),
        "reason": head.get("reason") or "",
        "tried": [
            {"strength": wording.number(strength), "loss": wording.number(loss), "best": strength == head["strength"]}
            for strength, loss in head.get("tried") or []
        ],
    }


def _interpolation(found: dict[str, Any] | None) -> str:
    """Say which weights between those of the start and of the best epoch are the saved ones, if that was asked."""
    if not found:
        return ""
    values = ", ".join(f"{share:.0%}: {wording.number(value)}" for share, value in found["tried"])
    which = {0.0: "they are those of the start", 1.0: "they are those of the best epoch"}
    taken = which.get(found["share"], f"they lie {found['share']:.0%} of the way from the start to the best epoch")
    between = "The saved weights were chosen between those of the start and of the best epoch"
    return f"{between}: {taken} ({found['monitor']} at {values})."


def _rate(facts: Facts) -> dict[str, Any] | None:
    """Return the range test that found the learning rate, if there was one."""
    found = facts.document.get("learning_rate") or {}
    path = facts.run.insight_path(RATES)
    if not found or not path.is_file():
        return None
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        chart = rate_chart(known)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise RunError(f"{path.name} cannot be read: {error}", "Its file was changed or damaged.") from error
    steps = len(known["rates"])
    return {
        "found": wording.number(found.get("found")),
        "reason": str(found.get("reason")),
        "chart": chart,
        "steps": steps,
    }


def _start(metrics: dict[str, Any]) -> str:
    """Say what the network was worth before its first step, if that was measured."""
    said = [
        f"{heading.lower()} {words(metrics[f'val_{name}'])}"
        for name, (heading, words, _) in METRICS.items()
        if metrics.get(f"val_{name}") is not None
    ]
    return ", ".join(said)


def _table(rows: list[dict[str, Any]], best: int | None) -> dict[str, Any]:
    """Return one row per epoch, with the columns that occur."""
    columns: list[tuple[str, str, Callable[[float], str]]] = [("epoch", "Epoch", wording.count)]
    for name, (heading, words, _) in METRICS.items():
        columns += [(name, heading, words), (f"val_{name}", f"Validation {heading.lower()}", words)]
    columns += [
        ("penalty", "Penalty", wording.number),
        ("seconds", "Time", wording.duration),
        ("images_per_second", "Per second", wording.count),
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


def _memory(document: dict[str, Any]) -> list[str]:
    """Say where a batch was computed in parts because memory ran out."""
    batch = document.get("batch") or {}
    steps = [wording.count(entry.get("step")) for entry in batch.get("halved") or []]
    if not batch or batch.get("at_once") == batch.get("size"):
        return []
    when = f"Out of memory in step {', '.join(steps)}" if steps else "A whole batch did not fit into memory"
    parts = f"{batch.get('at_once')} samples were computed at once, and gradients added up over the {batch.get('size')}"
    return [f"{when}: {parts} of a batch."]


def timing(facts: Facts) -> dict[str, Any]:
    """Return where the time went, and on what machine."""
    known = facts.document.get("timing") or {}
    machine = dict(facts.document.get("machine") or {})
    memory = machine.pop("memory_bytes", None)
    share = known.get("data_wait_share")
    times = [
        ("Total", wording.duration(known.get("total_seconds"))),
        ("Reading the data, building the network", wording.duration(known.get("loading_seconds"))),
        *((f"– {stage}", wording.duration(seconds)) for stage, seconds in (known.get("stages") or {}).items()),
        ("Training", wording.duration(known.get("training_seconds"))),
        ("– judging validation samples", wording.duration(known.get("validation_seconds"))),
        ("Evaluation", wording.duration(known.get("evaluation_seconds"))),
        (f"{facts.noun.capitalize()} per second", wording.count(known.get("images_per_second"))),
        ("Waiting for data", wording.percent(share)),
        ("Peak memory", wording.size(known.get("peak_memory_bytes"))),
        ("Peak memory of the GPU", wording.size(known.get("peak_device_memory_bytes"))),
    ]
    described = {"device": facts.document.get("device"), **machine}
    rows = [(key.replace("_", " ").capitalize(), wording.option(value)) for key, value in described.items() if value]
    return {
        "times": [(name, value) for name, value in times if value != wording.NONE],
        "shares": [(words, wording.percent(known["shares"].get(part))) for part, words in PARTS.items()]
        if known.get("shares")
        else [],
        "timed": f"{wording.count(known.get('timed_steps'))} of {wording.count(known.get('steps'))} steps were timed",
        "starving": [*(str(sentence) for sentence in known.get("starving") or []), *_memory(facts.document)],
        "machine": [*rows, *([("Memory", wording.size(memory))] if memory else [])],
    }
