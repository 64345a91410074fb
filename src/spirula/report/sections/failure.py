"""Why a run failed: the layer and the operation that first gave something that is no number, and what helps."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from ...errors import RunError
from ...runs.folder import NOT_FINITE
from .. import wording
from ..facts import Facts
from ..retold.retell import retold
from ..speech import Say, speaker
from ..words.failure import WORDS


def failure(facts: Facts) -> dict[str, Any]:
    """Return the cause, what surrounded it, the samples and the advice, from ``insight/nonfinite.json``.

    Raises :class:`RunError` when that cannot be read.
    """
    path, say = facts.run.insight_path(NOT_FINITE), speaker(WORDS, facts.language)
    tell = partial(retold, language=facts.language)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        culprit = [
            (say("layer"), tell(str(known["title"] or known["layer"] or ""))),
            (say("operation"), tell(str(known["operation"]))),
            (say("worked_on"), "; ".join(_described(values, say) for values in known["inputs"])),
            (say("gave"), _broken(known["output"], say)),
            (say("inputs"), _described(known["images"], say)),
            (say("targets"), _described(known["targets"], say)),
            (say("largest"), _weight(known["largest_weight"], say)),
            (say("when"), f"{known['epoch']}, {known['step']}"),
            (say("rate"), wording.number(known["learning_rate"])),
            (say("arithmetic"), known["precision"]),
        ]
        steps = [(step["step"], step["loss"], step["gradient_norm"]) for step in known["before"]]
        samples = known["samples"] or [say("row", n=row) for row in known["rows"]]
        return {
            "say": say,
            "lead": say("lead", seen=tell(str(known["seen"])), cause=tell(str(known["cause"]))),
            "advice": [tell(str(line)) for line in known["advice"]],
            "rows": [(name, str(value)) for name, value in culprit if value],
            "samples": [str(name) for name in samples],
            "batch_size": wording.count(known["batch_size"]),
            "steps": [(str(step), wording.number(loss), wording.number(norm)) for step, loss, norm in steps],
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read: {error!r}", "Its file was changed, or another program wrote it."
        ) from error


def _described(values: dict[str, Any] | None, say: Say) -> str:
    """Say the range of a tensor's finite values, how many are zero, its shape and type."""
    if values is None:
        return ""
    zeros = say("zeros", n=wording.count(values["zeros"])) if values["zeros"] else ""
    ends = {name: wording.number(values[name]) for name in ("low", "high")}
    return say("range", zeros=zeros, shape=_shape(values, say), dtype=values["dtype"], **ends)


def _shape(values: dict[str, Any], say: Say) -> str:
    return wording.shape(values["shape"]) if values["shape"] else say("one_value")


def _broken(values: dict[str, Any] | None, say: Say) -> str:
    if values is None:
        return ""
    found = [say(kind, n=wording.count(values[kind])) for kind in ("nans", "infinities") if values[kind]]
    return f"{say('and').join(found)} ({_shape(values, say)})" if found else ""


def _weight(largest: list[Any] | None, say: Say) -> str:
    return "" if largest is None else say("weight_in", value=wording.number(largest[1]), name=largest[0])
