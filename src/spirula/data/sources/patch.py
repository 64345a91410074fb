"""A patch of labels: a CSV with a row for each sample whose label is to be another one. Reading it; nothing is applied.

id,label,old_label
cats/a.jpg,dog,cat        its label is dog now; it must have been cat
cats/b.jpg,,cat           it is left out
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError, RunError, did_you_mean

ID, LABEL, OLD = "id", "label", "old_label"
SHOWN = 8  # mistakes that a message lists
UTF_8 = "Write it as CSV in UTF-8; in Excel: Save as, CSV UTF-8."


@dataclass(frozen=True)
class Correction:
    """One row. line: where it stands in the file. label: "" leaves the sample out. old: "" when it is not told."""

    line: int
    id: str
    label: str
    old: str


@dataclass(frozen=True)
class Patch:
    """A file of corrections, no id twice. file: as it was named. sha256: of its bytes, hex."""

    file: str
    sha256: str
    corrections: tuple[Correction, ...]


def read_patch(path: str | Path) -> Patch:
    """Read a patch: a table in UTF-8, divided by comma, semicolon or tab, with the columns id, label and old_label.

    ``old_label`` may be missing or blank: then it is not compared. Columns of other names are for the reader and passed
    over, unless their name is nearly one of these.

    Raises :class:`DataError` for a file that cannot be read, and naming every row that lacks an id or repeats one.
    """
    content = _bytes(path)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content:
        raise DataError(f"{path} is not text in UTF-8", UTF_8)
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
        head, _, _ = text.partition("\n")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
        lines, rows = [], []
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as a table: {error}", "Write it as CSV: id,label,old_label.") from error
    places = _columns([name.strip() for name in rows[0]] if rows else [], path)
    corrections: list[Correction] = []
    mistakes: list[str] = []
    seen: dict[str, int] = {}
    for line, row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != len(rows[0]):
            mistakes.append(f"line {line} has {len(row)} values, and there are {len(rows[0])} columns")
            continue
        name = row[places[ID]]
        if not name.strip():
            mistakes.append(f"line {line} has no id")
        elif name in seen:
            mistakes.append(f'line {line}: "{name}" stands in line {seen[name]} already')
        else:
            seen[name] = line
            old = row[places[OLD]].strip() if OLD in places else ""
            corrections.append(Correction(line, name, row[places[LABEL]].strip(), old))
    if mistakes:
        raise DataError(listed(path, mistakes), "Mend these rows; each sample may stand there once.")
    if not corrections:
        raise DataError(f"{path} has no rows: it would have no effect", "Add a row per sample, or leave it out.")
    return Patch(str(path), hashlib.sha256(content).hexdigest(), tuple(corrections))


def require_same(path: str | Path, sha256: str, run: Path) -> None:
    """Raise :class:`RunError` when a patch is no longer the file that a run was trained with."""
    if hashlib.sha256(_bytes(path)).hexdigest() != sha256:
        raise RunError(
            f"{path} has changed since {run} was trained with it: the labels would be others",
            "Put the file back as it was, or start a new run.",
        )


def listed(path: str | Path, mistakes: Sequence[str]) -> str:
    """Return one message for all mistakes of a patch."""
    if len(mistakes) == 1:
        return f"{path}, {mistakes[0]}"
    more = f"\n  … and {len(mistakes) - SHOWN:,} more" if len(mistakes) > SHOWN else ""
    return f"{path} does not fit, in {len(mistakes):,} rows:" + "".join(f"\n  {one}" for one in mistakes[:SHOWN]) + more


def _bytes(path: str | Path) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise DataError(f"The labels {path} cannot be read: {error.strerror or error}", "Check the path.") from error


def _columns(names: list[str], path: str | Path) -> dict[str, int]:
    known = (ID, LABEL, OLD)
    twice = next((name for name in known if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has two columns {twice}", "Keep one of them.")
    places = {name: names.index(name) for name in known if name in names}
    for name in names:
        if name not in known and (hint := did_you_mean(name, [each for each in known if each not in places])):
            raise DataError(f'{path} has a column "{name}", which is not known.{hint}', "Name it so, or remove it.")
    missing = [name for name in (ID, LABEL) if name not in places]
    if missing:
        found = ", ".join(name[:40] for name in names[:SHOWN]) or "none"
        raise DataError(
            f"{path} has no column {' and no column '.join(missing)} (its columns: {found})",
            "The first line names the columns: id,label,old_label.",
        )
    return places
