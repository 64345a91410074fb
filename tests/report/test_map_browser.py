"""The map in a real browser: what a hand and a keyboard find, in every width, theme and language."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from chromium import CHROMIUM, Page, browser
from embedded import embedded

from spirula.report.page import render
from spirula.runs.folder import RunFolder

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SPIRULA_REQUIRE_BROWSER"), reason="there is no Chromium here"
)
SAID = "document.querySelector('.map-said').textContent"
INK = "document.querySelector('.map-canvas').toDataURL().length"  # of the PNG: the more there is, the longer


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return embedded(tmp_path_factory.mktemp("map") / "run", ["고양이", "<b>dog</b>"], refuse=0.1)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def opened(page: Page, run: RunFolder, language: str = "en", **options: object) -> None:
    path = run.path / f"{language}.html"
    path.write_text(render(run, language), encoding="utf-8")
    page.go(path.resolve().as_uri(), **options)  # type: ignore[arg-type]
    page.run("document.querySelector('.map-canvas').scrollIntoView({ block: 'center', behavior: 'instant' })")
    page.wait(f"{INK} > 9000")


def test_it_is_drawn_and_arrow_keys_go_from_picture_to_picture(page: Page, run: RunFolder) -> None:
    opened(page, run)
    page.run("document.querySelector('.map-canvas').focus()")
    page.press("ArrowRight")
    first = page.run(SAID)
    assert "Label" in first
    seen = {first}
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowLeft"):
        page.press(key)
        seen.add(page.run(SAID))
    assert len(seen) >= 3
    page.press("Escape")
    assert "Point at a dot" in page.run(SAID)
    assert page.problems == []
    assert not [address for address in page.requests if not address.startswith(("file:", "data:", "about:"))]


def test_pointing_at_a_dot_names_it_with_its_nearest_training_pictures(page: Page, run: RunFolder) -> None:
    opened(page, run)
    place = page.run(
        "(() => { const c = document.querySelector('.map-canvas'), box = c.getBoundingClientRect();"
        " const p = JSON.parse(c.closest('[data-map]').dataset.map).sets[0].places.neighbours;"
        " const side = Math.min(c.clientWidth, c.clientHeight) - 32;"
        " return [box.x + box.width / 2 + (p[0][5] / 9999 - 0.5) * side,"
        " box.y + box.height / 2 + (p[1][5] / 9999 - 0.5) * side]; })()"
    )
    page.point(*place)
    page.wait(f"{SAID}.includes('Label')")
    assert "Nearest training pictures" in page.run(SAID) or "Training picture" in page.run(SAID)
    assert page.run("document.querySelector('.map-said b')") is None


def test_a_class_the_wrong_ones_and_the_projection_change_the_picture(page: Page, run: RunFolder) -> None:
    opened(page, run)
    whole = page.run(INK)
    page.run("(() => { const s = document.querySelector('.map-wrong'); s.click(); })()")
    page.wait(f"{INK} < {whole}")
    page.run("document.querySelector('.map-wrong').click()")
    page.wait(f"{INK} === {whole}")
    page.run("document.querySelector('.map-train').click()")
    page.wait(f"{INK} < {whole}")
    picture = "document.querySelector('.map-canvas').toDataURL()"
    before = page.run(picture)
    for selector, value in ((".map-kind", "components"), (".map-class", "1")):
        page.run(
            f"(() => {{ const s = document.querySelector('{selector}'); s.value = '{value}';"
            " s.dispatchEvent(new Event('change')); })()"
        )
        page.wait(f"{picture} !== {before!r}")
        before = page.run(picture)
    page.click("[data-zoom='1']")
    page.wait(f"{picture} !== {before!r}")
    assert page.problems == []


@pytest.mark.parametrize(("width", "dark", "language"), [(360, False, "ko"), (768, True, "en"), (1600, False, "en")])
def test_it_fits(page: Page, run: RunFolder, width: int, dark: bool, language: str) -> None:
    opened(page, run, language, width=width, dark=dark)
    assert page.run("document.scrollingElement.scrollWidth") <= width
    assert page.problems == []
