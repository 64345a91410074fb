"""What the checks say of the run, before anything is drawn."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

from ...checks.check import check_run, read_codes
from ...checks.facts import RunFacts
from ...checks.finding import Finding
from ...checks.left_out import REPORT
from ...checks.sentences import part_word, sentence, severity_word
from ...errors import RunError
from .. import wording
from ..facts import Facts
from ..retold.retell import retold
from ..speech import speaker
from ..words.samples import split_words
from ..words.verdict import EVIDENCE, WORDS
from .survey import survey_parts

LEVELS = {"problem": "wrong", "warning": "look", "hint": "know"}
MOST_NAMED = 12
TOLD = ("failure", "detail", "reason")  # evidence that is a sentence of the run


def verdict(facts: Facts) -> dict[str, Any]:
    """Return the findings, the gravest first, with their evidence, and which checks were muted.

    Raises :class:`~spirula.errors.RunError` when a file that a check needs is damaged.
    """
    known, say = RunFacts(facts.run, facts.address), speaker(WORDS, facts.language)
    muted = read_codes(known.options.get("mute") or ())
    return {
        "say": say,
        "findings": [_shown(finding, facts) for finding in check_run(known, mute=muted) if not _of_this_page(finding)],
        "muted": say("muted", codes=", ".join(muted)) if muted else "",
        "command": f"spirula check {shlex.quote(facts.address)}",
    }


def _of_this_page(finding: Finding) -> bool:
    """Whether a finding says that there is no report, which is being written now."""
    return finding.evidence.get("part") == REPORT


def _shown(finding: Finding, facts: Facts) -> dict[str, Any]:
    language = facts.language
    told = {key: retold(str(value), language) for key, value in finding.evidence.items() if key in TOLD}
    finding = replace(finding, evidence={**finding.evidence, **told})
    return {
        "code": finding.code,
        "level": LEVELS[finding.severity],
        "severity": severity_word(finding, language),
        "text": sentence(finding, language),
        "command": finding.command,
        "pictures": _pictures(finding, facts),
        "evidence": [
            (_title(name, language), _value(name, value, language)) for name, value in finding.evidence.items()
        ],
    }


def _pictures(finding: Finding, facts: Facts) -> str:
    """Return the part of the page with the pictures that a finding is about; "" where there is none."""
    return "data-copies" if finding.code == "D001" and any(p["template"] == "copies" for p in _parts(facts)) else ""


def _parts(facts: Facts) -> list[dict[str, Any]]:
    try:
        return [] if facts.imported else survey_parts(facts)
    except RunError:
        return []  # the section on the data names the damage


def _title(name: str, language: str) -> str:
    return speaker(EVIDENCE, language)(name) if name in EVIDENCE else name.replace("_", " ")


def _value(name: str, value: Any, language: str) -> str:
    if isinstance(value, list):
        said = [" – ".join(map(str, item)) if isinstance(item, list) else str(item) for item in value[:MOST_NAMED]]
        return "; ".join(said) + (" …" if len(value) > MOST_NAMED else "")
    if name == "part":
        return part_word(str(value), language)
    if name == "split":
        return split_words(str(value), language)
    return wording.number(value, 4) if isinstance(value, float) else str(value)
