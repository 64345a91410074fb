"""Thumbnails for the report's error browser: chosen, made as large as the room allows, and stored as sprites."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...evaluation.pictures import worst_first
from ...runs.folder import EMBEDDING, FOLDS, THUMBNAILS, RunFolder
from ...runs.sprites import EXACT, PER_SHEET, Sheet, make_sheet, read_sheets, sheet_arrays

if TYPE_CHECKING:
    from ...data.dataset import Dataset
    from ...runs.writer import RunWriter

ROOM = 22_000_000  # bytes of sheets: 29 MB as text in a page, which then stays below 40 MB
LARGE = 64  # pixels: larger thumbnails are nice to have, for a quarter of the room; half of it is for extra neighbours
JUDGED = 10_000  # pictures of the split that is judged
OTHERS = 2_000  # of another one: its worst mistakes
NEIGHBOURS = 5_000  # training pictures for whose sake all are made smaller; more where there is room
SIDES = (160, 144, 128, 112, 96, 80, 64, 48, 32, 24)  # longer sides in pixels; of 16, so that neighbours do not bleed
PROBES = 48  # pictures that the room for the others is estimated from
SLACK = 1.06

# Returns the thumbnails, uint8 (n, h, w, 1 | 3), of some rows of the data, with a longer side of so many pixels.
Draw = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Wanted:
    """Rows of the data, int64, the most wanted first: judged samples, and training pictures that are like them.

    needed: so many of the neighbours count when the size is chosen.
    """

    groups: tuple[np.ndarray, ...]
    neighbours: np.ndarray
    needed: int


def note_thumbnails(writer: RunWriter, dataset: Dataset, *, folds: int | None = None) -> None:
    """Write ``insight/thumbnails.npz``, for samples that are pictures.

    Of the judged split (test, else validation, else train) at most 10,000, of another one at most 2,000 mistakes, and
    the training pictures that ``insight/embedding.npz`` names as their nearest. Where the run is one of
    ``folds``, so much less: together they make one report.
    """
    if dataset.pixels.ndim != 4:
        return
    share = 1 / folds if folds and writer.path.parent.name == FOLDS else 1.0
    wanted = wanted_rows(writer.folder, dataset, share)
    sheets = fitted(wanted, dataset.manifest.ids, drawer(dataset.pixels), round(share * ROOM))
    if sheets:
        writer.write_insight_arrays(THUMBNAILS, sheet_arrays(sheets))


def joined_thumbnails(folds: Sequence[RunFolder]) -> dict[str, np.ndarray]:
    """Return the sheets of the samples that each fold has judged; nothing where there are none."""
    kept: list[Sheet] = []
    for fold in folds:
        judged = set(fold.predictions("test").ids)
        kept += [sheet for sheet in read_sheets(fold.arrays(THUMBNAILS)) if judged.issuperset(sheet.ids)]
    return sheet_arrays(kept) if kept else {}


def wanted_rows(folder: RunFolder, dataset: Dataset, share: float = 1.0) -> Wanted:
    """Return the rows that deserve a thumbnail, from the stored predictions and the embedding, if there is one."""
    manifest = dataset.manifest
    places = {name: row for row, name in enumerate(manifest.ids)}
    present = folder.splits_with_predictions()
    splits = [name for name in ("test", "validation", "train") if name in present]
    embedding = folder.arrays(EMBEDDING)
    trained = np.asarray([places[str(name)] for name in embedding.get("train_ids", ())], np.int64)
    groups: list[np.ndarray] = []
    near: list[np.ndarray] = []
    needed: list[np.ndarray] = []
    for number, split in enumerate(splits):
        stored = folder.predictions(split)
        worst = worst_first(manifest.task, stored.targets, stored.probabilities)
        if number == 0:
            most = round(share * JUDGED)
            if manifest.task == "regression" and len(worst) > most:
                worst = worst[: most // 2]
            chosen = some(worst, len(stored.ids), most)
        else:
            chosen = worst[: round(share * OTHERS)]
        groups.append(np.asarray([places[stored.ids[row]] for row in chosen.tolist()], np.int64))
        nearest = embedding.get(f"{split}_nearest")
        if nearest is not None and len(nearest) == len(stored.ids):
            near.append(trained[nearest[chosen]].ravel())
            needed.append(trained[nearest[chosen[: np.isin(chosen, worst).sum()]]].ravel())
    first = _once(needed)[: round(share * NEIGHBOURS)]
    shown = np.concatenate(groups) if groups else np.zeros(0, np.int64)
    neighbours = _once([first, *near])
    apart = neighbours[~np.isin(neighbours, shown)]  # of a run that is judged on what it has learned from
    return Wanted(tuple(groups), apart, int(np.isin(apart, first).sum()))


def some(worst: np.ndarray, count: int, most: int) -> np.ndarray:
    """Return at most ``most`` of the rows 0…count: the mistakes, worst first, then the others, evenly drawn."""
    others = np.setdiff1d(np.arange(count), worst)
    room = max(most - len(worst), 0)
    if len(others) > room:
        others = others[np.linspace(0, len(others) - 1, room).round().astype(np.int64)]
    return np.concatenate([worst, others])[:most]


def fitted(wanted: Wanted, ids: Sequence[str], draw: Draw, room: int) -> list[Sheet]:
    """Return sheets of at most ``room`` bytes: all pictures of one size, the largest for which they fit.

    Small pictures are kept exactly where that fits; sizes beyond 64 pixels must do with a quarter of the room. When
    even the smallest size does not fit, what is least wanted is left out; neighbours beyond those that are needed are
    added up to half of the room.
    """
    judged = sum(len(group) for group in wanted.groups)
    if not judged:
        return []
    everything = np.concatenate([*wanted.groups, wanted.neighbours[: wanted.needed]])
    probes = everything[np.linspace(0, len(everything) - 1, min(PROBES, len(everything))).round().astype(np.int64)]
    for side, lossless in _sizes(draw(probes[:1], 0)):
        each = len(_sheet(probes, ids, draw, side, lossless).content) / len(probes)
        if SLACK * each * len(everything) <= (room if lossless or side <= LARGE else room / 4):
            break
    left = room
    sheets: list[Sheet] = []
    extra = wanted.neighbours[wanted.needed :]
    for group in (*wanted.groups, wanted.neighbours[: wanted.needed], extra):
        for start in range(0, len(group), PER_SHEET):
            sheet = _sheet(group[start : start + PER_SHEET], ids, draw, side, lossless)
            if len(sheet.content) > (left - room // 2 if group is extra else left):
                return sheets
            left -= len(sheet.content)
            sheets.append(sheet)
    return sheets


def _sizes(example: np.ndarray) -> Iterator[tuple[int, bool]]:
    """Yield sizes to try, the best first: (longer side in pixels, whether exact); ``example`` as it is in the data."""
    longer = max(example.shape[1:3])
    if longer <= EXACT:
        yield longer, True
    if longer <= SIDES[0]:
        yield longer, False
    yield from ((side, False) for side in SIDES if side < longer)


def _sheet(rows: np.ndarray, ids: Sequence[str], draw: Draw, side: int, lossless: bool) -> Sheet:
    return make_sheet([ids[row] for row in rows.tolist()], draw(rows, side), lossless=lossless)


def drawer(pixels: np.ndarray) -> Draw:
    """Return what draws thumbnails from pixels (N, H, W, C), uint8 or float; a side of 0 leaves the size as it is.

    Float pixels are stretched from the smallest to the largest value of all. One channel is grey, three are colour; of
    any other number the mean is shown. Nothing is enlarged.
    """
    from PIL import Image

    low, high = (0.0, 255.0) if pixels.dtype == np.uint8 else (float(pixels.min()), float(pixels.max()))

    def draw(rows: np.ndarray, side: int) -> np.ndarray:
        part = np.asarray(pixels[rows])
        if part.dtype != np.uint8:
            part = ((part - low) * (255.0 / ((high - low) or 1.0))).astype(np.uint8)
        if part.shape[3] not in (1, 3):
            part = part.mean(axis=3, keepdims=True).round().astype(np.uint8)
        height, width = part.shape[1:3]
        longer = max(height, width)
        if not side or longer <= side:
            return part
        size = (max(round(width * side / longer), 1), max(round(height * side / longer), 1))
        small = [
            np.asarray(Image.fromarray(one[:, :, 0] if one.shape[2] == 1 else one).resize(size, Image.Resampling.BOX))
            for one in part
        ]
        return np.stack(small).reshape(len(rows), size[1], size[0], part.shape[3])

    return draw


def _once(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return each row once, in the order in which they come first."""
    together = np.concatenate(rows) if len(rows) else np.zeros(0, np.int64)
    _, first = np.unique(together, return_index=True)
    found: np.ndarray = together[np.sort(first)]
    return found
