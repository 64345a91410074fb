"""One HTML file from a run folder: every section drawn, everything embedded, nothing fetched."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .._version import __version__
from ..errors import SpirulaError
from ..runs.files import write_text
from ..runs.folder import FIELDS, GROWTH, LOOKS, REPORT, RunFolder
from .facts import Facts
from .figures.style import STYLE
from .sections import failure, folds, growth, inputs, learned, learning, looks, overview, provenance, results, verdict

TEMPLATES = Path(__file__).parent / "templates"

# What HTML cannot hold: control characters, and the stand-ins for bytes of a file name that are not UTF-8.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Section:
    """A part of the page. ``missing``: the sentence shown instead when there is nothing to draw."""

    key: str
    title: str
    template: str
    data: dict[str, Any] = field(default_factory=dict)
    missing: str = ""


def build_report(run: RunFolder) -> Path:
    """Write ``report.html`` into the run folder, in one step, and return its path.

    Works for every state of a run: what is not there yet is named. Raises
    :class:`spirula.errors.RunError` when ``run.json`` itself cannot be read, and
    :class:`SpirulaError` when the disk does not take the file.
    """
    path = run.path / REPORT
    write_text(path, render(run))
    return path


def render(run: RunFolder) -> str:
    """Return the report as one HTML document that needs no other file and no network."""
    facts = Facts(run)
    return whole_page("report.html", head=overview.overview(facts), sections=list(_sections(facts)))


def whole_page(template: str, **content: Any) -> str:
    """Return a page of its own: a template that extends ``shell.html``, with style and script embedded."""
    script = (TEMPLATES / "script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    html = (
        _environment()
        .get_template(template)
        .render(**content, script=Markup(script), script_digest=digest, style=_style(), version=__version__)
    )
    return UNPRINTABLE.sub("\ufffd", html)


def _sections(facts: Facts) -> Iterator[Section]:
    """Yield the sections in reading order: how good, why, on what, with what, and all the rest."""
    if facts.not_finite:
        yield _section("failure", "Why it failed", "failure", failure.failure, facts)
    yield _section("verdict", "Verdict", "verdict", verdict.verdict, facts)
    for split in facts.splits:
        yield _section(split, f"Results: {split}", "results", partial(results.results, split=split), facts)
    if not facts.splits:
        yield Section("results", "Results", "results", missing="No split has been evaluated yet.")
    if "folds" in facts.document:
        yield _section("folds", "The folds", "folds", folds.folds, facts)
    else:
        yield _section("learning", "Learning curves", "learning", learning.learning, facts)
    if facts.run.insight_path(GROWTH).is_file():
        yield _section("growth", "Will more help?", "growth", growth.growth, facts)
    yield _section("data", "The data", "data", inputs.data, facts)
    yield _section("network", "The network", "network", inputs.network, facts)
    if "folds" not in facts.document:  # these belong to one network, and each fold has its own
        yield _section("learned", "What it learned", "learned", learned.learned, facts)
        if any(facts.run.insight_path(f"{name}.npz").is_file() for name in (LOOKS, FIELDS)):
            yield _section("looks", "Where it looks", "looks", looks.looks, facts)
        yield _section("inputs", "What the network gets", "inputs", inputs.sheet, facts)
    yield _section("timing", "Time and machine", "timing", learning.timing, facts)
    yield _section("use", "Use it", "use", provenance.use, facts)
    yield _section("provenance", "Provenance", "provenance", provenance.provenance, facts)


def _section(key: str, title: str, template: str, gather: Callable[[Facts], dict[str, Any]], facts: Facts) -> Section:
    """Gather a section's data. A file that cannot be read is named in its section; the others stand."""
    try:
        data = gather(facts)
    except SpirulaError as error:
        return Section(key, title, template, missing=str(error))
    return Section(key, title, template, data, str(data.get("missing", "")))


def make_ready() -> None:
    """Compile the report's templates, which takes longer than filling them."""
    environment = _environment()
    for name in environment.list_templates(filter_func=lambda name: name.startswith(("report", "sections/"))):
        environment.get_template(name)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> Markup:
    """Return the style sheet; the theme button overrides what the system asks for."""
    light, dark, *rules = (
        (STYLE / name).read_text(encoding="utf-8")
        for name in ("light.css", "dark.css", "page.css", "parts.css", "figures.css", "print.css")
    )
    return Markup(
        f":root {{ color-scheme: light;\n{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ color-scheme: dark;\n{dark}}} }}\n"
        f":root[data-theme=dark] {{ color-scheme: dark;\n{dark}}}\n" + "".join(rules).replace("@light-colours@", light)
    )
