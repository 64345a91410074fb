"""Networks in TOML files: layers, graphs, and what cannot work."""

from __future__ import annotations

from pathlib import Path

import pytest

from spirula import layers as L  # noqa: N812
from spirula.errors import ModelError
from spirula.models.notation import parse, read_file


@pytest.mark.parametrize(
    "content",
    [
        'layers = ["Conv2D(4, 3)", "Flatten()"]',
        'layers = "Conv2D(4, 3), Flatten()"',
        'layers = """\nConv2D(4, 3),\n\nFlatten(),\n"""',
        "layers = ['Conv2D(4, 3), Flatten()']",
    ],
)
def test_toml_files_with_layers(tmp_path: Path, content: str) -> None:
    path = tmp_path / "망.toml"
    path.write_text(content, encoding="utf-8")
    assert read_file(path) == L.Stack((L.Conv2D(4, 3), L.Flatten()))


def test_toml_files_with_a_graph(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text("[graph]\na = 'Conv2D(4, 1)(input)'\nb = 'Add()(a, Conv2D(4, 1)(input))'\n", encoding="utf-8")
    assert read_file(path) == parse("a = Conv2D(4, 1)(input)\nb = Add()(a, Conv2D(4, 1)(input))")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("layer = 'Flatten()'", ["layer", "layers"]),
        ("layers = 'Flatten()'\n[graph]\nx = 'Flatten()(input)'", ["layers, graph"]),
        ("layers = 3", ["layers"]),
        ("layers = []", ["empty"]),
        ("layers = ['Flaten()']", ["Flaten", "Flatten"]),
        ("[graph]\nx = 'Flatten()'", ["x:", "input"]),
        ("[graph]\nx = 'Flatten()(y)'", ["x:", '"y"']),
        ("[graph]\nx = 3", ["[graph]"]),
        ("[graph]\n'a b' = 'Flatten()(input)'", ["a b"]),
        ("[graph]\n", ["last line"]),
        ("layers = ", ["TOML"]),
        ("layers = ['x = Flatten()(input)']", ["[graph]"]),
        ("[graph]\nx = 'import os'", ["x:"]),
    ],
)
def test_toml_files_that_cannot_work(tmp_path: Path, content: str, words: list[str]) -> None:
    path = tmp_path / "net.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError) as refusal:
        read_file(path)
    for word in [*words, "net.toml"]:
        assert word in str(refusal.value)


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_file(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="cannot be read"):
        read_file(tmp_path / "binary.toml")
