"""Where it all comes from, and how to use it."""

from __future__ import annotations

import shlex
from typing import Any

from .. import wording
from ..facts import Facts
from ..retold.retell import retold
from ..speech import speaker
from ..words.provenance import WORDS
from .overview import resumable


def use(facts: Facts) -> dict[str, Any]:
    """Return the commands that load, judge and continue this run."""
    name, say = shlex.quote(facts.address), speaker(WORDS, facts.language)
    recipe = shlex.quote(f"{facts.address}/config.toml")
    commands = [
        (say("predict"), f"spirula predict {name} PATH…"),
        (say("evaluate"), f"spirula evaluate {name} DATA"),
        (say("again"), f"spirula train --recipe {recipe}"),
    ]
    if "folds" in facts.document:
        first = shlex.quote(f"{facts.address}/folds/1")
        commands[:2] = [(say("predict_fold"), f"spirula predict {first} PATH…")]
    if facts.imported:
        commands[-1] = (say("on_yours"), f"spirula train DATA --recipe {recipe}")
    if resumable(facts):
        commands.insert(0, (say("resume"), f"spirula train --resume {name}"))
    python = f"import spirula as sp\n\nrun = sp.open_run({facts.address!r})\nrun.evaluate()"
    if "folds" not in facts.document:
        python += "\nrun.predict(images)"
    return {"say": say, "commands": commands, "python": python}


def provenance(facts: Facts) -> dict[str, Any]:
    """Return every option with its reason, versions, seed, command, code and data."""
    document, say = facts.document, speaker(WORDS, facts.language)
    derived = document.get("derived") or {}
    options = [
        {"section": section, "name": name, "value": wording.option(value), "reason": _reason(derived.get(name), facts)}
        for section, content in _by_section(facts.config).items()
        for name, value in content.items()
    ]
    git = document.get("git") or {}
    command = document.get("command")
    rows = [
        (say("name"), facts.run.name),
        (say("command"), shlex.join(map(str, command)) if isinstance(command, list) else str(command or "")),
        (say("started"), wording.moment(document.get("created"), facts.language)),
        (say("finished"), wording.moment(document.get("finished"), facts.language)),
        (say("seed"), str(document["seed"]) if document.get("seed") is not None else ""),
        (say("data"), str((document.get("data") or {}).get("source") or "")),
        (say("fingerprint"), str((document.get("data") or {}).get("fingerprint") or "")),
        (
            say("imported"),
            ", ".join(str(facts.imported[key]) for key in ("file", "from", "saved") if facts.imported.get(key)),
        ),
        (say("imported_sha256"), str(facts.imported.get("sha256") or "")),
        (
            say("code"),
            ", ".join(f"{key} {wording.option(value)}" for key, value in git.items() if value not in (None, "")),
        ),
        (say("spirula"), str(document.get("spirula") or "")),
    ]
    return {
        "say": say,
        "rows": [(name, value) for name, value in rows if value not in ("", wording.NONE)],
        "versions": [(str(key), wording.option(value)) for key, value in (document.get("versions") or {}).items()],
        "options": options,
        "derived": sum(1 for option in options if option["reason"]),
    }


def _reason(reason: Any, facts: Facts) -> str:
    return retold(str(reason or ""), facts.language)


def _by_section(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the options by section; what a recipe may name above its sections, the source, belongs to the data."""
    top = {name: value for name, value in config.items() if not isinstance(value, dict)}
    sections = {name: value for name, value in config.items() if isinstance(value, dict)}
    return {**sections, "data": {**top, **sections.get("data", {})}} if top else sections
