"""docs/checks says what the code does: each code has its page, and the pages are what their script writes."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from spirula.checks.check import CODES
from spirula.checks.sentences import SENTENCES
from spirula.cli.main import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "checks"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_checks", ROOT / "docs" / "write_checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_code_has_a_page_and_a_sentence(writer: ModuleType) -> None:
    assert set(writer.pages()) == {"README.md", *(f"{code}.md" for code in CODES)}
    assert {key.partition("/")[0] for key in SENTENCES} == set(CODES)
    assert {path.stem for path in FOLDER.glob("*.md")} == {"README", *CODES}


def test_the_pages_are_what_the_script_writes(writer: ModuleType) -> None:
    for name, text in writer.pages().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"make docs writes {name} anew"


def test_the_index_names_commands_that_can_be_typed() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    lines = [line.partition("#")[0] for line in re.findall(r"^spirula .*$", text, re.MULTILINE)]
    assert len(lines) >= 5
    for line in lines:
        command, _, ignored = app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)
        assert callable(command)
        assert not ignored


@pytest.mark.parametrize("code", CODES)
def test_options_that_a_page_advises_exist(code: str) -> None:
    text = (FOLDER / f"{code}.md").read_text(encoding="utf-8")
    for words in re.findall(r"`(--[^`]*)`", text):
        arguments = ["check", "RUN"] if words.startswith("--mute") else ["train", "DATA"]
        given = [] if words.startswith("--mute") or " " in words else ["1"]
        values = {"--image-size": "64", "--train-size": "64"}.get(words)
        command, _, ignored = app.parse_args(
            [*arguments, *shlex.split(words), *([values] if values else given)], exit_on_error=False, print_error=False
        )
        assert callable(command)
        assert not ignored
