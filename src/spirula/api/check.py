"""The verb ``check``: what is wrong with a run, or with comparing several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..checks.check import at_least, check_run, check_runs, read_codes
from ..checks.facts import RunFacts
from ..checks.finding import Finding, Severity
from ..checks.sentences import sentence, severity_word
from .run import Run, open_run
from .showing.tables import Table


class Verdict:
    """What checks found. Printing it says it; ``findings`` is a table, one row per finding, the gravest first.

    runs: names of those that were checked. muted: codes that were left out.
    """

    def __init__(
        self, found: Sequence[tuple[str, Finding]], runs: Sequence[str], muted: Sequence[str], lang: str
    ) -> None:
        self._found = tuple(found)
        self.runs, self.muted, self.lang = tuple(runs), tuple(muted), lang
        rows = [
            {
                "code": finding.code,
                "severity": finding.severity,
                **({"run": name} if len(self.runs) > 1 else {}),
                "text": sentence(finding, lang),
                "evidence": dict(finding.evidence),
                "command": finding.command,
            }
            for name, finding in self._found
        ]
        self.findings = Table(rows, "Findings")

    def at_least(self, severity: Severity) -> int:
        """Return how many findings are as grave as ``severity`` ("problem", "warning", "hint"), or graver."""
        return len(at_least([finding for _, finding in self._found], severity))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON holds it."""
        return {"runs": list(self.runs), "muted": list(self.muted), "findings": [dict(row) for row in self.findings]}

    def __str__(self) -> str:
        lines = []
        for (name, finding), row in zip(self._found, self.findings, strict=True):
            of = f" [{name}]" if len(self.runs) > 1 and name else ""
            lines.append(f"{finding.code} {severity_word(finding, self.lang)}{of}: {row['text']}")
            lines += [f"     {line}" for line in (told(finding), f"→ {finding.command}") if line.strip("→ ")]
        muted = f"({', '.join(self.muted)} {'음소거' if self.lang == 'ko' else 'muted'})" if self.muted else ""
        if lines:  # not behind a command, which will be copied
            return "\n".join([*lines, *([muted] if muted else [])])
        return f"{'발견된 것이 없습니다' if self.lang == 'ko' else 'Nothing found'} {muted}".rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def told(finding: Finding) -> str:
    """Return where the evidence stands, with the first files or classes that it names."""
    named = [
        " – ".join(map(str, item)) if isinstance(item, list) else str(item)
        for value in finding.evidence.values()
        if isinstance(value, list)
        for item in value[:3]
    ]
    return "; ".join([str(finding.evidence.get("file", "")), *named]).strip("; ")


def check(run: Run | str | Path, *others: Run | str | Path, mute: Iterable[str] = (), lang: str = "en") -> Verdict:
    """Say what is wrong with a run: coded findings with the numbers that show it and the command to run next.

    With ``others``, each is checked, and whether they differ by more than seeds and samples do by themselves. Reads
    the run folders only; nothing is computed with a network.

    Parameters
    ----------
    mute: codes to leave out, beside those that the run's own option ``mute`` names.
    lang: of the sentences, "en" or "ko".

    Raises :class:`~spirula.errors.InputError` for a code or a language that there is not.
    """
    runs = [each if isinstance(each, Run) else open_run(each) for each in (run, *others)]
    asked = read_codes(mute)
    facts = [RunFacts(each.folder, str(each.path)) for each in runs]
    found: list[tuple[str, Finding]] = []
    muted = set(asked)
    for one in facts:
        quiet = {*asked, *read_codes(one.options.get("mute") or ())}
        muted |= quiet
        found += [(one.run.name, finding) for finding in check_run(one, mute=quiet)]
    if others:
        found = [("", finding) for finding in check_runs(facts, mute=asked)] + found
    return Verdict(found, [one.run.name for one in facts], sorted(muted), lang)
