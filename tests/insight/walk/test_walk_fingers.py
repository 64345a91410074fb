"""The walk without a mouse: by fingers, and cell by cell with the keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM, Page, browser
from test_walk_browser import CLASSES, read, written
from walked import STACKS, walked

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)

HEADING = "document.querySelector('#walk-sums h2').textContent"
PAIR = "document.querySelector('.product-pair').textContent"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile"), touch=True) as page:
        yield page


def test_fingers_lead_through(tab: Page, tmp_path: Path) -> None:
    _, found = walked(*STACKS["two conv"])
    tab.go(written(tmp_path, found, STACKS["two conv"][1], CLASSES), width=360)
    tab.tap('[data-station="3"]')
    assert tab.run("location.hash").startswith("#station=3&map=")
    tab.tap('[data-channel="5"]')
    tab.run("choose({ at: [0, 0] })")
    tab.tap("#walk-map canvas")
    assert tab.run("location.hash").startswith("#station=3&map=5&at=")
    assert not tab.run("location.hash").endswith("at=0,0")
    before = tab.run("location.hash")
    tab.tap("[data-step=ArrowUp]")
    assert tab.run("location.hash") != before
    tab.tap(".product .grid .cell")
    assert "=" in tab.run(PAIR)  # the product of the cell that was touched
    tab.tap("#walk-sums .next")
    assert tab.run(HEADING) == "max_pooling2d_1"
    tab.tap("#walk-sums .link")
    assert tab.run(HEADING) == "conv2d_1"
    assert tab.problems == []


def test_keys_walk_over_a_window(tab: Page, tmp_path: Path) -> None:
    _, found = walked(*STACKS["two conv"])
    tab.go(written(tmp_path, found, STACKS["two conv"][1], CLASSES) + "#station=3&map=2&at=3,3")
    cells = "document.querySelector('.product .grid').querySelectorAll('.cell')"
    tab.run("document.querySelector('.product-head .link').focus()")
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp"):
        tab.press(key)
        seen.append(tab.run(f"[...{cells}].findIndex((cell) => cell.classList.contains('paired'))"))
    columns = tab.run("Number(document.querySelector('.product .grid').style.getPropertyValue('--columns'))")
    assert seen == [0, 1, columns + 1, columns, 0, 0]  # the first key begins in the corner; at the border it stays
    factors = tab.run(
        "[...document.querySelector('.product').querySelectorAll('.grid')].map((one) => one.children[0])"
        ".map((cell) => Number(cell.dataset.value))"
    )
    value, weight = factors
    assert read(tab.run(PAIR).split("=")[1].strip()) == pytest.approx(value * weight, rel=1e-2, abs=1e-6)
    assert tab.run("document.getElementById('walk-spoken').textContent") == tab.run(PAIR)
    assert tab.run("location.hash") == "#station=3&map=2&at=3,3"
