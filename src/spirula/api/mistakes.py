"""The pictures of a run's worst predictions, as a table."""

from __future__ import annotations

from ..runs.folder import RunFolder
from .inference import stored_split
from .showing.tables import Gallery, no_pictures


def mistakes(folder: RunFolder, split: str | None) -> Gallery:
    """Return the most confident mistakes of a split, worst first; of a regression the largest errors."""
    chosen = stored_split(folder, split)
    arrays = folder.arrays(f"mistakes_{chosen}")
    numbers = folder.document()["data"]["task"] == "regression"
    rows = [
        {
            "file": str(arrays["files"][i]),
            "label": str(arrays["labels"][i]),
            "predicted": str(arrays["predicted"][i]),
            "error" if numbers else "confidence": float(arrays["confidence"][i]),
            "row": int(arrays["rows"][i]),
        }
        for i in range(len(arrays.get("rows", ())))
    ]
    title = f"{'Largest errors' if numbers else 'Most confident mistakes'} of {chosen}"
    return Gallery(rows, arrays.get("images", no_pictures()), title)
