"""A picture of the error browser with its coarse heat map laid over it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from browsed import browsable
from chromium import CHROMIUM, browser
from test_browser_document import column, document

from spirula.report.figures.colours import rising
from spirula.report.page import build_report
from spirula.runs.folder import RunFolder


def with_heat(path: Path) -> tuple[RunFolder, np.ndarray]:
    """A run of forty pictures with a heat map of every second one: lit at one place each, the others all zero."""
    run = browsable(path, count=40)
    ids = run.predictions("test").ids[::2]
    maps = np.zeros((len(ids), 3, 4), np.uint8)
    maps[np.arange(1, len(ids)), 1, np.arange(1, len(ids)) % 4] = 255
    asked = run.predictions("test").probabilities.argmax(axis=1)[::2]
    np.savez(run.insight_path("heat.npz"), test_ids=np.array(ids), test_maps=maps, test_asked=asked, method="gradcam")
    return run, maps


def test_the_page_has_the_maps_of_the_pictures_that_have_one(tmp_path: Path) -> None:
    run, maps = with_heat(tmp_path / "run")
    test, validation = document(build_report(run).read_text(encoding="utf-8"))["splits"]
    assert validation["heat"] is None
    heat = test["heat"]
    assert column(heat["rows"]).tolist() == list(range(0, 40, 2))
    np.testing.assert_array_equal(column(heat["maps"]).reshape(-1, heat["height"], heat["width"]), maps)
    said = run.predictions("test").probabilities.argmax(axis=1)
    np.testing.assert_array_equal(column(heat["asked"]), said[::2])


@pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)
def test_the_map_lies_over_the_picture_where_it_is_lit(tmp_path: Path) -> None:
    run, maps = with_heat(tmp_path / "run")
    looked = set(run.arrays("looks")["files"].tolist())
    rows = [row for row in range(2, 40, 2) if run.predictions("test").ids[row] not in looked]
    without = next(row for row in range(1, 40, 2) if run.predictions("test").ids[row] not in looked)
    drawn = "document.querySelector('dialog canvas.heat')"
    with browser(tmp_path / "profile") as page:
        address = build_report(run).resolve().as_uri()
        for row in rows[:4]:
            page.go(f"{address}#browse?show={row}")
            page.wait(f"document.querySelector('dialog').open && {drawn}")
            wide, high = page.run(f"[{drawn}.width, {drawn}.height]")
            assert (wide, high) == (12, 12)
            values = page.run(f"[...{drawn}.getContext('2d').getImageData(0, 0, 12, 12).data]")
            pixels = np.array(values).reshape(12, 12, 4)
            colours = {(y, x): pixels[4 * y + 2, 3 * x + 1, :3] for y in range(3) for x in range(4)}
            lit = max(colours, key=lambda place: int(colours[place].sum()))
            assert lit == (1, row // 2 % 4)
            assert maps[row // 2][lit] == 255
            np.testing.assert_allclose(colours[lit], rising(np.ones(1), 1.0)[0], atol=60)
            said = run.classes()[run.predictions("test").probabilities[row].argmax()]
            assert page.run("document.querySelector('.heated + figcaption').textContent") == f"What speaks for {said}"
            assert page.run(f"{drawn}.parentElement.getBoundingClientRect().width") > 50
        page.go(f"{address}#browse?show={without}")
        page.wait(f"document.querySelector('dialog').open && !{drawn}")
        assert page.run("document.querySelectorAll('.detail-pictures canvas').length") == 1
        assert page.barriers() == []
        assert page.problems == []
