"""The reload test: a fresh process opens the run folder and must reproduce the logged numbers.

The fresh process gets nothing but the folder and the raw pixels: network, weights, labels and
preprocessing come from the files that were saved. What it computes must equal what training logged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import SpirulaError
from ..memory import keep_freed_memory
from ..runs.folder import RunFolder
from ..runs.own_pieces import needs_objects, pieces_of_run

# Same weights, same pixels, same arithmetic: what differs is only the order of additions between
# a batch on this device and a batch in a fresh process on the CPU.
TOLERANCE = 1e-3
# At the edge of doubt, where the other views of a picture begin to count, such a difference grows.
EDGE_OF_DOUBT = 10
_GO = "go"


class Ask(Protocol):
    """Ask a fresh process what it predicts, see :func:`reloading`."""

    def __call__(self, meanwhile: Callable[[], object] = ...) -> dict[str, Any]: ...


def verify(
    run: RunFolder, split: str, pixels: np.ndarray, rows: np.ndarray, used: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Reload ``run`` in a fresh process and compare its predictions of ``split`` with the stored ones.

    Parameters and answer: see :func:`reloading`.
    """
    with reloading(run, split, pixels, rows, used) as ask:
        return ask()


@contextmanager
def reloading(
    run: RunFolder, split: str, pixels: np.ndarray, rows: np.ndarray, used: dict[str, Any] | None = None
) -> Iterator[Ask]:
    """Start the fresh process, whose imports alone take seconds of one core, and yield what asks it for its answer.

    ``pixels[rows]`` are the raw samples of the split, in the order of the stored predictions. ``used``: the record of
    the user's own pieces in this very training (:func:`spirula.runs.own_pieces.record`), never the folder's: a resumed
    run may come from somebody else, and what it says of itself must not decide which code is run.

    Network and weights must have been saved; nothing is predicted before it is asked, so that it takes no core from
    what is computed here. ``ask(meanwhile)`` calls ``meanwhile`` while the other process works, and returns
    ``{"status": "verified" | "failed" | "not possible", "split", "samples", "largest_difference", "detail"}``.
    """
    asked = {"split": split, "samples": len(rows)}
    why_not = _why_not(run, used)
    if why_not is not None:
        yield lambda meanwhile=_nothing: {"status": "not possible", **asked, "detail": why_not}
        return
    # The file with the user's own pieces was given for this training: the fresh process may run the copy too.
    trusted = [] if used is None or used["sha256"] is None else [used["sha256"]]
    with tempfile.TemporaryDirectory(prefix="spirula-verify-") as folder:
        pixel_file = _pixel_file(pixels, rows, Path(folder))
        row_file = Path(folder) / "rows.npy"
        np.save(row_file, rows if pixel_file.parent != Path(folder) else np.arange(len(rows)))
        command = [sys.executable, "-m", __name__, str(run.path), split, str(pixel_file), str(row_file), *trusted]
        paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, env={**os.environ, **paths}, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        ) as process:
            try:
                yield lambda meanwhile=_nothing: {**asked, **_answer(process, meanwhile)}
            finally:
                process.kill()  # nobody may have asked: no process outlives what it was started for


def _why_not(run: RunFolder, used: dict[str, Any] | None) -> str | None:
    """Say why no fresh process can have this network; None: it can."""
    if run.card()["spec"]["kind"] == "module":
        return "The network is a class of your own, which a fresh process cannot rebuild from the folder."
    if used is not None and needs_objects(used):
        return "The network needs Python objects of your own, which a fresh process does not have."
    return None


def _answer(process: subprocess.Popen[str], meanwhile: Callable[[], object]) -> dict[str, Any]:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it failed already: what it complained of is read below
        process.stdin.write(f"{_GO}\n")
        process.stdin.flush()
    meanwhile()
    said, complained = process.communicate()
    if process.returncode != 0:
        reason = (complained.strip() or "the process ended without a word").splitlines()[-1]
        return {"status": "failed", "detail": f"The fresh process failed: {reason}"}
    answer: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return answer


def _nothing() -> None: ...


def _pixel_file(pixels: np.ndarray, rows: np.ndarray, folder: Path) -> Path:
    """Return an ``.npy`` with the pixels: the store itself when they lie in one, else a copy of the rows."""
    store = getattr(pixels, "filename", None)
    if isinstance(pixels, np.memmap) and store is not None and str(store).endswith(".npy"):
        return Path(str(store))
    path = folder / "pixels.npy"
    np.save(path, pixels[rows])
    return path


def compare(run: RunFolder, split: str, probabilities: np.ndarray) -> dict[str, Any]:
    """Hold recomputed probabilities against the stored ones and the score against the logged one."""
    from ..metrics.score import score

    stored = run.predictions(split)
    if stored.probabilities.shape != probabilities.shape:
        detail = f"shape {probabilities.shape} instead of {stored.probabilities.shape}"
        return {"status": "failed", "split": split, "samples": len(probabilities), "detail": detail}
    document = run.document()
    task = document["data"]["task"]
    # Probabilities differ absolutely; predicted numbers in units of what they have to tell apart.
    scale = 1.0 if task != "regression" else float(stored.targets.std()) or 1.0
    rounding = 1e-5 * float(np.abs(stored.probabilities).max(initial=0.0)) / scale
    difference = float(np.abs(stored.probabilities - probabilities).max(initial=0.0)) / scale
    logged = document["results"][split]
    again = score(task, stored.targets, probabilities)
    headline = next(name for name in ("accuracy", "exact_match", "mae") if name in logged)
    drift = abs(float(again[headline]) - float(logged[headline])) / scale
    unsure = "unsure_below" in (run.card().get("test_views") or {})
    same = max(difference, drift) <= TOLERANCE * (EDGE_OF_DOUBT if unsure else 1) + rounding
    return {
        "status": "verified" if same else "failed",
        "split": split,
        "samples": len(probabilities),
        "largest_difference": difference,
        "detail": f"{headline} {float(again[headline]):.4g} after reloading, {float(logged[headline]):.4g} logged",
    }


def main(arguments: list[str]) -> int:
    """Run in the fresh process: ``RUN SPLIT PIXELS.npy ROWS.npy [SHA256]`` → one line of JSON, once told to go."""
    from .reload import reload

    keep_freed_memory()
    run_path, split, pixel_file, row_file, *trusted = arguments
    run = RunFolder(Path(run_path))
    if trusted:
        run = replace(run, pieces=pieces_of_run(run, None, trusted[0]))
    network = reload(run)
    if sys.stdin.readline().strip() != _GO:  # whoever started this is gone
        return 1
    pixels = np.load(pixel_file, mmap_mode="r", allow_pickle=False)
    rows = np.load(row_file, allow_pickle=False)
    parts = [network.probabilities(pixels[rows[start : start + 256]]) for start in range(0, len(rows), 256)]
    print(json.dumps(compare(run, split, np.concatenate(parts))))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SpirulaError as error:
        print(getattr(error, "problem", error), file=sys.stderr)
        sys.exit(error.exit_code)
