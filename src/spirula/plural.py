"""One thing is, two things are: numbers in English sentences."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """Return ``"1 file is"`` or ``"2,000 files are"``: the number and the words that go with it."""
    return f"{number:,} {one if number == 1 else many}"
