"""Why a run failed: the layer and the operation that first gave something that is no number, and what helps."""

from __future__ import annotations

import json
from typing import Any

from ...errors import RunError
from ...runs.folder import NOT_FINITE
from .. import wording
from ..facts import Facts


def failure(facts: Facts) -> dict[str, Any]:
    """Return the cause, what surrounded it, the samples and the advice, from ``insight/nonfinite.json``.

    Raises :class:`RunError` when that cannot be read.
    """
    path = facts.run.insight_path(NOT_FINITE)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        culprit = [
            ("Layer", known["title"] or known["layer"]),
            ("Operation", known["operation"]),
            ("It worked on", "; ".join(_described(values) for values in known["inputs"])),
            ("It gave", _broken(known["output"])),
            ("Inputs of the network", _described(known["images"])),
            ("Targets", _described(known["targets"])),
            ("Largest weight", _weight(known["largest_weight"])),
            ("Epoch, step", f"{known['epoch']}, {known['step']}"),
            ("Learning rate", wording.number(known["learning_rate"])),
            ("Arithmetic", known["precision"]),
        ]
        steps = [(step["step"], step["loss"], step["gradient_norm"]) for step in known["before"]]
        samples = known["samples"] or [f"row {row}" for row in known["rows"]]
        return {
            "seen": str(known["seen"]),
            "cause": str(known["cause"]),
            "advice": [str(line) for line in known["advice"]],
            "rows": [(name, str(value)) for name, value in culprit if value],
            "samples": [str(name) for name in samples],
            "batch_size": wording.count(known["batch_size"]),
            "steps": [(str(step), wording.number(loss), wording.number(norm)) for step, loss, norm in steps],
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read: {error!r}", "Its file was changed, or another program wrote it."
        ) from error


def _described(values: dict[str, Any] | None) -> str:
    """Say the range of a tensor's finite values, how many are zero, its shape and type."""
    if values is None:
        return ""
    shape = wording.shape(values["shape"]) if values["shape"] else "one value"
    zeros = f", {wording.counted(values['zeros'], 'zero', 'zeros')}" if values["zeros"] else ""
    return f"{wording.number(values['low'])} to {wording.number(values['high'])}{zeros} ({shape}, {values['dtype']})"


def _broken(values: dict[str, Any] | None) -> str:
    if values is None:
        return ""
    found = [f"{values[kind]:,} {word}" for kind, word in (("nans", "NaN"), ("infinities", "infinite")) if values[kind]]
    return " and ".join(found) + f" ({wording.shape(values['shape']) or 'one value'})" if found else ""


def _weight(largest: list[Any] | None) -> str:
    return "" if largest is None else f"{wording.number(largest[1])} in {largest[0]}"
