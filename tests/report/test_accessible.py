"""What a reader needs who has no mouse, no sharp eyes or a screen reader."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from many_runs import BUILDERS
from reading import Node, read
from test_page import contrast, palette

from spirula.report.figures.style import STYLE
from spirula.report.page import render

TEXT, GRAPHICS = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
THEMES = ("light.css", "dark.css")


@pytest.fixture(scope="module", params=[(kind, language) for kind in ("rich", "failed") for language in ("en", "ko")])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Node]:
    kind, language = request.param
    html = render(BUILDERS[kind](tmp_path_factory.mktemp("runs") / "run"), language)
    return html, read(html)


def named(root: Node, tag: str) -> list[Node]:
    return [node for node in root.all(tag) if node.text or node.attributes.get("aria-label")]


def test_landmarks_are_there_and_told_apart(page: tuple[str, Node]) -> None:
    _, root = page
    assert len(root.all("main")) == len(root.all("nav")) == len(root.all("h1")) == 1
    assert root.one("nav").attributes["aria-label"]
    regions = [node.attributes["aria-label"] for node in root.all("div", role="region")]
    assert {label: number for label, number in Counter(regions).items() if number > 1} == {}
    for section in root.all("section"):
        heading = section.attributes["aria-labelledby"]
        assert [node.attributes.get("id") for node in section.all("h2")] == [heading]


def test_headings_never_skip_a_level(page: tuple[str, Node]) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", page[0])]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_say_what_they_show_and_every_heading_says_something(page: tuple[str, Node]) -> None:
    for table in page[1].all("table"):
        assert table.children[0].tag == "caption"
        assert table.children[0].text
        for cell in table.all("th"):
            assert cell.attributes["scope"] in ("row", "col")
            assert cell.text, table.children[0].text


def test_pictures_have_words_and_do_not_repeat_those_beside_them(page: tuple[str, Node]) -> None:
    _, root = page
    assert all("alt" in node.attributes for node in root.all("img"))
    for card in root.all("li", class_="card"):
        words = {child.text for child in card.children}
        assert not [image for image in card.all("img") if image.attributes["alt"] in words - {""}]
    for drawing in root.all("svg"):
        if drawing.attributes.get("aria-hidden") != "true":
            assert drawing.attributes["role"] == "img"
            assert [child.tag for child in drawing.children[:2]] == ["title", "desc"]
            assert all(child.text for child in drawing.children[:2])


def test_what_scrolls_can_be_reached_and_what_is_reached_is_seen(page: tuple[str, Node]) -> None:
    html, root = page
    for region in root.all("div", class_="scroll"):
        assert region.attributes["tabindex"] == "0"
        assert region.attributes["aria-label"]
    assert all(block.attributes.get("tabindex") == "0" for block in root.all("pre"))
    assert ":focus-visible { outline: 3px solid var(--accent);" in html
    sheet = html[html.index("<style>") : html.index("</style>")]
    unseen = re.findall(r"([^{}]+)\{[^{}]*outline: (?:none|0)", sheet)
    assert {rule.strip() for rule in unseen} <= {"main:focus", ".found:focus"}  # reached by the script, not by a key
    assert root.all("a")[0].attributes == {"class": "skip", "href": "#main"}
    assert "prefers-reduced-motion" in html


@pytest.mark.parametrize("theme", THEMES)
def test_lines_bars_and_frames_stand_out_from_the_paper(theme: str) -> None:
    colours = palette(theme)
    for name in ("accent", "second", "good", "bad", "muted", "ink"):
        assert contrast(colours[name], colours["paper"]) >= GRAPHICS, name
    figures = (STYLE / "figures.css").read_text(encoding="utf-8")
    found = re.search(r"\.bar \{ fill: var\(--accent\); fill-opacity: ([\d.]+); \}", figures)
    assert found is not None
    assert contrast(mixed(colours["accent"], colours["paper"], float(found[1])), colours["paper"]) >= GRAPHICS
    parts = (STYLE / "parts.css").read_text(encoding="utf-8")
    for part in ("interval::before", "length"):
        found = re.search(rf"{part} \{{[^}}]*background: var\(--accent\); opacity: ([\d.]+);", parts)
        assert found is not None
        assert contrast(mixed(colours["accent"], colours["paper"], float(found[1])), colours["paper"]) >= GRAPHICS, part


@pytest.mark.parametrize("theme", THEMES)
def test_names_in_figures_can_be_read(theme: str) -> None:
    """Every colour of text in the figures' style sheet on the paper, and on the plate that lies under some of it."""
    colours = palette(theme)
    figures = (STYLE / "figures.css").read_text(encoding="utf-8")
    texts = re.findall(r"(?:text|tick|axis-title|curve-name[.\w-]*|curve-value) \{ fill: var\(--([\w-]+)\)", figures)
    assert len(texts) > 8
    for name in texts:
        assert contrast(colours[name], colours["paper"]) >= TEXT, name


def mixed(colour: tuple[float, ...], ground: tuple[float, ...], share: float) -> tuple[float, ...]:
    return tuple(share * a + (1 - share) * b for a, b in zip(colour, ground, strict=True))


def test_no_text_is_tiny() -> None:
    """Twelve pixels at least, but for the counts in the cells of a drawn confusion matrix, which its table repeats."""
    for path in (STYLE / name for name in ("page.css", "parts.css", "figures.css")):
        sheet = path.read_text(encoding="utf-8")
        for rule, size, unit in re.findall(r"([^{}]+)\{[^{}]*font-size: ([\d.]+)(rem|px)", sheet):
            pixels = float(size) * (16 if unit == "rem" else 1)
            assert pixels >= 12 or ".cell-count" in rule, (Path(path).name, rule)
