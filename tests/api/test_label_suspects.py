"""``run.label_suspects()``: of which splits, in which order, and as which file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.data.sources.patch import read_patch
from spirula.errors import InputError

CLASSES = ["고양이", "dog, small"]


def folder(path: Path, task: str = "classification", splits: tuple[str, ...] = ("test", "validation")) -> sp.Run:
    """A run of two classes that is sure of everything; the third sample of each split is labelled otherwise."""
    (path / "predictions").mkdir(parents=True)
    document = {"schema": 1, "name": path.name, "status": "finished", "data": {"task": task}}
    (path / "run.json").write_text(json.dumps(document), encoding="utf-8")
    (path / "classes.json").write_text(json.dumps(CLASSES), encoding="utf-8")
    for place, split in enumerate(splits):
        targets = np.arange(20) % 2
        values = np.where(np.eye(2)[targets] > 0, 0.9, 0.1).astype(np.float32)
        values[2] = (0.9, 0.1) if place else (0.95, 0.05)
        targets[2] = 1
        ids = np.array([f'{split}/"{row}",\n사진.png' for row in range(20)])
        np.savez(path / "predictions" / f"{split}.npz", ids=ids, targets=targets, probabilities=values)
    return sp.open_run(path)


def test_all_held_out_splits_are_listed_the_surest_first(tmp_path: Path) -> None:
    run = folder(tmp_path / "run")
    found = run.label_suspects()
    assert [row["split"] for row in found] == ["test", "validation"]
    assert [row["sureness"] for row in found] == pytest.approx([0.95, 0.9])
    assert {(row["label"], row["old_label"]) for row in found} == {("고양이", "dog, small")}
    assert [row["split"] for row in run.label_suspects("validation")] == ["validation"]
    assert "Suspected labels" in found._repr_html_()


def test_a_saved_patch_is_read_back_whatever_the_names(tmp_path: Path) -> None:
    found = folder(tmp_path / "run").label_suspects()
    path = found.save(tmp_path / "patch.csv")
    with path.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == ["id", "label", "old_label"]
    assert [(one.id, one.label, one.old) for one in read_patch(path).corrections] == [
        (row["id"], row["label"], row["old_label"]) for row in found
    ]
    with pytest.raises(InputError, match="is no CSV file"):
        found.save(tmp_path / "patch.xlsx")


def test_what_cannot_be_doubted_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a regression run"):
        folder(tmp_path / "numbers", "regression").label_suspects()
    with pytest.raises(InputError, match="no held-out predictions of test") as caught:
        folder(tmp_path / "one", splits=("validation",)).label_suspects("test")
    assert "There are: validation." in str(caught.value)
    with pytest.raises(InputError, match="--folds 5"):
        folder(tmp_path / "none", splits=("train",)).label_suspects("test")
    assert folder(tmp_path / "trained", splits=("train",)).label_suspects() == []
