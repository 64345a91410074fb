"""Accuracy against how far the pictures are moved, and what is compared with what."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.errors import InputError


def test_shift_invariance_compares_runs_on_the_same_pictures(run: sp.Run, dense: sp.Run) -> None:
    table = sp.shift_invariance([run, dense], shifts=[2, 0, -2], samples=60)
    assert [row["shift"] for row in table] == [-2, 0, 2]
    assert list(table[0]) == ["shift", "합성곱", "합성곱 interval", "dense", "dense interval"]
    for row in table:
        for name in ("합성곱", "dense"):
            low, high = row[f"{name} interval"]
            assert low <= row[name] <= high
    named = sp.shift_invariance({"갑": run, "을": dense}, shifts=[0], samples=60)
    assert list(named[0]) == ["shift", "갑", "갑 interval", "을", "을 interval"]
    assert "갑" in named.picture().svg
    whole = sp.shift_invariance(run, shifts=[0])
    assert whole[0]["합성곱"] == pytest.approx(run.results["test"]["accuracy"])
    assert whole[0]["합성곱 interval"] == pytest.approx(run.results["test"]["accuracy_interval"])
    svg = table.picture().svg
    assert "합성곱" in svg
    assert "repeats the border" in svg
    assert svg in table._repr_html_()


def test_shift_invariance_on_other_data(run: sp.Run) -> None:
    data = sp.load("digits", seed=7)
    rows = data.rows("test")
    pixels = data.pixels[rows]
    labels = np.array([data.manifest.classes[k] for k in data.manifest.targets[rows]])
    table = run.shift_invariance((pixels, labels), shifts=[0])
    assert table[0]["합성곱"] == pytest.approx(run.results["test"]["accuracy"])


def test_runs_that_cannot_be_compared_are_refused(run: sp.Run, dense: sp.Run, folder: Path) -> None:
    other = folder / "other"
    shutil.copytree(dense.path, other)
    manifest = (other / "manifest.csv").read_text(encoding="utf-8")
    (other / "manifest.csv").write_text(manifest.replace(",test,", ",train,", 1), encoding="utf-8")
    with pytest.raises(InputError, match="may have been trained on"):
        sp.shift_invariance([run, sp.open_run(other)], shifts=[0])
    with pytest.raises(InputError, match="each once"):
        sp.shift_invariance([run, run])
    with pytest.raises(InputError, match="leaves nothing"):
        sp.shift_invariance(run, shifts=[8])
    with pytest.raises(InputError, match="at least one shift"):
        sp.shift_invariance(run, shifts=[])
    with pytest.raises(InputError, match='no split "holdout"'):
        sp.shift_invariance(run, split="holdout")
    vectors = sp.train(
        (np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32), np.arange(40) % 2),
        epochs=1,
        runs=folder,
        name="vectors",
        progress="quiet",
    )
    with pytest.raises(InputError, match="does not tell classes of pictures apart"):
        vectors.shift_invariance()
    with pytest.raises(InputError, match="vectors"):
        vectors.feature_maps(0)


def test_splits_go_by_their_usual_names(run: sp.Run, dense: sp.Run) -> None:
    assert list(sp.shift_invariance(run, shifts=[0], split="val")) == list(
        sp.shift_invariance(run, shifts=[0], split="validation")
    )
    assert sp.compare(run, dense, split="val").split == "validation"
    assert run.evaluate(split="valid")["accuracy"] == run.results["validation"]["accuracy"]


def test_runs_are_compared_by_path_too(run: sp.Run, dense: sp.Run) -> None:
    assert str(sp.compare(run.path, str(dense.path))) == str(sp.compare(run, dense))
