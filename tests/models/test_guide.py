"""The guide page cannot rot: its networks are built, its files are read, its Python runs, its table is complete."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from spirula.layers import LAYERS
from spirula.layers.arguments import ACTIVATIONS, INITIALIZERS
from spirula.models.build import build

GUIDE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")


def fences(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", GUIDE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", fences("spirula"))
def test_networks_can_be_built(text: str) -> None:
    assert build(text, input_shape=(32, 32, 3), outputs=10, seed=0).spec.outputs == 10


@pytest.mark.parametrize("text", fences("toml"))
def test_files_can_be_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text, encoding="utf-8")
    assert build(path, input_shape=(32, 32, 3), outputs=10, seed=0).spec.name == "net"


def test_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = fences("python")
    exec(code, {})  # noqa: S102 - the guide's own lines
    assert "conv2d" in capsys.readouterr().out


def test_every_layer_argument_and_word_is_listed() -> None:
    rows = {}
    for line in GUIDE.splitlines():
        if line.startswith("| `"):
            kinds, _, arguments = line.strip("| ").partition(" | ")
            rows.update(dict.fromkeys(re.findall(r"`(\w+)`", kinds), arguments))
    assert sorted(rows) == sorted(LAYERS)
    for name, kind in LAYERS.items():
        for argument in inspect.signature(kind).parameters:
            if argument != "layers":
                assert re.search(rf"\b{argument}\b", rows[name]), (name, argument)
    for word in (*ACTIVATIONS, *(name for name in INITIALIZERS if not name.startswith(("glorot", "he_", "lecun")))):
        assert re.search(rf"\b{word}\b", GUIDE), word
