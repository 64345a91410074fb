"""The run folder: what is written can be read, and what is damaged is named."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from spirula.errors import InputError, RunError, SpirulaError
from spirula.runs import folder as layout
from spirula.runs.files import finite, write_atomically, write_json
from spirula.runs.folder import RunFolder, find_run, run_folders
from spirula.runs.writer import RunWriter, safe_name


def make(runs: Path, name: str | None = "first", title: str = "digits-two-conv") -> RunWriter:
    return RunWriter.create(
        runs, name, title, config='source = "digits"\n', document={"data": {"task": "classification"}}
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    writer = make(tmp_path)
    writer.write_classes(["고양이", "강아지"])
    writer.append_epoch({"epoch": 1, "loss": 0.5, "val_loss": math.nan})
    writer.append_epoch({"epoch": 2, "loss": np.float32(0.25)})
    targets, probabilities = np.array([1, 0]), np.array([[0.2, 0.8], [0.9, 0.1]])
    writer.write_predictions("test", ["고양이/가.jpg", "b.jpg"], targets, probabilities)
    writer.update(status="finished")
    run = RunFolder(writer.path)
    assert run.document()["status"] == "finished"
    assert run.config() == {"source": "digits"}
    assert run.classes() == ["고양이", "강아지"]
    assert run.history() == [{"epoch": 1, "loss": 0.5, "val_loss": None}, {"epoch": 2, "loss": 0.25}]
    assert run.splits_with_predictions() == ["test"]
    stored = run.predictions("test")
    assert stored.together is None
    assert stored.ids == ["고양이/가.jpg", "b.jpg"]
    np.testing.assert_array_equal(stored.targets, targets)
    np.testing.assert_allclose(stored.probabilities, probabilities, rtol=1e-6)
    assert stored.probabilities.dtype == np.float32


def test_what_belongs_together_is_kept_where_anything_does(tmp_path: Path) -> None:
    writer = make(tmp_path)
    said = ["a", "b", "c"], np.array([0, 1, 0]), np.eye(2)[[0, 1, 1]]
    writer.write_predictions("test", *said, np.array([7, 7, 9]))
    writer.write_predictions("validation", *said, np.array([7, 8, 9]))
    together = writer.folder.predictions("test").together
    assert together is not None
    assert together.tolist() == [7, 7, 9]
    assert writer.folder.predictions("validation").together is None


@pytest.mark.parametrize("together", [np.zeros(2, np.int64), np.zeros((3, 1), np.int64), np.array([0.0, np.nan, 1.0])])
def test_what_belongs_together_may_not_be_anything_else(tmp_path: Path, together: np.ndarray) -> None:
    writer = make(tmp_path)
    ids = np.array(["a", "b", "c"])
    path = writer.path / layout.PREDICTIONS / "test.npz"
    np.savez(path, ids=ids, targets=np.zeros(3, np.int64), probabilities=np.ones((3, 2)), together=together)
    with pytest.raises(RunError, match="which samples belong together"):
        writer.folder.predictions("test")


def test_a_name_is_never_used_twice(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(InputError, match="exists already") as caught:
        make(tmp_path)
    assert "--resume" in caught.value.remedy
    derived = {make(tmp_path, None).path.name for _ in range(3)}
    assert len(derived) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [("강아지/고양이", "강아지-고양이"), ("../../etc", "etc"), ("a b\nc", "a-b-c"), ("", "run"), ("...", "run")],
)
def test_safe_name_keeps_any_script_and_no_separator(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_safe_name_is_short_in_bytes() -> None:
    assert len(safe_name("사진" * 200).encode()) <= 80


def test_torn_last_line_of_the_history_is_left_out(tmp_path: Path) -> None:
    writer = make(tmp_path)
    writer.append_epoch({"epoch": 1})
    path = writer.path / layout.METRICS
    path.write_text(path.read_text() + '{"epoch": 2, "lo')
    assert writer.folder.history() == [{"epoch": 1}]
    path.write_text('{"epoch": 1, "lo\n{"epoch": 2}\n')
    with pytest.raises(RunError, match="line 1"):
        writer.folder.history()


def test_rewrite_history_forgets_later_epochs(tmp_path: Path) -> None:
    writer = make(tmp_path)
    for epoch in (1, 2, 3):
        writer.append_epoch({"epoch": epoch})
    writer.rewrite_history([{"epoch": 1}])
    assert writer.folder.history() == [{"epoch": 1}]


@pytest.mark.parametrize("name", [layout.DOCUMENT, layout.CARD, layout.CLASSES, layout.CONFIG, layout.MANIFEST])
def test_damaged_files_are_named(tmp_path: Path, name: str) -> None:
    writer = make(tmp_path)
    run = writer.folder
    (writer.path / name).write_bytes(b"\xff\xfe{]\0")
    read = {
        layout.DOCUMENT: run.document, layout.CARD: run.card, layout.CLASSES: run.classes, layout.CONFIG: run.config,
        layout.MANIFEST: run.manifest,
    }[name]  # fmt: skip
    if name == layout.MANIFEST:
        (writer.path / name).write_bytes(b"")
    with pytest.raises(RunError, match=name):
        read()


def test_predictions_with_pickled_objects_are_refused(tmp_path: Path) -> None:
    writer = make(tmp_path)
    evil = np.array([{"a": 1}], dtype=object)
    np.savez(writer.path / layout.PREDICTIONS / "test.npz", ids=evil, targets=evil, probabilities=evil)
    with pytest.raises(RunError, match=r"test\.npz"):
        writer.folder.predictions("test")


def test_another_schema_is_refused(tmp_path: Path) -> None:
    writer = make(tmp_path)
    writer.update(schema=99)
    with pytest.raises(RunError, match="schema 99"):
        writer.folder.document()


def test_find_run_by_path_name_and_last(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run in"):
        find_run("last", tmp_path)
    first, second = make(tmp_path, "first"), make(tmp_path, "second")
    first.update(created="2026-01-02T00:00:00")
    second.update(created="2026-01-01T00:00:00")
    assert find_run(first.path).path == first.path
    assert find_run("second", tmp_path).path == second.path
    assert find_run("last", tmp_path).path == first.path
    assert [run.name for run in run_folders(tmp_path)] == ["first", "second"]
    with pytest.raises(RunError, match="no run third"):
        find_run("third", tmp_path)
    with pytest.raises(RunError, match="not a run folder"):
        RunFolder(tmp_path)


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"a": 1})

    def fail(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    with pytest.raises(SpirulaError, match="No space left"):
        write_atomically(path, fail)
    assert json.loads(path.read_text()) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_finite_gives_plain_json_values() -> None:
    value = {1: [np.float64("nan"), math.inf, np.int64(3), (True, "x", None)], "a": np.array([1.5, np.nan])}
    assert finite(value) == {"1": [None, None, 3, [True, "x", None]], "a": [1.5, None]}


def test_nothing_is_renamed_before_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut a file whose rename survived must have its content: it is synced before, the folder after."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc to see what is synced")
    order: list[str] = []
    sync, rename = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        order.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        sync(descriptor)

    def note_rename(self: Path, target: Path) -> Path:
        order.append(f"rename {self.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_rename)
    write_json(tmp_path / "a.json", {})
    part = f".a.json.{os.getpid()}.part"
    assert order == [f"sync {part}", f"rename {part}", f"sync {tmp_path.name}"]
