"""Where the arithmetic is shown: summaries, the command line, the page in two languages."""

from __future__ import annotations

import importlib.util
import re
import string
from pathlib import Path
from types import ModuleType

import pytest
from torch import nn
from true_equations import equations

import spirula as sp
from spirula.cli.main import run
from spirula.errors import ModelError
from spirula.models.explain_words import LANGUAGES, WORDS

ROOT = Path(__file__).parents[2]


def test_summaries_explain_themselves() -> None:
    table = sp.summary("two-conv", (28, 28, 1))
    assert "7·7·64 = 3,136 values" in str(table.explain())
    korean = table.explain("ko")
    assert "값 7·7·64 = 3,136개" in str(korean)
    assert "3,136개" in korean._repr_html_()
    assert "<b><code>flatten</code></b>" in korean._repr_html_()
    with pytest.raises(ModelError, match="en or ko"):
        table.explain("kr")
    with pytest.raises(ModelError, match="was not built from layers"):
        sp.summary(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (2, 2, 1)).explain()


def test_the_command_line_explains(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["model", "show", "two-conv", "--input", "28x28x1", "--explain", "--lang", "ko"]) == 0
    text = capsys.readouterr().out
    assert "(3·3·32 + 1)·64 = 18,496" in text
    assert "수용 영역" in text
    assert run(["model", "show", "two-conv", "--input", "28x28x1", "--explain", "--json"]) == 0
    assert '"name": "max_pooling2d_1"' in capsys.readouterr().out
    assert run(["model", "show", "two-conv", "--lang", "ko"]) == 2
    assert "no effect" in capsys.readouterr().err


def test_both_languages_say_the_same_things() -> None:
    for key, (english, korean) in WORDS.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, korean)]
        assert fields[0] == fields[1], key
        assert re.search("[가-힣]", korean), key
        assert not re.search("[가-힣]", english), key
        # A particle that depends on how a number is read aloud cannot stand behind one.
        assert not re.search(r"\}(을|를|은|는|가|와|과|으로|로)\b", korean), key


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_arithmetic", ROOT / "docs" / "write_arithmetic.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_what_the_code_writes(language: str) -> None:
    writer = _writer()
    page = (ROOT / "docs" / writer.PAGES[language]).read_text(encoding="utf-8")
    assert page == writer.page(language), "run: make docs"
    assert len(equations(page)) > 100
