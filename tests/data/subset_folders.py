"""Folders of small pictures to take subsets of, and what a subset holds."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from small_sets import png


def write(root: Path, names: list[str]) -> Path:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(png(number))
    return root


def manifest(folder: Path) -> list[dict[str, str]]:
    text = (folder / "subset.csv").read_text(encoding="utf-8", errors="surrogateescape")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
