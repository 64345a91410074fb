"""What a run notes of a learning rate that was found: its options, the reason, the curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from ...config import Recipe
from ...recipe import changed, recipe_toml
from ...runs import folder as layout
from ...runs.writer import RunWriter
from ...training.records import RateRecord


def note_rate(writer: RunWriter, recipe: Recipe, reasons: Mapping[str, str], record: RateRecord) -> str:
    """Put the rate into ``config.toml``, so that it trains the same again, and return the sentence that says so.

    ``run.json`` says under ``learning_rate`` that it was found, and how; ``insight/rates.json`` has the curve.
    """
    found = f"found: {record.reason}"
    writer.write_insight_json(layout.RATES, asdict(record))
    options = changed(recipe, learning_rate=record.rate, name=None)
    writer.write_config(recipe_toml(options, {**reasons, "learning_rate": found}))
    writer.update(
        learning_rate={"asked": "find", "found": record.rate, "reason": record.reason},
        derived={**writer.document.get("derived", {}), "learning_rate": found},
    )
    return f"Learning rate {record.rate:g}: {record.reason} (range test, {len(record.rates)} steps on a copy)"
