"""Runs of every kind and state, with something in every section: what a report can be asked to show."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from folders import FASHION, Folder, classifier, epochs, guesses, interrupted, multilabel, pictures, regression
from surveyed import surveyed_run
from test_failure import KNOWN as NOT_FINITE
from test_filters_section import with_everything
from test_growth_section import KNOWN as GROWTH
from test_learned import arrays as learned_arrays
from test_looks_section import FIELDS, stored_looks

from spirula.runs.folder import RunFolder

DERIVED = {
    "task": "one class per folder",
    "image_size": "all images are 28×28",
    "learning_rate": "0.002 for a batch of 32, times √(batch / 32)",
    "batch_size": "auto: 48,000 training samples; 64 at a time fit into memory, gradients are added up",
    "epochs": "about 4,000 steps, 4 to 20",
    "seed": "the same run every time",
}
MANY = [f"{index}번" for index in range(120)]
TIMING = {
    "training_seconds": 3330.4,
    "total_seconds": 3721.0,
    "loading_seconds": 21.5,
    "images_per_second": 1163.4,
    "data_wait_share": 0.013,
    "peak_memory_bytes": 1_234_000_000,
    "shares": {"data": 0.1, "forward": 0.3, "backward": 0.4, "update": 0.1, "rest": 0.1},
    "timed_steps": 100,
    "steps": 12000,
    "stages": {"decoding images": 12.5, "frozen layers, view 1 of 4": 3.0},
    "starving": [
        "39 % of the steps' time lies between them: steps are so short that a larger --batch-size pays.",
        "52 % of the whole time went into one stage: decoding images. The images are kept: the next run finds them "
        "decoded.",
    ],
}


def rich(path: Path) -> RunFolder:
    """A classification run with every optional part: fitted head, found rate, maps, fields, growth, notes."""
    run = surveyed_run(path)
    _change(
        run,
        derived=DERIVED,
        timing=TIMING,
        start={"val_loss": 1.2, "val_accuracy": 0.5},
        interpolation={"share": 0.5, "monitor": "val_loss", "tried": [[0.0, 0.9], [0.5, 0.7], [1.0, 0.8]]},
        head={
            "strength": 0.1,
            "reason": "least held-out loss (0.0364) of 10 strengths, 5 folds",
            "parameters": 2562,
            "tried": [[0.1, 0.0364], [1.0, 0.05]],
        },
        backbone={"name": "tf_efficientnet_lite0", "weights": "offline", "sha256": "01" * 32},
        learning_rate={
            "found": 0.002,
            "reason": "the smoothed loss falls from 0.7 to 0.3 between rates of 0.0001 and 0.1; half way down this "
            "valley",
        },
        batch={"size": 64, "at_once": 16, "halved": [{"step": 3}]},
    )
    document = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    document["data"] |= {
        "twins": {"cross_split": {"test": 2}, "pairs": []},
        "notes": ["3 files could not be used; the manifest says which and why."],
    }
    (run.path / "run.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    rates = np.geomspace(1e-5, 1.0, 9)
    known = {"rates": rates.tolist(), "losses": np.linspace(1.0, 0.2, 9).tolist(), "index": 6, "rate": float(rates[6])}
    run.insight_path("rates.json").write_text(json.dumps(known), encoding="utf-8")
    notes = ["It cannot be told: 20 held-out samples are too few to see a difference on."]
    growth = json.dumps({**GROWTH, "notes": notes}, ensure_ascii=False)
    run.insight_path("growth.json").write_text(growth, encoding="utf-8")
    folder = Folder.__new__(Folder)
    folder.path = run.path
    learned_arrays(folder, np.random.default_rng(0).normal(size=(32, 3, 3, 1)))
    folder.arrays("looks", **stored_looks(-0.1))
    folder.arrays("fields", **FIELDS)
    with_everything(folder)
    return run


def plain(path: Path, classes: Sequence[str], counts: tuple[int, int, int]) -> RunFolder:
    """A classification run without a survey: the manifest tells which files were refused."""
    run = _change(classifier(path, classes, counts=counts), derived=DERIVED)
    refused = "id,label,split,verdict,reason\n사진.jpg,,,refused,it ends early (12); its palette became colours\n"
    (run.path / "manifest.csv").write_text(refused, encoding="utf-8")
    return run


def failed(path: Path) -> RunFolder:
    """A run that failed because a number was no longer finite."""
    advice = ["Lower the learning rate (to a tenth), or bound the gradient with clip_norm = 1."]
    seen = "The loss became inf in epoch 2 by step 7 (learning rate 0.01)"
    cause = "first, exp in dense (Dense(30)) gave inf (41 of 960 values)"
    known = {**NOT_FINITE, "seen": seen, "cause": cause, "advice": advice, "layer": "", "title": "the loss"}
    folder = Folder(path, status="failed", failure=f"{seen}: {cause}\n    and more")
    folder.json("insight/nonfinite.json", known)
    return folder.done()


def folds(path: Path) -> RunFolder:
    """A cross-validation with samples that belong together."""
    row = {"run": "folds/1", "result": {"count": 50, "accuracy": 0.9, "accuracy_interval": [0.8, 0.95]}}
    folder = Folder(
        path,
        data={"source": "photos", "task": "classification", "counts": {"out-of-fold": 100}, "image": [28, 28, 1]},
        folds={
            "count": 2,
            "samples": 100,
            "rows": [{**row, "fold": fold, "best": {"epoch": 3}, "seconds": 61.0} for fold in (1, 2)],
            "spread": {"accuracy": {"mean": 0.9, "std": 0.02}},
        },
    )
    folder.json("classes.json", ["고양이", "강아지"])
    targets = np.arange(100) % 2
    folder.predictions("out-of-fold", targets, guesses(targets, 2), together=np.arange(100) % 80)
    return folder.done()


def imported(path: Path) -> RunFolder:
    """A network that was taken over from a file."""
    return Folder(
        path,
        data={"source": "imported", "task": "classification"},
        imported={"file": "고양이.keras", "from": "Keras 3.5", "sha256": "01" * 32},
        model={"name": "sequential", "parameters": 1234, "trainable": 1234},
        verification={"status": "verified", "detail": "accuracy 0.855 after reloading"},
    ).done()


def begun(path: Path) -> RunFolder:
    return Folder(path, status="running").done()


def undone(path: Path) -> RunFolder:
    """A run that was imported while it had folds to come, memory to spare and no validation."""
    folder = Folder(path, status="finished", folds={"count": 3}, stopped={"reason": "budget", "epoch": 2})
    folder.history(epochs(2, validation=False))
    folder.arrays("inputs", images=pictures(2), labels=["고양이", "강아지"])
    return folder.done()


BUILDERS: dict[str, Callable[[Path], RunFolder]] = {
    "rich": rich,
    "classes": lambda path: plain(path, FASHION, (400, 100, 100)),
    "many": lambda path: plain(path, MANY, (240, 240, 240)),
    "multilabel": multilabel,
    "regression": regression,
    "interrupted": interrupted,
    "failed": failed,
    "folds": folds,
    "undone": undone,
    "imported": imported,
    "begun": begun,
}


def _change(run: RunFolder, **values: Any) -> RunFolder:
    path = run.path / "run.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, **values}, ensure_ascii=False), encoding="utf-8")
    return run
