from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spirula.data.manifest import Manifest, Task, read_csv
from spirula.errors import DataError
from spirula.runs.folder import RunFolder

SPLITS = np.array(["train", "train", "validation", "test"])
TARGETS: dict[Task, np.ndarray] = {
    "classification": np.array([0, 1, 1, 2]),
    "multilabel": np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]], dtype=np.float32),
    "regression": np.array([0.1, -2.5e-7, 3e8, 4], dtype=np.float32),
}


def manifest(task: Task, classes: tuple[str, ...] = ("cat", "dog, small", 'the "eel"; |')) -> Manifest:
    return Manifest(
        task=task,
        classes=() if task == "regression" else classes,
        ids=("a/1.png", "줄\n바꿈.png", "non\udce9utf8.png", "a,b;\r'\".png"),
        targets=TARGETS[task],
        splits=SPLITS,
        groups=("g1", "g1", "g2", "g3"),
        verdicts=(("bad.jpg", "the file is empty"),),
    )


@pytest.mark.parametrize("task", list(TARGETS))
def test_a_manifest_survives_its_csv(task: Task, tmp_path: Path) -> None:
    written = manifest(task)
    written.write_csv(tmp_path / "manifest.csv")
    read = read_csv(tmp_path / "manifest.csv", task=task, classes=written.classes)
    for column in ("ids", "groups", "verdicts", "classes", "task"):
        assert getattr(read, column) == getattr(written, column)
    assert (read.targets == written.targets).all()
    assert read.targets.dtype == written.targets.dtype
    assert read.splits.tolist() == written.splits.tolist()


@given(st.lists(st.text(min_size=1).filter(lambda name: "\x1f" not in name), min_size=3, max_size=3, unique=True))
def test_any_class_names(names: list[str]) -> None:
    import tempfile

    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.csv"
        for task in ("classification", "multilabel"):
            written = manifest(task, tuple(names))  # type: ignore[arg-type]
            written.write_csv(path)
            read = read_csv(path, task=task, classes=names)  # type: ignore[arg-type]
            assert (read.targets == written.targets).all()


def test_counts() -> None:
    found = manifest("classification", ("a", "b", "c"))
    assert found.counts() == {"train": 2, "validation": 1, "test": 1}
    assert found.class_counts()["train"] == {"a": 1, "b": 1, "c": 0}
    assert manifest("multilabel", ("a", "b", "c")).class_counts()["test"] == {"a": 1, "b": 1, "c": 1}
    assert manifest("regression").class_counts() == {}
    assert found.rows("train").tolist() == [0, 1]


def test_a_run_folder_reads_the_same_columns(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    manifest("classification").write_csv(tmp_path / "manifest.csv")
    columns = RunFolder(tmp_path).manifest()
    assert columns["id"][:2] == ["a/1.png", "줄\n바꿈.png"]
    assert columns["split"] == ["train", "train", "validation", "test", ""]
    assert columns["verdict"] == [*["accepted"] * 4, "refused"]
    assert columns["reason"][4] == "the file is empty"


def test_what_is_no_manifest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    for content in (
        "",
        "a,b\n1,2\n",
        "id,label,split,group,refused\nx,zebra,train,,\n",
        "id,label,split,group,refused\nx\n",
    ):
        path.write_text(content)
        with pytest.raises(DataError, match="not a manifest"):
            read_csv(path, task="classification", classes=("cat",))
    with pytest.raises(DataError, match="not a manifest"):
        read_csv(tmp_path / "missing.csv", task="classification", classes=("cat",))
