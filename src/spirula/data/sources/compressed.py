"""A tar that is compressed as a whole, kept uncompressed in the cache: there its pictures can be read one by one.

    <cache>/archives/<key>/content.tar   the tar as it is, nothing of it unpacked
                           index.json    kind, source, bytes

The key covers the archive's place, size and time.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, Final

from ...errors import DataError, SpirulaError
from ...runs.files import write_json
from ..cache import INDEX, cache_folder, mark_used
from ..samples import Progress, changed

_Packed = gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
_OPENERS: Final[dict[str, Callable[[BinaryIO], _Packed]]] = {
    "gz": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
}
_SUFFIXES: Final = {
    ".tar.gz": "gz", ".tgz": "gz", ".tar.bz2": "bz2", ".tbz": "bz2", ".tbz2": "bz2", ".tar.xz": "xz", ".txz": "xz",
}  # fmt: skip
_BLOCK: Final = 1 << 20
_SPARE: Final = 1 << 30  # bytes of the disk that stay free, whatever an archive blows itself up to
_TAR: Final = "content.tar"
_ROOM: Final = "Free some space, or point XDG_CACHE_HOME to another disk."


def compression(path: Path) -> str | None:
    """Return how a path says that its tar is compressed: "gz", "bz2" or "xz"; None when it is no such tar."""
    return next((kind for suffix, kind in _SUFFIXES.items() if path.name.lower().endswith(suffix)), None)


def plain_tar(path: Path, progress: Progress | None = None) -> Path:
    """Return the uncompressed copy of a tar, made now if the cache has none.

    Raises :class:`DataError` when it is damaged, :class:`SpirulaError` when the cache has no room for it.
    """
    status = path.stat()
    said = json.dumps([str(path.resolve()), status.st_size, changed(status)])
    folder = cache_folder("archives") / hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    if not (folder / INDEX).is_file():
        _fill(folder, path, status.st_size, progress)
    mark_used(folder)
    return folder / _TAR


def _fill(folder: Path, path: Path, size: int, progress: Progress | None) -> None:
    """Write under a temporary name and rename: another process sees nothing or everything."""
    temporary = Path(mkdtemp(prefix=".filling-", dir=folder.parent))
    try:
        written = _copy(path, temporary / _TAR, size, progress)
        write_json(temporary / INDEX, {"kind": "archives", "source": str(path.resolve()), "bytes": written})
        if folder.exists() and not (folder / INDEX).is_file():
            shutil.rmtree(folder)
        try:
            temporary.rename(folder)
        except OSError:
            if not (folder / INDEX).is_file():  # otherwise another process was first, with the same content
                raise
    except OSError as error:
        raise SpirulaError(
            f"What is in {path} could not be written to {folder}: {error.strerror or error}", _ROOM
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _copy(path: Path, target: Path, size: int, progress: Progress | None) -> int:
    """Return how many bytes were written."""
    kind = compression(path)
    assert kind is not None
    written = 0
    with path.open("rb") as raw, target.open("wb") as out:
        packed = _OPENERS[kind](raw)
        while block := _block(packed, path):
            if shutil.disk_usage(target.parent).free < _SPARE + len(block):
                raise SpirulaError(
                    f"{path} is larger unpacked than the cache {target.parent.parent} has room for", _ROOM
                )
            written += out.write(block)
            if progress is not None:
                progress(f"unpacking {path.name}", raw.tell(), size)
    return written


def _block(packed: _Packed, path: Path) -> bytes:
    try:
        return packed.read(_BLOCK)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} cannot be read: {error}", "Fetch the archive again, or unpack it.") from error
