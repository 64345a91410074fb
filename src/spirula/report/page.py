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
from ..runs.files import printable, write_text
from ..runs.folder import EMBEDDING, FIELDS, GROWTH, LOOKS, REPORT, ROBUSTNESS, UNITS, RunFolder
from .browser.parts import browse, has_suspects, label_suspects
from .browser.words import speaker as browser_words
from .facts import Facts, own_language
from .figures.style import STYLE
from .inside.filters import filters
from .inside.robustness import robustness
from .map.section import samples_map
from .retold.retell import retold
from .sections import failure, folds, growth, inputs, learned, learning, looks, overview, provenance, results, verdict
from .speech import Say, speaker
from .trust.section import trust
from .words.page import WORDS
from .words.samples import split_words

TEMPLATES = Path(__file__).parent / "templates"
STYLES = (
    *("light.css", "dark.css", "page.css", "parts.css", "figures.css"),
    *("map.css", "inside.css", "browser.css", "print.css"),
)

# What HTML cannot hold: control characters, and the stand-ins for bytes of a file name that are not UTF-8.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Section:
    """A part of the page. ``missing``: the sentence shown instead when there is nothing to draw.

    What it needs beside the page's own script it names as ``script`` in its data: a file of the templates, or several
    that share one block.
    """

    key: str
    title: str
    template: str
    data: dict[str, Any] = field(default_factory=dict)
    missing: str = ""


def build_report(run: RunFolder, language: str | None = None) -> Path:
    """Write ``report.html`` into the run folder, in one step, and return its path.

    language: "en" or "ko"; the one that the run was asked for without it. Works for every state of a run: what is not
    there yet is named. Raises :class:`spirula.errors.RunError` when ``run.json`` itself cannot be read, and
    :class:`SpirulaError` when the disk does not take the file.
    """
    path = run.path / REPORT
    write_text(path, printable(render(run, language)))
    return path


def render(run: RunFolder, language: str | None = None) -> str:
    """Return the report as one HTML document that needs no other file and no network; see :func:`build_report`.

    Raises :class:`~spirula.errors.InputError` for a language that it does not speak.
    """
    facts = Facts(run, language or own_language(run))
    say = speaker(WORDS, facts.language)
    sections = list(_sections(facts, say))
    scripts = dict.fromkeys(section.data["script"] for section in sections if "script" in section.data)
    head = overview.overview(facts)
    return whole_page("report.html", tuple(scripts), head=head, sections=sections, say=say, language=facts.language)


def whole_page(template: str, scripts: tuple[str | tuple[str, ...], ...] = (), **content: Any) -> str:
    """Return a page of its own: a template that extends ``shell.html``, with style and scripts embedded."""
    script = "\n".join(_script(each) for each in ("script.js", *scripts))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    html = (
        _environment()
        .get_template(template)
        .render(**content, script=Markup(script), script_digest=digest, style=_style(), version=__version__)
    )
    return UNPRINTABLE.sub("\ufffd", html)


def _script(files: str | tuple[str, ...]) -> str:
    if isinstance(files, str):
        return (TEMPLATES / files).read_text(encoding="utf-8")
    return "{\n" + "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in files) + "}\n"


def _sections(facts: Facts, say: Say) -> Iterator[Section]:
    """Yield the sections in reading order: how good, why, on what, with what, and all the rest."""
    if facts.not_finite:
        yield _section("failure", say("failure"), "failure", failure.failure, facts)
    yield _section("verdict", say("verdict"), "verdict", verdict.verdict, facts)
    for split in facts.splits:
        yield _section(
            split,
            say("split", split=split_words(split, facts.language)),
            "results",
            partial(results.results, split=split),
            facts,
        )
    if not facts.splits:
        yield Section("results", say("results"), "results", missing=say("no_results"))
    if facts.evaluated:
        yield _section("browse", browser_words(facts.language)("title"), "browse", browse, facts)
    if has_suspects(facts):
        yield _section("labels", browser_words(facts.language)("labels_title"), "labels", label_suspects, facts)
    if facts.evaluated and facts.task != "regression":
        yield _section("trust", say("trust"), "trust", trust, facts)
    if "folds" in facts.document:
        yield _section("folds", say("folds"), "folds", folds.folds, facts)
    else:
        yield _section("learning", say("learning"), "learning", learning.learning, facts)
    if facts.run.insight_path(GROWTH).is_file():
        yield _section("growth", say("growth"), "growth", growth.growth, facts)
    yield _section("data", say("data"), "data", inputs.data, facts)
    yield _section("network", say("network"), "network", inputs.network, facts)
    if "folds" not in facts.document:  # these belong to one network, and each fold has its own
        yield _section("learned", say("learned"), "learned", learned.learned, facts)
        if _has(facts, UNITS):
            yield _section("filters", say("filters"), "filters", filters, facts)
        if any(facts.run.insight_path(f"{name}.npz").is_file() for name in (LOOKS, FIELDS)):
            yield _section("looks", say("looks"), "looks", looks.looks, facts)
        if facts.run.insight_path(f"{EMBEDDING}.npz").is_file():
            yield _section("map", say("map"), "map", samples_map, facts)
        if _has(facts, ROBUSTNESS, UNITS):
            yield _section("robustness", say("robustness"), "robustness", robustness, facts)
        yield _section("inputs", say("inputs"), "inputs", inputs.sheet, facts)
    yield _section("timing", say("timing"), "timing", learning.timing, facts)
    yield _section("use", say("use"), "use", provenance.use, facts)
    yield _section("provenance", say("provenance"), "provenance", provenance.provenance, facts)


def _has(facts: Facts, *names: str) -> bool:
    """Whether one of these arrays is there."""
    return any(facts.run.insight_path(f"{name}.npz").is_file() for name in names)


def _section(key: str, title: str, template: str, gather: Callable[[Facts], dict[str, Any]], facts: Facts) -> Section:
    """Gather a section's data. A file that cannot be read is named in its section; the others stand."""
    try:
        data = gather(facts)
    except SpirulaError as error:
        missing = speaker(WORDS, facts.language)("unreadable", error=retold(str(error), facts.language))
        return Section(key, title, template, missing=missing)
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
    light, dark, *rules = ((STYLE / name).read_text(encoding="utf-8") for name in STYLES)
    return Markup(
        f":root {{ color-scheme: light;\n{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ color-scheme: dark;\n{dark}}} }}\n"
        f":root[data-theme=dark] {{ color-scheme: dark;\n{dark}}}\n" + "".join(rules).replace("@light-colours@", light)
    )
