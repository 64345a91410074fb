"""Write docs/checks/*.md: ``make docs``. A test compares the pages with what this gives.

The words are in docs/checks/pages.toml, the limits in src/spirula/checks; the figures come from
docs/checks/measured.json, which ``python tests/checks/collection.py`` measures.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from spirula.checks import curves, held_out, signals, sources, state
from spirula.checks.check import CODES

FOLDER = Path(__file__).parent / "checks"
LIMITS = {"curves": curves, "held_out": held_out, "signals": signals, "sources": sources, "state": state}
PARTS = {"when": "When.", "why": "Why.", "do": "What to do.", "wrong": "When it may be wrong."}

Row = dict[str, int]

HEAD = """# Checks

```bash
spirula check last                              # findings, the gravest first; leaves with 3 when there is a problem
spirula check last --fail-on warning            # or hint, or never: what fails a build
spirula check last --mute T007,D002             # leave checks out
spirula train photos/ --mute D006               # or for good: kept in the run, and in recipes made from it
spirula check first second third                # each, and whether they differ by more than chance
spirula check last --json --lang ko
```

```python
import spirula as sp

verdict = sp.check("runs/first", "runs/second")  # or sp.open_run("last").check()
verdict.findings  # a table: code, severity, text, evidence, command
verdict.at_least("problem")  # how many
```

A check reads the run folder and computes nothing with the network, so it takes a second. Each finding has a code, a
severity, one sentence with its numbers, the file that they stand in, and the command to run next. The report begins
with the same findings, under *Verdict*.

**Problem**: the figures or the network are not what they seem. **Warning**: something costs accuracy. **Hint**: worth
knowing. Exit codes: 0, nothing as grave as `--fail-on` (default: problem); 3, something is; 2, the command is wrong.

## All checks

Precision and recall are measured by a test on {all} runs with planted faults and without, {trained} of them real
trainings: of the runs that a check accused, so many have the fault; of those that have it, so many were accused. Most
faults are planted by hand into run folders, and by those who wrote the checks. So take the figures for what they are:
proof that a check finds what it is for, and that other faults and healthy runs do not set it off. On your data it will
be wrong more often; its page says where.

| code | finding | severity | runs with it | without | precision | recall |
|---|---|---|---:|---:|---:|---:|
"""

STORED = """
## What is measured for them

At the end of each epoch of a training from scratch (of epochs of fewer than ten batches: once in ten batches),
`insight/health.json` gets the L2 norms of gradient and weights, in all and of each layer, on the training's first
batch; at its beginning mean, standard deviation, least and most of that batch's values (`input`); at its end, for
each ReLU, how many of its units are zero everywhere on 512 training samples (`units`). Weights, running statistics
and random generators are put back, so the training is the same, bit for bit, as without. `insight/baselines.json` has
how many held-out samples are told rightly by the border, the mean colour and the file's size alone (`right`), by the
largest class (`majority`), and of how many (`count`). Runs of before these files have no finding of the checks that
need them.
"""


def pages() -> dict[str, str]:
    """Return the content of each page by its file name."""
    measured = json.loads((FOLDER / "measured.json").read_text(encoding="utf-8"))
    words = tomllib.loads((FOLDER / "pages.toml").read_text(encoding="utf-8"))
    rows = [_row(code, words[code], measured[code]) for code in CODES]
    index = HEAD.format(**measured["runs"]) + "\n".join(rows) + "\n" + STORED
    return {"README.md": index, **{f"{code}.md": _page(code, words[code], measured[code]) for code in CODES}}


def _row(code: str, page: dict[str, Any], row: Row) -> str:
    rates = " | ".join(_rates(row))
    title = f"[{code}]({code}.md) | {page['title']}"
    return f"| {title} | {page['severity']} | {row['with']} | {row['without']} | {rates} |"


def _rates(row: Row) -> tuple[str, str]:
    """Return precision and recall in words."""
    said = row["found"] + row["accused"]
    return f"{row['found'] / said:.2f}" if said else "–", f"{row['found'] / row['with']:.2f}" if row["with"] else "–"


def _page(code: str, page: dict[str, Any], row: Row) -> str:
    precision, recall = _rates(row)
    measured = f"Precision {precision}, recall {recall} on {row['with']} planted runs and {row['without']} others"
    said = [f"**{title}** {page[part].format(**LIMITS).strip()}" for part, title in PARTS.items() if part in page]
    parts = [
        f"# {code}: {page['title']}",
        f"*{page['severity'].capitalize()}.* {measured} ([how](README.md)).",
        *said,
        f"Leave it out with `--mute {code}`.",
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
