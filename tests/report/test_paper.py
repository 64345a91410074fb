"""The report on paper: everything open and light, nothing cut off, no controls."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsed import browsable
from chromium import CHROMIUM, Page, browser

from spirula.report.page import build_report

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)

HIDDEN = "[...document.querySelectorAll('main button:not(thead button), nav')].every((one) => !one.checkVisibility())"
A4 = 718  # pixels between the margins
WIDTH = "document.scrollingElement.scrollWidth"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


def test_paper_is_light_open_and_wide_enough(page: Page, tmp_path: Path) -> None:
    run = browsable(tmp_path / "run")
    page.go(build_report(run).resolve().as_uri(), width=A4, dark=True)
    assert page.run("[...document.querySelectorAll('details')].some((one) => !one.open)")
    page.paper(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert page.run("[...document.querySelectorAll('details')].every((one) => one.open)")
    assert page.run("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.run(HIDDEN)
    assert page.run(WIDTH) <= A4
