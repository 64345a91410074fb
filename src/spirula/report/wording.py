"""How numbers are said. No-break spaces (U+00A0, narrow U+202F) keep a number and its unit on one line.

``language``: "en" or "ko", where a number has words beside it.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from .speech import Words, speaker

NONE = "–"

WORDS: Words = {
    "range": ("{low} to {high}", "{low}~{high}"),
    "seconds": ("{n}\u00a0s", "{n}초"),
    "minutes": ("{minutes}\u00a0min {seconds:02d}\u00a0s", "{minutes}분\u00a0{seconds}초"),
    "hours": ("{hours}\u00a0h {minutes:02d}\u00a0min", "{hours}시간\u00a0{minutes}분"),
    "bytes": ("{n}\u00a0bytes", "{n}바이트"),
    "moment": ("{day} {month} {year}, {time} {zone}", "{year}년 {number}월 {day}일 {time} {zone}"),
}

# From which number on a size has a word of its own, what the word counts, and the word; the largest first.
LARGE: dict[str, tuple[tuple[float, float, str], ...]] = {
    "en": ((1e12, 1e12, "\u00a0trillion"), (1e9, 1e9, "\u00a0billion"), (1e6, 1e6, "\u00a0million")),
    "ko": ((1e12, 1e12, "조"), (1e8, 1e8, "억"), (1e6, 1e4, "만")),
}


def percent(value: float | None, digits: int = 1) -> str:
    """Return ``91.8 %``. What is below 100 % (or above 0) is never rounded up to it (down to it)."""
    if value is None:
        return NONE
    text = f"{100 * value:.{digits}f}"
    if (value < 1 and float(text) == 100) or (value > 0 and float(text) == 0):
        if digits < 4:
            return percent(value, digits + 1)
        text = ">\u202f99.99" if value > 0.5 else "<\u202f0.01"
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


def number_range(ends: list[float] | None, digits: int = 3, language: str = "en") -> str:
    if ends is None:
        return NONE
    return speaker(WORDS, language)("range", low=number(ends[0], digits), high=number(ends[1], digits))


def count(value: float | None) -> str:
    return NONE if value is None else f"{int(value):,}"


def large(value: float | None, language: str = "en") -> str:
    """Return ``12.3 million``, in Korean ``1,230만``, and the like."""
    if value is None:
        return NONE
    for least, unit, word in LARGE[language]:
        if value >= least:
            return f"{number(value / unit)}{word}"
    return f"{int(value):,}"


def duration(seconds: float | None, language: str = "en") -> str:
    """Return ``0.42 s``, ``12.3 s``, ``3 min 20 s`` or ``1 h 02 min``; in Korean ``3분 20초``."""
    if seconds is None:
        return NONE
    say = speaker(WORDS, language)
    if seconds < 59.95:
        return say("seconds", n=number(seconds))
    whole = round(seconds)
    if whole < 3600:
        return say("minutes", minutes=whole // 60, seconds=whole % 60)
    minutes = round(seconds / 60)
    return say("hours", hours=minutes // 60, minutes=minutes % 60)


def size(count_of_bytes: float | None, language: str = "en") -> str:
    if count_of_bytes is None:
        return NONE
    value, unit = float(count_of_bytes), ""
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{number(value)}\u00a0{unit}" if unit else speaker(WORDS, language)("bytes", n=number(value))


def moment(iso: str | None, language: str = "en") -> str:
    """Return ``22 November 2026, 21:06 UTC`` for an ISO time; the text itself when it is none."""
    if not iso:
        return NONE
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return str(iso)
    date = {"year": when.year, "month": f"{when:%B}", "number": when.month, "day": when.day}
    return speaker(WORDS, language)("moment", **date, time=f"{when:%H:%M}", zone=f"{when:%Z}").strip()


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
