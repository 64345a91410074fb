"""From labels as people write them to targets: which task, which classes, in which order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DataError, did_you_mean
from ...plural import counted
from ..manifest import Task

_WHOLE = re.compile(r"[+-]?\d{1,18}")


@dataclass(frozen=True, eq=False)
class Encoded:
    """task, class names and targets as in the manifest; ``reason`` says what the task was read from."""

    task: Task
    classes: tuple[str, ...]
    targets: np.ndarray
    reason: str


def class_name(name: str) -> str:
    """Return the name that a class is known by: NFC, without blanks around it, printable.

    A folder name that is not UTF-8 (it arrives with surrogates) is written with ``\\x..`` for its odd bytes, so that
    the name can stand in JSON and in a report.
    """
    readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", readable).strip()


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Sort class names; if all are whole numbers then by value, so that "10" comes after "9"."""
    unique = set(names)
    if all(_WHOLE.fullmatch(name) for name in unique):
        return tuple(sorted(unique, key=lambda name: (int(name), name)))
    return tuple(sorted(unique))


def encode(values: np.ndarray, task: str | None, names: Sequence[str] | None = None) -> Encoded:
    """Turn labels into targets.

    values: (N,) of text, whole numbers, booleans or floats; or (N, K) of 0 and 1.
    task: what the user asked for, or ``None`` to read it from the labels: text and whole numbers are classes,
        numbers with fractions are a regression, (N, K) with exactly one 1 in every row is one-hot classes, any other
        (N, K) of 0 and 1 is multi-label.
    names: class names by number, when the source knows them.

    Raises :class:`DataError` when the labels do not fit the task.
    """
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.dtype == object:
        values = np.array([str(value) for value in values.ravel()]).reshape(values.shape)
    if values.ndim == 2:
        return _encode_matrix(values, task, names)
    if values.ndim != 1:
        raise DataError(
            f"Labels of shape {values.shape} cannot be read",
            "Give one label per sample, (N,), or zeros and ones, (N, classes).",
        )
    if task == "multilabel":
        if values.dtype.kind not in "US":
            raise DataError(
                "Multi-label targets need several labels per sample, but the labels are single numbers",
                'Give an (N, classes) array of 0 and 1, or text such as "red;round".',
            )
        return _encode_lists(values)
    if task == "regression":
        return Encoded("regression", (), _numbers(values), "asked for")
    asked = "asked for" if task else ""
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise DataError(
                f"{int((~np.isfinite(values)).sum()):,} labels are not finite numbers",
                "Remove these samples or fill in their labels.",
            )
        if task is None and (values != np.rint(values)).any():
            return Encoded("regression", (), values.astype(np.float32), "the labels are numbers with fractions")
        if (values == np.rint(values)).all():
            values = values.astype(np.int64)
    if values.dtype.kind in "iu":
        return _encode_integers(values, names, asked or "the labels are whole numbers")
    texts, inverse = np.unique(values.astype(str), return_inverse=True)
    if task is None and _are_fractions(texts.tolist()):
        return Encoded("regression", (), _numbers(values), "the labels are numbers with fractions")
    return _encode_texts(texts.tolist(), inverse, asked or "the labels are names")


def _encode_integers(values: np.ndarray, names: Sequence[str] | None, reason: str) -> Encoded:
    if names is not None:
        outside = np.unique(values[(values < 0) | (values >= len(names))])
        if len(outside):
            raise DataError(
                f"Labels {outside[:5].tolist()} have no class name: there are {len(names)} names",
                f"Labels must lie in 0…{len(names) - 1}.",
            )
        return Encoded("classification", tuple(names), values.astype(np.int64), reason)
    present, inverse = np.unique(values, return_inverse=True)
    return Encoded("classification", tuple(str(number) for number in present), inverse.astype(np.int64), reason)


def _encode_texts(texts: Sequence[str], inverse: np.ndarray, reason: str) -> Encoded:
    named = [class_name(text) for text in texts]
    if "" in named:
        empty = int(np.count_nonzero(inverse == named.index("")))
        which = counted(empty, "sample has", "samples have")
        raise DataError(f"{which} no label", "Fill in the labels, or remove what has none.")
    classes = ordered(named)
    index = {name: position for position, name in enumerate(classes)}
    table = np.array([index[name] for name in named], dtype=np.int64)
    return Encoded("classification", classes, table[inverse], reason)


def _encode_lists(values: np.ndarray) -> Encoded:
    rows = [{name for name in (class_name(part) for part in re.split(r"[;|]", str(text))) if name} for text in values]
    classes = ordered(name for row in rows for name in row)
    if not classes:
        raise DataError("No sample has any label", 'Write labels such as "red;round".')
    index = {name: position for position, name in enumerate(classes)}
    targets = np.zeros((len(rows), len(classes)), dtype=np.float32)
    for position, row in enumerate(rows):
        targets[position, [index[name] for name in row]] = 1.0
    return Encoded("multilabel", classes, targets, "asked for")


def _encode_matrix(values: np.ndarray, task: str | None, names: Sequence[str] | None) -> Encoded:
    binary = values.dtype.kind in "biuf" and bool(((values == 0) | (values == 1)).all())
    if not binary or task == "regression":
        raise DataError(
            f"Labels of shape {values.shape} must be zeros and ones, and cannot be a regression target",
            "Give one number per sample for a regression, one label per sample for classes.",
        )
    if names is not None and len(names) != values.shape[1]:
        raise DataError(f"{values.shape[1]} label columns but {len(names)} class names", "Give one name per column.")
    classes = tuple(names) if names is not None else tuple(str(column) for column in range(values.shape[1]))
    single = bool((values.sum(axis=1) == 1).all())
    if task == "classification" and not single:
        raise DataError("Some rows of the labels hold no class or several", 'Set task to "multilabel".')
    if single and task != "multilabel":
        reason = "asked for" if task else "every row of the labels is one-hot"
        return Encoded("classification", classes, values.argmax(axis=1).astype(np.int64), reason)
    reason = "asked for" if task else "the labels are zeros and ones, several columns per sample"
    return Encoded("multilabel", classes, values.astype(np.float32), reason)


def _numbers(values: np.ndarray) -> np.ndarray:
    try:
        numbers = values.astype(np.float64)
    except ValueError:
        wrong = next(str(value) for value in values if not _is_number(str(value)))
        raise DataError(
            f'The label "{wrong}" is not a number, which a regression needs',
            "Correct it, or set task to classification.",
        ) from None
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise DataError(
            f"The label of sample {row} is not a finite number: {values[row]}",
            "Remove the samples that have no target.",
        )
    return numbers.astype(np.float32)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _are_fractions(texts: Sequence[str]) -> bool:
    """True when every label is a number and at least one of them is not whole."""
    return all(map(_is_number, texts)) and any(not float(text).is_integer() for text in texts)


def match_classes(encoded_classes: Sequence[str], used: np.ndarray, known: Sequence[str], source: str) -> np.ndarray:
    """Return for each class of the source its index among the ``known`` classes of a run; by name, never by number.

    used: bool (K,), which classes of the source have a sample; an unknown class without samples does no harm.

    Raises :class:`DataError` that names every label the run does not know.
    """
    index = {class_name(name): position for position, name in enumerate(known)}
    unknown = [
        name for name, has_samples in zip(encoded_classes, used, strict=True) if has_samples and name not in index
    ]
    if unknown:
        listed = ", ".join(f'"{name}"' for name in unknown[:10]) + (" …" if len(unknown) > 10 else "")
        hint = did_you_mean(unknown[0], index)
        raise DataError(
            f"{source} has labels that the run was not trained on: {listed}.{hint}",
            f"The run knows: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}. Rename or remove the rest.",
        )
    return np.array([index.get(name, -1) for name in encoded_classes], dtype=np.int64)
