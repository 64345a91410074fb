"""The error browser in a real browser: clicks lead to exactly those pictures, and the address brings them back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsed import browsable, labelled, measured
from chromium import CHROMIUM, Page, browser
from folders import classifier

from spirula.data.sources.patch import Correction, read_patch
from spirula.metrics.classification import sample_losses
from spirula.report.page import build_report
from spirula.runs.folder import Predictions, RunFolder

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)

CARDS = "[...document.querySelectorAll('#browser .gallery a.card')]"
DRAWN = f"{CARDS}.every((card) => card.querySelector('canvas[data-drawn]'))"
DRAWN_IT = "document.getElementById('browser').dataset.shown === location.hash"
NUMBERS = f"""{CARDS}.map((card) => {{
  const canvas = card.querySelector("canvas");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return data[0] * 200 + data[4];
}})"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return browsable(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def address(run: RunFolder) -> str:
    return build_report(run).resolve().as_uri()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(shared: Page) -> Iterator[Page]:
    """A page that must not complain, nor ask for anything but the file."""
    shared.problems.clear()
    shared.requests.clear()
    yield shared
    assert shared.problems == []
    assert {name.partition(":")[0] for name in shared.requests} <= {"file", "data", "about", "blob"}


def shown(page: Page) -> list[int]:
    """Return the rows of the cards, every page of them; each card shows the picture of its own row."""
    rows: list[int] = []
    while True:
        page.wait(DRAWN)
        here = [int(row) for row in page.run(f"{CARDS}.map((card) => card.dataset.row)")]
        assert page.run(NUMBERS) == here  # pictures of test/000000 … are coded by their row
        rows += here
        following = page.run("document.querySelector('.pages a.page-step:last-child')?.getAttribute('href') ?? null")
        if following is None:
            return rows
        page.click(".pages a.page-step:last-child")
        settled(page, following)


def said(stored: Predictions) -> np.ndarray:
    return np.asarray(stored.probabilities.argmax(axis=1))


def settled(page: Page, fragment: str) -> None:
    page.wait(f"location.hash.includes({fragment!r}) && {DRAWN_IT}")


def test_a_cell_leads_to_exactly_those_pictures(page: Page, run: RunFolder, address: str) -> None:
    stored = run.predictions("test")
    page.go(address)
    page.click("#test table.confusion tbody tr:nth-child(1) td:nth-child(3) a")
    settled(page, "true=0&predicted=1")
    expected = np.flatnonzero((stored.targets == 0) & (said(stored) == 1))
    order = expected[np.argsort(-stored.probabilities[expected, 1], kind="stable")]
    assert len(expected) > 1
    assert shown(page) == order.tolist()
    words = page.run("document.querySelector('.found').textContent")
    assert f"{len(expected)} of 300" in words
    assert "고양이" in words
    assert page.run("document.activeElement.className") == "found"
    assert page.run("document.querySelector('.found').getBoundingClientRect().top") < 300


def test_the_address_brings_it_back_and_back_goes_back(page: Page, run: RunFolder, address: str) -> None:
    stored = run.predictions("test")
    page.go(address + "#browse?true=1&right=no&sort=loss-up")
    expected = np.flatnonzero((stored.targets == 1) & (said(stored) != 1))
    losses = sample_losses(stored.targets, stored.probabilities)
    assert shown(page) == expected[np.argsort(losses[expected].astype(np.float32), kind="stable")].tolist()
    assert page.run("document.querySelector('[name=true]').value") == "1"
    page.click("#test table.classes tbody tr:nth-child(3) th a")
    settled(page, "true=2")
    assert sorted(shown(page)) == np.flatnonzero(stored.targets == 2).tolist()
    page.wait("history.length > 1")
    while "sort=loss-up" not in page.run("location.hash"):
        page.back()
        page.wait(DRAWN_IT)
    page.wait("document.querySelector('[name=right]').value === 'no'")
    assert set(shown(page)) == set(expected.tolist())


def test_bars_ranges_and_names_choose(page: Page, run: RunFolder, address: str) -> None:
    stored = run.predictions("test")
    sure = stored.probabilities.max(axis=1)
    page.go(address)
    last = "#test svg[aria-labelledby^='test-confidence-title'] rect[data-low]:last-of-type"
    low, high = (float(value) for value in page.run(f'Object.values(document.querySelector("{last}").dataset)'))
    page.click(last)
    settled(page, "from=")
    assert sorted(shown(page)) == np.flatnonzero((sure > low) & (sure <= high)).tolist()
    page.go(address + "#browse?name=%2F00001&sort=file")
    assert shown(page) == list(range(10, 20))
    page.click(".bars button:not(:disabled)")
    settled(page, "from=")
    ends = page.run("[document.querySelector('[name=from]').value, document.querySelector('[name=to]').value]")
    rows = [row for row in range(10, 20) if float(ends[0]) / 100 < sure[row] <= float(ends[1]) / 100]
    assert shown(page) == rows
    assert rows
    page.click(".filters button")
    settled(page, "")
    assert page.run("location.hash") == "#browse?all"
    assert len(shown(page)) == 300


def test_each_picture_opens_with_all_that_is_known(page: Page, run: RunFolder, address: str) -> None:
    stored = run.predictions("test")
    wrong = np.flatnonzero(said(stored) != stored.targets)
    first = int(wrong[np.argsort(-stored.probabilities[wrong].max(axis=1), kind="stable")][0])
    page.go(address + "#browse?right=no&sort=sure")
    rows = shown(page)
    assert rows[0] == first
    page.go(address + "#browse?right=no&sort=sure")
    page.click(f"a.card[data-row='{first}']")
    page.wait("document.querySelector('dialog').open")
    text = page.run("document.querySelector('dialog').textContent")
    assert stored.ids[first] in text
    assert f"{100 * stored.probabilities[first].max():.1f}" in text
    assert f"1 of {len(rows)}" in text
    near = run.arrays("embedding")["test_nearest"][first]
    names = page.run(
        "[...document.querySelectorAll('.strip')][0].querySelectorAll('.file').values().map((e) => e.title).toArray()"
    )
    assert names == [f"train/{row:06d}" for row in near]
    alike = [int(row) for row in page.run("[...document.querySelectorAll('dialog a.card')].map((e) => e.dataset.row)")]
    points = run.arrays("embedding")["test_points"].astype(np.float32)
    others = wrong[wrong != first]
    assert alike == others[np.argsort(-(points[others] @ points[first]), kind="stable")][:6].tolist()
    page.press("ArrowRight")
    settled(page, f"show={rows[1]}")
    assert page.run("document.querySelector('dialog h3').textContent") == stored.ids[rows[1]]
    page.press("Escape")
    page.wait("!document.querySelector('dialog').open")
    assert page.run("location.hash") == "#browse?right=no&sort=sure"
    assert page.run("document.activeElement.dataset.row") == str(rows[1])


def test_a_heat_map_is_shown_where_there_is_one(page: Page, run: RunFolder, address: str) -> None:
    row = run.predictions("test").ids.index(str(run.arrays("looks")["files"][0]))
    page.go(address + f"#browse?show={row}")
    page.wait("document.querySelector('dialog').open")
    assert page.run("document.querySelectorAll('.detail-pictures img').length") == 3
    assert page.run("[...document.querySelectorAll('.detail-pictures img')].every((i) => i.naturalWidth > 0)")
    assert "What speaks for" in page.run("document.querySelector('.detail-pictures').textContent")


def test_keys_move_among_the_cards(page: Page, address: str) -> None:
    page.go(address + "#browse?sort=file")
    page.wait(DRAWN)
    page.run("document.querySelector('#browser a.card').focus()")
    page.press("ArrowRight")
    assert page.run("document.activeElement.dataset.row") == "1"
    page.press("ArrowDown")
    across = int(page.run("document.activeElement.dataset.row")) - 1
    assert across >= 2
    page.press("Enter")
    settled(page, f"show={across + 1}")


def test_ticked_labels_become_a_patch(page: Page, run: RunFolder, address: str, tmp_path: Path) -> None:
    page.go(address)
    cards = page.run("[...document.querySelectorAll('.suspect')].map((c) => [c.dataset.split, Number(c.dataset.row)])")
    assert cards
    for place in (1, 2):
        page.click(f".suspects li:nth-child({place}) .tick input")
    page.run(
        "(() => { const s = document.querySelector('.suspects li:nth-child(2) select'); s.value = ''; "
        "s.dispatchEvent(new Event('change')); })()"
    )
    page.saved("[data-save]", tmp_path / "patch.csv")
    text = (tmp_path / "patch.csv").read_text(encoding="utf-8")
    assert text == page.run("document.querySelector('.patch textarea').value")
    expected = []
    for line, (split, row) in enumerate(cards[:2], 2):
        stored = run.predictions(split)
        label = run.classes()[int(said(stored)[row])] if line == 2 else ""
        expected.append(Correction(line, stored.ids[row], label, run.classes()[int(stored.targets[row])]))
    assert read_patch(tmp_path / "patch.csv").corrections == tuple(expected)


def test_many_classes_labels_and_numbers(page: Page, tmp_path: Path) -> None:
    many = classifier(tmp_path / "many", [f"class {i}" for i in range(30)], counts=(60, 60, 600), confuse=((4, 5),))
    stored = many.predictions("test")
    page.go(build_report(many).resolve().as_uri())
    page.click("#test svg.matrix rect[data-true='class 4'][data-predicted='class 5']")
    settled(page, "true=4&predicted=5")
    rows = [int(row) for row in page.run(f"{CARDS}.map((card) => card.dataset.row)")]
    assert sorted(rows) == np.flatnonzero((stored.targets == 4) & (said(stored) == 5)).tolist()
    labels = labelled(tmp_path / "labels")
    stored = labels.predictions("test")
    page.go(build_report(labels).resolve().as_uri())
    page.click("#test table.classes tbody tr:nth-child(1) th a")
    settled(page, "true=0")
    assert sorted(shown(page)) == np.flatnonzero(stored.targets[:, 0] > 0).tolist()
    page.go(page.run("location.href.split('#')[0]") + "#browse?right=no&predicted=3")
    off = ((stored.probabilities > 0.5) != (stored.targets > 0)).any(axis=1)
    assert sorted(shown(page)) == np.flatnonzero(off & (stored.probabilities[:, 3] > 0.5)).tolist()
    numbers = measured(tmp_path / "numbers")
    stored = numbers.predictions("test")
    error = stored.probabilities[:, 0].astype(np.float64) - stored.targets
    page.go(build_report(numbers).resolve().as_uri())
    assert shown(page) == np.argsort(-np.abs(error), kind="stable").tolist()
    bars: list[list[Any]] = page.run(
        "[...document.querySelectorAll('#test rect[data-low]')].map((b) => [b.dataset.low, b.dataset.high])"
    )
    counts = []
    for low, high in bars:
        page.go(page.run("location.href.split('#')[0]") + f"#browse?from={low}&to={high}")
        counts.append(len(shown(page)))
    assert counts == [n for n in np.histogram(error, min(max(round(150**0.5), 5), 30))[0].tolist() if n]


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone(page: Page, address: str, dark: bool) -> None:
    for place in ("#browse?right=no", "#browse?right=no&show=1", "#labels"):
        page.go(address + place, width=360, height=740, dark=dark)
        assert page.run("document.scrollingElement.scrollWidth") <= 360
        assert page.run("document.querySelector('dialog').scrollWidth") <= 360


def test_controls_follow_the_address_and_a_look_at_a_label_leads_back(page: Page, run: RunFolder, address: str) -> None:
    stored = run.predictions("test")
    page.go(address + "#browse")
    page.wait(DRAWN)
    page.run(
        "(() => { const s = document.querySelector('[name=true]'); s.focus(); s.value = '2'; "
        "s.dispatchEvent(new Event('change')); })()"
    )
    settled(page, "true=2")
    assert sorted(shown(page)) == np.flatnonzero(stored.targets == 2).tolist()
    page.run(
        "(() => { const i = document.querySelector('[name=from]'); i.focus(); i.value = '90'; "
        "i.dispatchEvent(new Event('input')); })()"
    )
    settled(page, "from=0.9")
    sure = stored.probabilities.max(axis=1)
    assert sorted(shown(page)) == np.flatnonzero((stored.targets == 2) & (sure > 0.9)).tolist()
    page.go(address + "#browse?true=1")
    page.run("location.hash = '#browse?true=2'")
    settled(page, "true=2")
    page.run("document.querySelector('[name=true]').focus()")
    page.back()
    settled(page, "true=1")
    assert page.run("document.querySelector('[name=true]').value") == "1"
    page.go(address + "#labels")
    page.wait("document.querySelector('#labels .frame-link canvas[data-drawn]') !== null")
    page.click("#labels .frame-link")
    page.wait("document.querySelector('dialog').open")
    page.press("Escape")
    page.wait("!document.querySelector('dialog').open && location.hash === '#labels'")


def test_a_mistake_of_the_gallery_opens(page: Page, tmp_path: Path) -> None:
    copy = browsable(tmp_path / "run", count=120)
    arrays = copy.arrays("mistakes_test")
    ids = np.array([copy.predictions("test").ids[row] for row in arrays["rows"]])
    np.savez(copy.insight_path("mistakes_test.npz"), **{**arrays, "files": ids})
    page.go(build_report(copy).resolve().as_uri())
    page.click("#test .gallery .card:nth-child(2) a.frame-link")
    settled(page, f"show={arrays['rows'][1]}")
    assert page.run("document.querySelector('dialog h3').textContent") == ids[1]
    page.press("Escape")
    page.wait("!document.querySelector('dialog').open && location.hash === ''")
