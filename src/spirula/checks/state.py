"""T001, T002, T012, E005: whether the run came to its end, and how it spent its time."""

from __future__ import annotations

import shlex

from ..runs.folder import NOT_FINITE
from .facts import RunFacts
from .finding import Finding

# T012. NVIDIA's and PyTorch's profiling guides look at input first where the device is idle for a fifth of the time.
WAITING = 0.2
WAITED_SECONDS = 5.0  # less than this is nobody's problem
SMALLER = 0.75  # of the side: 0.56 of the pixels


def not_finished(facts: RunFacts) -> list[Finding]:
    """T001: the run was interrupted, failed, or is still under way."""
    status = str(facts.document.get("status"))
    if facts.finished or _not_finite(facts):
        return []
    resume = shlex.join(["spirula", "train", "--resume", facts.address])
    failure = str(facts.document.get("failure") or "").partition("\n")[0]
    evidence = {"status": status, "epochs": len(facts.history), "failure": failure, "file": "run.json"}
    if status == "running":
        return [Finding("T001", "hint", evidence, facts.command("check"), "running")]
    form = "failed" if status == "failed" else ""
    return [Finding("T001", "problem", evidence, resume, form)]


def not_a_number(facts: RunFacts) -> list[Finding]:
    """T002: a loss, a gradient or a weight was no longer finite."""
    if not _not_finite(facts):
        return []
    rate = facts.options.get("learning_rate")
    failure = str(facts.document.get("failure") or "").partition("\n")[0]
    command = facts.train_again(learning_rate=f"{rate / 10:.3g}") if rate else facts.command("report")
    evidence = {"failure": failure, "epochs": len(facts.history), "file": f"insight/{NOT_FINITE}"}
    return [Finding("T002", "problem", evidence, command)]


def starved(facts: RunFacts) -> list[Finding]:
    """T012: the network waited for its data."""
    timing = facts.document.get("timing") or {}
    share, seconds = timing.get("data_wait_share"), timing.get("training_seconds")
    if share is None or seconds is None or share < WAITING or share * seconds < WAITED_SECONDS:
        return []
    evidence = {"share": share, "seconds": share * seconds, "file": "run.json"}
    cores, threads = (facts.document.get("machine") or {}).get("cores"), facts.options.get("threads")
    image = facts.data.get("image") or []
    if isinstance(cores, int) and isinstance(threads, int) and threads < cores:
        return [Finding("T012", "warning", evidence, facts.train_again(threads=cores))]
    if len(image) == 3 and min(image[:2]) >= 32:
        height, width = (round(SMALLER * side) for side in image[:2])
        return [Finding("T012", "warning", evidence, facts.train_again(image_size=f"{height}x{width}"))]
    return [Finding("T012", "warning", evidence, facts.train_again(batch_size=2 * facts.options.get("batch_size", 32)))]


def not_verified(facts: RunFacts) -> list[Finding]:
    """E005: the saved files did not give the numbers that training had logged."""
    verification = facts.document.get("verification") or {}
    if verification.get("status") != "failed":
        return []
    evidence = {"detail": str(verification.get("detail") or ""), "file": "run.json"}
    return [Finding("E005", "problem", evidence, facts.command("evaluate"))]


def _not_finite(facts: RunFacts) -> bool:
    return facts.document.get("status") == "failed" and facts.run.insight_path(NOT_FINITE).exists()
