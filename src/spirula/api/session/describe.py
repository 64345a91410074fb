"""What a run says about itself before it starts: the head of ``run.json``, its first pictures, its first lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...data.batching.batches import sheet
from ...data.dataset import Dataset
from ...data.splits.honesty import twin_facts
from ...data.survey.shown import shown
from ...data.survey.survey import abridged, survey
from ...evaluation.pictures import as_pictures, label_texts, sample_rows
from ...insight.stored import map_arrays, weight_arrays
from ...insight.units.stored import kernel_arrays
from ...models.diagram import diagram_svg
from ...models.summary import Summary, summarize
from ...runs.folder import KERNELS, KERNELS_BEFORE, SURVEY
from ...runs.writer import RunWriter
from ...training.assembly import Assembly
from ...training.transfer.strategy import offer


def title(assembly: Assembly) -> str:
    """Return a short name for the run: the data's and the network's."""
    source = Path(assembly.dataset.manifest.source).name or "data"
    return f"{source}-{assembly.network.spec.name}"


def facts(assembly: Assembly, summary: Summary) -> dict[str, Any]:
    """Return the fields of ``run.json`` that say what is trained on what."""
    manifest, corrections = assembly.dataset.manifest, assembly.dataset.corrections
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
            "twins": twin_facts(manifest, assembly.dataset.twins, assembly.dataset.settings),
            "refused": [{"id": name, "reason": reason} for name, reason in manifest.verdicts],
            **({"labels": [done.record() for done in corrections]} if corrections else {}),
        },
        "derived": dict(assembly.reasons),
        **({} if assembly.own.record is None else {"custom": assembly.own.record}),
        **({} if assembly.backbone is None else {"backbone": assembly.backbone.record()}),
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
    if not write_survey(writer, dataset, dataset.rows("train")):
        return
    seen, seen_rows = sheet(assembly.train, 48)
    seen_labels = label_texts(manifest.targets[seen_rows], manifest.task, manifest.classes)
    writer.write_insight_arrays("inputs", {"images": np.asarray(seen), "labels": seen_labels})


def write_survey(writer: RunWriter, dataset: Dataset, rows: np.ndarray) -> bool:
    """Store what the data look like, with a picture of each thing that deserves a look, and some of ``rows``.

    Returns whether the samples can be shown as pictures.
    """
    document = survey(dataset)
    writer.write_insight_json(f"{SURVEY}.json", abridged(document))
    pictures = shown(dataset, document)
    named = {f"{name}-{place:03d}": image for name, images in pictures.items() for place, image in enumerate(images)}
    writer.write_insight_arrays(SURVEY, named)
    manifest, some = dataset.manifest, sample_rows(dataset.manifest, rows)
    images = as_pictures(dataset.pixels[some])
    if images is None:
        return False
    labels = label_texts(manifest.targets[some], manifest.task, manifest.classes)
    writer.write_insight_arrays("samples", {"images": images, "labels": labels})
    return True


def write_initial(writer: RunWriter, assembly: Assembly, summary: Summary) -> None:
    """Note the weights that training starts from: they are compared with what it makes of them."""
    writer.write_insight_arrays("initial", weight_arrays(assembly.network, summary.rows))
    _write_kernels(writer, assembly, summary, KERNELS_BEFORE)


def write_learned(writer: RunWriter, assembly: Assembly, summary: Summary, rows: np.ndarray) -> None:
    """Store the trained weights, and what the network makes of the first of ``rows``, if that is a picture."""
    writer.write_insight_arrays("weights", weight_arrays(assembly.network, summary.rows))
    _write_kernels(writer, assembly, summary, KERNELS)
    dataset, manifest = assembly.dataset, assembly.dataset.manifest
    pictures = as_pictures(dataset.pixels[rows[:1]])
    if pictures is None:
        return
    maps = map_arrays(assembly.network, summary.rows, assembly.preprocessing, dataset.pixels[rows[0]])
    if not maps:
        return
    label = label_texts(manifest.targets[rows[:1]], manifest.task, manifest.classes)
    writer.write_insight_arrays("maps", {**maps, "images": pictures, "labels": label})


def _write_kernels(writer: RunWriter, assembly: Assembly, summary: Summary, name: str) -> None:
    """Store the kernels of every convolution, where there is one."""
    arrays = kernel_arrays(assembly.network, summary.rows)
    if arrays:
        writer.write_insight_arrays(name, arrays)


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
        *backbone_lines(assembly),
        *offer_lines(assembly),
        *own_lines(assembly),
        f"Machine  {assembly.machine.device}, {assembly.machine.precision}, {recipe.machine.threads} threads"
        + ("; the training step is compiled first" if assembly.machine.compiled else ""),
    ]
    options = recipe.options()
    derived = [f"{name} = {_shown(options[name])} ({why})" for name, why in assembly.reasons.items() if name in options]
    return lines + [f"{'Derived' if number == 0 else '':8} {line}" for number, line in enumerate(derived)]


def backbone_lines(assembly: Assembly) -> list[str]:
    """Say which pretrained network is built on, where its weights are from, and how much of it is trained."""
    if assembly.backbone is None:
        return []
    record = assembly.backbone.record()
    lines = [f"Backbone {record['name']}: weights from {record['weights']}, SHA-256 {record['sha256'][:12]}…"]
    if assembly.probe is not None:
        fitted = sum(parameter.numel() for parameter in assembly.probe.head.parameters())
        lines.append(f"         frozen; {fitted:,} parameters of the output layer are fitted on its features")
    return lines


def offer_lines(assembly: Assembly) -> list[str]:
    """Name a strategy to who asked for none and has what it takes."""
    line = offer(assembly.recipe, assembly.dataset.input_shape, len(assembly.dataset.rows("train")))
    return [f"         note: {line}"] if line else []


def own_lines(assembly: Assembly) -> list[str]:
    """Say which of the user's own pieces do what, and from which file they are."""
    record = assembly.own.record
    if record is None:
        return []
    origin = f" from {record['file']}, SHA-256 {record['sha256'][:12]}…" if record["file"] else ""
    words = ", ".join(f"{entry['part']} {entry['piece']}" for entry in record["pieces"])
    return [f"Own      {words}{origin}"]


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ("×" if all(isinstance(part, int) for part in value) else ", ").join(map(str, value))
    return str(value)


def summary_of(assembly: Assembly) -> Summary:
    return summarize(assembly.network, assembly.dataset.input_shape)
