"""Sources that are arrays already: (x, y), dictionaries, .npz files, map-style data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ...errors import DataError, did_you_mean
from ...plural import counted
from ..samples import Samples
from ..splits.split import split_name
from .labels import encode

_IMAGES = ("x", "images", "image", "data")
_LABELS = ("y", "labels", "label", "target", "targets")


def read_npz(path: Path, task: str | None) -> Samples:
    """Read an ``.npz`` with the keys of :func:`from_dict`; never unpickles."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, BadZipFile, EOFError, KeyError) as error:
        reason = "it holds pickled objects" if "allow_pickle" in str(error) else str(error)
        raise DataError(
            f"{path} cannot be read: {reason}", "Write it with numpy.savez, with arrays of numbers and text only."
        ) from error
    return from_dict(arrays, task, str(path))


def from_dict(arrays: Mapping[str, Any], task: str | None, source: str) -> Samples:
    """Read a dictionary: ``x, y`` or ``x_train, y_train[, x_validation, y_validation][, x_test, y_test]``.

    For x also images, image, data; for y also labels, label, target(s); for the splits the usual synonyms; the split
    may come first (``train_images``). ``classes`` names the classes by number, ``groups`` belongs to plain ``x, y``.

    Raises :class:`DataError` that lists the keys when they cannot be understood.
    """
    parts: dict[str, dict[str, Any]] = {}
    extra: dict[str, Any] = {}
    unknown: list[str] = []
    for key, value in arrays.items():
        place = _place(str(key))
        if key in ("classes", "class_names", "groups"):
            extra["groups" if key == "groups" else "classes"] = value
        elif place is None:
            unknown.append(str(key))
        elif place[1] in parts.setdefault(place[0], {}):
            raise DataError(
                f"{source}: two keys give the {place[1]} of {place[0] or 'the samples'}", "Keep one of them."
            )
        else:
            parts[place[0]][place[1]] = value
    complete = all(set(part) == {"images", "labels"} for part in parts.values())
    if unknown or not parts or not complete or ("" in parts and len(parts) > 1):
        hint = did_you_mean(unknown[0], ("x", "y", "x_train", "y_train", "x_test", "y_test")) if unknown else ""
        raise DataError(
            f"{source} has the keys {', '.join(map(str, arrays)) or '(none)'}, which do not pair "
            f"images with labels.{hint}",
            "Use x and y, or x_train, y_train, x_test, y_test.",
        )
    names = None if "classes" not in extra else [str(name) for name in np.asarray(extra["classes"]).ravel()]
    groups = extra.get("groups")
    if groups is not None and "" not in parts:
        raise DataError(f"{source}: groups need one plain x and y; the splits are given here", "Leave groups out.")
    return from_parts(
        {split: (part["images"], part["labels"]) for split, part in parts.items()},
        task=task,
        source=source,
        names=names,
        groups=None if groups is None else [str(group) for group in np.asarray(groups).ravel()],
    )


def _place(key: str) -> tuple[str, str] | None:
    """Return (split or "", "images" | "labels") for a key such as ``x_train``, ``train_images``, ``x``."""
    words = key.lower().split("_")
    for word, rest in ((words[0], words[1:]), (words[-1], words[:-1])):
        for kind, known in (("images", _IMAGES), ("labels", _LABELS)):
            if word in known and len(rest) <= 1:
                split = split_name(rest[0]) if rest else ""
                return None if split is None else (split, kind)
    return None


def from_parts(
    parts: Mapping[str, tuple[Any, Any]],
    *,
    task: str | None,
    source: str,
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
) -> Samples:
    """Join (images, labels) per split into samples; the key ``""`` means that there are no splits.

    Raises :class:`DataError` when images and labels differ in number, or the splits differ in shape.
    """
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    ids: list[str] = []
    splits: list[np.ndarray] = []
    notes: list[str] = []
    for split, (x, y) in parts.items():
        pixels, note = as_pixels(x, f"{source} {split}".strip())
        marks = as_array(y)
        if len(pixels) != len(marks):
            raise DataError(
                f"{source}: {len(pixels):,} {split} images but {len(marks):,} labels".replace("  ", " "),
                "Give one label per image.",
            )
        width = max(6, len(str(len(pixels))))
        prefix = f"{split}/" if split else ""
        ids.extend(f"{prefix}{row:0{width}d}" for row in range(len(pixels)))
        images.append(pixels)
        labels.append(marks[:, 0] if marks.ndim == 2 and marks.shape[1] == 1 else marks)
        splits.append(np.full(len(pixels), split, dtype="<U10"))
        notes.extend([note] if note and note not in notes else [])
    if len({(array.shape[1:], array.dtype) for array in images}) > 1:
        shapes = ", ".join(f"{split}: {array.shape} {array.dtype}" for split, array in zip(parts, images, strict=True))
        raise DataError(f"{source}: the splits differ in shape or type: {shapes}", "Bring them to one shape and type.")
    if not sum(map(len, images)):
        raise DataError(f"{source} holds no samples", "Give at least one image and its label.")
    encoded = encode(np.concatenate(labels), task, names)
    if groups is not None and len(groups) != len(ids):
        raise DataError(f"{source}: {len(ids):,} samples but {len(groups):,} groups", "Give one group per sample.")
    return Samples(
        source=source,
        task=encoded.task,
        classes=encoded.classes,
        ids=tuple(ids),
        targets=encoded.targets,
        splits=None if "" in parts else np.concatenate(splits),
        groups=None if groups is None else tuple(groups),
        pixels=images[0] if len(images) == 1 else np.concatenate(images),
        notes=tuple(notes),
        derived={} if task else {"task": encoded.reason},
    )


def as_array(values: Any) -> np.ndarray:
    """Return a NumPy array for an array, tensor (on any device), table column or list."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    return np.asarray(values)


def as_pixels(values: Any, source: str) -> tuple[np.ndarray, str]:
    """Return pixels as the pipeline takes them, and a note when something had to be read into them.

    (N, H, W) and (N, H, W, C) of bytes (or whole numbers within 0…255, or booleans: 0 and 255) become uint8
    (N, H, W, C) with C = 1, 3 or less than H and W; floats stay float32, as they are. (N, F) becomes float32 vectors.
    (N, C, H, W), torch's order, is turned round when it cannot be meant otherwise.

    Raises :class:`DataError` for any other shape or type, and for numbers that are not finite.
    """
    array = as_array(values)
    note = ""
    if array.dtype.kind not in "buif" or array.ndim not in (2, 3, 4):
        raise DataError(
            f"{source}: an array of shape {array.shape} and type {array.dtype} is neither images nor vectors",
            "Give (N, height, width), (N, height, width, 1 or 3) or (N, features) of numbers.",
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
        raise DataError(
            f"{source}: {counted(len(bad), 'sample holds', 'samples hold')} NaN or infinity (first: row {bad[0]})",
            "Remove these samples or fill in the values.",
        )
    if array.ndim == 2:
        return np.ascontiguousarray(array, dtype=np.float32), note
    if array.ndim == 3:
        array = array[..., None]
    if _channels_first(array.shape):
        array, note = (
            array.transpose(0, 2, 3, 1),
            f"Images of shape {array.shape} are read as (N, channels, height, width).",
        )
    if not _is_channels(array.shape[3], array.shape[1:3]) or 0 in array.shape[1:]:
        raise DataError(
            f"{source}: images of shape {array.shape} have {array.shape[3]} channels",
            "Give 1 (grey), 3 (colour), or any number that is smaller than height and width.",
        )
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255), note
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, dtype=np.float32), note
    if array.dtype != np.uint8 and array.size and (array.min() < 0 or array.max() > 255):
        raise DataError(
            f"{source}: whole-number pixels lie in {array.min()}…{array.max()}, outside 0…255",
            "Scale them to 0…255, or give floats.",
        )
    return np.ascontiguousarray(array, dtype=np.uint8), note


def _channels_first(shape: tuple[int, ...]) -> bool:
    """True when (N, a, b, c) can only be meant as (N, channels, height, width)."""
    if shape[3] in (1, 3) or shape[1] in (1, 3):
        return shape[3] not in (1, 3)
    return not _is_channels(shape[3], shape[1:3]) and _is_channels(shape[1], shape[2:])


def _is_channels(number: int, sides: tuple[int, ...]) -> bool:
    return number in (1, 3) or number < min(sides)
