"""Where it all comes from, and how to use it."""

from __future__ import annotations

import shlex
from typing import Any

from .. import wording
from ..facts import Facts
from .overview import resumable


def use(facts: Facts) -> dict[str, Any]:
    """Return the commands that load, judge and continue this run."""
    name = shlex.quote(facts.address)
    recipe = shlex.quote(f"{facts.address}/config.toml")
    commands = [
        ("Predict new pictures", f"spirula predict {name} PATH…"),
        ("Evaluate on other data", f"spirula evaluate {name} DATA"),
        ("Train the same again", f"spirula train --recipe {recipe}"),
    ]
    if "folds" in facts.document:
        first = shlex.quote(f"{facts.address}/folds/1")
        commands[:2] = [("Predict with the network of a fold", f"spirula predict {first} PATH…")]
    if facts.imported:
        commands[-1] = ("Train the same network on your data", f"spirula train DATA --recipe {recipe}")
    if resumable(facts):
        commands.insert(0, ("Go on from where it stopped", f"spirula train --resume {name}"))
    python = f"import spirula as sp\n\nrun = sp.open_run({facts.address!r})\nrun.evaluate()"
    if "folds" not in facts.document:
        python += "\nrun.predict(images)"
    return {"commands": commands, "python": python}


def provenance(facts: Facts) -> dict[str, Any]:
    """Return every option with its reason, versions, seed, command, code and data."""
    document = facts.document
    derived = document.get("derived") or {}
    options = [
        {"section": section, "name": name, "value": wording.option(value), "reason": str(derived.get(name) or "")}
        for section, content in _by_section(facts.config).items()
        for name, value in content.items()
    ]
    git = document.get("git") or {}
    command = document.get("command")
    rows = [
        ("Run", facts.run.name),
        ("Command", shlex.join(map(str, command)) if isinstance(command, list) else str(command or "")),
        ("Started", wording.moment(document.get("created"))),
        ("Finished", wording.moment(document.get("finished"))),
        ("Seed", str(document["seed"]) if document.get("seed") is not None else ""),
        ("Data", str((document.get("data") or {}).get("source") or "")),
        ("Data fingerprint (SHA-256)", str((document.get("data") or {}).get("fingerprint") or "")),
        (
            "Imported from",
            ", ".join(str(facts.imported[key]) for key in ("file", "from", "saved") if facts.imported.get(key)),
        ),
        ("Imported file (SHA-256)", str(facts.imported.get("sha256") or "")),
        ("Code", ", ".join(f"{key} {wording.option(value)}" for key, value in git.items() if value not in (None, ""))),
        ("spirula", str(document.get("spirula") or "")),
    ]
    return {
        "rows": [(name, value) for name, value in rows if value not in ("", wording.NONE)],
        "versions": [(str(key), wording.option(value)) for key, value in (document.get("versions") or {}).items()],
        "options": options,
        "derived": sum(1 for option in options if option["reason"]),
    }


def _by_section(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the options by section; what a recipe may name above its sections, the source, belongs to the data."""
    top = {name: value for name, value in config.items() if not isinstance(value, dict)}
    sections = {name: value for name, value in config.items() if isinstance(value, dict)}
    return {**sections, "data": {**top, **sections.get("data", {})}} if top else sections
