"""axe-core over whole pages: what would keep somebody out who cannot see, or point, or tell two colours apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM, Page, browser
from many_runs import BUILDERS
from surveyed import inspection

from spirula.report.page import render

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", ["rich", "many", "failed", "regression", "inspection"])
def test_nothing_keeps_anybody_out(page: Page, kind: str, dark: bool, tmp_path: Path) -> None:
    language = "ko" if dark else "en"
    html = inspection(language) if kind == "inspection" else render(BUILDERS[kind](tmp_path / "run"), language)
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8")
    page.go(path.as_uri(), dark=dark)
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.barriers() == []


def test_what_keeps_somebody_out_is_found(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><html><body><main><h1>A</h1><img src='data:,'></main></body></html>", "utf-8")
    page.go(path.as_uri())
    assert {found.partition(":")[0] for found in page.barriers()} >= {"html-has-lang", "image-alt", "document-title"}
