"""The one number of a result, in words."""

from __future__ import annotations

from typing import Any

from ..metrics.score import HEADLINE


def headline(task: str, result: dict[str, Any]) -> str:
    """Return one sentence piece: ``91.82 % of 12,000 right (95 % interval 91.32–92.30)``."""
    name, words = HEADLINE[task]
    value, interval = result.get(name), result.get(f"{name}_interval")
    if value is None:
        return f"no samples ({result.get('count', 0)})"
    once = f"{result['atoms']:,} where copies and groups count once; " if result.get("atoms") else ""
    if task == "classification":
        text = f"{100 * value:.2f} % of {result['count']:,} right"
        return text + (f" ({once}95 % interval {100 * interval[0]:.2f}–{100 * interval[1]:.2f})" if interval else "")
    text = f"{words.lower()} {value:.4g} over {result['count']:,}"
    return text + (f" ({once}95 % interval {interval[0]:.4g}–{interval[1]:.4g})" if interval else "")
