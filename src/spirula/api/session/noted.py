"""What ``run.json`` takes over of the records of a training, and what of them is said at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ...progress import Display
from ...runs.writer import RunWriter
from ...training.records import (
    CompiledRecord,
    HeadRecord,
    InterpolationRecord,
    RateRecord,
    Record,
    ShortageRecord,
    StartRecord,
)
from .rates import note_rate
from .shortage import note_shortage

if TYPE_CHECKING:
    from ...training.assembly import Assembly


def note_record(writer: RunWriter, assembly: Assembly, record: Record, show: Display) -> None:
    """Write down what a record says of the whole run; records of single steps say nothing of that kind."""
    if isinstance(record, StartRecord):
        writer.update(start=record.metrics)
    elif isinstance(record, HeadRecord):
        writer.update(head=asdict(record))
    elif isinstance(record, InterpolationRecord):
        writer.update(interpolation=asdict(record))
    elif isinstance(record, CompiledRecord):
        writer.update(compiled=asdict(record))
    elif isinstance(record, RateRecord):
        show.message(note_rate(writer, assembly.recipe, assembly.reasons, record))
    elif isinstance(record, ShortageRecord):
        show.message(note_shortage(writer, record))
