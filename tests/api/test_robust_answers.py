"""When the picture changes, of networks that answer with several labels or with a number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spirula as sp

MODEL = "Conv2D(4, 3, activation='relu'), GlobalAveragePooling2D()"
RNG = np.random.default_rng(2)
LIGHT = RNG.integers(20, 200, (200, 12, 12, 1)).astype(np.uint8)
LIGHT[:, 3:9, 3:9] = RNG.permutation(np.linspace(10, 245, 200)).astype(np.uint8)[:, None, None, None]
NUMBERS = LIGHT.mean((1, 2, 3)).astype(np.float32) / 10


def trained(folder: Path, y: np.ndarray, task: str) -> sp.Run:
    """A run whose data is a file, so that it is found again."""
    data = folder / "밝기.npz"
    np.savez(data, x=LIGHT, y=y)
    return sp.train(
        data, task=task, model=MODEL, epochs=6, learning_rate=0.02, seed=1, duplicates="ignore",
        runs=folder / "runs", name="run", progress="quiet",
    )  # fmt: skip


def section(run: sp.Run, language: str) -> str:
    page = run.report(lang=language).read_text(encoding="utf-8")
    return page[page.index('<section id="robustness"') :].partition("</section>")[0]


def test_of_a_regression_it_is_the_error(tmp_path: Path) -> None:
    run = trained(tmp_path, NUMBERS, "regression")
    table = run.robustness({"brightness": [-0.2, 0.2]})
    assert list(table[0]) == ["change", "strength", "error", "error interval"]
    assert table[0]["error"] == pytest.approx(run.results["test"]["mae"], rel=1e-5)
    stored = run.folder.predictions("test")
    darker = (LIGHT[[int(name) for name in stored.ids]].astype(np.float32) - 51).clip(0, 255).round().astype(np.uint8)
    expected = np.abs(run.predict_proba(darker)[:, 0] - stored.targets).mean()
    assert table[1]["error"] == pytest.approx(expected, rel=1e-3)
    assert table[1]["error interval"][0] < expected < table[1]["error interval"][1]
    assert "the mean absolute error grows from" in table.verdict
    assert "--brightness 0.2" in table.verdict
    noted = run.folder.arrays("robustness")  # what the training itself measured
    assert noted["errors"].shape[0] == len(noted["kinds"]) > 20
    assert noted["errors"][0].mean() == pytest.approx(run.results["test"]["mae"], rel=1e-5)
    for language, words in (("en", "Error against the strength"), ("ko", "변화의 세기에 따른 오차")):
        part = section(run, language)
        assert words in part
        assert "series-1" not in part  # no probability


def test_of_several_labels_it_is_every_label(tmp_path: Path) -> None:
    labels = np.stack([np.median(NUMBERS) < NUMBERS, LIGHT[:, 0, 0, 0] > 110], 1).astype(np.uint8)
    run = trained(tmp_path, labels, "multilabel")
    table = run.robustness({"noise": 0.1})
    assert list(table[0])[2:] == ["exact match", "exact match interval", "probability", "probability interval"]
    assert table[0]["exact match"] == pytest.approx(run.results["test"]["exact_match"])
    stored = run.folder.predictions("test")
    own = np.where(stored.targets > 0, stored.probabilities, 1 - stored.probabilities)
    assert table[0]["probability"] == pytest.approx(own.mean(), rel=1e-5)
    part = section(run, "en")
    assert "Every label right" in part
    assert "mean probability of what is true of each label" in part


def test_an_answer_from_several_views_costs_as_many_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spirula.insight import effort

    asked: list[tuple[int, float]] = []

    def counted(multiply_adds: int, changes: int, trained: float = 0) -> int:
        asked.append((multiply_adds, trained))
        return 0

    monkeypatch.setattr(effort, "pictures_changed", counted)
    classes = (np.median(NUMBERS) < NUMBERS).astype(np.int64)
    for name, views in (("one", "none"), ("two", "flip")):
        sp.train(
            (LIGHT, classes), model=MODEL, test_views=views, epochs=2, duplicates="ignore",
            runs=tmp_path, name=name, progress="quiet",
        )  # fmt: skip
    (cost, trained_on), (twice, half) = asked
    assert twice == 2 * cost
    assert half == trained_on / 2 > 0
