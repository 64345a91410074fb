"""From what somebody names to pictures: files, folders and what lies inside of archives."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from ..data.pictures.reading import Place

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
PHONE_SUFFIXES = (
    ".heic",
    ".heif",
)  # not read, which is said of each: a phone's photos do not go missing without a word


def picture_paths(x: Any, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> list[Path]:
    """Return the pictures that paths and folders name, folders searched as training searches them, in a stable order.

    Raises :class:`InputError` for a path that does not exist, an archive, or a folder without pictures.
    """
    from ..data.sources.archives import is_archive
    from ..data.sources.folders import walk

    found: list[Path] = []
    for path in _named(x):
        if path.is_dir():
            found += [path / name for name in _some(sorted(walk(path, frozenset(suffixes)).paths), path, suffixes)]
        elif is_archive(path):
            raise InputError(f"{path} is an archive, and here pictures are needed", "Unpack it and name some of them.")
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path} does not exist", "Check the path.")
    return found


def pictures_of(x: Any, suffixes: tuple[str, ...]) -> list[tuple[str, Path | Place | str]]:
    """Return (name, place) of the pictures that paths, folders and archives name; why it has none in place of one.

    Raises :class:`InputError` as :func:`picture_paths`, but for archives.
    """
    from ..data.sources.archives import is_archive, list_archive
    from ..data.sources.folders import walk

    found: list[tuple[str, Path | Place | str]] = []
    for path in _named(x):
        inside: dict[str, Path | Place | str] = {}
        if is_archive(path):
            listing, files = list_archive(path, frozenset(suffixes))
            inside |= {name: files.place(row) for row, name in enumerate(listing.paths)}
        elif path.is_dir():
            listing = walk(path, frozenset(suffixes))
            inside |= {name: path / name for name in listing.paths}
        else:
            found += [(str(each), each) for each in picture_paths(path, suffixes)]
            continue
        inside |= {name: f"{path / name}: {reason}" for name, _, reason in listing.lost}
        found += [(str(path / name), inside[name]) for name in _some(sorted(inside), path, suffixes)]
    return found


def _named(x: Any) -> list[Path]:
    return [Path(x)] if isinstance(x, str | os.PathLike) else [Path(item) for item in x]


def _some(names: list[str], path: Path, suffixes: Sequence[str]) -> list[str]:
    if not names:
        raise InputError(f"{path} has no pictures in it", f"Known endings: {', '.join(suffixes)}.")
    return names


def names_files(x: Any) -> bool:
    """Whether what is given are names of files, not samples themselves."""
    several = isinstance(x, list | tuple)
    return all(isinstance(item, str) or hasattr(item, "__fspath__") for item in (x if several else [x]))
