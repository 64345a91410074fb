"""All checks by their codes, and running them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from ..errors import InputError, RunError, SpirulaError, did_you_mean
from . import curves, held_out, left_out, signals, sources, state
from .facts import RunFacts
from .finding import SEVERITIES, Finding, Severity
from .several import compared

Check = Callable[[RunFacts], list[Finding]]

# Data D, training T, evaluation E. A code is never given to another check.
CHECKS: dict[str, Check] = {
    "D001": sources.copies,
    "D002": sources.never_looked,
    "D003": sources.suspect_labels,
    "D004": sources.imbalance,
    "D005": sources.shortcut,
    "D006": sources.cut_off,
    "D007": signals.unscaled,
    "D008": sources.mixed_labels,
    "T001": state.not_finished,
    "T002": state.not_a_number,
    "T003": curves.overfitting,
    "T004": curves.underfitting,
    "T005": curves.rate_too_high,
    "T006": curves.rate_too_low,
    "T007": curves.still_improving,
    "T008": curves.best_at_start,
    "T009": signals.dead_units,
    "T010": signals.exploding,
    "T011": signals.vanishing,
    "T012": state.starved,
    "E001": held_out.too_few,
    "E002": held_out.most_confused_pair,
    "E003": held_out.chosen_on,
    "E005": state.not_verified,
    "E006": held_out.nothing_held_out,
    "E008": left_out.left_out,
}
# These look at several runs at once.
COMPARED = ("E004", "E007")
CODES = tuple(sorted((*CHECKS, *COMPARED)))


def check_run(facts: RunFacts, *, mute: Collection[str] = ()) -> list[Finding]:
    """Return what is wrong with a run, the gravest first. Checks of the codes in ``mute`` are not made.

    Raises :class:`~spirula.errors.RunError` when a file that a check needs is damaged.
    """
    return by_severity(
        finding for code, check in CHECKS.items() if code not in mute for finding in _made(code, check, facts)
    )


def _made(code: str, check: Check, facts: RunFacts) -> list[Finding]:
    """Make a check. A run folder may come from anybody: files that hold something else are an error that says so."""
    try:
        return check(facts)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, ArithmeticError) as error:
        if isinstance(error, SpirulaError):
            raise
        raise RunError(
            f"{facts.run.path} does not hold what check {code} reads: {type(error).__name__} {error}",
            f"Its files were changed, or another version wrote them. Leave the check out: --mute {code}",
        ) from error


def check_runs(runs: Sequence[RunFacts], *, mute: Collection[str] = ()) -> list[Finding]:
    """Return what is wrong with comparing runs, the gravest first."""
    return by_severity(finding for finding in compared(runs) if finding.code not in mute)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in order: the gravest first, then by code."""
    return sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), finding.code))


def at_least(findings: Iterable[Finding], severity: Severity) -> list[Finding]:
    """Return the findings that are as grave or graver."""
    return [entry for entry in findings if SEVERITIES.index(entry.severity) <= SEVERITIES.index(severity)]


def read_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Return codes in capitals. Raises :class:`InputError` for one that there is not."""
    found = tuple(code.strip().upper() for code in codes)
    for code in found:
        if code not in CODES:
            raise InputError(f'There is no check "{code}".{did_you_mean(code, CODES)}', f"Known: {', '.join(CODES)}.")
    return found
