"""How pages speak: a literal table of words for each room, every key once in English and once in Korean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from markupsafe import Markup, escape

from ..errors import InputError, did_you_mean

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")
Say = Callable[..., str]

# key: (English, Korean). Words in braces are filled in; both languages have the same ones. KEY/1: where n is "1".
Words = Mapping[str, tuple[str, str]]


def speaker(words: Words, language: str) -> Say:
    """Return ``say(key, **values)`` for a language; raises :class:`InputError` for one that there is not."""
    return partial(_say, words, read_language(language))


def read_language(language: str) -> int:
    """Return the place of a language in a table's rows; raises :class:`InputError` for one that there is not."""
    if language not in LANGUAGES:
        raise InputError(f'There are no pages in "{language}".{did_you_mean(language, LANGUAGES)}', "Choose en or ko.")
    return LANGUAGES.index(language)


def _say(words: Words, place: int, key: str, /, **values: object) -> str:
    single = f"{key}/1"
    text = words[single if values.get("n") == "1" and single in words else key][place]
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(text).format(**values)  # what is no markup among the values is escaped
    return text.format(**values)
