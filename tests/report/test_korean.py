"""A report in Korean: every word of every table is there, and a page has no English sentence left."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from string import Formatter

import pytest
from many_runs import BUILDERS, rich
from reading import Node, read

import spirula.report
from spirula.errors import InputError
from spirula.report import wording
from spirula.report.page import build_report, render
from spirula.report.retold.retell import TABLES
from spirula.runs.folder import RunFolder

# What a Korean reader of this field reads in Latin letters: names of methods, units, file formats, our own name.
ALLOWED = {
    *("spirula", "python", "keras", "pytorch", "numpy", "sha", "utc", "exif", "jpeg", "png", "webp", "rgb", "cmyk"),
    *("auc", "roc", "map", "mae", "nat", "adam", "adamw", "cpu", "gpu", "nan", "inf", "exp", "grad", "cam", "bfloat"),
    *("confident", "joint", "northcutt", "jiang", "chuang"),  # the published name of a method
    *("sequential", "runs", "html", "csv", "kernel", "bias", "squash"),  # what these runs hold is called so
}
HANGUL = re.compile("[가-힣]")


def tables() -> dict[str, dict[str, tuple[str, str]]]:
    """Every table of words in the report's rooms, by module and name."""
    found = {}
    for module in pkgutil.walk_packages(spirula.report.__path__, "spirula.report."):
        if "words" in module.name.rpartition("report.")[2] or module.name.endswith("wording"):
            content = importlib.import_module(module.name)
            for name, value in vars(content).items():
                if name.isupper() and isinstance(value, dict) and name not in ("LARGE", "CODES"):
                    found[f"{module.name}.{name}"] = value
    return found


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_word_is_there_in_both_languages_with_the_same_braces(name: str) -> None:
    for key, entry in tables()[name].items():
        assert len(entry) == 2, key
        english, korean = entry
        assert english.strip(), key
        assert korean.strip(), key
        assert not HANGUL.search(english), key
        if name != "spirula.report.wording.WORDS":  # a month is a name in one language and a number in the other
            assert braces(english) ^ braces(korean) <= ({"n"} if key.endswith("/1") else set()), key


def test_what_runs_say_in_english_is_said_again_with_the_same_values() -> None:
    for table in TABLES:
        for english, korean in table.items():
            assert braces(korean) <= braces(english), english
            assert HANGUL.search(korean) or "{said" in korean or "=" in korean, english


@pytest.fixture(scope="module", params=sorted(BUILDERS))
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Node:
    run = BUILDERS[request.param](tmp_path_factory.mktemp("runs") / "실험")
    return read(render(run, "ko"))


def said(node: Node) -> list[str]:
    """What is read on a page or aloud: texts without code and names, and the attributes that have words."""
    found = [node.attributes[name] for name in ("alt", "title", "aria-label", "placeholder") if name in node.attributes]
    if node.tag in ("style", "script", "code", "pre", "bdi", "button", "select"):
        return []
    for child in node.children:
        found += said(child)
    return [*found, " ".join(node.own)]


def test_no_english_sentence_is_left(page: Node) -> None:
    """Names of files, classes, layers and options are the user's; what has a dot, a slash, a digit or _ is a name."""
    names = {node.text.lower() for node in page.all("bdi")} | {"t-shirt/top"}
    codes = {row.text.lower() for row in page.all("th", scope="row")}
    codes |= {row.all("td")[0].text for table in page.all("table", class_="options") for row in table.all("tr")[1:]}
    left = set()
    for text in said(page):
        for name in sorted((name for name in names if len(name) > 2), key=len, reverse=True):
            text = text.lower().replace(name, " ")
        for word in re.findall(r"[\w./+-]+", HANGUL.sub(" ", text.lower())):
            plain = word.strip(".")
            if re.fullmatch(r"[a-z]{3,}", plain) and plain not in ALLOWED | codes:
                left.add((plain, text.strip()[:90]))
    assert left == set()


def test_the_page_says_its_language_and_its_dates_and_times_are_korean(tmp_path: Path) -> None:
    html = render(rich(tmp_path / "run"), "ko")
    root = read(html)
    assert root.one("html").attributes["lang"] == "ko"
    header = root.one("header").text
    assert "2026년 11월 22일 20:41 UTC" in header
    assert "55분 30초" in header
    assert "곱셈-덧셈 538만 번" in header
    assert "word-break: keep-all" in html


def test_a_run_is_reported_in_its_own_language_unless_asked_otherwise(tmp_path: Path) -> None:
    run = rich(tmp_path / "run")
    config = run.path / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + '[run]\nlang = "ko"\n', encoding="utf-8")
    own = build_report(RunFolder(run.path)).read_text(encoding="utf-8")
    assert '<html lang="ko">' in own
    assert '<html lang="en">' in build_report(run, "en").read_text(encoding="utf-8")
    with pytest.raises(InputError, match='no pages in "kr"'):
        render(run, "kr")
    config.write_text("{broken", encoding="utf-8")
    assert '<html lang="en">' in render(RunFolder(run.path))


@pytest.mark.parametrize(
    ("said", "korean"),
    [
        (wording.large(5_378_832, "ko"), "538만"),
        (wording.large(123_000_000, "ko"), "1.23억"),
        (wording.large(2.5e12, "ko"), "2.50조"),
        (wording.large(12_345, "ko"), "12,345"),
        (wording.duration(0.4213, "ko"), "0.421초"),
        (wording.duration(200.4, "ko"), "3분 20초"),
        (wording.duration(3720, "ko"), "1시간 2분"),
        (wording.size(999, "ko"), "999바이트"),
        (wording.size(1_234_000, "ko"), "1.23 MB"),
        (wording.moment("2026-11-22T21:06:00+00:00", "ko"), "2026년 11월 22일 21:06 UTC"),
        (wording.number_range([0.2, 0.3], language="ko"), "0.200~0.300"),
    ],
)
def test_numbers_in_korean(said: str, korean: str) -> None:
    assert said.replace("\u00a0", " ") == korean
