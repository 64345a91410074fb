"""What became of every file: the ledger, counted and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..pictures.ledger import CODES
from .spread import spread

if TYPE_CHECKING:
    from ..manifest import Manifest
    from ..pictures.ledger import Ledger

LISTED = ("refused", "suspect", "converted")  # the order in which files are named


def files(ledger: Ledger | None, manifest: Manifest) -> dict[str, Any]:
    """Return the files' verdicts, formats, modes and turns; without a ledger, the refused ones alone.

    rows: every file that was not simply accepted, refused ones first, in the ledger's order otherwise.
    """
    if ledger is None:
        fine = ("refused", "", "")
        refused = [
            _row(name, "refused", manifest.remarks.get(name, fine)[1], reason) for name, reason in manifest.verdicts
        ]
        return {"verdicts": {"refused": len(refused)} if refused else {}, "codes": [], "rows": refused}
    rows = [
        _row(ledger.ids[row], verdict, ledger.codes[row], ledger.reasons[row])
        for verdict in LISTED
        for row in ledger.rows(verdict).tolist()
    ]
    known = {row["id"] for row in rows}
    missing = [_row(name, "refused", "", reason) for name, reason in manifest.verdicts if name not in known]
    verdicts = {**ledger.counts(), "refused": ledger.counts()["refused"] + len(missing)}
    opened = np.asarray(ledger.heights) > 0
    return {
        "verdicts": {verdict: number for verdict, number in verdicts.items() if number},
        "codes": _codes(ledger),
        "rows": missing + rows,
        "formats": _counted(ledger.formats[opened]),
        "modes": _counted(ledger.modes[opened]),
        "bytes": spread(ledger.bytes),
        "bytes_in_all": int(ledger.bytes.sum()),
        "turned": int(np.count_nonzero(opened & (ledger.orientations > 1))),
        "orientations": _counted(ledger.orientations[opened & (ledger.orientations > 1)].astype(str)),
    }


def _row(name: str, verdict: str, code: str, reason: str) -> dict[str, str]:
    return {"id": name, "verdict": verdict, "code": code, "reason": reason}


def _codes(ledger: Ledger) -> list[dict[str, Any]]:
    """Return how often each code occurs, the gravest verdict first, then the most frequent; a file may have several."""
    found = [{"verdict": CODES[code][0], "code": code, "count": n} for code, n in ledger.code_counts().items()]
    return sorted(found, key=lambda entry: LISTED.index(str(entry["verdict"])))


def _counted(values: np.ndarray) -> dict[str, int]:
    names, numbers = np.unique(values, return_counts=True)
    order = np.argsort(-numbers, kind="stable")
    return {str(names[place]): int(numbers[place]) for place in order.tolist()}
