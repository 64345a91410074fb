"""What the checks say of the run, before anything is drawn."""

from __future__ import annotations

import shlex
from typing import Any

from ...checks.check import check_run, read_codes
from ...checks.facts import RunFacts
from ...checks.finding import Finding
from ...checks.sentences import sentence, severity_word
from .. import wording
from ..facts import Facts

LEVELS = {"problem": "wrong", "warning": "look", "hint": "know"}
MOST_NAMED = 12


def verdict(facts: Facts) -> dict[str, Any]:
    """Return the findings, the gravest first, with their evidence, and which checks were muted.

    Raises :class:`~spirula.errors.RunError` when a file that a check needs is damaged.
    """
    known = RunFacts(facts.run, facts.address)
    muted = read_codes(known.options.get("mute") or ())
    return {
        "findings": [_shown(finding) for finding in check_run(known, mute=muted)],
        "muted": ", ".join(muted),
        "command": f"spirula check {shlex.quote(facts.address)}",
    }


def _shown(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "level": LEVELS[finding.severity],
        "severity": severity_word(finding),
        "text": sentence(finding),
        "command": finding.command,
        "evidence": [(name.replace("_", " "), _value(value)) for name, value in finding.evidence.items()],
    }


def _value(value: Any) -> str:
    if isinstance(value, list):
        said = [" – ".join(map(str, item)) if isinstance(item, list) else str(item) for item in value[:MOST_NAMED]]
        return "; ".join(said) + (" …" if len(value) > MOST_NAMED else "")
    return wording.number(value, 4) if isinstance(value, float) else str(value)
