"""A real browser to click in: Debian's Chromium without a window, driven by Playwright."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright import sync_api

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Page:
    """One tab. ``problems``: what it complained of. ``requests``: every address that it asked for."""

    def __init__(self, tab: sync_api.Page) -> None:
        self._tab = tab
        self.problems: list[str] = []
        self.requests: list[str] = []
        tab.on("pageerror", lambda error: self.problems.append(str(error)))
        tab.on("console", lambda said: self.problems.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("request", lambda request: self.requests.append(request.url))

    def go(self, address: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open an address, anew even when only its ``#…`` differs, and wait until its scripts have run."""
        self._tab.set_viewport_size({"width": width, "height": height})
        self._tab.emulate_media(color_scheme="dark" if dark else "light")
        self._tab.goto("about:blank")
        self._tab.goto(address)

    def run(self, script: str) -> Any:
        """Return the value of an expression, awaited."""
        return self._tab.evaluate(script)

    def wait(self, script: str, seconds: float = 20) -> Any:
        """Wait until an expression is true, and return its value."""
        # Not Playwright's own waiting: it evaluates text inside the page, whose security policy forbids that.
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"never true: {script}"
            self._tab.wait_for_timeout(30)
        return value

    def click(self, selector: str) -> None:
        """Click into the middle of the first element that a selector finds, as a hand would."""
        self._tab.locator(selector).first.click(force=True)

    def tap(self, selector: str) -> None:
        """Touch the middle of the first element that a selector finds, as a finger would."""
        self._tab.locator(selector).first.tap(force=True)

    def paper(self, path: Path) -> None:
        """Print the page as a PDF, and go on seeing it as paper does."""
        self._tab.pdf(path=path)
        self._tab.emulate_media(media="print")

    def press(self, key: str) -> None:
        """Press and release a key."""
        self._tab.keyboard.press(key)

    def point(self, x: float, y: float) -> None:
        """Move the pointer there, in pixels of the window."""
        self._tab.mouse.move(x, y)

    def saved(self, selector: str, path: Path) -> None:
        """Click what saves a file, and keep the file at ``path``."""
        with self._tab.expect_download() as download:
            self.click(selector)
        download.value.save_as(path)

    def back(self, steps: int = 1) -> None:
        """Go back in the history."""
        self.run(f"void history.go({-steps})")

    def shot(self, path: Path) -> None:
        """Write what is seen as a PNG."""
        self._tab.screenshot(path=path)

    def barriers(self) -> list[str]:
        """Return what axe-core finds that would keep somebody out: rule, what is wrong, and the first such element."""
        found = Axe().run(self._tab).response["violations"]
        return [f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


@contextmanager
def browser(profile: Path, *, touch: bool = False) -> Iterator[Page]:
    """Start a browser of its own and hand out its page. touch: its screen feels fingers."""
    assert CHROMIUM is not None, "SPIRULA_REQUIRE_BROWSER is set and there is no Chromium"
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox"]
        start = playwright.chromium.launch_persistent_context
        context = start(profile, executable_path=CHROMIUM, args=options, has_touch=touch)
        try:
            yield Page(context.pages[0])
        finally:
            context.close()
