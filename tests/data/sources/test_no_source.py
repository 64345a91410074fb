"""What is no data says what would be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spirula.data.dataset import load
from spirula.errors import DataError

MakeFolder = Callable[[dict[str, int]], Path]


@pytest.mark.parametrize(
    ("source", "words"),
    [("", "name of the data is empty"), ("pets.7z", "Unpack it"), ("pets.tar.gz", "cannot be read")],
)
def test_an_empty_name_and_an_archive_are_no_data(
    source: str, words: str, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty name, as of a shell variable without a value, does not mean the current folder."""
    root = make_folder({"cat": 5, "dog": 5})
    (root / "pets.7z").touch()
    (root / "pets.tar.gz").write_bytes(b"?")
    monkeypatch.chdir(root)
    with pytest.raises(DataError, match=words):
        load(source)


def test_what_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='Did you mean "mnist"'):
        load("mnits")
    (tmp_path / "a.pt").touch()
    with pytest.raises(DataError, match="not a kind of data"):
        load(tmp_path / "a.pt")
    (tmp_path / "cifar-10-python.tar.gz").touch()
    with pytest.raises(DataError, match="pickled"):
        load(tmp_path / "cifar-10-python.tar.gz")
    with pytest.raises(DataError, match="neither class folders nor images"):
        load(tmp_path)
    with pytest.raises(DataError, match='no task "clasification"'):
        load("digits", task="clasification")
    with pytest.raises(DataError, match="does not fit"):
        load("digits", task="regression")
