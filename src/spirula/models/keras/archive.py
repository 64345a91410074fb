"""A ``.keras`` file opened: its JSON and its arrays. Nothing in it is executed, and Keras is not needed.

The format is a ZIP of ``metadata.json``, ``config.json`` (the layers) and ``model.weights.h5`` (the weights by the
layers' places), see https://keras.io/guides/serialization_and_saving/.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from ...errors import InputError, ModelError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LARGEST_CONFIG = 64 << 20  # bytes; the largest network of keras.applications has about one million
_LARGEST_GROWTH = 100  # times; Keras packs without compression, and trained weights hardly shrink
_WRITTEN = "Use the file that Keras wrote."
_SAVE_AGAIN = "Open it in Keras 3 and save it anew: keras.models.load_model({old!r}).save({new!r})."


@dataclass(frozen=True, eq=False)
class Archive:
    """What a file holds. ``arrays``: path inside of the weights, such as ``layers/conv2d/vars/0``, to its values."""

    path: Path
    keras_version: str
    saved: str
    sha256: str
    config: dict[str, Any]
    arrays: dict[str, np.ndarray]


def open_archive(path: str | Path) -> Archive:
    """Read a ``.keras`` file of Keras 3.

    Raises :class:`ModelError` for other and damaged files, with what to do, and :class:`InputError` without h5py.
    """
    place = Path(path)
    again = _SAVE_AGAIN.format(old=place.name, new=f"{place.stem}.keras")
    if place.is_dir():
        raise ModelError(f"{place} is a folder: TensorFlow's SavedModel, or no network.", again)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise ModelError(f"{place} cannot be read: {error.strerror or error}.", "Check the path.") from error
    if content.startswith(_HDF5):
        if place.name.endswith(".weights.h5"):
            raise ModelError(f"{place} holds weights without their network.", "Save both: model.save('x.keras').")
        raise ModelError(f"{place} is an HDF5 file, Keras's old format.", again)
    try:
        with ZipFile(io.BytesIO(content)) as file:
            names = set(file.namelist())
            if "config.json" not in names:
                raise ModelError(f"{place} is a ZIP, but not of Keras: it has no config.json.", "Save with model.save.")
            metadata = _json(file, "metadata.json", place) if "metadata.json" in names else {}
            version = str(metadata.get("keras_version", "unknown"))
            if version.partition(".")[0] != "3":
                raise ModelError(f"{place} was written by Keras {version}; files of Keras 3 are read.", again)
            config = _json(file, "config.json", place)
            if "model.weights.h5" not in names:
                raise ModelError(f"{place} has no model.weights.h5.", "Save it in one piece: model.save('x.keras').")
            if file.getinfo("model.weights.h5").file_size > max(_LARGEST_CONFIG, _LARGEST_GROWTH * len(content)):
                raise ModelError(f"{place}: model.weights.h5 unpacks to far more than weights can.", _WRITTEN)
            arrays = dict(_arrays(file.read("model.weights.h5"), place))
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, MemoryError, zlib.error, lzma.LZMAError) as error:
        reason = str(error) or type(error).__name__
        raise ModelError(
            f"{place} is not a .keras file: {reason}.", "Save the network anew: model.save('x.keras')."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    return Archive(place, version, str(metadata.get("date_saved", "")), digest, config, arrays)


def _json(file: ZipFile, name: str, place: Path) -> dict[str, Any]:
    if file.getinfo(name).file_size > _LARGEST_CONFIG:
        raise ModelError(f"{place}: {name} is larger than any network's.", _WRITTEN)
    try:
        document = json.loads(file.read(name))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{place}: {name} cannot be read: {error}.", "The file is damaged: copy it again.") from error
    if not isinstance(document, dict):
        raise ModelError(f"{place}: {name} is not an object.", "The file is damaged: copy it again.")
    return document


def _arrays(content: bytes, place: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of the layers; the optimizer's are left."""
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        raise InputError(
            f"Reading the weights of {place} needs h5py, which is not installed.", "pip install 'spirula[keras]'"
        ) from error
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            # Keras stores arrays one after the other, uncompressed: together they cannot be larger than their file.
            left = len(content)
            for path, array in _below(h5py, file, "", set()):
                left -= int(array.nbytes)
                if left < 0:
                    raise ModelError(f"{place}: its arrays are larger than the file that holds them.", _WRITTEN)
                yield path, np.asarray(array[()])
    except _PlaceError as error:
        raise ModelError(f"{place}: {error}.", _WRITTEN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"{place}: the weights cannot be read: {error}.", "The file is damaged: copy it again."
        ) from error


class _PlaceError(Exception):
    """What no file of Keras holds: a way out of the file, or one place under two names."""


def _below(h5py: Any, group: Any, path: str, seen: set[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the data sets of numbers below a group, not yet read."""
    for name in group:
        inner = f"{path}{name}"
        if inner in ("optimizer", "optimizer_state"):
            continue
        # A link or a storage outside of this file could carry another file's content into the run.
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise _PlaceError(f"{inner} points outside of the file")
        item = group[name]
        if item in seen:  # links in a circle, or two to each place, thirty places deep
            raise _PlaceError(f"{inner} is a place that has another name already")
        seen.add(item)
        if isinstance(item, h5py.Group):
            yield from _below(h5py, item, f"{inner}/", seen)
        elif item.external or item.is_virtual:
            raise _PlaceError(f"{inner} points outside of the file")
        elif item.dtype.kind in "fiu":
            yield inner, item
