"""The ledger: what became of every file that was asked for, with a reason code and the facts of the picture.

Four verdicts, from best to worst:

- accepted: the pixels are those of the file, brought to the size and the channels of the set;
- converted: something was decided on the way, such as the ground under a transparent picture;
- suspect: it can be shown, but its data are damaged;
- refused: it cannot be used.

Applying the EXIF orientation is no conversion: the picture is then as its camera meant it. It is a fact of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ...plural import counted

VERDICTS = ("accepted", "converted", "suspect", "refused")
JOIN = "+"  # between the codes of one file
LEFT_OUT = "left-out"  # by a patch of labels: nothing is wrong with the file

# Code → (verdict, sentence). A literal table: everything that can be said of a file stands here.
CODES: dict[str, tuple[str, str]] = {
    "palette": ("converted", "its palette became colours"),
    "alpha": ("converted", "its transparency was laid on white"),
    "cmyk": ("converted", "its printing colours (CMYK) became RGB"),
    "colour-space": ("converted", "its colours ({mode}) became RGB"),
    "16-bit": ("converted", "its 16 bits became 8: 65535 is white"),
    "float": ("converted", "its float pixels became bytes: 1.0 is white"),
    "first-frame": ("converted", "of its several pictures the first was taken"),
    "wrong-suffix": ("converted", "it is named {suffix}, and its content is {format}"),
    "damaged-data": ("suspect", "its JPEG data are damaged ({detail}): part of the picture may be wrong"),
    "missing": ("refused", "there is no such file"),
    "broken-link": ("refused", "the link leads nowhere"),
    "unreadable": ("refused", "{detail}"),
    "unread-format": ("refused", "{format} is not read; save it as JPEG or PNG"),
    "empty": ("refused", "the file is empty"),
    "large-file": ("refused", "it is larger than {megabytes} MB"),
    "not-an-image": ("refused", "its content is none of JPEG, PNG, WebP, BMP, GIF, TIFF"),
    "damaged-header": ("refused", "its {format} header is damaged{detail}"),
    "no-pixels": ("refused", "it has no pixels ({width}×{height})"),
    "too-many-pixels": (
        "refused",
        "it claims {width:,}×{height:,} pixels; at most {side:,} a side and {pixels:,} in all are read",
    ),
    "truncated": ("refused", "it ends early ({detail})"),
    "damaged": ("refused", "it is damaged ({detail})"),
    "32-bit": ("refused", "32-bit whole-number pixels have no agreed white; save it with 8 or 16 bits"),
    "float-range": ("refused", "its float pixels leave the range 0…1"),
    "array-form": ("refused", "it holds {dtype} of shape {shape}, not bytes (height, width, channels)"),
    "wrong-channels": ("refused", "it has {found}, and {asked} channels were asked for"),
    "out-of-memory": ("refused", "there is not enough memory to decode it"),
    "decoder-crashed": ("refused", "it brought the decoder down ({detail})"),
    "too-slow": ("refused", "decoding it took longer than {seconds:.0f} seconds"),
    "suspect-dropped": ("refused", "{detail}; suspects are dropped"),
    "left-out": ("refused", "{detail}"),
}


def sentence(code: str, values: Mapping[str, Any] | None = None) -> str:
    """Return what a code says, with its values filled in."""
    return CODES[code][1].format(**(values or {}))


def verdict(codes: str) -> str:
    """Return the worst verdict among codes joined by ``+``; "accepted" when there is none."""
    return max((CODES[code][0] for code in codes.split(JOIN) if code), key=VERDICTS.index, default="accepted")


@dataclass(frozen=True, eq=False)
class Ledger:
    """One row per file that was asked for, refused ones too; row i of every column speaks of the same file.

    ids: N names, as in the manifest, which has the rows that are not refused.
    verdicts: str (N,), "accepted", "converted", "suspect" or "refused".
    codes: keys of :data:`CODES`, joined by ``+`` when a file has several; "" for accepted.
    reasons: the sentences with their values; "" for accepted.
    formats: str (N,), by content: "JPEG", "PNG", "GIF", "WebP", "BMP", "TIFF", "NPY"; "" when unknown.
    heights, widths: int64 (N,), pixels after the EXIF orientation; 0 when unknown.
    channels: uint8 (N,), 1 grey, 2 grey with alpha, 3 colour, 4 with alpha; 0 when unknown.
    modes: str (N,), Pillow's mode of the file, such as "CMYK"; "" when unknown.
    orientations: uint8 (N,), EXIF 1…8; 1 when the file does not say.
    bytes: int64 (N,), size of the file; 0 when unknown.
    """

    ids: tuple[str, ...]
    verdicts: np.ndarray
    codes: tuple[str, ...]
    reasons: tuple[str, ...]
    formats: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    channels: np.ndarray
    modes: np.ndarray
    orientations: np.ndarray
    bytes: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def counts(self) -> dict[str, int]:
        """Return verdict → number of files, all four verdicts from best to worst."""
        counted = Counter(self.verdicts.tolist())
        return {name: counted[name] for name in VERDICTS}

    def code_counts(self) -> dict[str, int]:
        """Return code → number of files, most first; a file with two codes counts in both."""
        counted = Counter(code for codes in self.codes for code in codes.split(JOIN) if code)
        return dict(counted.most_common())

    def rows(self, *verdicts: str) -> np.ndarray:
        """Return the rows of some verdicts, int64, ascending."""
        return np.flatnonzero(np.isin(self.verdicts, verdicts))

    def refused(self) -> tuple[tuple[str, str, str], ...]:
        """Return (id, code, reason) of the files that were refused."""
        return tuple((self.ids[row], self.codes[row], self.reasons[row]) for row in self.rows("refused").tolist())

    def remarks(self) -> dict[str, tuple[str, str, str]]:
        """Return id → (verdict, code, reason) of the files of which there is something to say."""
        rows = self.rows(*VERDICTS[1:]).tolist()
        return {self.ids[row]: (str(self.verdicts[row]), self.codes[row], self.reasons[row]) for row in rows}

    def notes(self, *, damage_is_heard: bool) -> list[str]:
        """Return sentences on suspects. damage_is_heard: damage inside of JPEGs was looked for."""
        if not damage_is_heard and np.isin(self.formats, "JPEG").any():
            return ["Damage inside of JPEGs was not looked for: that needs the package simplejpeg."]
        suspects = self.counts()["suspect"]
        return [
            f"{counted(suspects, 'picture is', 'pictures are')} damaged but can be shown, and used all the same; "
            f"suspects = drop leaves {'it' if suspects == 1 else 'them'} out."
        ] * (suspects > 0)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one dictionary per file, of plain Python values, with the columns' names in the singular."""
        names = [*_SINGULAR.values()]
        columns = [_plain(getattr(self, name)) for name in _SINGULAR]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def take(self, rows: np.ndarray) -> Ledger:
        """Return some rows, in that order."""
        places = rows.tolist()

        def picked(column: Any) -> Any:
            return tuple(column[row] for row in places) if isinstance(column, tuple) else column[rows]

        return Ledger(**{name: picked(getattr(self, name)) for name in _SINGULAR})

    def joined(self, other: Ledger) -> Ledger:
        """Return the rows of both, these first."""

        def both(one: Any, two: Any) -> Any:
            return (*one, *two) if isinstance(one, tuple) else np.concatenate([one, two])

        return Ledger(**{name: both(getattr(self, name), getattr(other, name)) for name in _SINGULAR})

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return arrays for an ``.npz``, without objects; names may be in any script or in none."""
        return {
            f"ledger_{name}": _packed(column) if isinstance(column, tuple) else column
            for name in _SINGULAR
            for column in [getattr(self, name)]
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Ledger:
        """Read what :meth:`to_arrays` gave; raises ``KeyError`` or ``ValueError`` when it is something else."""
        columns: dict[str, Any] = {name: arrays[f"ledger_{name}"] for name in _SINGULAR}
        length = len(columns["verdicts"])
        columns |= {name: _unpacked(columns[name]) for name in ("ids", "codes", "reasons")}
        ledger = cls(**columns)
        if any(len(getattr(ledger, name)) != length for name in _SINGULAR):
            raise ValueError("the columns of the ledger differ in length")
        return ledger


_SINGULAR = {
    "ids": "id",
    "verdicts": "verdict",
    "codes": "code",
    "reasons": "reason",
    "formats": "format",
    "heights": "height",
    "widths": "width",
    "channels": "channels",
    "modes": "mode",
    "orientations": "orientation",
    "bytes": "bytes",
}
assert tuple(_SINGULAR) == tuple(each.name for each in fields(Ledger))


@dataclass(frozen=True)
class Entry:
    """What became of one file: a row of the ledger without its name. The columns are those of :class:`Ledger`."""

    code: str = ""
    reason: str = ""
    format: str = ""
    height: int = 0
    width: int = 0
    channels: int = 0
    mode: str = ""
    orientation: int = 1
    bytes: int = 0

    @property
    def refused(self) -> bool:
        return bool(self.code) and verdict(self.code) == "refused"


def ledger_of(ids: Sequence[str], entries: Iterable[Entry]) -> Ledger:
    """Put the rows of a ledger together."""
    rows = list(entries)
    return Ledger(
        ids=tuple(ids),
        verdicts=np.array([verdict(row.code) for row in rows], dtype="<U9"),
        codes=tuple(row.code for row in rows),
        reasons=tuple(row.reason for row in rows),
        formats=np.array([row.format for row in rows], dtype="<U4"),
        heights=np.array([row.height for row in rows], dtype=np.int64),
        widths=np.array([row.width for row in rows], dtype=np.int64),
        channels=np.array([row.channels for row in rows], dtype=np.uint8),
        modes=np.array([row.mode for row in rows], dtype="<U8"),
        orientations=np.array([row.orientation for row in rows], dtype=np.uint8),
        bytes=np.array([row.bytes for row in rows], dtype=np.int64),
    )


def absent(verdicts: Sequence[tuple[str, str, str]]) -> Ledger:
    """Return a ledger of files that are not there: (id, code, reason)."""
    return ledger_of([name for name, _, _ in verdicts], [Entry(code, reason) for _, code, reason in verdicts])


def _plain(column: Any) -> Sequence[Any]:
    return column if isinstance(column, tuple) else column.tolist()


def _packed(texts: Sequence[str]) -> np.ndarray:
    """Return texts as bytes, each closed by a zero byte, which neither a file name nor a reason holds."""
    whole = "".join(f"{text}\0" for text in texts)
    return np.frombuffer(whole.encode("utf-8", "surrogateescape"), dtype=np.uint8)


def _unpacked(array: np.ndarray) -> tuple[str, ...]:
    return tuple(array.tobytes().decode("utf-8", "surrogateescape").split("\0")[:-1])
