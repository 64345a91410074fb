"""What a training notes about its network's health, and about its data's shortcuts, for the checks."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...models.summary import Summary
from ...runs.folder import BASELINES, HEALTH
from ...runs.writer import RunWriter
from ...training.assembly import Assembly

if TYPE_CHECKING:
    from ...insight.units.responses import Responses

BATCHES_BETWEEN = 10  # two measurements of gradients


def note_gradients(writer: RunWriter, assembly: Assembly, summary: Summary, epoch: int) -> None:
    """Add an epoch to ``insight/health.json``; what it holds of later ones, which are trained again, is left out.

    Of epochs of few batches, not every one: to measure costs one batch, and shall cost a tenth of the training at most.
    Measured of networks that learn from scratch alone: elsewhere most of the network came from somebody else.
    """
    from ...training.health import first_input, gradients

    if assembly.probe is not None or assembly.finetuning is not None:
        return
    if (epoch - 1) % math.ceil(BATCHES_BETWEEN / len(assembly.train)):
        return
    known = _known(writer)
    epochs = [row for row in known.get("epochs", []) if row["epoch"] < epoch]
    with assembly.own.blamed():
        epochs.append({"epoch": epoch, **gradients(assembly, summary.rows)})
    given = known.get("input") or first_input(assembly)
    writer.write_insight_json(HEALTH, {"input": given, "batch": assembly.train.batch_size, "epochs": epochs})


def note_units(writer: RunWriter, assembly: Assembly, found: Responses) -> None:
    """Add to ``insight/health.json`` which units of the trained network never answer.

    For each ReLU, how many units (channels) are zero everywhere on those samples: ``layer``, ``units``, ``dead``, from
    the input on; a ReLU that is used several times counts as alive where one use is.
    """
    if assembly.probe is not None or assembly.finetuning is not None:
        return
    layers = [
        {"layer": entry.layer, "units": len(entry.high), "dead": int((entry.high <= 0).sum())}
        for entry in found.rectified
    ]
    writer.write_insight_json(HEALTH, {**_known(writer), "units": {"samples": found.samples, "layers": layers}})


def note_baselines(writer: RunWriter, assembly: Assembly) -> None:
    """Write ``insight/baselines.json``, where the samples are pictures of single classes."""
    from ...evaluation.baselines import baselines

    found = baselines(assembly.dataset)
    if found is not None:
        writer.write_insight_json(BASELINES, found)


def _known(writer: RunWriter) -> dict[str, Any]:
    """Return what is there; a file that a crash or a hand has damaged is made anew."""
    with suppress(OSError, ValueError):
        known = json.loads((writer.folder.insight_path(HEALTH)).read_text(encoding="utf-8"))
        if isinstance(known, dict) and all(isinstance(row.get("epoch"), int) for row in known.get("epochs", [])):
            return known
    return {}
