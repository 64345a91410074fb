"""The pixel store: every image decoded once, kept as one memory-mapped array in the cache.

    <cache>/pixels/<key>/pixels.npy    uint8 (M, H, W, C), the images that could be decoded
                         index.npz     rows (M,) among those asked for, digests (M, 32) of the encoded files, the ledger
                         index.json    settings, SHA-256 of index.npz

The key covers what was asked and every file's place, name, size and time, so a changed folder finds no store and is
decoded anew. A store is filled under a temporary name and renamed when it is complete.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

import numpy as np

from ...errors import SpirulaError
from ...runs.files import printable, write_json
from ..cache import mark_used
from ..samples import Files, Progress, Request
from . import decode
from .intake import Intake, Job, items_of
from .ledger import JOIN, Entry, Ledger, ledger_of, sentence, verdict
from .opening import Header
from .sizes import Plan, plan, plan_ahead

_PROBE = 64  # headers that are looked at first: often they say all that there is to decide
_STALE = 24 * 3600  # seconds after which an unfinished store counts as abandoned
_CHUNK = 16 << 20  # bytes moved at once


@dataclass(frozen=True, eq=False)
class Store:
    """pixels: uint8 (M, H, W, C). rows: int64 (M,) of what was asked. digests: uint8 (M, 32), SHA-256 of each file.

    ledger: of all that was asked. plan: the size, channels and resizing that were used, with their reasons.
    """

    pixels: np.ndarray
    rows: np.ndarray
    digests: np.ndarray
    ledger: Ledger
    plan: Plan


def decoded(files: Files, ids: Sequence[str], cache: Path, request: Request) -> Store:
    """Return the decoded images, from the cache when they are there, else decoded now and kept.

    Raises :class:`DataError` when no image can be decoded or an option would have no effect, :class:`SpirulaError`
    when the cache cannot hold the result.
    """
    folder = cache / _key(files, ids, request)
    found = _open_store(folder)
    if found is not None:
        mark_used(folder)
        return found
    try:
        _build(folder, files, ids, request)
    except OSError as error:
        raise SpirulaError(
            f"The decoded pixels could not be written to {folder}: {error.strerror or error}",
            "Free some space, choose a smaller image size, or point XDG_CACHE_HOME to another disk.",
        ) from error
    built = _open_store(folder)
    if built is None:
        raise SpirulaError(f"The pixel store {folder} was damaged as it was written", "Check the disk and try again.")
    return built


def _key(files: Files, ids: Sequence[str], request: Request) -> str:
    state = hashlib.sha256(json.dumps([decode.VERSION, request.pixel_options()], sort_keys=True).encode())
    state.update(files.location.encode("utf-8", "surrogateescape") + b"\0")
    state.update("\0".join(ids).encode("utf-8", "surrogateescape"))
    state.update(np.ascontiguousarray(files.sizes).tobytes() + np.ascontiguousarray(files.times).tobytes())
    return state.hexdigest()[:32]


def _open_store(folder: Path) -> Store | None:
    """Open a store, or return ``None`` when there is none or it is damaged in a way that can be seen."""
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        raw = (folder / "index.npz").read_bytes()
        if hashlib.sha256(raw).hexdigest() != index["index_sha256"]:
            return None
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            rows, digests, ledger = arrays["rows"], arrays["digests"], Ledger.from_arrays(arrays)
        path = folder / "pixels.npy"
        if path.stat().st_size != index["bytes"]:
            return None
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
        if pixels.shape[0] != len(rows) or pixels.ndim != 4 or pixels.dtype != np.uint8:
            return None
        return Store(pixels, rows, digests, ledger, Plan.from_dict(index["plan"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _build(folder: Path, files: Files, ids: Sequence[str], request: Request) -> None:
    _remove_abandoned(folder.parent)
    temporary = Path(mkdtemp(prefix=".filling-", dir=folder.parent))
    places = [files.place(row) for row in range(len(ids))]
    try:
        with Intake(items_of(places, ids), files.sizes) as intake:
            headers, chosen, final = _look(intake, request)
            _require_room(folder.parent, len(ids), chosen)
            entries, digests = _decode(intake, temporary / "pixels.npy", headers, chosen, request)
        if not final:
            chosen = plan([_header(entry) for entry in entries], request)
        rows = np.array([row for row, entry in enumerate(entries) if not entry.refused], dtype=np.int64)
        with (temporary / "pixels.npy").open("r+b") as file:
            size = _compact(file, rows, _shape(chosen))
        found = np.frombuffer(b"".join(digests[row] for row in rows.tolist()), dtype=np.uint8).reshape(len(rows), 32)
        ledger = ledger_of(ids, entries)
        np.savez(temporary / "index.npz", allow_pickle=False, rows=rows, digests=found, **ledger.to_arrays())
        index = {
            "kind": "pixels",
            "source": printable(files.location),
            "images": len(rows),
            "index_sha256": hashlib.sha256((temporary / "index.npz").read_bytes()).hexdigest(),
            "bytes": size,
            "plan": chosen.to_dict(),
        }
        write_json(temporary / "index.json", index)
        if folder.exists() and _open_store(folder) is None:
            shutil.rmtree(folder)
        try:
            temporary.rename(folder)
        except OSError:
            if _open_store(folder) is None:  # otherwise another process was first, with the same content
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _look(intake: Intake, request: Request) -> tuple[dict[int, Entry], Plan, bool]:
    """Read headers until size and channels are decided: the first few when those decide it, else all of them.

    Returns the entries that were read, the plan, and whether nothing of it is open (reasons, and whether any picture
    needs resizing, may be known only when all are decoded).
    """
    number = len(intake)
    first, rest = range(min(_PROBE, number)), range(min(_PROBE, number), number)
    entries: dict[int, Entry] = {}
    for rows in (first, rest):
        for reading in intake.read(rows, Job()):
            entries[reading.row] = reading.entry
            _say(request.progress, "reading image sizes", len(entries), number)
        headers = [_header(entry) for _, entry in sorted(entries.items())]
        if len(entries) < number and (ahead := plan_ahead(headers, request)) is not None:
            return entries, ahead, False
    return entries, plan(headers, request), True


def _decode(
    intake: Intake, store: Path, headers: dict[int, Entry], chosen: Plan, request: Request
) -> tuple[list[Entry], dict[int, bytes]]:
    """Fill the store; returns the ledger's entry of every row and the digest of each that has pixels."""
    shape = _shape(chosen)
    number = len(intake)
    with store.open("wb") as file:
        _write_header(file, number, shape)
        offset = file.tell()
        file.truncate(offset + number * int(np.prod(shape)))
    entries = dict(headers)
    digests: dict[int, bytes] = {}
    rows = [row for row in range(number) if row not in headers or not headers[row].refused]
    done = number - len(rows)
    for reading in intake.read(rows, Job(chosen.target(), store, offset)):
        entries[reading.row] = _dropped(reading.entry) if request.suspects == "drop" else reading.entry
        digests[reading.row] = bytes.fromhex(reading.digest)
        done += 1
        _say(request.progress, "decoding images", done, number)
    return [entries[row] for row in range(number)], digests


def _dropped(entry: Entry) -> Entry:
    if not entry.code or verdict(entry.code) != "suspect":
        return entry
    reason = sentence("suspect-dropped", {"detail": entry.reason})
    return replace(entry, code=f"{entry.code}{JOIN}suspect-dropped", reason=reason)


def _header(entry: Entry) -> Header | str:
    if entry.refused:
        return entry.reason
    return Header(entry.height, entry.width, 1 if entry.channels < 3 else 3)


def _shape(chosen: Plan) -> tuple[int, int, int]:
    return chosen.height, chosen.width, chosen.channels


def _say(progress: Progress | None, stage: str, done: int, number: int) -> None:
    if progress is not None and (done % 32 == 0 or done == number):
        progress(stage, done, number)


def _require_room(folder: Path, number: int, chosen: Plan) -> None:
    needed = number * int(np.prod(_shape(chosen)))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SpirulaError(
            f"The decoded images need {needed / 1e9:.1f} GB in {folder}, which has {free / 1e9:.1f} GB free",
            "Choose a smaller image size, free some space, or point XDG_CACHE_HOME to another disk.",
        )


def _compact(file: BinaryIO, rows: np.ndarray, shape: tuple[int, int, int]) -> int:
    """Close the gaps that refused rows left, make the file durable, and return its size in bytes."""
    picture = int(np.prod(shape))
    file.seek(0)
    _write_header(file, len(rows), shape)
    offset = file.tell()
    moved = np.flatnonzero(rows != np.arange(len(rows)))
    first = int(moved[0]) if len(moved) else len(rows)
    at_once = max(1, _CHUNK // picture)
    runs = np.split(rows[first:], np.flatnonzero(np.diff(rows[first:]) != 1) + 1)
    target = first
    for run in runs:
        for start in range(0, len(run), at_once):
            part = run[start : start + at_once]
            file.seek(offset + int(part[0]) * picture)
            block = file.read(len(part) * picture)
            file.seek(offset + target * picture)
            file.write(block)
            target += len(part)
    file.truncate(offset + len(rows) * picture)
    file.flush()
    os.fsync(file.fileno())
    return file.seek(0, os.SEEK_END)


def _write_header(file: BinaryIO, number: int, shape: tuple[int, int, int]) -> None:
    """Write an .npy header whose length does not depend on ``number`` (NumPy leaves room for the first axis)."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (number, *shape)}
    np.lib.format.write_array_header_1_0(file, header)


def _remove_abandoned(folder: Path) -> None:
    """Remove stores that a killed process left half filled."""
    for path in folder.glob(".filling-*"):
        try:
            abandoned = time.time() - (path / "pixels.npy").stat().st_mtime > _STALE
        except OSError:
            continue  # just created, or removed by its own process
        if abandoned:
            shutil.rmtree(path, ignore_errors=True)
