"""E008: parts of a run that could not be made after its training, and what makes them anew."""

from __future__ import annotations

from ..runs import folder as layout
from .facts import RunFacts
from .finding import Finding

REPORT = "report"
# The words of the command that makes a part anew. The others only a training makes.
MADE_BY = {
    "map and neighbours": ("explain", "--map"),
    "robustness": ("explain", "--robustness"),
    "temperature": ("calibrate",),
    REPORT: ("report",),
}


def left_out(facts: RunFacts) -> list[Finding]:
    """E008: parts of the run are missing. Neither the network nor its figures depend on them."""
    found = []
    for part, reason in (facts.document.get(layout.LEFT_OUT) or {}).items():
        if part == REPORT and (facts.run.path / layout.REPORT).is_file():
            continue  # whatever writes a report writes it whole
        made_by = MADE_BY.get(part)
        command = facts.command(*made_by) if made_by else ""
        found.append(Finding("E008", "hint", {"part": part, "reason": str(reason), "file": layout.DOCUMENT}, command))
    return found
