"""The data of a run as its survey saw them: copies and leaks, files, sizes, light."""

from __future__ import annotations

from typing import Any

from ...errors import RunError
from .. import speech, wording
from ..facts import Facts
from ..speech import Say
from ..survey.claim import claim_words
from ..survey.parts import copies_part, files_part, light_part, sizes_part
from ..survey.words import speaker
from ..words.overview import WORDS
from ..words.samples import split_words


def survey_parts(facts: Facts) -> list[dict[str, Any]]:
    """Return the parts that were stored, each with its title and template; none for a run of before surveys.

    Raises :class:`RunError` when what is stored is none.
    """
    document = facts.survey
    if not document:
        return []
    pictures, say = facts.survey_pictures, speaker(facts.language)
    try:
        parts = {
            "copies": _copies(facts, document, say),
            "files": files_part(document["files"], pictures, say, facts.language)
            if "formats" in document["files"]
            else None,
            "sizes": sizes_part(document["sizes"], document["resize"], pictures, say, "data-sizes", facts.language),
            "light": document["light"] and light_part(document["light"], pictures, say, "data-light", facts.language),
        }
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise RunError(
            f"The survey of the data does not fit this report: {type(error).__name__} {error}",
            "Its files were changed, or another version wrote them.",
        ) from error
    return [
        {"key": f"data-{key}", "title": say(f"part_{key}"), "template": key, "part": part, "say": say}
        for key, part in parts.items()
        if part
    ]


def _copies(facts: Facts, document: dict[str, Any], say: Say) -> dict[str, Any] | None:
    """Return what there is on copies, and what a naive division would have claimed if that was measured."""
    claim = _claim(facts)
    lines = [] if claim is None else [claim_words(claim, say)]
    if document["copies"] is None:
        return {"lead": lines[0], "lines": [], "kinds": "", "pairs": [], "more": ""} if lines else None
    part = copies_part(document["copies"], document["counts"]["splits"], facts.survey_pictures, say)
    return {**part, "lines": [*part["lines"], *lines]}


def _claim(facts: Facts) -> dict[str, Any] | None:
    claim: dict[str, Any] | None = ((facts.document.get("data") or {}).get("twins") or {}).get("claim")
    return claim


def leak_points(facts: Facts) -> list[dict[str, str]]:
    """Return a sentence for each held-out split that has copies of training pictures and no finding that says so.

    None when that is not known.
    """
    try:
        leaks = dict((facts.survey.get("copies") or {}).get("leaks") or {})
        counts = facts.survey["counts"]["splits"] if leaks else {}
        found = ((facts.document.get("data") or {}).get("twins") or {}).get("cross_split") or {}
        say = speech.speaker(WORDS, facts.language)
        return [
            {
                "text": say(
                    f"leak_{facts.noun}",
                    of=wording.count(counts[split]),
                    split=split_words(split, facts.language),
                    n=wording.count(number),
                ),
                "to": "data-copies",
            }
            for split, number in leaks.items()
            if split not in found
        ]
    except (RunError, KeyError, TypeError, ValueError, AttributeError):
        return []  # the section on the data names the damage
