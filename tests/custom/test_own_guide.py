"""The file in the guide defines what its commands name, and its commands can be typed and do what is said."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

import spirula as sp
from spirula.cli.main import app, run
from spirula.custom.library import library

GUIDE = (Path(__file__).parents[2] / "docs" / "custom.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = [
    shlex.split(line) for block in re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, houses: tuple[np.ndarray, np.ndarray]) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("my_pieces.py").write_text(PYTHON[0], encoding="utf-8")
    np.savez("houses.npz", x=houses[0], y=houses[1])
    return tmp_path


def test_every_piece_of_the_guide_is_named_by_a_command(folder: Path) -> None:
    named = set(re.findall(r"custom\.(\w+)", " ".join(word for command in COMMANDS for word in command)))
    assert named == set(library("my_pieces.py").objects)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[:3]))
def test_the_commands_can_be_typed(command: list[str]) -> None:
    assert command[0] == "spirula"
    function, _, ignored = app.parse_args(command[1:], exit_on_error=False, print_error=False)
    assert callable(function)
    assert not ignored


def test_the_first_command_trains_and_the_run_asks_for_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*COMMANDS[0][1:], "--epochs", "2", "--progress", "quiet", "--name", "own"]) == 0
    assert run(["evaluate", "own"]) == 0
    capsys.readouterr()
    assert run(["evaluate", "own", "houses.npz"]) == 2
    said = capsys.readouterr().err
    digest = hashlib.sha256(Path("my_pieces.py").read_bytes()).hexdigest()
    assert "--custom my_pieces.py" in said
    assert f"--trust {digest}" in said
    assert run(["evaluate", "own", "houses.npz", "--custom", "my_pieces.py", "--json"]) == 0
    with_file = capsys.readouterr().out
    assert run(["evaluate", "own", "houses.npz", "--trust", digest, "--json"]) == 0
    assert capsys.readouterr().out == with_file
    assert "val_r_squared" in sp.open_run("own").history[0]


def test_networks_with_ones_own_layers_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMANDS[2][1:], "--diagram", "net.svg"]) == 0
    assert "Gated" in capsys.readouterr().out
    assert "Gated" in Path("net.svg").read_text(encoding="utf-8")


def test_the_python_of_the_guide_runs(folder: Path, houses: tuple[np.ndarray, np.ndarray]) -> None:
    code = "\n".join(PYTHON).replace("augment=noise,", 'augment=noise, epochs=1, progress="quiet",')
    names: dict[str, object] = {"x": houses[0], "y": houses[1], "__name__": "guide"}
    exec(compile(code, "guide.py", "exec"), names)  # noqa: S102
    assert len(sp.list_runs()) == 1


def test_the_guides_soft_relu_is_the_notes_without_its_overflow(folder: Path) -> None:
    soft_relu = library("my_pieces.py").objects["soft_relu"]
    z = torch.linspace(-5, 5, 11)
    assert torch.allclose(soft_relu(z), torch.log(1 + torch.exp(z)))
    assert soft_relu(torch.tensor([200.0])).item() == 200.0
