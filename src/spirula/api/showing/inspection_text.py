"""An inspection as text for a terminal: what it is, the findings, then the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...report import wording
from ...report.speech import Say
from ...report.survey.code_words import code_words
from ...report.survey.page import title
from ...report.survey.words import speaker, split_words
from .tables import Table

FILES_SHOWN = 10
CLASSES_SHOWN = 30
_MARKS = {"stop": "✕", "wrong": "✕", "look": "!", "know": "·"}

# What would command a terminal instead of being shown: control characters, stand-ins for bytes, turned-around text.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Return a name as a terminal may print it: what is no writing stands as ``\\x1b``, ``\\n`` and the like."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def inspection_text(
    document: Mapping[str, Any], findings: Table, classes: Table, sizes: Table, files: Table, lang: str
) -> str:
    """Return the whole text, without a line break at its end."""
    say = speaker(lang)
    blocks = [_head(document, say)]
    blocks.append("\n".join(line for entry in findings for line in _finding(entry)) or say("badge_good_words"))
    if document["classes"] and document["samples"]:
        shown = Table({**row, "class": visible(row["class"])} for row in classes[:CLASSES_SHOWN])
        unseen = len(classes) - len(shown)
        blocks.append(f"{shown}\n{say('more', n=unseen)}" if unseen else str(shown))
    if sizes:
        blocks.append(str(_rounded(sizes)))
    verdicts = document["files"]["verdicts"]
    if verdicts:
        blocks.append(f"{say('files')}: " + ", ".join(f"{say(name)} {number:,}" for name, number in verdicts.items()))
    codes = document["files"]["codes"]
    if codes:
        rows = [
            {"code": c["code"], "": code_words(c["code"], lang), "verdict": say(c["verdict"]), "n": c["count"]}
            for c in codes
        ]
        blocks.append(str(Table(rows)))
    grave = [row for row in files if row["verdict"] in ("refused", "suspect")]
    if grave:
        lines = [f"  {visible(row['id'])}: {visible(row['reason'])}" for row in grave[:FILES_SHOWN]]
        more = [f"  {say('more', n=len(grave) - FILES_SHOWN)}"] if len(grave) > FILES_SHOWN else []
        blocks.append("\n".join(lines + more))
    if document["copies"] and document["copies"]["groups"]:
        blocks.append("\n".join(_copies(document["copies"], say)))
    if document["notes"]:
        blocks.append("\n".join([f"{say('notes')}:", *(f"  {visible(note)}" for note in document["notes"])]))
    return "\n\n".join(blocks)


def _head(document: Mapping[str, Any], say: Say) -> str:
    head = f"{visible(document['source'])}: {title(document, say)}"
    if not document["samples"]:
        return head
    splits = ", ".join(f"{split_words(s, say)} {n:,}" for s, n in document["counts"]["splits"].items())
    return f"{head} ({splits}); {say('tile_input')} {'×'.join(map(str, document['image']))}"


def _finding(entry: Mapping[str, Any]) -> list[str]:
    lines = [f"{_MARKS[entry['level']]} {visible(entry['text'])}"]
    return [*lines, f"  → {visible(entry['command'])}"] if entry["command"] else lines


def _rounded(sizes: Table) -> Table:
    """Return the table with three digits, and pixels as whole numbers."""
    return Table({name: v if name == "what" else _number(row["what"], v) for name, v in row.items()} for row in sizes)


def _number(what: str, value: float) -> str:
    return f"{value:,.0f}" if what in ("height", "width") else wording.number(value)


def _copies(copies: Mapping[str, Any], say: Say) -> list[str]:
    lines = [say("copies_lead", pictures=wording.count(copies["pictures"]), groups=wording.count(copies["groups"]))]
    for pair in copies["pairs"][:FILES_SHOWN]:
        sides = [
            f"{visible(name)} ({split_words(split, say)}, {visible(label)})"
            for name, split, label in zip(pair["ids"], pair["splits"], pair["labels"], strict=True)
        ]
        lines.append(f"  {sides[0]} = {sides[1]}: {say('kind_' + pair['kind'])}")
    if len(copies["pairs"]) > FILES_SHOWN:
        lines.append(f"  {say('more', n=len(copies['pairs']) - FILES_SHOWN)}")
    return lines
