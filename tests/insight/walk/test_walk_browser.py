"""The walk in a real browser: the numbers on the page are PyTorch's. Skipped where there is no Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import CHROMIUM, Page, browser
from walked import OWN, STACKS, any_walk, as_maps, hooked, pixels, places, walked

from spirula.api.insight.walk import probabilities_of
from spirula.insight.walk.document import Walk
from spirula.report.walk.page import Shown, render_walk

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)

SHAPE = (12, 10, 3)
CLASSES = ["고양이", "dog", "<b>bold</b>", "נמר"]


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


def written(folder: Path, found: Walk, shape: tuple[int, int, int], classes: list[str], language: str = "en") -> str:
    """Write the page of a walk and return its address."""
    shown = Shown("run", "그림.png", pixels(shape), probabilities_of(found.document, len(classes)), classes)
    path = folder / "walk.html"
    path.write_text(render_walk(found.document, found.arrays, shown, language), encoding="utf-8")
    return path.as_uri()


def at(tab: Page, index: int, channel: int, row: int, column: int) -> dict[str, Any]:
    """Go to a place by the address and return what the page says there."""
    script = """(async () => {
      const moved = new Promise((done) => addEventListener("hashchange", done, { once: true }));
      location.hash = "#station=%d&map=%d&at=%d,%d&then=" + Math.random();
      await moved;
      const all = (selector) => Array.from(document.querySelectorAll("#walk-sums " + selector));
      const values = (selector) => all(selector).map((node) => Number(node.value));
      return { result: values(".result"), totals: values(".sums .total"), parts: values(".sums .part"),
        texts: all(".sums .total").map((node) => node.textContent),
        agreement: all(".agreement")[0]?.className, heading: all("h2")[0].textContent };
    })()"""
    return dict(tab.run(script % (index, channel, row, column)))


def read(text: str) -> float:
    """Return a number as the page writes it: 1,234 or −5.67·10⁻⁸."""
    plain = text.replace("−", "-").replace(",", "").replace("·10", "e")
    return float(plain.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


@pytest.mark.parametrize("name", [*STACKS, *OWN])
def test_numbers_on_the_page_are_those_of_torch(name: str, tab: Page, tmp_path: Path) -> None:
    made, found, shape = any_walk(name)
    modules = hooked(made, shape)
    tab.problems.clear()
    tab.requests.clear()
    address = written(tmp_path, found, shape, CLASSES)
    tab.go(address)
    for index, station in enumerate(found.document["stations"]):
        stored = found.arrays[found.document["values"][str(station["value"])]["array"]]
        last = station["stages"][-1]["name"] if station["stages"] else station["name"]
        for channel, row, column in places(station, 4, seed=index):
            seen = at(tab, index, channel, row, column)
            wanted = float(stored[channel, row, column])
            if last in modules and not station["name"].endswith(".permute"):
                assert wanted == as_maps(modules[last], stored.shape)[channel, row, column]
            assert tab.problems == []
            assert seen["heading"] == station["name"]
            if not np.isfinite(wanted):  # the padding of max pooling, which JSON cannot hold
                assert seen["texts"][-1] == "−∞"
                continue
            assert seen["result"] == pytest.approx([wanted], rel=1e-6)
            if station["kind"] == "unknown":
                assert seen["totals"] == []
                continue
            assert seen["totals"][-1] == pytest.approx(wanted, rel=1e-5, abs=1e-5)
            assert seen["agreement"] == "agreement same"
            assert read(seen["texts"][-1]) == pytest.approx(seen["totals"][-1], rel=1e-3)
            if station["kind"] in ("convolution", "dense"):
                assert sum(seen["parts"]) == pytest.approx(seen["totals"][0], rel=1e-6, abs=1e-9)
    assert tab.problems == []
    assert [url for url in tab.requests if not url.startswith(("data:", address, "about:"))] == []


def test_the_softmax_is_taken_apart_and_hostile_names_stay_names(tab: Page, tmp_path: Path) -> None:
    made, found = walked(*STACKS["two conv"])
    logits = hooked(made, STACKS["two conv"][1])[""][0].astype(np.float64)
    tab.problems.clear()
    tab.go(written(tmp_path, found, STACKS["two conv"][1], CLASSES) + f"#station={len(found.document['stations'])}")
    rows = tab.run(
        "Array.from(document.querySelectorAll('#walk-sums tbody tr'), (row) => [row.cells[0].textContent, "
        "...Array.from(row.querySelectorAll('data'), (node) => Number(node.value))])"
    )
    order = np.argsort(-logits)
    assert [row[0] for row in rows] == [CLASSES[k] for k in order]
    terms = np.exp(logits)
    expected = np.stack([logits, terms, terms / terms.sum()], axis=1)[order]
    assert np.asarray([row[1:] for row in rows], float) == pytest.approx(expected, rel=1e-6)
    assert tab.problems == []


@pytest.mark.parametrize(("task", "outputs", "classes"), [("multilabel", 3, ["a", "b", "c"]), ("regression", 1, [])])
def test_other_answers(task: Any, outputs: int, classes: list[str], tab: Page, tmp_path: Path) -> None:
    how: dict[str, Any] = {"task": task, "outputs": outputs}
    if task == "regression":
        how["target"] = (20.0, 100.0)
    made, found = walked("Conv2D(3, 3, activation='relu'), Flatten()", SHAPE, **how)
    logits = hooked(made, SHAPE)[""][0].astype(np.float64)
    tab.go(written(tmp_path, found, SHAPE, classes) + f"#station={len(found.document['stations'])}")
    totals = tab.run("Array.from(document.querySelectorAll('#walk-sums .total'), (node) => Number(node.value))")
    assert totals == pytest.approx(list(logits if task == "regression" else 1 / (1 + np.exp(-logits))), rel=1e-6)


def test_one_logit_for_two_classes(tab: Page, tmp_path: Path) -> None:
    made, found = walked("Conv2D(3, 3), GlobalMaxPooling2D(), Dense(1, activation='sigmoid')", SHAPE, outputs=2)
    logit = float(hooked(made, SHAPE)[""][0, 0])
    tab.go(written(tmp_path, found, SHAPE, ["cat", "dog"]) + f"#station={len(found.document['stations'])}")
    totals = tab.run("Array.from(document.querySelectorAll('#walk-sums .total'), (node) => Number(node.value))")
    second = 1 / (1 + np.exp(-logit))
    assert totals == pytest.approx([second, 1 - second], rel=1e-6)


def test_mouse_and_keys_lead_through(tab: Page, tmp_path: Path) -> None:
    _, found = walked(*STACKS["two conv"])
    tab.problems.clear()
    tab.go(written(tmp_path, found, STACKS["two conv"][1], CLASSES))
    tab.click('[data-station="3"]')
    assert tab.run("location.hash").startswith("#station=3&map=")
    tab.click('[data-channel="5"]')
    tab.run("choose({ at: [5, 4] })")
    tab.click("#walk-map .box")
    assert tab.run("location.hash") == "#station=3&map=5&at=5,4"
    tab.run("choose({ at: [3, 2] })")
    tab.run("document.getElementById('walk-map').focus()")
    tab.press("ArrowRight")
    tab.press("ArrowUp")
    assert tab.run("location.hash") == "#station=3&map=5&at=2,3"
    assert "Map 5, row 2, column 3" in tab.run("document.getElementById('walk-spoken').textContent")
    tab.run("document.querySelector('[data-station=\"3\"]').focus()")
    tab.press("ArrowRight")
    assert tab.run("document.activeElement.dataset.station") == "4"
    assert tab.run("document.querySelector('#walk-sums h2').textContent") == "max_pooling2d_1"
    tab.click("#walk-sums .link")  # back to the winner
    assert tab.run("document.querySelector('#walk-sums h2').textContent") == "conv2d_1"
    winner = tab.run("Number(document.querySelector('#walk-sums .result').value)")
    tab.click("#walk-sums .next")
    assert tab.run("Number(document.querySelector('#walk-sums .result').value)") == winner
    tab.run("document.querySelector('#walk-sums .next').focus()")
    tab.press("Enter")
    assert tab.run("document.activeElement.id") == "walk-sums"  # not lost with the button
    tab.click('.contents a[href="#walk-not-shown"]')
    assert tab.run("document.querySelector('#walk-sums h2').textContent") == "flatten"
    assert tab.problems == []


def test_a_map_before_its_activation(tab: Page, tmp_path: Path) -> None:
    """The buttons above the large map: what the convolution gave, before ReLU."""
    made, found = walked(*STACKS["two conv"])
    before = hooked(made, STACKS["two conv"][1])["conv2d_1"][0, 2]
    tab.go(written(tmp_path, found, STACKS["two conv"][1], CLASSES) + "#station=3&map=2&at=0,0")
    tab.click("#walk-views button")
    assert tab.run("Array.from(viewed(stations[3], 2).map)") == pytest.approx(before.ravel().tolist(), abs=1e-5)


@pytest.mark.parametrize(("width", "language"), [(360, "en"), (360, "ko"), (768, "ko"), (1400, "en")])
def test_it_fits_every_width(width: int, language: str, tab: Page, tmp_path: Path) -> None:
    _, found = walked(*STACKS["residual"])
    address = written(tmp_path, found, STACKS["residual"][1], CLASSES, language)
    for index in (1, 4, len(found.document["stations"])):
        tab.go(f"{address}#station={index}", width=width, dark=True)
        assert tab.run("document.scrollingElement.scrollWidth") <= width
    assert tab.run("document.documentElement.lang") == language


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_keeps_anybody_out(dark: bool, tab: Page, tmp_path: Path) -> None:
    """axe-core finds nothing wherever one stands: at the picture, a convolution, the answer."""
    _, found = walked(*STACKS["residual"])
    address = written(tmp_path, found, STACKS["residual"][1], CLASSES, "ko" if dark else "en")
    for index in (0, 1, 4, len(found.document["stations"])):
        tab.go(f"{address}#station={index}", dark=dark)
        assert tab.barriers() == []
