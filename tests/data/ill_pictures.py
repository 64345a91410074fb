"""Pictures that make a planted worker process ill, and the processes that still run."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, PngImagePlugin

PLANTED = Path(__file__).parent / "pictures" / "planted_worker.py"


def children() -> set[int]:
    """Return the processes that this one started and that still run."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add(int(path.parent.name))
    return found


def plant(root: Path, name: str, illness: str) -> None:
    image = Image.open(root / name)
    text = PngImagePlugin.PngInfo()
    text.add_text("note", f"planted:{illness}")
    image.save(root / name, pnginfo=text)
