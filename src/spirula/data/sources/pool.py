"""What a subset can be drawn from: the pictures of any source with their classes, opened one at a time."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import DataError, InputError, did_you_mean
from ...plural import counted
from ..samples import Blobs, Progress, Request, Samples
from ..splits.split import split_name
from .archives import is_archive, list_archive
from .folders import FolderFiles, Listing, walk
from .idx import find_idx
from .labels import class_name, ordered
from .layout import arrange, wrapping
from .named_sets import NAMED_SETS
from .source import read_source

LABELS_FROM = ("folder", "name")
# cat.0.jpg, great_pyrenees_12.jpg, 고양이 (3).png, cat7.jpg: the class, then the number that ends the name.
_NUMBERED = re.compile(r"(?P<label>.+?)(?:[._\-\s(]+|(?<=\D))\d+\)?\.[^.]+")


@dataclass(frozen=True, eq=False)
class Pool:
    """Pictures with one class each; row i of every column is the same picture.

    ids: unique paths inside the source, with ``/``; folders that wrap the whole are left out, so that an archive and
        the folder that it was made from offer the same. labels: int64 (N,) index into ``classes``.
    splits: str (N,) as the source gives them, or ``None``. pixels: uint8 (N, H, W, C) where the source is an array,
    else blobs holds the files. ``files`` says where they lie on the disk, ``None`` when they are not files there.
    """

    source: str
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    labels: np.ndarray
    splits: np.ndarray | None
    blobs: Blobs | None = None
    pixels: np.ndarray | None = None
    files: tuple[Path, ...] | None = None
    notes: tuple[str, ...] = ()

    def open(self, row: int) -> BinaryIO:
        """Open one picture as an image file; arrays are written as PNG. Raises ``OSError``."""
        if self.blobs is not None:
            return self.blobs.open(row)
        from PIL import Image

        assert self.pixels is not None
        image, file = self.pixels[row], io.BytesIO()
        Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(file, "PNG")
        file.seek(0)
        return file

    def name(self, row: int) -> str:
        """Return the file name that a picture is known by."""
        return self.ids[row].rpartition("/")[2] if self.blobs is not None else self.ids[row].replace("/", "-") + ".png"


@contextmanager
def pool_of(source: Any, label_from: str | None = None, progress: Progress | None = None) -> Iterator[Pool]:
    """Look at a source: a folder, a .tar, a .zip, or whatever :func:`spirula.data.dataset.load` reads.

    label_from: ``"folder"`` (class folders, with splits above them or not), ``"name"`` (``cat.0.jpg``), or ``None``
        to find out; what was found out is among the notes.

    Raises :class:`DataError` for what is none of these, :class:`InputError` for an option without effect.
    """
    if label_from is not None and label_from not in LABELS_FROM:
        raise InputError(
            f'label_from = "{label_from}" is unknown.{did_you_mean(label_from, LABELS_FROM)}', "Choose folder or name."
        )
    path = Path(source).expanduser() if isinstance(source, str | Path) and str(source) not in NAMED_SETS else None
    if path is not None and path.is_dir() and not find_idx(each.name for each in path.iterdir()):
        listing = walk(path)
        sizes, times = (np.array(column, dtype=np.int64) for column in (listing.sizes, listing.times))
        yield _pool(listing, FolderFiles(str(path), listing.paths, sizes, times), str(path), label_from)
    elif path is not None and is_archive(path):
        yield _pool(*list_archive(path, progress=progress), str(path), label_from)
    else:
        if label_from is not None:
            raise InputError(f'label_from = "{label_from}" would have no effect on {source}', "Leave it out.")
        samples, _ = read_source(source, Request(whole=True, progress=progress))
        yield _pool_of_samples(samples)


def _pool_of_samples(samples: Samples) -> Pool:
    if samples.task != "classification":
        raise DataError(f"{samples.source} is for {samples.task}, and a subset is drawn by class", "Use classes.")
    if samples.pixels is not None and (samples.pixels.ndim != 4 or samples.pixels.dtype != np.uint8):
        raise DataError(f"{samples.source} holds numbers that are no pixels 0…255", "Use images.")
    return Pool(
        samples.source,
        samples.classes,
        samples.ids,
        samples.targets,
        samples.splits,
        samples.blobs,
        samples.pixels,
        notes=samples.notes,
    )


def _pool(listing: Listing, blobs: Blobs, source: str, label_from: str | None) -> Pool:
    listing.lose_unread()
    if not listing.paths:
        archives = sum(listing.skipped[suffix] for suffix in (".zip", ".tar"))
        remedy = "Unpack it and name the archive inside." if archives else "Name a folder or an archive of images."
        but = f", but {counted(archives, 'archive', 'archives')}" if archives else ""
        if listing.lost:
            name, _, reason = listing.lost[0]
            but = f" that can be read, but {counted(len(listing.lost), 'file', 'files')} such as {name}: {reason}"
        raise DataError(f"{source} holds no images{but}", remedy)
    prefix = wrapping(listing.paths, listing.folders)
    inside = [row for row, path in enumerate(listing.paths) if path.startswith(prefix)]
    rows = np.array(sorted(inside, key=lambda row: listing.paths[row]), dtype=np.int64)
    paths = [listing.paths[row][len(prefix) :] for row in rows]
    folders = [folder[len(prefix) :] for folder in listing.folders if folder.startswith(prefix)]
    by_name = _names_tell(paths, folders) if label_from is None else label_from == "name"
    if by_name:
        kept, classes, labels, splits, notes = _by_name(paths, source, asked=label_from is not None)
    else:
        if not folders:
            raise DataError(
                f"{source} holds {counted(len(paths), 'image', 'images')} but no class folders",
                "Sort them into one folder per class; or --label-from name, for files such as cat.0.jpg.",
            )
        layout = arrange(paths, folders, source=source, whole=True)
        kept, classes, labels, splits, notes = layout.rows, layout.classes, layout.labels, layout.splits, layout.notes
    files = None
    if isinstance(blobs, FolderFiles):
        notes = (f'All lies in "{prefix.rstrip("/")}", which is not taken for a class.', *notes) if prefix else notes
        files = tuple(Path(source, prefix + paths[row]).resolve() for row in kept.tolist())
    return Pool(
        source,
        classes,
        tuple(paths[row] for row in kept.tolist()),
        labels,
        splits,
        blobs.take(rows[kept]),
        files=files,
        notes=(*listing.notes(), *notes),
    )


def _names_tell(paths: Sequence[str], folders: Sequence[str]) -> bool:
    """Whether the file names, and not the folders, say the class: nothing but splits above them, several classes."""
    tops = {folder.partition("/")[0] for folder in folders}
    nested = any("/" in folder for folder in folders)
    if nested or (len(tops) > 1 and not any(split_name(top) for top in tops)):
        return False
    return len({label_of_name(path) for path in paths} - {None}) > 1


def label_of_name(path: str) -> str | None:
    """Return the class in a file name that ends in a number (``cat.0.jpg`` → ``cat``), or ``None``."""
    match = _NUMBERED.fullmatch(path.rpartition("/")[2])
    label = class_name(match["label"].strip("._- (")) if match else ""
    return label or None


def _by_name(
    paths: Sequence[str], source: str, *, asked: bool
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Return (rows, classes, labels, splits, notes) as :func:`spirula.data.sources.layout.arrange` does for folders."""
    named = {row: label for row, path in enumerate(paths) if (label := label_of_name(path)) is not None}
    if not named:
        raise DataError(
            f'{source}: no file name says a class; the first is "{paths[0]}"', "Names such as cat.0.jpg are understood."
        )
    classes = ordered(named.values())
    index = {name: number for number, name in enumerate(classes)}
    numbers = Counter(named.values())
    listed = ", ".join(f"{name} ({numbers[name]:,})" for name in classes[:10]) + (" …" if len(classes) > 10 else "")
    notes = [] if asked else [f"The classes are read from the file names: {listed}."]
    if left := len(paths) - len(named):
        one, many = "image whose name says no class was", "images whose name says no class were"
        notes.append(f"{counted(left, one, many)} left out.")
    splits = [split_name(paths[row].partition("/")[0]) if "/" in paths[row] else None for row in named]
    divided = None not in splits and len(set(splits)) > 1
    return (
        np.array(list(named), dtype=np.int64),
        classes,
        np.array([index[label] for label in named.values()], dtype=np.int64),
        np.array(splits, dtype="<U10") if divided else None,
        tuple(notes),
    )
