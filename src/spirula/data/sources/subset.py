"""A smaller data set out of a larger one: so many pictures per class and split, written as folders with a manifest.

Which pictures are drawn is a hash of the seed and each picture's path inside the source. So an archive and the folder
that it was made from give the same subset, and so does every machine.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from ...errors import DataError, InputError, did_you_mean
from ...plural import counted
from ..manifest import SPLITS
from ..pictures.decode import read_header
from ..pictures.opening import ImageRefused, read_all, unreadable
from ..pictures.quiet import quiet_pillow
from ..samples import Progress
from ..splits.split import draw_keys
from .labels import class_name
from .pool import Pool

MANIFEST = "subset.csv"
COLUMNS = ("path", "label", "split", "source")
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Written:
    """What was written: ``counts[split][class]`` pictures out of ``available[class]``.

    refused: (path in the source, reason) of pictures that were drawn but cannot be read; others took their places.
    """

    folder: Path
    available: dict[str, int]
    counts: dict[str, dict[str, int]]
    refused: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key by which numbers in a text count by value: cat.2 comes before cat.10."""
    parts = _NUMBER.split(text)
    return tuple((1, int(part), "") if place % 2 else (0, 0, part) for place, part in enumerate(parts))


def write_subset(
    pool: Pool,
    folder: Path,
    counts: Mapping[str, int],
    *,
    classes: Sequence[str] | None = None,
    seed: int | None = 0,
    link: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write ``counts[split]`` pictures of every class into ``folder/<split>/<class>/``, and ``subset.csv``.

    Parameters
    ----------
    folder: must not exist, or be empty. It appears under its name only when it is complete.
    counts: pictures per class for "train", "validation" and "test"; 0 leaves a split out. What the source gives as a
        split is drawn from that split; splits that it lacks are drawn from its training pictures.
    classes: the classes to take; all when ``None``.
    seed: of the draw; ``None`` takes the pictures in their natural order, training first.
    link: write symbolic links to the originals, not copies.

    Raises
    ------
    InputError: counts or options that cannot work, a folder that is not empty or cannot be written.
    DataError: a class with too few pictures, naming it, what was asked and what is there.
    """
    wanted = {split: counts.get(split, 0) for split in SPLITS if counts.get(split, 0)}
    _check_counts(counts)
    chosen = _chosen(pool, classes)
    _check_target(pool, folder)
    if link and pool.files is None:
        raise InputError(f"link would have no effect: {pool.source} holds no picture files to link to", "Leave it out.")
    stocks = {split: _stock(pool, split) for split in wanted}
    _check_enough(pool, chosen, wanted, stocks)
    writing = _Writing(pool, link, progress, len(chosen) * sum(wanted.values()))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            with quiet_pillow():
                for name in chosen:
                    for stock in dict.fromkeys(stocks.values()):
                        takers = {split: number for split, number in wanted.items() if stocks[split] == stock}
                        writing.take(_candidates(pool, name, stock, seed), name, takers, temporary)
            (temporary / MANIFEST).write_bytes(_manifest(writing.rows))
            temporary.chmod(0o755)  # mkdtemp's folders are its owner's alone
            if folder.exists():
                folder.rmdir()
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"{folder} could not be written: {error.strerror or error}",
            "Copy instead of linking, or choose another folder." if link else "Choose another folder.",
        ) from error
    labels = pool.labels.tolist()
    available = {name: labels.count(pool.classes.index(name)) for name in chosen}
    written = {split: dict.fromkeys(chosen, number) for split, number in wanted.items()}
    return Written(folder, available, written, tuple(writing.refused), (*pool.notes, *writing.notes()))


def _check_counts(counts: Mapping[str, int]) -> None:
    for split, number in counts.items():
        if not isinstance(number, int | np.integer) or number < 0:
            raise InputError(f"{split} = {number!r} is no number of pictures", "Choose 0 or more per class.")
    if not any(counts.values()):
        raise InputError("A subset of no pictures was asked for", "Say how many per class, such as --train 1000.")


def _chosen(pool: Pool, classes: Sequence[str] | None) -> tuple[str, ...]:
    if classes is None:
        return pool.classes
    names = list(dict.fromkeys(class_name(str(name)) for name in classes))
    for name in names:
        if name not in pool.classes:
            raise InputError(
                f'{pool.source} has no class "{name}".{did_you_mean(name, pool.classes)}',
                f"It has: {', '.join(pool.classes[:20])}{' …' if len(pool.classes) > 20 else ''}.",
            )
    if not names:
        raise InputError("classes names no class", "Leave it out to take all of them.")
    return tuple(name for name in pool.classes if name in names)


def _check_target(pool: Pool, folder: Path) -> None:
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        place = folder.resolve()
    except (OSError, ValueError) as error:  # too long a name, a folder that may not be read, a NUL byte
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{str(folder)!r} cannot be written: {reason}", "Choose another name.") from error
    if taken:
        raise InputError(f"{folder} is there already and is not an empty folder", "Choose another name.")
    source = Path(pool.source).resolve()
    if pool.files is not None and place.is_relative_to(source):
        raise InputError(f"{folder} lies inside {pool.source}, which is only read", "Choose a place outside of it.")


def _stock(pool: Pool, split: str) -> str:
    """Return the split of the source that a split is drawn from; "" when the source has none."""
    if pool.splits is None:
        return ""
    present = set(pool.splits.tolist())
    return split if split in present else "train" if "train" in present else sorted(present)[0]


def _rows(pool: Pool, name: str, stock: str) -> np.ndarray:
    of_class = pool.labels == pool.classes.index(name)
    return np.flatnonzero(of_class if pool.splits is None else of_class & (pool.splits == stock))


def _check_enough(pool: Pool, chosen: Sequence[str], wanted: Mapping[str, int], stocks: Mapping[str, str]) -> None:
    short: list[str] = []
    for name in chosen:
        for stock in dict.fromkeys(stocks.values()):
            asked = sum(number for split, number in wanted.items() if stocks[split] == stock)
            there = len(_rows(pool, name, stock))
            if there < asked:
                short.append(_shortage(name, stock, asked, there))
    if short:
        more = f"; and {len(short) - 10} more classes" if len(short) > 10 else ""
        raise DataError(f"{pool.source} has too few pictures: {'; '.join(short[:10])}{more}", "Ask for fewer.")


def _shortage(name: str, stock: str, asked: int, there: int) -> str:
    return f'"{name}"{f" ({stock})" if stock else ""}: {asked:,} asked, {there:,} there'


def _candidates(pool: Pool, name: str, stock: str, seed: int | None) -> Iterator[int]:
    rows = _rows(pool, name, stock)
    if seed is None:
        return iter(sorted(rows.tolist(), key=lambda row: natural(pool.ids[row])))
    keys = draw_keys([pool.ids[row] for row in rows.tolist()], seed, "subset")
    return iter(rows[np.argsort(keys, kind="stable")].tolist())


class _Writing:
    """Copies pictures into their places and remembers what became of each."""

    def __init__(self, pool: Pool, link: bool, progress: Progress | None, total: int) -> None:
        self.pool, self.link = pool, link
        self.progress, self.total = progress, total
        self.rows: list[tuple[str, str, str, str]] = []
        self.refused: list[tuple[str, str]] = []
        self._taken: set[tuple[str, str]] = set()
        self._folders: dict[str, str] = {}

    def take(self, candidates: Iterator[int], name: str, takers: Mapping[str, int], root: Path) -> None:
        """Give each split its number of the candidates, one split after the other, passing over unreadable ones."""
        for split, number in takers.items():
            place = root / split / self._folder(name)
            place.mkdir(parents=True, exist_ok=True)
            left = number
            while left:
                row = next(candidates, None)
                if row is None:
                    bad = "; ".join(f"{path}: {reason}" for path, reason in self.refused[-3:])
                    raise DataError(
                        f'{self.pool.source} has too few readable pictures of "{name}": {left:,} of {number:,} '
                        f"for {split} are missing, because {len(self.refused):,} cannot be read ({bad})",
                        "Ask for fewer.",
                    )
                try:
                    target = self._write(row, place, f"{split}/{place.name}")
                except ImageRefused as refused:
                    self.refused.append((self.pool.ids[row], refused.reason))
                    continue
                self.rows.append((f"{split}/{place.name}/{target}", name, split, self.pool.ids[row]))
                left -= 1
                if self.progress is not None:
                    self.progress("writing pictures", len(self.rows), self.total)

    def notes(self) -> list[str]:
        notes = [f'"{name}" is written as the folder "{to}".' for name, to in self._folders.items() if name != to]
        if self.refused:
            listed = "; ".join(f"{path}: {reason}" for path, reason in self.refused[:5])
            more = " …" if len(self.refused) > 5 else ""
            which = counted(len(self.refused), "picture", "pictures")
            instead = "another took its place" if len(self.refused) == 1 else "others took their places"
            notes.append(f"{which} cannot be read and {instead}: {listed}{more}")
        return notes

    def _write(self, row: int, place: Path, key: str) -> str:
        data = _image_bytes(self.pool, row)
        name = self._free_name(key, row)
        if self.link:
            assert self.pool.files is not None
            (place / name).symlink_to(self.pool.files[row])
        else:
            (place / name).write_bytes(data)
        return name

    def _free_name(self, key: str, row: int) -> str:
        """Return a file name that is free also where capitals, or two spellings of one text, are the same name."""
        name = self.pool.name(row)
        if (key, _alike(name)) in self._taken:
            name = self.pool.ids[row].replace("/", "-")
        stem, dot, suffix = name.rpartition(".")
        number = 2
        while (key, _alike(name)) in self._taken:
            name = f"{stem}-{number}{dot}{suffix}"
            number += 1
        self._taken.add((key, _alike(name)))
        return name

    def _folder(self, name: str) -> str:
        """Return the folder of a class: its name, as far as a folder can be called so (not T-shirt/top)."""
        if name not in self._folders:
            plain = re.sub(r"[/\\\0]", "-", name)
            plain = f"_{plain}" if plain.startswith(".") else plain
            while plain in self._folders.values():
                plain += "_"
            self._folders[name] = plain
        return self._folders[name]


def _image_bytes(pool: Pool, row: int) -> bytes:
    """Return the bytes of one picture; raises :class:`ImageRefused` when its header is not that of an image."""
    try:
        with pool.open(row) as file:
            data = read_all(file)
    except OSError as error:
        raise unreadable(error) from error
    read_header(io.BytesIO(data))
    return data


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _manifest(rows: Sequence[tuple[str, str, str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # RFC 4180 line ends, as in a run's manifest
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")
