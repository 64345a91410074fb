from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from spirula.data.dataset import load, load_all
from spirula.errors import DataError

Table = Callable[..., Path]


@pytest.fixture
def table(make_folder: Callable[[dict[str, int]], Path]) -> Table:
    """Write a CSV beside 20 pictures ``img/000.png`` …; ``columns`` get the row number."""
    root = make_folder({"img": 20})

    def write(name: str = "labels.csv", separator: str = ",", **columns: Callable[[int], object]) -> Path:
        rows = {"path": [f"img/{row:03d}.png" for row in range(20)]}
        rows |= {column: [str(value(row)) for row in range(20)] for column, value in columns.items()}
        frame = pl.DataFrame(rows)
        path = root / name
        if name.endswith(".parquet"):
            frame.write_parquet(path)
        else:
            frame.write_csv(path, separator=separator)
        return path

    return write


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.parquet", "")])
def test_path_and_label(table: Table, name: str, separator: str) -> None:
    data = load(table(name, separator, label=lambda row: ("dog", "고양이")[row % 2]))
    assert data.manifest.classes == ("dog", "고양이")
    assert data.manifest.ids[3] == "img/003.png"
    assert data.manifest.targets[:2].tolist() == [0, 1]
    assert data.input_shape == (8, 8, 3)


def test_labels_stay_text(table: Table) -> None:
    assert load(table(label=lambda row: ("007", "08")[row % 2])).manifest.classes == ("007", "08")


def test_split_and_group(table: Table) -> None:
    splits = ("train", "TRAIN", "val", "test")
    data = load(table(label=lambda row: row // 4 % 2, split=lambda row: splits[row % 4]))
    assert data.manifest.counts() == {"train": 10, "validation": 5, "test": 5}
    grouped = load(table(label=lambda row: row % 2, group=lambda row: f"g{row // 4}"), validation=0.3, test=0.2)
    for group in range(5):
        assert len(set(grouped.manifest.splits[group * 4 : group * 4 + 4])) == 1
    assert grouped.manifest.groups is not None
    assert grouped.manifest.groups[4] == "g1"


def test_columns_can_be_named(table: Table) -> None:
    path = table(kind=lambda row: row % 2, part=lambda row: "test" if row < 4 else "train", label=lambda _: "x")
    data = load(path, label_column="kind", split_column="part")
    assert data.manifest.counts()["test"] == 4
    with pytest.raises(
        DataError, match=r'no column "knd"; its columns are path, kind, part, label\. Did you mean "kind"'
    ):
        load(path, label_column="knd")
    with pytest.raises(DataError, match="split_column would have no effect"):
        load("digits", split_column="part")


def test_a_regression(table: Table) -> None:
    data = load(table(label=lambda row: row / 2))
    assert data.manifest.task == "regression"
    assert data.manifest.classes == ()
    assert data.manifest.targets[3] == np.float32(1.5)
    assert "fractions" in data.derived["task"]
    whole = load(table(label=lambda row: row), task="regression")
    assert whole.manifest.targets.tolist() == list(range(20))
    assert "task" not in whole.derived
    with pytest.raises(DataError, match="not a number"):
        load(table(label=lambda row: "a" if row == 3 else row), task="regression")


def test_several_labels(table: Table) -> None:
    data = load(table(label=lambda row: ("red;round", "round", "", "red|blue")[row % 4]), task="multilabel")
    assert data.manifest.classes == ("blue", "red", "round")
    assert data.manifest.targets[:4].tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0], [1, 1, 0]]
    there = load_all(
        table(label=lambda row: "round"), task="multilabel", classes=("round", "red"), image_size=(8, 8), channels=3
    )
    assert there.manifest.targets[0].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"label": lambda row: "" if row in (2, 5) else row % 2}, r"2 rows have no label \(line 4, 7\)"),
        (
            {"label": lambda row: row % 2, "split": lambda row: "trian" if row == 1 else "train"},
            'line 3: the split is "trian"',
        ),
        ({"kind": lambda row: row}, 'no column "label"'),
        (
            {"label": lambda row: row % 2, "split": lambda row: "test" if row < 9 else "train", "group": lambda _: "g"},
            "1 group lies in more than one",
        ),
        (
            {"label": lambda row: "new" if row == 0 else row % 2, "split": lambda row: "test" if row < 9 else "train"},
            'test has classes that train has no samples of: "new"',
        ),
    ],
)
def test_rows_that_are_wrong_are_named(table: Table, columns: dict[str, Callable[[int], object]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(table(**columns))


def test_paths_that_lead_nowhere(table: Table) -> None:
    path = table(label=lambda row: row % 2)
    text = path.read_text()
    path.write_text(text + "img/missing.png,1\n")
    data = load(path)
    assert data.manifest.verdicts == (("img/missing.png", "there is no such file"),)
    assert len(data) == 20
    path.write_text(text + "".join(f"img/missing{row}.png,1\n" for row in range(5)))
    with pytest.raises(DataError, match="5 of 25 files cannot be used"):
        load(path)
    path.write_text("path,label\na.png,1\nb.png,2\n")
    with pytest.raises(DataError, match="none of its 2 paths"):
        load(path)
    path.write_text(text + "img/000.png,1\n")
    with pytest.raises(DataError, match=r"000\.png more than once"):
        load(path)


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    for name, content in (("a.csv", b""), ("b.csv", b"path,label\n"), ("c.parquet", b"PAR1nonsense")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError):
            load(tmp_path / name)
    (tmp_path / "korean.csv").write_bytes("path,label\n사진.png,고양이\n".encode("cp949"))
    with pytest.raises(DataError, match="UTF-8"):
        load(tmp_path / "korean.csv")
    (tmp_path / "bom.csv").write_bytes("\ufeffpath,label\na.png,1\n".encode())
    with pytest.raises(DataError, match="none of its 1 paths"):
        load(tmp_path / "bom.csv")
