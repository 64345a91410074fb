"""A finding: what is wrong, the numbers that show it, and the command to run next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["problem", "warning", "hint"]

# The gravest first. problem: the figures or the network are not what they seem. warning: something costs accuracy.
# hint: worth knowing, or worth a try.
SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "hint")


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    code: such as ``T003``; its page is ``docs/checks/T003.md``. evidence: plain values by name, as JSON holds them:
    numbers, epochs, names of files and classes; ``file`` is where in the run folder they stand. command: what to type
    next. form: which sentence, of a code that has several.
    """

    code: str
    severity: Severity
    evidence: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    form: str = ""

    @property
    def key(self) -> str:
        """The sentence's name: the code, with its form if there is one."""
        return f"{self.code}/{self.form}" if self.form else self.code
