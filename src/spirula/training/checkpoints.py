"""Checkpoints on the disk: written so that a crash leaves the old one or the new one, read without trust.

A checkpoint is a pair: ``000007.safetensors`` with the tensors and ``000007.json`` with the numbers,
the SHA-256 of the tensors and, last, its own. The tensors come first; the JSON file makes them count.
Names are never used twice, the last two checkpoints stay, and nothing in them is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from ..errors import RunError, SpirulaError
from ..runs.files import write_atomically

SCHEMA = 1
_NAME = re.compile(r"(\d{6,})\.json")


@dataclass(frozen=True, eq=False)
class Content:
    """What a checkpoint holds: tensors by name, and a JSON document."""

    tensors: Mapping[str, Tensor]
    document: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Loaded:
    """The newest checkpoint that verifies.

    Attributes
    ----------
    content: what was saved.
    path: its JSON file.
    messages: sentences about newer checkpoints that are broken and were passed over.
    """

    content: Content
    path: Path
    messages: tuple[str, ...]

    @property
    def history(self) -> list[dict[str, Any]]:
        """Return the rows of the epochs that were finished when it was saved."""
        return list(self.content.document["history"])

    @property
    def serial(self) -> int:
        return int(self.path.stem)


@dataclass
class CheckpointFolder:
    """Writes checkpoints into one folder.

    ``last`` is the serial number of the newest checkpoint that is known to be good: it stays until
    the one after the next. A broken one that was passed over when reading therefore goes first.
    """

    path: Path
    last: int | None = field(default=None)

    def save(self, content: Content) -> Path:
        """Write a checkpoint and return its JSON file, which then is on the disk with all it names.

        Raises :class:`SpirulaError` with the system's reason when that failed; the last good
        checkpoint is then still there.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            serial = max((number for number, _ in _serials(self.path)), default=0) + 1
            tensors = safetensors.torch.save(_portable(content.tensors))
            document = {
                "schema": SCHEMA,
                "bytes": len(tensors),
                "tensors_sha256": hashlib.sha256(tensors).hexdigest(),
                **content.document,
            }
            sealed = {**document, "sha256": _seal(document)}
            path = self.path / f"{serial:06d}.json"
            write_atomically(path.with_suffix(".safetensors"), lambda file: file.write(tensors))
            write_atomically(path, lambda file: file.write(_canonical(sealed)))
            self._tidy({serial, self.last})
        except OSError as error:
            raise SpirulaError(
                f"No checkpoint could be written in {self.path}: {error.strerror or error}",
                "Free some space or make the folder writable.",
            ) from error
        self.last = serial
        return path

    def _tidy(self, kept: set[int | None]) -> None:
        """Remove older checkpoints, and what a killed process left half-written."""
        for file in self.path.iterdir():
            number = file.stem if file.suffix in (".json", ".safetensors") else ""
            if (number.isdecimal() and int(number) not in kept) or file.suffix == ".part":
                file.unlink(missing_ok=True)


def load_checkpoint(folder: Path) -> Loaded:
    """Return the newest checkpoint in ``folder`` that verifies against its hashes.

    Raises :class:`RunError` when there is none, naming what is wrong with each.
    """
    messages: list[str] = []
    for _, path in sorted(_serials(folder), reverse=True):
        try:
            content = _read(path)
        except (OSError, ValueError, KeyError, RecursionError, SafetensorError) as error:
            messages.append(f"Checkpoint {path} is broken ({error}); the one before it is used.")
        else:
            return Loaded(content, path, tuple(messages))
    if messages:
        found = " ".join(message.removesuffix("; the one before it is used.") + "." for message in messages)
        raise RunError(f"No checkpoint in {folder} can be read. {found}", "Start the training anew.")
    raise RunError(f"There is no checkpoint in {folder}", "Start the training anew.")


def _read(path: Path) -> Content:
    document = json.loads(path.read_bytes())
    if not isinstance(document, dict) or document.pop("sha256", None) != _seal(document):
        raise ValueError("its content does not match its hash")
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']}, this version reads {SCHEMA}")
    tensors = path.with_suffix(".safetensors").read_bytes()
    if len(tensors) != document["bytes"] or hashlib.sha256(tensors).hexdigest() != document["tensors_sha256"]:
        raise ValueError("its tensors do not match their hash")
    return Content(safetensors.torch.load(tensors), document)


def _serials(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        return []
    matches = ((_NAME.fullmatch(file.name), file) for file in folder.iterdir())
    return [(int(match[1]), file) for match, file in matches if match]


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _seal(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(document)).hexdigest()


def _portable(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Bring tensors to CPU memory, rows in order; two that share memory (tied weights) become two."""
    portable: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        address = plain.untyped_storage().data_ptr()
        portable[name] = plain.clone() if address in seen else plain
        seen.add(address)
    return portable
