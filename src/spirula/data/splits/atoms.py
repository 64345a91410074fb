"""Atoms: what a split must not cut. Copies of one picture, and samples that the user says belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from unicodedata import normalize

import numpy as np

from ...errors import DataError
from ...plural import counted
from ..manifest import Manifest
from ..samples import Samples
from ..sources.labels import class_name
from .alike import with_alike
from .duplicates import EXACT, SMALLEST, Twins, joined
from .patterns import searched
from .split import strata
from .stored_twins import twins_of

FOLDER = "folder"  # the pattern that means: pictures of one folder

_MOST_OF_CLASS = 0.25  # more pictures of a class than this are no copies of one another
_FEWEST = 10
_MOST_OF_VALUES = 0.25  # where more rows than this equal another, there are but few different values


def atoms_of(groups: Sequence[str] | None, twins: Twins | None) -> np.ndarray | None:
    """Return the atom of every sample, int64 (N,), or ``None`` when there are no more of them than groups.

    Samples are in one atom when they are twins, when they share a group, or when a chain of both leads from one to the
    other.
    """
    if twins is None or not twins.pairs:
        return None
    links = [(one, two, "bytes", 0.0) for one, two, _, _ in twins.pairs]
    first: dict[str, int] = {}
    links += [(first.setdefault(name, row), row, "bytes", 0.0) for row, name in enumerate(groups or ())]
    return joined(len(twins.groups), links).groups


def atom_of_each(manifest: Manifest, twins: Twins | None) -> np.ndarray:
    """Return the atom of every sample, int64 (N,): the same number for those that a division keeps together."""
    atoms = atoms_of(manifest.groups, twins)
    if atoms is None and manifest.groups is None:
        return np.arange(len(manifest))
    names = np.array(manifest.groups) if atoms is None else atoms
    numbered: np.ndarray = np.unique(names, return_inverse=True)[1]
    return numbered


def grouped(samples: Samples, pattern: str | None) -> Samples:
    """Return ``samples`` with the groups that ``pattern`` finds in their ids.

    pattern: ``"folder"`` (the folder that holds the file, unless that is the folder of its class), or a regular
        expression that is searched in the id: what its brackets capture names the group; without brackets, what it
        matches. A sample without a match is a group of its own.

    Raises :class:`DataError` for a pattern that cannot be read, that finds nothing, or that finds one group only; and
    for data that have a column of groups already.
    """
    if pattern is None:
        return samples
    if samples.groups is not None:
        raise DataError(
            f'group_by = "{pattern}" would have no effect: {samples.source} names its groups already',
            "Leave group_by out, or remove the column.",
        )
    found = _folders(samples) if pattern == FOLDER else _matches(samples.ids, pattern)
    examples = ", ".join(repr(name) for name in samples.ids[:3])
    if all(name is None for name in found):
        what = "There is no folder below those of the classes" if pattern == FOLDER else "No file name matches it"
        raise DataError(
            f'group_by = "{pattern}" finds no group in {samples.source}. {what}; they are like {examples}',
            r'Write what names the group in brackets: "patient(\d+)"; the whole path below the source is searched.',
        )
    names = tuple(own if name is None else name for name, own in zip(found, samples.ids, strict=True))
    if len(set(names)) == 1:
        raise DataError(
            f'group_by = "{pattern}" puts all {len(names):,} samples of {samples.source} into one group '
            f"({names[0]!r}): nothing could be held out",
            f"Capture what tells the groups apart; the names are like {examples}.",
        )
    alone = sum(name is None for name in found)
    note = f'group_by = "{pattern}": {counted(len(set(names)) - alone, "group", "groups")}'
    odd = counted(alone, "sample does not match and stands", "samples do not match and stand")
    note += f"; {odd} alone." if alone else "."
    return replace(samples, groups=names, notes=(*samples.notes, note))


def _matches(names: Sequence[str], pattern: str) -> list[str | None]:
    # As people see them: a disk may spell "é" or "환자" in other code points (NFD) than the keyboard (NFC).
    matches = searched(normalize("NFC", pattern), [normalize("NFC", name) for name in names])
    return [None if match is None else "/".join(match[1]) or match[0] or None for match in matches]


def _folders(samples: Samples) -> list[str | None]:
    labels: Sequence[str] = [""] * len(samples)
    if samples.task == "classification":
        labels = [samples.classes[target] for target in samples.targets.tolist()]
    found: list[str | None] = []
    for name, label in zip(samples.ids, labels, strict=True):
        folder = name.rpartition("/")[0]
        found.append(folder if folder and class_name(folder.rpartition("/")[2]) != label else None)
    return found


def copies(
    samples: Samples,
    pixels: np.ndarray,
    digests: np.ndarray | None,
    sha256: str,
    duplicates: str | None,
    embed: Callable[[], np.ndarray] | None = None,
) -> tuple[Twins | None, list[str]]:
    """Return the samples that are the same picture, and sentences on those that only seem to be.

    pixels, digests, sha256: as for :func:`.stored_twins.twins_of`. duplicates: "group", which ``None``
        means too, "features", or "ignore": then nobody looks for twins, and there are none. embed: returns the features
        of all samples, float (N, F); needed for "features".

    Raises :class:`DataError` for another word, and for "features" where there are none.
    """
    if duplicates == "ignore":
        return None, []
    if duplicates not in (None, "group", "features"):
        raise DataError(f'duplicates = "{duplicates}" is not known', 'Choose "group", "features" or "ignore".')
    twins = twins_of(pixels, digests, sha256)
    if duplicates == "features":
        twins = with_alike(twins, pixels, embed)
    equal = int((twins.sizes() > 1).sum())
    if (pixels.ndim == 2 or min(pixels.shape[1:3]) < SMALLEST) and equal > _MOST_OF_VALUES * len(pixels):
        return joined(len(pixels), []), [
            f"{equal:,} of {len(pixels):,} samples equal another: values so few tell nothing of copies, and the "
            "samples were divided one by one. If some are copies, say so with groups."
        ]
    twins, scenes = without_scenes(twins, strata(samples.task, samples.targets))
    if not scenes:
        return twins, []
    return twins, [
        f"{scenes:,} pictures nearly look the same, too many to be copies (a fixed camera?), and were divided one by "
        "one. If they come in series, say so with group_by."
    ]


def without_scenes(twins: Twins, stratum: np.ndarray) -> tuple[Twins, int]:
    """Return twins without the near ones that are too many to be copies, and how many samples these were.

    A fixed camera makes pictures that hardly differ, and what differs may be the very thing to learn. When a group
    holds ten samples or more, and more than a quarter of all samples of one stratum, its near links are undone; equal
    pixels stay together.

    stratum: int64 (N,), as :func:`spirula.data.splits.split.strata` gives it.
    """
    near = [pair for pair in twins.pairs if pair[2] not in EXACT]
    if not near:
        return twins, 0
    atoms, places = np.unique(twins.groups, return_inverse=True)
    cells, counts = np.unique(places * (int(stratum.max()) + 1) + stratum, return_counts=True)
    of_atom, of_stratum = np.divmod(cells, int(stratum.max()) + 1)
    crowded = counts > _MOST_OF_CLASS * np.bincount(stratum)[of_stratum]
    scenes = np.zeros(len(atoms), dtype=bool)
    scenes[of_atom[crowded]] = True
    scenes &= np.bincount(places) >= _FEWEST
    holds_near = np.zeros(len(atoms), dtype=bool)
    holds_near[places[[pair[0] for pair in near]]] = True
    scenes &= holds_near
    if not scenes.any():
        return twins, 0
    kept = [pair for pair in twins.pairs if pair[2] in EXACT or not scenes[places[pair[0]]]]
    return joined(len(twins.groups), kept), int(scenes[places].sum())
