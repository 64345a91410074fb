"""What the README says can be typed, can be typed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from spirula.cli.main import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands() -> list[list[str]]:
    found = []
    for block in blocks("bash"):
        tokens = shlex.split(re.sub(r"#.*", "", block).replace("\n", " ; ").replace("Dropout(0.4)' ;", "Dropout(0.4)'"))
        line: list[str] = []
        for token in [*tokens, ";"]:
            if token == ";":
                if line[:1] == ["spirula"]:
                    found.append(line[1:])
                line = []
            else:
                line.append(token)
    return found


def test_the_readme_has_commands() -> None:
    assert len(commands()) >= 9


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_commands_of_the_readme_are_understood(arguments: list[str]) -> None:
    command, _, ignored = app.parse_args(arguments, exit_on_error=False, print_error=False)
    assert callable(command)
    assert not ignored


def test_python_of_the_readme_runs(tmp_path: Path) -> None:
    code = "\n".join(blocks("python"))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs").is_dir()


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_make_names_the_commands_of_the_readme() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert target in targets
