"""The pixel store: every image decoded once, kept as one memory-mapped array in the cache.

    <cache>/pixels/<key>/pixels.npy    uint8 (M, H, W, C), the images that could be decoded
                         index.npz     rows (M,) among those asked for, digests (M, 32) of the encoded files
                         index.json    settings, refused rows with reasons, SHA-256 of index.npz

The key covers what was asked and every file's place, name, size and time, so a changed folder finds no store and is
decoded anew. A store is filled under a temporary name and renamed when it is complete.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, TypeVar

import numpy as np

from ..errors import SpirulaError
from ..runs.files import write_json
from . import decode
from .quiet import quiet_pillow
from .samples import Blobs, Progress, Request
from .sizes import Plan, plan

Result = TypeVar("Result")

_BLOCK = 32  # images per task: small enough to spread, large enough that the pool's own work does not show
_STALE = 24 * 3600  # seconds after which an unfinished store counts as abandoned
_large_images = threading.Lock()


@dataclass(frozen=True, eq=False)
class Store:
    """pixels: uint8 (M, H, W, C). rows: int64 (M,) of what was asked. digests: uint8 (M, 32), SHA-256 of each file.

    refused: (row, reason). plan: the size, channels and resizing that were used, with their reasons.
    """

    pixels: np.ndarray
    rows: np.ndarray
    digests: np.ndarray
    refused: tuple[tuple[int, str], ...]
    plan: Plan


def decoded(blobs: Blobs, ids: Sequence[str], cache: Path, request: Request) -> Store:
    """Return the decoded images, from the cache when they are there, else decoded now and kept.

    Raises :class:`DataError` when no image can be decoded or an option would have no effect, :class:`SpirulaError`
    when the cache cannot hold the result.
    """
    folder = cache / _key(blobs, ids, request)
    found = _open_store(folder)
    if found is not None:
        return found
    headers = _each(blobs, _header_of, "reading image sizes", request.progress)
    chosen = plan(list(headers), request)
    try:
        _build(folder, blobs, chosen, request.progress)
    except OSError as error:
        raise SpirulaError(
            f"The decoded pixels could not be written to {folder}: {error.strerror or error}",
            "Free some space, choose a smaller image size, or point XDG_CACHE_HOME to another disk.",
        ) from error
    built = _open_store(folder)
    if built is None:
        raise SpirulaError(f"The pixel store {folder} was damaged as it was written", "Check the disk and try again.")
    return built


def _key(blobs: Blobs, ids: Sequence[str], request: Request) -> str:
    asked = [request.image_size, request.channels, request.resize, request.whole]
    state = hashlib.sha256(json.dumps([decode.VERSION, asked], sort_keys=True).encode())
    state.update(blobs.location.encode("utf-8", "surrogateescape") + b"\0")
    state.update("\0".join(ids).encode("utf-8", "surrogateescape"))
    state.update(np.ascontiguousarray(blobs.sizes).tobytes() + np.ascontiguousarray(blobs.times).tobytes())
    return state.hexdigest()[:32]


def _open_store(folder: Path) -> Store | None:
    """Open a store, or return ``None`` when there is none or it is damaged in a way that can be seen."""
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        raw = (folder / "index.npz").read_bytes()
        if hashlib.sha256(raw).hexdigest() != index["index_sha256"]:
            return None
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            rows, digests = arrays["rows"], arrays["digests"]
        path = folder / "pixels.npy"
        if path.stat().st_size != index["bytes"]:
            return None
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
        if pixels.shape[0] != len(rows) or pixels.ndim != 4 or pixels.dtype != np.uint8:
            return None
        refused = tuple((int(row), str(reason)) for row, reason in index["refused"])
        return Store(pixels, rows, digests, refused, Plan.from_dict(index["plan"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _build(folder: Path, blobs: Blobs, chosen: Plan, progress: Progress | None) -> None:
    number = len(blobs.sizes)
    needed = number * chosen.height * chosen.width * chosen.channels
    free = shutil.disk_usage(folder.parent).free
    if needed > free:
        raise SpirulaError(
            f"The decoded images need {needed / 1e9:.1f} GB in {folder.parent}, which has {free / 1e9:.1f} GB free",
            "Choose a smaller image size, free some space, or point XDG_CACHE_HOME to another disk.",
        )
    _remove_abandoned(folder.parent)
    temporary = Path(mkdtemp(prefix=".filling-", dir=folder.parent))
    try:
        with (temporary / "pixels.npy").open("wb") as file:
            rows, digests, refused = _write_pixels(file, blobs, chosen, number, progress)
            file.flush()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        np.savez(temporary / "index.npz", allow_pickle=False, rows=rows, digests=digests)
        index = {
            "index_sha256": hashlib.sha256((temporary / "index.npz").read_bytes()).hexdigest(),
            "bytes": size,
            "refused": refused,
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


def _write_pixels(
    file: BinaryIO, blobs: Blobs, chosen: Plan, number: int, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, str]]]:
    shape = (chosen.height, chosen.width, chosen.channels)
    rows: list[int] = []
    digests: list[bytes] = []
    refused: list[tuple[int, str]] = []
    _write_header(file, number, shape)

    def decode_row(blobs: Blobs, row: int) -> tuple[np.ndarray, bytes] | str:
        return _decode_row(blobs, row, chosen)

    for row, result in enumerate(_each(blobs, decode_row, "decoding images", progress)):
        if isinstance(result, str):
            refused.append((row, result))
            continue
        pixels, digest = result
        file.write(np.ascontiguousarray(pixels).data)
        rows.append(row)
        digests.append(digest)
    file.seek(0)
    _write_header(file, len(rows), shape)
    found = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(len(digests), 32)
    return np.array(rows, dtype=np.int64), found, refused


def _write_header(file: BinaryIO, number: int, shape: tuple[int, int, int]) -> None:
    """Write an .npy header whose length does not depend on ``number`` (NumPy leaves room for the first axis)."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (number, *shape)}
    np.lib.format.write_array_header_1_0(file, header)


def _header_of(blobs: Blobs, row: int) -> decode.Header | str:
    try:
        with blobs.open(row) as file:
            return decode.read_header(file)
    except decode.ImageRefused as refused:
        return refused.reason
    except OSError as error:
        return error.strerror or str(error)


def _decode_row(blobs: Blobs, row: int, chosen: Plan) -> tuple[np.ndarray, bytes] | str:
    """Return (pixels, SHA-256 of the file), or why the file is refused."""
    if (reason := chosen.refused.get(row)) is not None:
        return reason
    try:
        with blobs.open(row) as file:
            data = decode.read_all(file)
        with _large_images if row in chosen.large else nullcontext():
            pixels = decode.decode_bytes(
                data,
                height=chosen.height,
                width=chosen.width,
                channels=chosen.channels,
                resize=chosen.resize or "squash",
            )
    except decode.ImageRefused as refused:
        return refused.reason
    except OSError as error:
        return error.strerror or str(error)
    return pixels, hashlib.sha256(data).digest()


def _each(blobs: Blobs, act: Callable[[Blobs, int], Result], stage: str, progress: Progress | None) -> Iterator[Result]:
    """Yield ``act(blobs, row)`` for every row, in order, computed by threads (Pillow releases the interpreter lock).

    A bounded number of blocks is under way, so memory does not grow when writing is slower than decoding.
    """
    number = len(blobs.sizes)
    threads = max(1, min(16, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))

    def block(start: int) -> list[Result]:
        return [act(blobs, row) for row in range(start, min(start + _BLOCK, number))]

    waiting: deque[Future[list[Result]]] = deque()
    starts = iter(range(0, number, _BLOCK))
    done = 0
    with quiet_pillow(), ThreadPoolExecutor(threads) as pool:
        try:
            while done < number:
                waiting.extend(pool.submit(block, start) for start in islice(starts, 2 * threads - len(waiting)))
                results = waiting.popleft().result()
                yield from results
                done += len(results)
                if progress is not None:
                    progress(stage, done, number)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove stores that a killed process left half filled."""
    for path in folder.glob(".filling-*"):
        try:
            abandoned = time.time() - (path / "pixels.npy").stat().st_mtime > _STALE
        except OSError:
            continue  # just created, or removed by its own process
        if abandoned:
            shutil.rmtree(path, ignore_errors=True)
