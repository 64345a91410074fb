"""What a run says about itself before it starts: the head of ``run.json``, its first pictures, its first lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..data.batches import sheet
from ..evaluation.pictures import as_pictures, label_texts, sample_rows
from ..models.diagram import diagram_svg
from ..models.summary import Summary, summarize
from ..runs.writer import RunWriter
from ..training.assemble import Assembly


def title(assembly: Assembly) -> str:
    """Return a short name for the run: the data's and the network's."""
    source = Path(assembly.dataset.manifest.source).name or "data"
    return f"{source}-{assembly.network.spec.name}"


def facts(assembly: Assembly, summary: Summary) -> dict[str, Any]:
    """Return the fields of ``run.json`` that say what is trained on what."""
    manifest = assembly.dataset.manifest
    return {
        "device": str(assembly.machine.device),
        "seed": assembly.recipe.machine.seed,
        "data": {
            "source": manifest.source,
            "task": manifest.task,
            "fingerprint": manifest.fingerprint,
            "counts": manifest.counts(),
            "class_counts": manifest.class_counts(),
            "image": list(assembly.dataset.input_shape),
            "notes": list(manifest.notes),
            "refused": [{"id": name, "reason": reason} for name, reason in manifest.verdicts],
        },
        "derived": dict(assembly.reasons),
        "model": {
            "name": assembly.network.spec.name,
            "notation": assembly.network.spec.notation,
            "head": assembly.network.spec.head,
            "output": assembly.network.output,
            "parameters": summary.parameters,
            "trainable": summary.trainable,
            "multiply_adds": summary.multiply_adds,
        },
    }


def write_pictures(writer: RunWriter, assembly: Assembly, summary: Summary) -> None:
    """Store the network's table and diagram, some samples, and what the network really gets."""
    writer.write_insight_json("network.json", summary.to_dicts())
    writer.write_insight_text("network.svg", diagram_svg(assembly.network))
    dataset, manifest = assembly.dataset, assembly.dataset.manifest
    rows = sample_rows(manifest, dataset.rows("train"))
    images = as_pictures(dataset.pixels[rows])
    if images is None:
        return
    labels = label_texts(manifest.targets[rows], manifest.task, manifest.classes)
    writer.write_insight_arrays("samples", {"images": images, "labels": labels})
    seen, seen_rows = sheet(assembly.train, 48)
    seen_labels = label_texts(manifest.targets[seen_rows], manifest.task, manifest.classes)
    writer.write_insight_arrays("inputs", {"images": np.asarray(seen), "labels": seen_labels})


def announcement(assembly: Assembly, summary: Summary) -> list[str]:
    """Return the lines that are printed before the first epoch: data, network, machine, derived values."""
    manifest, recipe = assembly.dataset.manifest, assembly.recipe
    counts = ", ".join(f"{count:,} {split}" for split, count in manifest.counts().items() if count)
    classes = f"; {len(manifest.classes)} classes" if manifest.classes else ""
    shape = "×".join(str(side) for side in assembly.dataset.input_shape)
    lines = [
        f"Data     {manifest.source}: {counts}{classes}; {shape}",
        *(f"         note: {note}" for note in manifest.notes),
        f"Network  {assembly.network.spec.name}: {summary.parameters:,} parameters, "
        f"{summary.multiply_adds:,} multiply-adds per image",
        *(f"         note: {note}" for note in assembly.network.notes),
        f"Machine  {assembly.machine.device}, {assembly.machine.precision}, {recipe.machine.threads} threads",
    ]
    options = recipe.options()
    derived = [f"{name} = {_shown(options[name])} ({why})" for name, why in assembly.reasons.items() if name in options]
    return lines + [f"{'Derived' if number == 0 else '':8} {line}" for number, line in enumerate(derived)]


def _shown(value: Any) -> str:
    return "×".join(str(side) for side in value) if isinstance(value, tuple) else str(value)


def summary_of(assembly: Assembly) -> Summary:
    return summarize(assembly.network, assembly.dataset.input_shape)
