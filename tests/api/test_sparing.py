"""What a run can do without never costs a finished training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import spirula as sp
from spirula.checks.sentences import PARTS
from spirula.cli.main import run as command

SHORT = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore words.")


def failing(error: Exception) -> object:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def train(tmp_path: Path) -> sp.Run:
    return sp.train("digits", epochs=1, threads=1, runs=tmp_path, progress="lines", name="one")


def test_memory_that_runs_out_after_the_training_costs_a_part_of_the_report_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (
        "insight.robustness.note_robustness",
        "keeping.units.note_filters",
        "keeping.looks.note_looks",
        "keeping.embedding._training_samples",
    ):
        monkeypatch.setattr(f"spirula.api.{place}", failing(SHORT))
    run = train(tmp_path)
    assert run.status == "finished"
    assert run.folder.document()["verification"]["status"] == "verified"
    reason = "out of memory: CUDA out of memory. Tried to allocate 2.00 GiB."
    parts = ("map and neighbours", "heat maps", "filters", "robustness")
    assert run.folder.document()["left_out"] == dict.fromkeys(parts, reason)
    said = capsys.readouterr().err
    assert f"Left out   robustness: {reason}" in said
    for language, words, short in (
        ("en", "Not in this report: map and neighbours", reason),
        ("ko", "부분: 지도와 이웃, 히트맵, 필터", "메모리 부족: CUDA out of memory."),
    ):
        page = Path(run.report(lang=language)).read_text(encoding="utf-8")
        assert words in page
        assert short in page
    korean = page[page.index("<main") :]
    assert "out of memory: CUDA" not in korean
    assert set(parts) < set(PARTS)
    assert not run.folder.arrays("embedding")
    assert run.folder.arrays("thumbnails")
    assert run.evaluate()["accuracy"] == run.results["test"]["accuracy"]
    assert (run.path / "report.html").exists()
    assert run.check() is not None


def test_an_embedding_that_cannot_be_written_leaves_the_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spirula.api.keeping.embedding._write", failing(MemoryError()))
    run = train(tmp_path)
    assert run.status == "finished"
    assert run.folder.document()["left_out"] == {"map and neighbours": "out of memory: MemoryError"}
    assert json.loads((run.path / "model.json").read_text())["temperature"]["value"] > 0


def test_an_error_of_ours_is_a_warning_and_the_run_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spirula.api.run.Run.report", failing(ZeroDivisionError("division by zero")))
    with pytest.warns(RuntimeWarning, match="report could not be made \\(ZeroDivisionError\\). Please report this"):
        run = train(tmp_path)
    assert run.status == "finished"
    assert run.folder.document()["left_out"] == {"report": "division by zero"}


def test_what_is_made_later_is_left_out_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        for place in ("insight.robustness.note_robustness", "keeping.embedding._write", "keeping.looks.note_looks"):
            patched.setattr(f"spirula.api.{place}", failing(MemoryError()))
        patched.setattr("spirula.api.calibration.fitted", failing(MemoryError()))
        patched.setattr("spirula.api.run.Run.report", failing(MemoryError()))
        run = train(tmp_path)

    def advised() -> dict[str, str]:
        rows = [row for row in run.check().findings if row["code"] == "E008"]
        return {row["evidence"]["part"]: row["command"] for row in rows}

    commands = advised()
    assert commands.pop("heat maps") == ""
    assert list(commands) == ["map and neighbours", "temperature", "robustness", "report"]
    assert "report (out of memory" not in Path(run.report()).read_text(encoding="utf-8")
    assert "report" not in advised()
    for words in commands.values():
        assert command(words.split()[1:]) == 0
    assert advised() == {"heat maps": ""}
    assert "Not measured" not in Path(run.report()).read_text(encoding="utf-8")
    assert run.folder.card()["temperature"]["value"] > 0
