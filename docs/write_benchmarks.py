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
turns, the least and the largest ratio; with one turn there is none. A comparison that was lost stays here.

The Xeon has instructions for bfloat16 (AMX), and so has one of the EPYCs (AVX-512); spirula takes them by itself. The
other EPYC has AVX2 and none for bfloat16, like most laptops, and everything is computed in float32 there.

Measure on your own machine with the same command; `--keep` puts the result into `benchmarks/results/`, and `make docs`
writes this page from there. Peers on other frameworks (Keras, fastai, Lightning) get environments of their own; loaders
and loops of PyTorch, torchvision and timm run on the very PyTorch that spirula uses.
"""


def page() -> str:
    """Return the page: the questions, and of each what every machine answered."""
    parts, question = [HEAD], None
    for path in sorted(RESULTS.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["question"] != question:
            question = document["question"]
            parts.append(f"## {question}\n")
        parts.append(answered(document))
    return "\n".join(parts)


def answered(document: dict[str, Any]) -> str:
    """Return what one machine answered to a question."""
    found = {name: document[name] for name in Result.__dataclass_fields__ if name in document}
    result = Result(**{**found, "rows": tuple(Row(**row) for row in document["rows"])})
    machine = document["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    instructions = f" ({machine['instructions']})" if "instructions" in machine else ""
    where = f"{machine['cores']} cores of {machine['processor']}{instructions}, {machine['system']}; {versions}"
    times = f"{result.turns} turn{'' if result.turns == 1 else 's'}"
    return (
        f"{result.title}: `{result.command}`\n\n{table(result)}\n\n"
        f"{document['measured']}, {times}, {where}.{f' {result.remark}' if result.remark else ''}\n"
    )


def write() -> None:
    """Write the page where it belongs."""
    (ROOT / "docs" / "benchmarks.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
