"""Applying a patch of labels to samples as their source gives them. The originals stay as they are."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import DataError, did_you_mean
from ...plural import counted
from ..pictures.ledger import LEFT_OUT, sentence
from ..samples import Samples
from .labels import class_name
from .patch import SHOWN, UTF_8, Correction, Patch, listed

NO_LABEL = "(none)"  # what a patch says of a multi-label sample that has no label; an empty cell leaves it out


@dataclass(frozen=True)
class Corrected:
    """What a patch did: labels changed, samples left out, rows that said what was so already."""

    file: str
    sha256: str
    changed: int
    left_out: int
    unchanged: int

    def record(self) -> dict[str, Any]:
        """Return it as ``run.json`` holds it."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "changed": self.changed,
            "left_out": self.left_out,
            "unchanged": self.unchanged,
        }

    def note(self) -> str:
        """Return a sentence on what was done."""
        changed = counted(self.changed, "label", "labels")
        left = counted(self.left_out, "sample", "samples")
        so = f", {self.unchanged:,} so already" if self.unchanged else ""
        return f"{self.file}: {changed} changed, {left} left out{so}."


def corrected(samples: Samples, patch: Patch) -> tuple[Samples, Corrected]:
    """Return the samples with a patch's labels, without those that it leaves out, and what was done.

    Ids are matched as they are, or else in NFC, without blanks around them, a byte that is not UTF-8 as ``\\xff``: so
    a report shows them. Labels are class names, several joined by ``;`` or ``|`` for
    multi-label (``(none)`` for no label), numbers for a regression; no class is added.

    Raises :class:`DataError` naming every row whose id or class is not known or whose old label is not that of the
    sample, and when the patch would change nothing.
    """
    places = {name: row for row, name in enumerate(samples.ids)}
    composed = _composed(samples.ids)
    read = _READERS[samples.task]
    index = {name: number for number, name in enumerate(samples.classes)}
    targets = np.array(samples.targets)
    left: dict[int, Correction] = {}
    found: dict[int, int] = {}
    mistakes: list[str] = []
    changed = unchanged = 0
    for one in patch.corrections:
        row = places.get(one.id, composed.get(class_name(one.id), -1))
        try:
            if row < 0:
                raise _Mistake(f'there is no sample "{one.id}".{_nearest(one.id, places, mistakes)}')
            if row in found:
                raise _Mistake(f'"{one.id}" is the sample of line {found[row]} already')
            found[row] = one.line
            new = None if not one.label else read(one.label, index, samples.classes)
            if new is not None and np.array_equal(targets[row], new):
                unchanged += 1
                continue
            _require_old(one, targets[row], samples, index)
        except _Mistake as mistake:
            mistakes.append(f"line {one.line}: {mistake}")
            continue
        if new is None:
            left[row] = one
        else:
            targets[row] = new
            changed += 1
    if mistakes:
        odd = any(_is_not_utf8(one.id + one.label) for one in patch.corrections)
        remedy = f"Mend these rows; the ids are those of {samples.source}."
        raise DataError(listed(patch.file, mistakes), f"{remedy} The file is not in UTF-8. {UTF_8}" if odd else remedy)
    if not changed and not left:
        raise DataError(f"{patch.file} would have no effect: every label in it is so already", "Leave it out.")
    done = Corrected(patch.file, patch.sha256, changed, len(left), unchanged)
    return _without(replace(samples, targets=targets, notes=(*samples.notes, done.note())), left, patch.file), done


def _is_not_utf8(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


class _Mistake(Exception):  # noqa: N818  not an error of the program: a row of the user's file
    """What is wrong with one row."""


def _without(samples: Samples, left: Mapping[int, Correction], file: str) -> Samples:
    if not left:
        return samples
    keep = np.array([row for row in range(len(samples)) if row not in left], dtype=np.int64)
    rest = replace(
        samples.take(keep),
        pixels=None if samples.pixels is None else samples.pixels[keep],
        blobs=None if samples.blobs is None else samples.blobs.take(keep),
    )
    verdicts = [
        (samples.ids[row], LEFT_OUT, sentence(LEFT_OUT, {"detail": f"line {one.line} of {file} leaves it out"}))
        for row, one in sorted(left.items())
    ]
    return replace(rest, verdicts=(*samples.verdicts, *verdicts))


def _composed(ids: tuple[str, ...]) -> dict[str, int]:
    """Return the rows by names as :func:`class_name` writes them; names that are the same then have none."""
    rows: dict[str, int] = {}
    for row, name in enumerate(ids):
        plain = class_name(name)
        rows[plain] = -1 if plain in rows else row
    return rows


def _nearest(name: str, known: Mapping[str, int], mistakes: list[str]) -> str:
    """Return the nearest id in words, for the first mistakes: among many ids that takes a moment."""
    return did_you_mean(name, known) if len(mistakes) < SHOWN and len(known) < 100_000 else ""


def _require_old(one: Correction, target: Any, samples: Samples, index: Mapping[str, int]) -> None:
    if not one.old:
        return
    try:
        old = _READERS[samples.task](one.old, index, samples.classes)
    except _Mistake:
        old = None
    if old is None or not np.array_equal(old, target):
        now = _text(target, samples)
        raise _Mistake(f'the label of "{one.id}" is "{now}", and not "{one.old}"')


def _text(target: Any, samples: Samples) -> str:
    if samples.task == "classification":
        return samples.classes[int(target)]
    if samples.task == "regression":
        return f"{float(target):.7g}"
    return ";".join(samples.classes[k] for k in np.flatnonzero(target)) or NO_LABEL


def _class(text: str, index: Mapping[str, int], classes: tuple[str, ...]) -> int:
    name = class_name(text)
    if name not in index:
        listing = ", ".join(classes[:12]) + (" …" if len(classes) > 12 else "")
        raise _Mistake(f'there is no class "{name}".{did_you_mean(name, index)} Known: {listing}')
    return index[name]


def _several(text: str, index: Mapping[str, int], classes: tuple[str, ...]) -> np.ndarray:
    row = np.zeros(len(classes), dtype=np.float32)
    whole = class_name(text)
    names = [whole] if whole in index or whole == NO_LABEL else re.split(r"[;|]", text)
    for name in (class_name(part) for part in names):
        if name and (name in index or name != NO_LABEL):
            row[_class(name, index, classes)] = 1.0
    return row


def _number(text: str, index: Mapping[str, int], classes: tuple[str, ...]) -> np.float32:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _Mistake(f'"{text}" is not a number')
    return np.float32(value)


_READERS: Mapping[str, Callable[[str, Mapping[str, int], tuple[str, ...]], Any]] = {
    "classification": _class,
    "multilabel": _several,
    "regression": _number,
}
