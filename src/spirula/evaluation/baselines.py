"""How far the classes can be told apart without looking at what is on the pictures.

Three sets of facts that should not tell: the border alone, the mean colour, the file's size in bytes and pixels. Each
is turned into its rank among the training samples and fitted by least squares; what that reaches on held-out samples,
the network could have learned instead of the pictures' content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.survey.survey import ledger_rows

if TYPE_CHECKING:
    from ..data.dataset import Dataset

MOST = 2000  # pictures of each side that are looked at: a share is then known to two points
FEWEST = 50  # with fewer, chance does well too
BORDER = 0.05  # of a side: what lies so far outside is seldom what the picture shows; less than a pixel is none
CELLS = 8  # parts of each of the four sides, of each channel
BINS = 16  # ranks that a number is told apart by: more than most sets have classes
RIDGE = 1.0
_CHUNK = 64 << 20  # bytes of pictures read together


def baselines(dataset: Dataset) -> dict[str, Any] | None:
    """Return what each set of facts reaches on the test samples (validation's without a test split).

    split; count: samples judged; majority: how many are of the class most frequent in training; right: name → samples
    told rightly, of ``colour``, ``border`` (pictures of 20 pixels a side and more) and, for files, ``file``. None for
    what has no single classes, for vectors and for few samples.
    """
    manifest = dataset.manifest
    train = dataset.rows("train")
    split = next((name for name in ("test", "validation") if len(dataset.rows(name))), None)
    if manifest.task != "classification" or dataset.pixels.ndim != 4 or split is None:
        return None
    held = dataset.rows(split)
    if min(len(train), len(held)) < FEWEST:
        return None
    train, held = _some(train), _some(held)
    targets, answers, classes = manifest.targets[train], manifest.targets[held], len(manifest.classes)
    facts, judged = {"colour": _colours(dataset.pixels, train)}, {"colour": _colours(dataset.pixels, held)}
    if BORDER * min(dataset.pixels.shape[1:3]) >= 1:
        facts["border"], judged["border"] = _borders(dataset.pixels, train), _borders(dataset.pixels, held)
    if dataset.ledger is not None:
        sizes = _file_sizes(dataset)
        facts["file"], judged["file"] = sizes[train], sizes[held]
    told = {name: told_by(facts[name], targets, judged[name], classes) for name in facts}
    largest = int(np.bincount(targets, minlength=classes).argmax())
    return {
        "split": split,
        "count": len(held),
        "trained_on": len(train),
        "majority": int((answers == largest).sum()),
        "right": {name: int((said == answers).sum()) for name, said in told.items()},
    }


def told_by(facts: np.ndarray, targets: np.ndarray, judged: np.ndarray, classes: int) -> np.ndarray:
    """Fit (n, F) numbers to int64 (n,) classes and return the classes, int64 (m,), that (m, F) numbers then give.

    Each number becomes the sixteenth of the training values that it lies in, one column each; the columns are fitted to
    one column per class by ridge regression. So a class may have the middle values of a number.
    """
    edges = np.quantile(facts, np.arange(1, BINS) / BINS, axis=0)
    x, y = _ranked(facts, edges), np.eye(classes)[targets]
    mean = y.mean(axis=0)
    weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ (y - mean))
    said: np.ndarray = (_ranked(judged, edges) @ weights + mean).argmax(axis=1)
    return said


def _ranked(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    ranks = (values[None] > edges[:, :]).sum(axis=0) if edges.ndim == 1 else (values[:, None, :] > edges).sum(axis=1)
    columns: np.ndarray = (ranks[:, :, None] == np.arange(BINS)).reshape(len(values), -1).astype(np.float64)
    return columns


def _some(rows: np.ndarray) -> np.ndarray:
    """Return at most :data:`MOST` rows, evenly spaced, so that every class of a sorted folder is among them."""
    return rows if len(rows) <= MOST else rows[np.linspace(0, len(rows) - 1, MOST).round().astype(np.int64)]


def _borders(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return float64 (n, 4 · 8 · C): means of eight parts of each side's border."""

    def border(part: np.ndarray) -> np.ndarray:
        deep = [round(BORDER * side) for side in part.shape[1:3]]
        strips = [
            part[:, : deep[0]].mean(axis=1),
            part[:, -deep[0] :].mean(axis=1),
            part[:, :, : deep[1]].mean(axis=2),
            part[:, :, -deep[1] :].mean(axis=2),
        ]
        return np.concatenate([_cells(strip) for strip in strips], axis=1)

    return _in_chunks(pixels, rows, border)


def _cells(strip: np.ndarray) -> np.ndarray:
    """Average float (n, L, C) over at most eight even parts of L."""
    cells = min(CELLS, strip.shape[1])
    starts = np.linspace(0, strip.shape[1], cells + 1).astype(np.int64)
    sums = np.add.reduceat(strip, starts[:-1], axis=1)
    means: np.ndarray = sums / np.diff(starts)[:, None]
    return means.reshape(len(strip), -1)


def _colours(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return float64 (n, C): the mean of each channel."""
    return _in_chunks(pixels, rows, lambda part: part.mean(axis=(1, 2)))


def _in_chunks(pixels: np.ndarray, rows: np.ndarray, measure: Any) -> np.ndarray:
    """A memory map is never loaded whole."""
    together = max(1, _CHUNK // max(int(np.prod(pixels.shape[1:])) * 8, 1))
    return np.concatenate(
        [measure(np.asarray(pixels[rows[at : at + together]], np.float64)) for at in range(0, len(rows), together)]
    )


def _file_sizes(dataset: Dataset) -> np.ndarray:
    """Return float64 (N, 4): bytes, height, width and bytes per pixel of the files behind the manifest's rows."""
    ledger, rows = dataset.ledger, ledger_rows(dataset)
    assert ledger is not None
    size, height, width = (
        np.asarray(column, np.float64)[rows] for column in (ledger.bytes, ledger.heights, ledger.widths)
    )
    return np.stack([size, height, width, size / np.maximum(height * width, 1)], axis=1)
