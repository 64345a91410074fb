"""What a run notes of its batches when they are chosen by the memory: ``batch`` in ``run.json``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...recipe import changed
from ...runs.writer import RunWriter
from ...training.records import ShortageRecord

if TYPE_CHECKING:
    from ...training.assembly import Assembly


def batch_facts(assembly: Assembly) -> dict[str, Any]:
    """Return the field ``batch``: the size, the samples that are computed at once, and every time it was halved."""
    if not assembly.settings.halves:
        return {}
    size = assembly.train.batch_size
    micro = assembly.settings.micro_batch or size
    return {"batch": {"asked": "auto", "size": size, "at_once": micro, "halved": []}}


def evaluable(writer: RunWriter, assembly: Assembly) -> Assembly:
    """Return what evaluates a trained network: where memory ran out in the training, in batches that fitted."""
    batch = writer.document.get("batch", {})
    if not batch.get("halved"):
        return assembly
    return replace(assembly, recipe=changed(assembly.recipe, micro_batch=batch["at_once"]))


def note_shortage(writer: RunWriter, record: ShortageRecord) -> str:
    """Write down that memory ran out, and return the sentence that says so."""
    batch = dict(writer.document["batch"])
    halved = [*batch["halved"], {"step": record.step, "at_once": record.micro_batch}]
    writer.update(batch={**batch, "at_once": record.micro_batch, "halved": halved})
    return (
        f"Out of memory in step {record.step:,}: from here on {record.micro_batch} samples are computed at once, and "
        f"gradients are added up over the {batch['size']} of a batch. Layers that normalise over the batch see fewer."
    )
