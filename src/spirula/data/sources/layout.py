"""From the paths of a folder to splits and classes. Pure: it sees names only, so any listing can be arranged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DataError, did_you_mean
from ...plural import counted
from ..splits.split import AMBIGUOUS, split_name
from .labels import class_name, ordered

ACCEPTED = (
    "Accepted: one sub-folder per class (DATA/cat, DATA/dog); or DATA/train and optionally DATA/validation and "
    "DATA/test, each with class folders; or a CSV table with the columns path and label."
)


@dataclass(frozen=True, eq=False)
class Layout:
    """classes: NFC names in order. rows: int64 (M,), those of the paths that belong to a class, ascending.
    labels: int64 (M,), the class of each. splits: str (M,), or ``None`` when the folder has none.
    notes: sentences worth showing.
    """

    classes: tuple[str, ...]
    rows: np.ndarray
    labels: np.ndarray
    splits: np.ndarray | None
    notes: tuple[str, ...]


def arrange(paths: Sequence[str], folders: Iterable[str], *, source: str, whole: bool = False) -> Layout:
    """Read splits and classes from relative paths.

    paths: image files such as ``a/b/c.jpg``. folders: every folder that was found, also empty ones: ``a``, ``a/b``.
    whole: everything is to be evaluated, so a class without training images is no mistake.

    Raises :class:`DataError` that says what was found and what is accepted.
    """
    known = set(folders)
    tops = sorted(folder for folder in known if "/" not in folder)
    direct = Counter(path.split("/", 1)[0] if path.count("/") == 1 else "" for path in paths if path.count("/") < 2)
    loose = sum("/" not in path for path in paths)
    if not tops:
        images = counted(loose, "image", "images")
        found = f"{images} but no class folders" if loose else "neither class folders nor images"
        raise DataError(f"{source} holds {found}", ACCEPTED)
    notes: list[str] = []
    split_of = _split_folders(tops, known, direct, source, whole, notes)
    depth = 0 if split_of is None else 1
    if split_of is None and len(tops) == 1 and not whole and any(folder.startswith(tops[0] + "/") for folder in known):
        raise DataError(
            f'{source} holds one folder only, "{tops[0]}", which holds folders itself',
            f"Name that one: {source.rstrip('/')}/{tops[0]}",
        )

    rows: list[int] = []
    folders_of_rows: list[str] = []
    for row, path in enumerate(paths):
        parts = path.split("/", depth + 1)
        if len(parts) == depth + 2 and (split_of is None or parts[0] in split_of):
            rows.append(row)
            folders_of_rows.append(path[: -len(parts[-1]) - 1])
    if len(rows) < len(paths):
        one, many = "image lies in no class folder and was", "images lie in no class folder and were"
        notes.append(f"{counted(len(paths) - len(rows), one, many)} left out.")
    class_folders = sorted(
        {f for f in known if f.count("/") == depth and (not split_of or f.split("/")[0] in split_of)}
    )
    names = {folder: class_name(folder.split("/")[depth]) for folder in class_folders}
    sizes = Counter(folders_of_rows)
    per_split: dict[str, Counter[str]] = defaultdict(Counter)
    for folder in class_folders:
        per_split["" if split_of is None else split_of[folder.split("/")[0]]][names[folder]] += sizes[folder]
    notes.extend(_name_notes(class_folders, names, per_split))
    classes = _classes(per_split, source, whole, notes)

    index = {name: position for position, name in enumerate(classes)}
    label_of = {folder: index[names[folder]] for folder in sizes}
    splits = None
    if split_of is not None:
        splits = np.array([split_of[folder.split("/", 1)[0]] for folder in folders_of_rows], dtype="<U10")
    return Layout(
        classes=classes,
        rows=np.array(rows, dtype=np.int64),
        labels=np.array([label_of[folder] for folder in folders_of_rows], dtype=np.int64),
        splits=splits,
        notes=tuple(notes),
    )


def wrapping(paths: Sequence[str], folders: Sequence[str]) -> str:
    """Return the folders, with a final ``/``, that hold everything and mean nothing: archives often have one."""
    prefix = ""
    while True:
        inside = [folder[len(prefix) :] for folder in folders if folder.startswith(prefix)]
        tops = {folder.partition("/")[0] for folder in inside if folder}
        loose = any("/" not in path[len(prefix) :] for path in paths if path.startswith(prefix))
        if len(tops) != 1 or loose or not any("/" in folder for folder in inside):
            return prefix
        prefix += tops.pop() + "/"


def _split_folders(
    tops: Sequence[str], known: set[str], direct: Counter[str], source: str, whole: bool, notes: list[str]
) -> dict[str, str] | None:
    """Return top folder → split when the top folders are splits, ``None`` when they are classes.

    "train" may be a class (beside "bus" and "car"), so folders count as splits only when they hold folders.
    """
    split_of: dict[str, str] = {name: split for name in tops if (split := split_name(name)) is not None}
    unclear = [name for name in tops if name.lower() in AMBIGUOUS]
    if "train" in split_of.values():
        for name in unclear:
            split_of[name] = "test" if "validation" in split_of.values() else "validation"
            notes.append(f'"{name}" may mean validation or test: it is used as {split_of[name]}. Rename it to be sure.')
    nested = {name for name in split_of if any(folder.startswith(name + "/") for folder in known)}
    others = [name for name in tops if name not in split_of]
    if not nested:
        if len(split_of) > 1 and not others and any(direct[name] for name in split_of):
            name = next(name for name in split_of if direct[name])
            images = counted(direct[name], "image", "images")
            raise DataError(f"{source}: {name}/ holds {images} directly, not class folders", ACCEPTED)
        return None
    if others:
        if all(split == "train" for split in split_of.values()) and direct["train"]:
            return None
        raise DataError(
            f"{source} holds splits ({', '.join(split_of)}) and beside them other folders ({', '.join(others[:5])})",
            "Move the other folders away, or name classes only.",
        )
    times = Counter(split_of[name] for name in nested)
    twice = [split for split, number in times.items() if number > 1]
    if twice:
        both = " and ".join(name for name in sorted(nested) if split_of[name] == twice[0])
        raise DataError(f"{source}: {both} are both {twice[0]} folders", "Join them, or rename one.")
    if not whole and "train" not in times:
        raise DataError(f"{source} holds {', '.join(sorted(nested))}, but no train folder with classes", ACCEPTED)
    notes.extend(f"{name}/ holds no class folders and counts as absent." for name in split_of if name not in nested)
    return {name: split_of[name] for name in nested}


def _classes(per_split: Mapping[str, Counter[str]], source: str, whole: bool, notes: list[str]) -> tuple[str, ...]:
    """Return the class names; the training part says which they are, the other splits are matched by name."""
    filled = {split: {name for name, number in counts.items() if number} for split, counts in per_split.items()}
    everywhere: set[str] = set().union(*filled.values())
    leading = everywhere if whole or "train" not in filled else filled["train"]
    empty = sorted(set().union(*map(set, per_split.values())) - everywhere)
    if empty:
        notes.append(f"Class folders without images were left out: {_listed(empty)}.")
    if not everywhere:
        raise DataError(f"{source} has class folders, but no image in any of them", ACCEPTED)
    for split, names in filled.items():
        unknown = sorted(names - leading)
        if unknown:
            raise DataError(
                f"{source}: {split} has classes that train has no images of: {_listed(unknown)}."
                f"{did_you_mean(unknown[0], leading)}",
                "Classes are matched by name: rename these folders, add training images, or move them away.",
            )
        missing = sorted(leading - names)
        if missing and split in ("validation", "test") and not whole:
            notes.append(f"{split} has no images of: {_listed(missing)}. Its figures say nothing about them.")
    return ordered(leading)


def _name_notes(
    class_folders: Sequence[str], names: Mapping[str, str], per_split: Mapping[str, Counter[str]]
) -> list[str]:
    notes: list[str] = []
    first: dict[tuple[str, str], str] = {}
    for folder in class_folders:
        parent, _, raw = folder.rpartition("/")
        twin = first.setdefault((parent, names[folder]), raw)
        if twin != raw:
            notes.append(
                f'Two folders are named "{names[folder]}" in two spellings of the same text; they are one class.'
            )
        if not raw.isprintable():
            notes.append(f'The class folder {raw.encode("utf-8", "surrogateescape")!r} is shown as "{names[folder]}".')
    folded: dict[str, set[str]] = defaultdict(set)
    for counts in per_split.values():
        for name, number in counts.items():
            if number:
                folded[name.casefold()].add(name)
    notes.extend(
        f"These class names differ in capitals only and are kept apart: {_listed(sorted(twins))}."
        for twins in folded.values()
        if len(twins) > 1
    )
    return list(dict.fromkeys(notes))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
