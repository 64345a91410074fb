"""How numbers are said. No-break spaces (U+00A0, narrow U+202F) keep a number and its unit on one line."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

NONE = "–"


def percent(value: float | None, digits: int = 1) -> str:
    """Return ``91.8 %``. What is below 100 % (or above 0) is never rounded up to it (down to it)."""
    if value is None:
        return NONE
    text = f"{100 * value:.{digits}f}"
    if digits < 4 and ((value < 1 and float(text) == 100) or (value > 0 and float(text) == 0)):
        return percent(value, digits + 1)
    return f"{text}\u202f%"


def percent_range(ends: list[float] | None, digits: int = 1) -> str:
    """Return ``91.3–92.3``, in percent, without the sign."""
    return NONE if ends is None else f"{100 * ends[0]:.{digits}f}–{100 * ends[1]:.{digits}f}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits, never in a way that hides its size."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    if abs(value) >= 10**digits:
        return f"{value:,.0f}".replace("-", "−")
    if abs(value) < 1e-4:
        return f"{value:.{digits - 1}e}".replace("e-0", "e-").replace("-", "−")
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # of the rounded value: 9.999 is said 10.0
    decimals = max(digits - 1 - exponent, 0)
    return f"{value:.{decimals}f}".replace("-", "−")


def tick(value: float) -> str:
    """Return a round number on an axis: ``0.2``, ``1,500``, ``4e−4``."""
    if value and abs(value) < 1e-4:
        return f"{value:.0e}".replace("e-0", "e-").replace("-", "−")
    return f"{value:,.10g}".replace("-", "−")


def percent_tick(value: float) -> str:
    return f"{100 * value:.6g}\u202f%"


def number_range(ends: list[float] | None, digits: int = 3) -> str:
    return NONE if ends is None else f"{number(ends[0], digits)} to {number(ends[1], digits)}"


def count(value: float | None) -> str:
    return NONE if value is None else f"{int(value):,}"


def counted(value: float, one: str, many: str) -> str:
    return f"{int(value):,}\u00a0{one if value == 1 else many}"


def large(value: float | None) -> str:
    """Return ``12.3 million`` and the like."""
    if value is None:
        return NONE
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{number(value / size)}\u00a0{word}"
    return f"{int(value):,}"


def duration(seconds: float | None) -> str:
    """Return ``0.42 s``, ``12.3 s``, ``3 min 20 s`` or ``1 h 02 min``."""
    if seconds is None:
        return NONE
    if seconds < 59.95:
        return f"{number(seconds)}\u00a0s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}\u00a0min {whole % 60:02d}\u00a0s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}\u00a0h {minutes % 60:02d}\u00a0min"


def size(count_of_bytes: float | None) -> str:
    if count_of_bytes is None:
        return NONE
    value, unit = float(count_of_bytes), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{number(value)}\u00a0{unit}"


def moment(iso: str | None) -> str:
    """Return ``22 November 2026, 21:06 UTC`` for an ISO time; the text itself when it is none."""
    if not iso:
        return NONE
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return str(iso)
    return f"{when.day} {when:%B %Y, %H:%M %Z}".strip()


def shape(values: Any) -> str:
    """Return ``28 × 28 × 1``; a single number as it is."""
    if values is None:
        return NONE
    if isinstance(values, list | tuple):
        return "\u00a0×\u00a0".join(f"{value:,}" if isinstance(value, int) else str(value) for value in values)
    return f"{values:,}" if isinstance(values, int | float) else str(values)


def option(value: Any) -> str:
    """Return an option's value as TOML would show it, without quotes around words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(option(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} = {option(item)}" for key, item in value.items())
    return str(value)
