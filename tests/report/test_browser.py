"""The report in a real browser. Skipped where there is no Chromium, unless SPIRULA_REQUIRE_BROWSER is set."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import pytest
from folders import classifier, multilabel, regression
from surveyed import inspection, pets, surveyed_run
from test_page import PAYLOADS

from spirula.report.page import build_report, render
from spirula.runs.folder import RunFolder

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)

QUIET = [
    *("--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def visit(page: Path, query: str, profile: Path) -> tuple[str, list[str]]:
    """Open a page; return the document after its scripts ran, and what it wrote to the console."""
    assert CHROMIUM is not None, "SPIRULA_REQUIRE_BROWSER is set and there is no Chromium"
    options = ["--headless", "--no-sandbox", *QUIET, f"--user-data-dir={profile}", "--enable-logging=stderr"]
    done = subprocess.run(
        [CHROMIUM, *options, "--virtual-time-budget=2000", "--dump-dom", f"{page.resolve().as_uri()}{query}"],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_its_script_runs_its_tables_sort_and_nothing_complains(ten: RunFolder, tmp_path: Path) -> None:
    document, console = visit(build_report(ten), "?theme=dark", tmp_path)
    assert console == []
    assert re.search(r'<html[^>]*data-theme="dark"', document)
    assert re.search(r'<button[^>]*id="theme"[^>]*>Theme: dark</button>', document)
    assert '<button type="button">Precision</button>' in document


def test_names_that_try_to_run_do_not(tmp_path: Path) -> None:
    names = [name.replace("alert(", "document.documentElement.setAttribute('hacked',") for name in PAYLOADS]
    run = classifier(tmp_path / "run", names, counts=(50, 25, 25))
    document, console = visit(build_report(run), "", tmp_path / "profile")
    assert console == []
    assert not re.search(r"<html[^>]*hacked", document)
    assert document.count("<script>") == 1


def test_an_inspection_runs_its_script_and_nothing_of_its_files(tmp_path: Path) -> None:
    dataset = pets()
    hostile = [name.replace("alert(", "document.documentElement.setAttribute('hacked',") for name in PAYLOADS]
    ids = (*hostile, *dataset.manifest.ids[len(hostile) :])
    ledger = replace(dataset.ledger, ids=(*ids, *dataset.ledger.ids[len(ids) :]), reasons=tuple(hostile[:1] * 62))
    manifest = replace(dataset.manifest, ids=ids, classes=tuple(hostile[:2]), source=hostile[2])
    page = tmp_path / "inspection.html"
    page.write_text(inspection("en", replace(dataset, manifest=manifest, ledger=ledger)), encoding="utf-8")
    document, console = visit(page, "", tmp_path / "profile")
    assert console == []
    assert not re.search(r"<html[^>]*hacked", document)
    assert document.count("<script>") == 1
    assert '<button type="button">Verdict</button>' in document  # the script ran: the table of files sorts


def test_it_fits_every_width(ten: RunFolder, tmp_path: Path) -> None:
    """No page scrolls sideways from 360 px on: wide tables scroll inside their own frame."""
    korean = ["고양이", "강아지", "아주 긴 이름을 가진 동물 (남아메리카 카피바라)"]
    reports = {
        "ten": render(ten),
        "korean": render(classifier(tmp_path / "korean", korean, counts=(60, 30, 30), size=96, channels=3)),
        "many": render(classifier(tmp_path / "many", [f"class {i}" for i in range(40)], counts=(80, 80, 80))),
        "regression": render(regression(tmp_path / "regression")),
        "multilabel": render(multilabel(tmp_path / "multilabel")),
        "surveyed": render(surveyed_run(tmp_path / "surveyed")),
        "report in Korean": render(ten, "ko"),
        "inspection": inspection(),
        "inspection in Korean": inspection("ko"),
    }
    frames = "".join(
        f'<iframe title="{name} {width}" width="{width}" height="900" srcdoc="{escape(html)}"></iframe>'
        for name, html in reports.items()
        for width in (360, 768, 1400)
    )
    script = """
      onload = () => {
        const widths = {};
        for (const frame of document.querySelectorAll("iframe"))
          widths[frame.title] = [frame.contentDocument.scrollingElement.scrollWidth, frame.clientWidth];
        document.body.textContent = JSON.stringify(widths);
      };"""
    page = tmp_path / "frames.html"
    page.write_text(f"<meta charset=utf-8><body>{frames}<script>{script}</script>", encoding="utf-8")
    document, _ = visit(page, "", tmp_path / "profile")
    found = re.search(r"<body>(.*)</body>", document, re.DOTALL)
    assert found
    widths = json.loads(unescape(found[1]))
    assert len(widths) == 3 * len(reports)
    assert {name: pair for name, pair in widths.items() if pair[0] > pair[1]} == {}
