"""Filters and changes in a real browser: quiet, offline, open at every width, drawn where the frames say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chromium import CHROMIUM, browser
from many_runs import rich

from spirula.report.page import build_report

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)

OPEN = "document.querySelectorAll('#filters details').forEach(part => part.open = true)"
WIDER = """[...document.querySelectorAll('#filters, #robustness')].flatMap(part =>
  [...part.querySelectorAll('*')].filter(e => !e.closest('.scroll, pre, svg') &&
    e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 80)))"""
PLACES = """[...document.querySelectorAll('#filters .place')].map(place => {
  const all = place.getBoundingClientRect(), image = place.querySelector('use').getBoundingClientRect(),
        frame = place.querySelector('.frame-line').getBoundingClientRect();
  return [all.width, all.height, image.width / all.width, image.height / all.height,
          (frame.x - all.x + frame.width / 2) / all.width, (frame.y - all.y + frame.height / 2) / all.height]; })"""


def test_the_sections_are_quiet_offline_and_fit(tmp_path: Path) -> None:
    page = build_report(rich(tmp_path / "run")).resolve().as_uri()
    with browser(tmp_path / "profile") as tab:
        for width in (360, 1280):
            for dark in (False, True):
                tab.go(page, width=width, dark=dark)
                tab.run(OPEN)
                assert tab.run(WIDER) == []
                assert tab.run("document.scrollingElement.scrollWidth <= document.documentElement.clientWidth")
        places = tab.run(PLACES)
        assert tab.problems == []
        assert [address for address in tab.requests if not address.startswith(("file:", "data:", "about:"))] == []
    assert len(places) == 3
    for width, height, wide, high, _, _ in places:
        assert height == pytest.approx(width * 40 / 50, rel=0.02)
        assert (wide, high) == pytest.approx((1, 1), rel=0.02)  # the picture fills its frame
    boxes = [(6.5, 8.5), (1.5, 1.5), (10.0, 37.5)]  # middle of the patches; the ring of position (0, 1) of 2 × 2
    for (*_, x, y), (row, column) in zip(places, boxes, strict=True):
        assert (x, y) == pytest.approx((column / 50, row / 40), abs=0.02)
