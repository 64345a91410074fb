"""Which reader a source needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import DataError, did_you_mean
from ..manifest import TASKS
from ..pictures.sizes import Plan
from ..samples import Request, Samples
from . import cifar
from .archives import COMPRESSED, is_archive, read_archive
from .arrays import from_dict, from_parts, read_npz
from .folders import read_folder
from .idx import find_idx, read_idx_folder
from .mapstyle import is_map_style, read_map_style
from .named_sets import NAMED_SETS, read_named
from .tables import SUFFIXES as TABLE_SUFFIXES
from .tables import read_table

_KINDS = (
    "a named set, a folder of class folders (or a .tar or .zip of it), a CSV/TSV/Parquet table, an .npz, or a folder "
    "of IDX files"
)


def read_source(source: Any, request: Request) -> tuple[Samples, Plan | None]:
    """Read whatever DATA is; also returns the size plan when the reader already followed one.

    Raises :class:`DataError` when ``source`` is nothing that can be read, or an option does not apply to it.
    """
    is_table = isinstance(source, str | os.PathLike) and Path(source).suffix.lower() in TABLE_SUFFIXES
    task, columns = request.task, request.columns.given()
    if task is not None and task not in TASKS:
        raise DataError(f'There is no task "{task}".{did_you_mean(task, TASKS)}', f"Choose one of: {', '.join(TASKS)}.")
    if columns and not is_table:
        raise DataError(f"{', '.join(columns)} would have no effect: the data are not a table", "Leave it out.")
    if isinstance(source, str | os.PathLike):
        samples = _read_path(os.fspath(source), request)
    elif isinstance(source, Mapping):
        samples = from_dict(source, task, "arrays")
    elif isinstance(source, tuple | list) and len(source) == 2 and _are_arrays(source):
        samples = from_parts({"": (source[0], source[1])}, task=task, source="arrays")
    elif is_map_style(source):
        return read_map_style(source, request)
    else:
        raise DataError(
            f"{type(source).__name__} is not a source of data",
            f"Give {_KINDS}; or arrays (x, y), a dictionary of arrays, or a map-style data set.",
        )
    if task is not None and samples.task != task:
        raise DataError(
            f'task = "{task}" does not fit {samples.source}, whose labels are for {samples.task}',
            "Leave task out, or give the labels in a table.",
        )
    return samples, None


def _are_arrays(pair: Any) -> bool:
    """True for (x, y): two things of one length, not two items (image, label) of a tiny list."""
    x, y = pair
    return hasattr(x, "__len__") and hasattr(y, "__len__") and not isinstance(x, tuple)


def _read_path(source: str, request: Request) -> Samples:
    if not source:  # as from a shell variable without a value; it must not mean the current folder
        raise DataError("The name of the data is empty", f"Give {_KINDS}; the current folder is called .")
    if source.lower() in NAMED_SETS:
        samples = read_named(source.lower(), request.progress)
        if Path(source).exists():
            note = f'"{source}" means the named set; write "./{source}" for the file or folder of that name here.'
            return replace(samples, notes=(*samples.notes, note))
        return samples
    path = Path(source).expanduser()
    if path.is_dir():
        return _read_folder(path, request)
    if not path.exists():
        raise DataError(
            f'"{source}" is neither a named set ({", ".join(NAMED_SETS)}) nor a file or folder.'
            f"{did_you_mean(source.lower(), NAMED_SETS)}",
            "Check the path.",
        )
    if path.suffix.lower() == ".npz":
        return read_npz(path, request.task)
    if path.suffix.lower() in TABLE_SUFFIXES:
        return read_table(path, request.task, request.columns)
    if path.name in cifar.PICKLED:
        raise DataError(
            f"{path} holds pickled Python objects, which spirula never opens",
            f"Use {cifar.ARCHIVE} from the same page, or let spirula fetch it: cifar10",
        )
    if is_archive(path):
        return read_archive(path, whole=request.whole, arrays=_takes_arrays(request), progress=request.progress)
    if path.suffix.lower() in COMPRESSED:
        raise DataError(
            f"{path} is compressed as a whole, so its pictures cannot be read one by one",
            "Unpack it and name the folder, or use a .tar, .tar.gz or .zip.",
        )
    raise DataError(f"{source} is not a kind of data that can be read", f"Give {_KINDS}.")


def _read_folder(folder: Path, request: Request) -> Samples:
    names = [path.name for path in folder.iterdir()]
    files = find_idx(names)
    if files:
        return from_parts(read_idx_folder(folder, files), task=request.task, source=str(folder))
    if cifar.TEST_FILE in names:
        return from_parts(cifar.read_folder(folder), task="classification", source=str(folder), names=cifar.CLASSES)
    return read_folder(folder, whole=request.whole, arrays=_takes_arrays(request))


def _takes_arrays(request: Request) -> bool:
    """Whether ``.npy`` files are images: when a number of channels is asked that no other file has."""
    return request.channels not in (None, 1, 3)
