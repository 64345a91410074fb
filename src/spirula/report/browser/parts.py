"""The data of the two sections: what is browsed, and the labels that are doubted."""

from __future__ import annotations

import shlex
from typing import Any

from ...checks.facts import RunFacts
from ...checks.held_out import in_folds
from ...metrics.suspects import suspects
from ...runs.folder import OUT_OF_FOLD
from .. import wording
from ..facts import Facts
from ..speech import Say
from .document import browsed, split_title
from .listed import listed_rows
from .words import speaker

MOST_SUSPECTS = 120
FIRST_SUSPECTS = 20  # shown at once
HELD_OUT = ("test", OUT_OF_FOLD, "validation")
SCRIPT = tuple(f"browser/{name}.js" for name in ("data", "state", "browse", "detail", "arrive", "labels"))


def browse(facts: Facts) -> dict[str, Any]:
    """Return the section of every picture: its data for the page's script, and what is said before that runs."""
    say = speaker(facts.language)
    found = browsed(facts, say)
    return {
        "script": SCRIPT,
        "lead": " ".join(say(key) for key in (f"lead_{facts.noun}", f"how_{facts.task}", "address")),
        "needs_script": say("needs_script"),
        "notes": found.notes,
        "document": found.document,
        "sheets": found.sheets,
    }


def has_suspects(facts: Facts) -> bool:
    """Whether labels can be doubted: each sample has one class, and some were held out."""
    return facts.task == "classification" and any(split in HELD_OUT for split in facts.evaluated)


def label_suspects(facts: Facts) -> dict[str, Any]:
    """Return the labels that are doubted, of every held-out split, the surest first."""
    say = speaker(facts.language)
    splits = [split for split in HELD_OUT if split in facts.evaluated]
    cards = [card for split in splits for card in _cards(facts, split, len(splits) > 1, say)]
    cards.sort(key=lambda card: -float(card["sure"]))
    run = RunFacts(facts.run, facts.address)
    held_out = sum(len(facts.predictions(split).ids) for split in splits)
    return {
        "say": say,
        "lead": _lead(len(cards), held_out, say),
        "cards": cards[:MOST_SUSPECTS],
        "first": FIRST_SUSPECTS,
        "rest": say("labels_rest", n=wording.count(min(len(cards), MOST_SUSPECTS) - FIRST_SUSPECTS)),
        "more": _more(facts, len(cards), say),
        "apply": run.train_again(labels=",".join([*_patches(facts), "patch.csv"])),
        "with_folds": "" if OUT_OF_FOLD in splits or run.source is None or "fold" in run.options else in_folds(run),
        "has_pictures": facts.noun == "images",
    }


def _cards(facts: Facts, split: str, several: bool, say: Say) -> list[dict[str, Any]]:
    stored = facts.predictions(split)
    names = facts.names(stored.probabilities.shape[1])
    said = stored.probabilities.argmax(axis=1)
    places = {row: place for place, row in enumerate(listed_rows(facts.task, stored).tolist())}
    return [
        {
            "split": split,
            "split_title": split_title(split, say) if several else "",
            "row": places[row],
            "said": int(said[row]),
            "file": stored.ids[row],
            "label": names[int(stored.targets[row])],
            "suggested": names[int(said[row])],
            "sure": float(stored.probabilities[row, said[row]]),
            "sure_words": wording.percent(float(stored.probabilities[row, said[row]])),
        }
        for row in suspects(stored.targets, stored.probabilities).tolist()
        if row in places
    ]


def _lead(number: int, held_out: int, say: Say) -> str:
    of = wording.count(held_out)
    return say("labels_lead", n=wording.count(number), of=of) if number else say("labels_none", of=of)


def _more(facts: Facts, number: int, say: Say) -> str:
    if number <= MOST_SUSPECTS:
        return ""
    command = shlex.join(["spirula", "labels", facts.address, "--out", "patch.csv"])
    return say("labels_more", shown=wording.count(MOST_SUSPECTS), command=command)


def _patches(facts: Facts) -> list[str]:
    """Return the patches that the run itself was trained with: a new one comes on top of them."""
    data = facts.config.get("data")
    return [str(file) for file in data.get("labels", ())] if isinstance(data, dict) else []
