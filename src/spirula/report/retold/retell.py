"""From an English sentence to the same in Korean: the first pattern of the tables that fits it whole."""

from __future__ import annotations

import re
from functools import cache

from ..words.samples import split_words
from .courses import COURSES
from .damaged import DAMAGED
from .failures import FAILURES
from .files import FILES
from .notes import NOTES
from .reasons import REASONS

# English → Korean. Words in braces are taken over: SPLIT… as the name of a split, SAID… retold themselves. Of
# [one|several] words in brackets any may be there.
TABLES = (REASONS, NOTES, FILES, FAILURES, COURSES, DAMAGED)

NUMBERS = ("n", "of", "share")  # what stands there is a number, whatever else would fit


def retold(text: str, language: str) -> str:
    """Return a sentence in a language; as it is in English, and where no pattern fits it."""
    if language == "en":
        return text
    for pattern, korean in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return korean.format(**{name: _value(name, value or "") for name, value in found.groupdict().items()})
    first, separator, rest = text.partition("; ")  # several reasons
    return f"{retold(first, language)}; {retold(rest, language)}" if separator else text


def _value(name: str, value: str) -> str:
    if name.startswith("split"):
        return split_words(value.lower(), "ko")
    return retold(value, "ko") if name.startswith("said") else value


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return every pattern with its Korean; the one with the most words of its own comes first."""
    entries = [(english, korean) for table in TABLES for english, korean in table.items()]
    entries.sort(key=lambda entry: -len(re.sub(r"\{\w+\}", "", entry[0])))
    return tuple((re.compile(_expression(english), re.DOTALL), korean) for english, korean in entries)


def _expression(english: str) -> str:
    parts = re.split(r"(\{\w+\}|\[[^\]]*\|[^\]]*\])", english)
    return "".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if re.fullmatch(r"\{\w+\}", part):
        name = part[1:-1]
        return rf"(?P<{name}>[-−\d,.e+]+)" if name in NUMBERS else f"(?P<{name}>.+?)"
    if part.startswith("[") and "|" in part:
        return "(?:" + "|".join(re.escape(choice) for choice in part[1:-1].split("|")) + ")"
    return re.escape(part)
