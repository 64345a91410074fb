"""The report as a document: whole, self-contained, readable by a screen reader, safe, in both themes."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from folders import Folder, classifier, epochs, interrupted, multilabel, regression
from reading import Node, read
from surveyed import inspection, surveyed_run

from spirula.errors import RunError
from spirula.report.figures.style import STYLE
from spirula.report.page import build_report, render
from spirula.runs.folder import RunFolder

BUILDERS = {
    "multilabel": multilabel,
    "regression": regression,
    "interrupted": interrupted,
    "surveyed": surveyed_run,
}


@pytest.fixture(scope="module", params=["ten", *BUILDERS, "inspection"])
def page(request: pytest.FixtureRequest, ten: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Node]:
    if request.param == "ten":
        html = render(ten)
    elif request.param == "inspection":
        html = inspection()
    else:
        html = render(BUILDERS[request.param](tmp_path_factory.mktemp("runs") / request.param))
    return html, read(html)


def test_it_is_one_file_that_asks_for_nothing(page: tuple[str, Node]) -> None:
    html, root = page
    for tag in ("link", "iframe", "object", "embed", "base", "form"):
        assert not root.all(tag)
    assert not [node for node in root.all("script") if "src" in node.attributes]
    assert all(node.attributes["src"].startswith("data:image/") for node in root.all("img"))
    assert all(node.attributes["href"].startswith("#") for node in root.all("a"))
    assert "@import" not in html
    assert "url(" not in html
    assert not re.findall(r"https?://", html)


def test_the_browser_is_told_to_fetch_nothing_and_to_run_only_our_script(page: tuple[str, Node]) -> None:
    _, root = page
    (policy,) = [n for n in root.all("meta") if n.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy.attributes["content"].startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'; ")
    assert re.search(r"script-src 'sha256-[\w+/]{43}='", policy.attributes["content"])
    assert "script-src 'unsafe" not in policy.attributes["content"]


def test_ids_are_unique_and_every_link_and_label_has_its_target(page: tuple[str, Node]) -> None:
    html, root = page
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert {n.attributes["href"][1:] for n in root.all("a")} <= set(ids)
    assert {ref for labels in re.findall(r'aria-labelledby="([^"]*)"', html) for ref in labels.split()} <= set(ids)


def test_a_screen_reader_finds_its_way(page: tuple[str, Node]) -> None:
    _, root = page
    assert root.one("html").attributes["lang"] == "en"
    assert len(root.all("h1")) == 1
    assert root.all("main")
    assert root.all("nav")[0].attributes["aria-label"]
    assert root.all("a")[0].attributes["class"] == "skip"
    assert all("alt" in node.attributes for node in root.all("img"))
    for section in root.all("section"):
        assert section.children[0].tag == "h2"
    for table in root.all("table"):
        assert table.children[0].tag == "caption"
        assert table.children[0].text
        assert all(th.attributes.get("scope") in ("row", "col") for th in table.all("th"))
    for svg in root.all("svg"):
        if svg.attributes.get("aria-hidden") != "true":
            assert svg.attributes["role"] == "img"
            assert [child.tag for child in svg.children[:2]] == ["title", "desc"]
            assert all(child.text for child in svg.children[:2])
    for region in root.all("div", class_="scroll"):
        assert region.attributes["tabindex"] == "0"
        assert region.attributes["aria-label"]


def test_headings_never_skip_a_level(page: tuple[str, Node]) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", page[0])]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_light_dark_print_and_narrow_are_all_there(ten_html: str) -> None:
    assert "@media (prefers-color-scheme: dark) { :root:not([data-theme=light])" in ten_html
    assert ":root[data-theme=dark]" in ten_html
    assert "@media print" in ten_html
    assert "@light-colours@" not in ten_html
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in ten_html
    for family in ('"Noto Sans KR"', '"Malgun Gothic"', '"Apple SD Gothic Neo"'):
        assert family in ten_html


def palette(name: str) -> dict[str, tuple[float, ...]]:
    """The colours of a theme, 0…1 per channel."""
    text = (STYLE / name).read_text(encoding="utf-8")
    colours = {}
    for key, value in re.findall(r"--([\w-]+): ([^;]+);", text):
        if value.startswith("#"):
            colours[key] = tuple(int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))
        elif key.endswith("-rgb"):
            colours[key] = tuple(int(part) / 255 for part in value.split())
    return colours


def contrast(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """WCAG 2.2 contrast ratio."""

    def luminance(colour: tuple[float, ...]) -> float:
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in colour]
        return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light.css", "dark.css"])
def test_all_text_has_enough_contrast(theme: str) -> None:
    colours = palette(theme)
    pairs = [(ink, ground) for ink in ("ink", "muted", "accent", "second") for ground in ("paper", "plate")]
    pairs += [("good", "good-back"), ("bad", "bad-back"), ("ink", "open-back")]
    pairs += [("muted", ground) for ground in ("good-back", "bad-back", "open-back")]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


@pytest.mark.parametrize("theme", ["light.css", "dark.css"])
def test_numbers_in_every_shade_of_the_confusion_matrix_have_enough_contrast(theme: str) -> None:
    colours = palette(theme)
    alphas = re.findall(r"\.s(\d) \{ --a: ([\d.]+) \}", (STYLE / "parts.css").read_text(encoding="utf-8"))
    assert [shade for shade, _ in alphas] == list("123456789")
    for base in ("accent-rgb", "second-rgb"):
        for shade, alpha in alphas:
            share = float(alpha)
            ground = tuple(share * a + (1 - share) * b for a, b in zip(colours[base], colours["paper"], strict=True))
            ink = colours["on-strong" if int(shade) >= 8 else "ink"]
            assert contrast(ink, ground) >= 4.5, (base, shade)


PAYLOADS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    "</title></style></script><svg onload=alert(3)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(4)",
]


def test_names_that_try_to_run_are_only_shown(folder: Path) -> None:
    run = classifier(folder, PAYLOADS, counts=(50, 25, 25))
    (run.path / "run.json").write_text(
        run.path.joinpath("run.json").read_text(encoding="utf-8").replace("two-conv", "<b onclick=alert>net"),
        encoding="utf-8",
    )
    (run.path / "manifest.csv").write_text(
        'id,label,split,group,refused\n"<iframe src=//x>.png",,,,"<u>torn</u>"\n', encoding="utf-8"
    )
    html = render(run)
    root = read(html)
    assert len([node for node in root.all("script") if node.attributes.get("type") != "application/json"]) == 1
    assert not root.all("iframe")
    assert not root.all("u")
    assert not [name for name in re.findall(r"<[a-z][^>]*", html) if re.search(r"\son\w+\s*=", name.split('="')[0])]
    shown = {node.text for node in root.all("bdi")}
    assert set(PAYLOADS) <= shown
    assert "<iframe src=//x>.png" in shown
    assert "<b onclick=alert>net learned fashion-mnist" in root.one("h1").text


def test_many_classes_with_hostile_names_are_escaped_in_the_drawing_too(folder: Path) -> None:
    names = [f"<script>{index}</script>&\"'" for index in range(30)]
    html = render(classifier(folder, names, counts=(60, 60, 60)))
    root = read(html)
    assert len([node for node in root.all("script") if node.attributes.get("type") != "application/json"]) == 1
    drawn = {node.text for node in root.one("section", id="test").all("text", class_="matrix-name")}
    assert drawn == {name if len(name) <= 22 else name[:21] + "…" for name in names}


def test_a_picture_of_the_network_cannot_bring_a_script_along(folder: Path) -> None:
    run = classifier(folder, counts=(20, 20, 20))
    run.insight_path("network.svg").write_text("<svg><script>alert(1)</script></svg>", encoding="utf-8")
    html = render(run)
    assert "alert(1)" not in html
    assert '<img src="data:image/svg+xml;base64,' in html


def test_any_script_in_names_is_kept(folder: Path) -> None:
    names = ["고양이", "강아지", "قطة", "Ελληνικά", "🐈‍⬛ cat", "아주 긴 이름을 가진 동물 (남아메리카 카피바라)"]
    root = read(render(classifier(folder, names, counts=(60, 30, 30))))
    shown = {node.text for node in root.all("bdi")}
    assert set(names) <= shown
    assert "broken/사진.jpg" in shown


def test_bytes_and_controls_that_html_cannot_hold_are_replaced(folder: Path) -> None:
    run = classifier(folder, ["a\x00b", "c\x1bd"], counts=(20, 10, 10))
    (run.path / "manifest.csv").write_bytes(b"id,label,split,group,refused\nbad\xff.png,,,,torn\n")
    path = build_report(run)
    text = path.read_text(encoding="utf-8")  # strict: the file is valid UTF-8
    assert "a\ufffdb" in text
    assert "bad\ufffd.png" in text
    assert not re.search("[\x00-\x08\x1b]", text)


def test_building_replaces_the_file_and_leaves_nothing_else(folder: Path) -> None:
    run = interrupted(folder)
    before = set(folder.iterdir())
    (folder / "report.html").write_text("old", encoding="utf-8")
    path = build_report(run)
    assert path == folder / "report.html"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert set(folder.iterdir()) - before == {path}


def test_the_same_run_gives_the_same_report(ten: RunFolder, ten_html: str) -> None:
    assert render(ten) == ten_html


def test_a_small_run_gives_a_small_file(ten_html: str) -> None:
    assert len(ten_html.encode()) < 500_000


def test_a_run_that_cannot_be_read_at_all_is_an_error(folder: Path) -> None:
    run = interrupted(folder)
    (folder / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json"):
        build_report(run)


@pytest.mark.parametrize(
    ("file", "section"),
    [
        ("config.toml", "provenance"),
        ("metrics.jsonl", "learning"),
        ("classes.json", "data"),
        ("manifest.csv", "data"),
        ("predictions/test.npz", "test"),
        ("insight/network.json", "network"),
        ("insight/samples.npz", "data"),
        ("insight/inputs.npz", "inputs"),
        ("insight/mistakes_test.npz", "test"),
    ],
)
def test_a_damaged_file_is_named_in_its_section_and_the_others_stand(folder: Path, file: str, section: str) -> None:
    run = classifier(folder, counts=(60, 30, 30))
    (folder / file).unlink()
    if file == "manifest.csv":
        (folder / file).mkdir()  # any text is some table; this is none
    else:
        (folder / file).write_text("{broken\n{broken\n", encoding="utf-8")
    root = read(render(run))
    (notice,) = root.one("section", id=section).all("p", class_="missing")[:1]
    assert Path(file).name in notice.text
    whole = [node for node in root.all("section") if node.one("h2") and not node.all("p", class_="missing")]
    assert len(whole) >= 5


def test_predictions_of_another_task_are_named_not_drawn(folder: Path) -> None:
    made = Folder(folder, data={"task": "multilabel", "counts": {"test": 4}})
    made.history(epochs(1))
    made.predictions("test", np.zeros(4, np.int64), np.full((4, 2), 0.5))
    root = read(render(made.done()))
    assert "do not fit a multilabel run" in root.one("section", id="test").text


def test_a_run_that_has_only_begun(folder: Path) -> None:
    run = Folder(folder, status="running").done()
    root = read(render(run))
    assert "still under way" in root.one("header").text
    assert "--resume" not in root.text
    for key in ("results", "learning", "network"):
        assert root.one("section", id=key).all("p", class_="missing")
