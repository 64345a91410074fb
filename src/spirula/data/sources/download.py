"""Fetching one file: resumable, checked by SHA-256, put in place in one step."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from ..._version import __version__
from ...errors import DownloadError
from ..samples import Progress

_BLOCK = 1 << 18
_TIMEOUT = 20.0  # seconds without an answer or without a byte
_ATTEMPTS = 3  # per mirror, each going on where the one before broke off


def fetch(urls: Sequence[str], target: Path, *, sha256: str, size: int, progress: Progress | None = None) -> Path:
    """Fetch a file from the first of its mirrors that gives it.

    urls: mirrors, tried in order. size: bytes. Unfinished bytes wait beside the target in ``<name>.part`` and the
    next call goes on from there. The file is moved into place only when its SHA-256 is right.

    Raises :class:`DownloadError` with what each mirror answered.
    """
    part = target.with_name(target.name + ".part")
    answers: list[str] = []
    resumed = part.exists()
    for url in urls:
        stage = f"downloading {target.name} ({size / 1e6:.1f} MB) from {url}"
        for _ in range(_ATTEMPTS):
            try:
                _fetch_rest(url, part, size, stage, progress)
            except (http.client.HTTPException, TimeoutError, ConnectionResetError) as error:
                answers.append(f"{url}: {_reason(error)}")
                continue  # broken off on the way: the next attempt goes on from there
            except (OSError, ValueError) as error:
                answers.append(f"{url}: {_reason(error)}")
                break  # no such file, no such host, no connection: the next mirror
            found = file_sha256(part)
            if found == sha256:
                part.replace(target)
                return target
            part.unlink()
            answers.append(f"{url}: its SHA-256 is {found}, not {sha256}")
            if not resumed:
                break
            resumed = False  # what an earlier call left may have been wrong, not the mirror
    raise DownloadError(f"{target.name} could not be fetched: " + "; ".join(answers))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_rest(url: str, part: Path, size: int, stage: str, progress: Progress | None) -> None:
    """Append to ``part`` what is missing of ``size`` bytes; start over when the server cannot go on in the middle."""
    have = part.stat().st_size if part.exists() else 0
    if have > size:
        part.unlink()
        have = 0
    if have == size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": f"spirula/{__version__}"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # only the named sets' own mirrors
        goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        with part.open("ab" if goes_on else "wb") as file:
            have = have if goes_on else 0
            while block := answer.read(_BLOCK):
                have += len(block)
                if have > size:
                    raise ValueError(f"it sends more than the {size:,} bytes of this file")
                file.write(block)
                if progress is not None:
                    progress(stage, have, size)
            file.flush()
            os.fsync(file.fileno())
    if have < size:
        raise http.client.IncompleteRead(b"", size - have)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke off"
    return str(error) or type(error).__name__
