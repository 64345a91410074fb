"""Write docs/benchmarks.md from the files in benchmarks/results: ``make docs``. A test compares the page with this."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the measurements are no part of the package

from benchmarks.harness import RESULTS, Result, Row, table  # noqa: E402

HEAD = """# Measured side by side

Each table comes from one run of the command above it: the contestants take turns on the same machine, and a ratio above
1 means that spirula is better. In brackets: the 95 % interval of the median over the turns, or, with fewer than five
turns, the least and the largest ratio. A comparison that was lost stays here.

Measure on your own machine with the same command; `--keep` puts the result into `benchmarks/results/`, and `make docs`
writes this page from there. Every peer gets an environment of its own.
"""


def page() -> str:
    """Return the page."""
    return "\n".join(
        [HEAD, *(section(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(RESULTS.glob("*.json")))]
    )


def section(document: dict[str, Any]) -> str:
    """Return the part of one question."""
    found = {name: document[name] for name in Result.__dataclass_fields__}
    result = Result(**{**found, "rows": tuple(Row(**row) for row in document["rows"])})
    machine = document["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    where = f"{machine['cores']} cores of {machine['processor']}, {machine['system']}; {versions}"
    times = f"{result.turns} turn{'' if result.turns == 1 else 's'}"
    return (
        f"## {result.question}\n\n{result.title}: `{result.command}`\n\n{table(result)}\n\n"
        f"{document['measured']}, {times}, {where}.\n"
    )


def write() -> None:
    """Write the page where it belongs."""
    (ROOT / "docs" / "benchmarks.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
