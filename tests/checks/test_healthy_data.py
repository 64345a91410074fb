"""Healthy trainings on real data set off no problem and no warning."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import spirula as sp
from doubles import not_reloaded
from spirula.data.dataset import load
from spirula.errors import SpirulaError


@pytest.mark.data
def test_a_small_fashion_mnist_is_healthy(tmp_path: Path) -> None:
    try:
        dataset = load("fashion-mnist", duplicates="ignore")
    except SpirulaError:
        pytest.skip("Fashion-MNIST is not here")
    rows = {"train": dataset.rows("train")[:1500], "test": dataset.rows("test")[:600]}
    arrays = {f"x_{split}": np.asarray(dataset.pixels[part]) for split, part in rows.items()}
    arrays |= {f"y_{split}": dataset.manifest.targets[part] for split, part in rows.items()}
    with patch("spirula.evaluation.verify.reloading", not_reloaded), patch.object(sp.Run, "report"):
        run = sp.train(arrays, model="two-conv-average", epochs=3, runs=tmp_path, progress="quiet", threads=1)
    verdict = run.check()
    grave = {row["code"] for row in verdict.findings if row["severity"] != "hint"}
    assert grave <= {"D001"}, str(verdict)  # the set has copies of its own: true, and not the training's fault
    assert run.folder.insight_path("baselines.json").is_file()
