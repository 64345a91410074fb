"""Filling a run folder while a training goes on. Every file is replaced in one step or appended whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, SpirulaError
from . import folder as layout
from .files import finite, lock, write_arrays, write_atomically, write_json, write_text
from .folder import RunFolder


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def safe_name(text: str) -> str:
    """Return ``text`` as a folder name: letters and digits of any script, no separators, at most 80 bytes."""
    name = re.sub(r"[^\w.+-]+", "-", unicodedata.normalize("NFC", text)).strip("-.")
    return name.encode()[:80].decode(errors="ignore") or "run"


def check_free(runs: str | Path, name: str) -> None:
    """Raise :class:`InputError` when ``runs/<name>`` is taken. What a crash left before it became a run is not."""
    if safe_name(name) != name:
        raise InputError(
            f'"{name}" cannot be the name of a folder here', f"Use --name {safe_name(name)}, and --runs DIR."
        )
    path = Path(runs) / name
    leftover = {layout.CONFIG, layout.PREDICTIONS, layout.CHECKPOINTS, layout.INSIGHT}
    if path.is_dir() and {entry.name for entry in path.iterdir()} <= leftover:
        return
    if path.exists():
        raise InputError(
            f"The run {path} exists already", f"Choose another --name, or go on with: spirula train --resume {path}"
        )


class RunWriter:
    """Owns one run folder until closed. ``document`` is the content of ``run.json``; :meth:`update` writes it."""

    def __init__(self, path: Path, document: dict[str, Any], held: int | None = None) -> None:
        self.path = path
        self.document = document
        self._held = held

    @classmethod
    def create(
        cls, runs: str | Path, name: str | None, title: str, *, config: str, document: Mapping[str, Any]
    ) -> RunWriter:
        """Make a new run folder ``runs/<name>``; a derived name gets a number when it is taken.

        ``config.toml`` is written before ``run.json``: whatever is a run folder can be resumed.

        Raises :class:`InputError` when a name that was asked for exists already: runs are never overwritten.
        """
        parent = Path(runs)
        stem = safe_name(name) if name else f"{datetime.now():%Y-%m-%d-%H%M%S}-{safe_name(title)}"
        for number in range(1, 10_000):
            path = parent / (stem if number == 1 else f"{stem}-{number}")
            if name:
                check_free(parent, name)
            elif path.exists():
                continue
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SpirulaError(
                    f"{path} could not be made: {error.strerror or error}",
                    "Choose a folder that you may write: --runs DIR",
                ) from error
            break
        held = lock(path)
        for part in (layout.PREDICTIONS, layout.CHECKPOINTS, layout.INSIGHT):
            (path / part).mkdir(exist_ok=True)
        write_text(path / layout.CONFIG, config)
        head = {"schema": layout.SCHEMA, "name": path.name, "status": "running", "created": timestamp()}
        writer = cls(path, {**head, **document}, held)
        writer.update()
        return writer

    @classmethod
    def reopen(cls, run: RunFolder) -> RunWriter:
        """Take a run to go on with it; :class:`RunError` when another process has it."""
        held = lock(run.path)
        return cls(run.path, run.document(), held)

    def close(self) -> None:
        """Let go of the run folder."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def discard(self) -> None:
        """Remove the run folder: for a run that was refused before it began."""
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.path)

    @property
    def checkpoints(self) -> Path:
        return self.path / layout.CHECKPOINTS

    def update(self, **fields: Any) -> None:
        """Change fields of ``run.json`` and write it."""
        self.document.update(fields)
        write_json(self.path / layout.DOCUMENT, self.document)

    def made(self, part: str) -> None:
        """Take a part off those that could not be made after the training: it was made later."""
        left = dict(self.document.get(layout.LEFT_OUT) or {})
        if left.pop(part, None) is not None:
            self.update(**{layout.LEFT_OUT: left})

    def write_config(self, config: str) -> None:
        """Replace ``config.toml``: for what a training itself has found out."""
        write_text(self.path / layout.CONFIG, config)

    def write_source(self, content: bytes) -> None:
        """Keep the file with the user's own pieces, as it was, for the record."""
        write_atomically(self.path / layout.CUSTOM, lambda file: file.write(content))

    def amend_card(self, **parts: Any) -> None:
        """Change parts of ``model.json`` beside the network itself; a part that is None is taken out."""
        card = {**self.folder.card(), **parts}
        kept = {name: value for name, value in card.items() if value is not None}
        text = json.dumps(kept, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        write_text(self.path / layout.CARD, text)

    def write_classes(self, classes: list[str]) -> None:
        write_json(self.path / layout.CLASSES, classes)

    def append_epoch(self, row: Mapping[str, Any]) -> None:
        """Append one line to ``metrics.jsonl``, as one write, so that a reader never meets half of it."""
        line = json.dumps(finite(row), ensure_ascii=False, allow_nan=False) + "\n"
        try:
            with (self.path / layout.METRICS).open("ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise SpirulaError(
                f"{self.path / layout.METRICS} could not be written: {error.strerror or error}", "Free some space."
            ) from error

    def rewrite_history(self, rows: list[dict[str, Any]]) -> None:
        """Put back the epochs that a checkpoint knows: what came after it is trained again."""
        lines = "".join(json.dumps(finite(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
        write_atomically(self.path / layout.METRICS, lambda file: file.write(lines.encode()))

    def write_predictions(
        self,
        split: str,
        ids: list[str],
        targets: np.ndarray,
        probabilities: np.ndarray,
        together: np.ndarray | None = None,
    ) -> None:
        """Store what the network said of a split; arguments as in :class:`spirula.runs.folder.Predictions`."""
        arrays = {
            "ids": np.asarray(ids, dtype=np.str_),
            "targets": targets,
            "probabilities": probabilities.astype(np.float32),
        }
        if together is not None and len(np.unique(together)) < len(together):
            arrays["together"] = together
        write_arrays(self.path / layout.PREDICTIONS / f"{split}.npz", arrays)

    def write_insight_arrays(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        write_arrays(self.path / layout.INSIGHT / f"{name}.npz", arrays)

    def write_insight_text(self, filename: str, text: str) -> None:
        write_text(self.path / layout.INSIGHT / filename, text)

    def write_insight_json(self, filename: str, document: Any) -> None:
        write_json(self.path / layout.INSIGHT / filename, document)
