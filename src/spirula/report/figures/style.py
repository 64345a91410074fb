"""The figures' style sheet, the same in the report and where a figure stands alone."""

from __future__ import annotations

from pathlib import Path

STYLE = Path(__file__).parent.parent / "templates" / "style"


def stylesheet(root: str, figures: str = "figures.css") -> str:
    """Return the style sheet with its colours set on the selector ``root``, for light and dark."""
    light, dark, rules = ((STYLE / name).read_text(encoding="utf-8") for name in ("light.css", "dark.css", figures))
    return f"{root} {{\n{light}}}\n@media (prefers-color-scheme: dark) {{ {root} {{\n{dark}}} }}\n{rules}"
