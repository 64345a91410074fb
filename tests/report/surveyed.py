"""Data sets with planted problems, made in memory: what a survey must say of them is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from folders import classifier

from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.data.pictures.ledger import Entry, ledger_of
from spirula.data.splits.duplicates import Twins
from spirula.data.survey.shown import shown
from spirula.data.survey.survey import abridged, survey
from spirula.report.survey.page import Sheet, render_inspection
from spirula.runs.files import finite
from spirula.runs.folder import RunFolder

CLASSES = ("dog", "고양이")


def pets(samples: int = 60, size: int = 48) -> Dataset:
    """Two classes, the first two thirds training and the rest test.

    Row 7 is suspect, row 8 was CMYK, row 9 is turned; two files were refused. Rows 5 and 50 are the same pixels with
    different labels, rows 10 and 52 nearly the same with one label. Every picture is 100 × 200 but row 11, 100 × 800.
    """
    rng = np.random.default_rng(0)
    train = samples * 2 // 3
    targets = np.arange(samples) % 2
    targets[50] = 0
    splits = np.array(["train"] * train + ["test"] * (samples - train), dtype="<U10")
    ids = tuple(
        f"{split}/{CLASSES[target]}/{row}.jpg" for row, (split, target) in enumerate(zip(splits, targets, strict=True))
    )
    pixels = rng.integers(0, 256, (samples, size, size, 3), dtype=np.uint8)
    pixels[50] = pixels[5]
    entries = [Entry("", "", "JPEG", 100, 200, 3, "RGB", 1, 1000 + row) for row in range(samples)]
    entries[7] = replace(entries[7], code="damaged-data", reason="its JPEG data are damaged (line 3)")
    entries[8] = replace(entries[8], code="cmyk", reason="its printing colours became RGB", mode="CMYK")
    entries[9] = replace(entries[9], orientation=6)
    entries[11] = replace(entries[11], width=800)
    refused = [("train/dog/empty.jpg", "the file is empty"), ("test/dog/gone.jpg", "there is no such file")]
    entries += [Entry("empty", refused[0][1]), Entry("missing", refused[1][1])]
    groups = np.arange(samples)
    groups[50], groups[52] = 5, 10
    manifest = Manifest(
        "classification", CLASSES, ids, targets, splits, verdicts=tuple(refused), source="photos/my pets"
    )
    return Dataset(
        manifest,
        pixels,
        {"resize": "fills the input"},
        {"task": "classification", "image_size": (size, size), "channels": 3, "resize": "squash"},
        ledger=ledger_of([*ids, *(name for name, _ in refused)], entries),
        twins=Twins(groups, ((5, 50, "pixels", 0.0), (10, 52, "near", 0.05))),
    )


def surveyed_run(path: Path) -> RunFolder:
    """A finished run with a survey of its data, and a picture of each thing in it."""
    run = classifier(path, CLASSES, counts=(40, 10, 20), size=48, channels=3)
    dataset = pets()
    document = survey(dataset)
    text = json.dumps(finite(abridged(document)), ensure_ascii=False)
    run.insight_path("survey.json").write_text(text, encoding="utf-8")
    pictures = {**shown(dataset, document), "worst": [dataset.pixels[11]]}
    named = {f"{name}-{place:03d}": image for name, images in pictures.items() for place, image in enumerate(images)}
    np.savez(run.insight_path("survey.npz"), **named)
    return run


def inspection(language: str = "en", dataset: Dataset | None = None) -> str:
    """The page of an inspection, with a picture in every place that can hold one."""
    dataset = dataset or pets()
    document = survey(dataset)
    pictures = {**shown(dataset, document), "worst": [dataset.pixels[11]]}
    labels = dataset.manifest.labels()[:8]
    return render_inspection(
        document, pictures, Sheet(dataset.pixels[:8], labels, "train", "flip horizontal"), language
    )
