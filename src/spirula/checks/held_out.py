"""E: what the held-out samples can and cannot say."""

from __future__ import annotations

import math
import shlex
from typing import Any

import numpy as np

from ..metrics.intervals import Z95, wilson
from .facts import RunFacts
from .finding import Finding

# E001. Half of the 95 % interval, as a share: beyond five points two quite different networks look alike.
WIDE, AIM = 0.05, 0.025  # and what to aim for
# E002. One pair of classes with so much of all mistakes, and at least so many times what it would have were the
# mistakes even; of few mistakes one pair always has many.
PAIR_SHARE, PAIR_TIMES, PAIR_MISTAKES = 0.25, 3.0, 8
FOLDS = 5
# What a command in folds leaves out: shares that it deals anew, and lists that no word says.
DEALT_ANEW = ("validation", "test", "split_column", "folds", "fold")
ALWAYS = ("model", "strategy", "epochs")  # whoever chose them


def too_few(facts: RunFacts) -> list[Finding]:
    """E001: the interval of the headline figure is too wide for most claims."""
    right, split = facts.correct, facts.judged
    if right is None or split is None or not len(right):
        return []
    hits, number = int(right.sum()), len(right)
    low, high = (float(end) for end in wilson(hits, number))
    half = (high - low) / 2
    if half <= WIDE:
        return []
    share = hits / number
    evidence = {
        "split": split,
        "count": number,
        "accuracy": share,
        "low": low,
        "high": high,
        "half": half,
        "aim": AIM,
        "needed": _needed(share, number),
        "file": f"predictions/{split}.npz",
    }
    folds = facts.options.get("folds") or "fold" in facts.options
    command = facts.command("evaluate", "--split", split) if folds or facts.source is None else in_folds(facts)
    return [Finding("E001", "warning", evidence, command)]


def _needed(share: float, number: int) -> int:
    """Return how many samples would make the interval :data:`AIM` to a side."""
    spread = max(share * (1 - share), 1 / (number + 4))  # a share of 0 or 1 is not known exactly either
    return math.ceil(spread * (Z95 / AIM) ** 2)


def in_folds(facts: RunFacts) -> str:
    """Return the command that judges all samples in turn. Shares that were asked for would have no effect then."""
    words = ["spirula", "train", str(facts.source), "--folds", str(FOLDS)]
    chosen = facts.document.get("derived") or {}
    config = facts.run.config()
    for name, value in ((name, value) for part in ("data", "model", "training") for name, value in _of(config, part)):
        if name in DEALT_ANEW or (name in chosen and name not in ALWAYS):
            continue
        words += _option(name, value)
    return shlex.join([*words, *facts.custom_words])


def _of(config: dict[str, Any], part: str) -> list[tuple[str, Any]]:
    section = config.get(part)
    return list(section.items()) if isinstance(section, dict) else []


def _option(name: str, value: Any) -> list[str]:
    """Return the words of an option; none where only Python held its value, or no word says it."""
    option = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    if name == "image_size" and isinstance(value, list):
        return [f"--{option}", "x".join(map(str, value))]
    if name == "labels" and isinstance(value, list):
        return ["--labels", ",".join(map(str, value))]
    if isinstance(value, str | int | float) and value != "" and not str(value).startswith("<"):
        return [f"--{option}", str(value)]
    return []


def most_confused_pair(facts: RunFacts) -> list[Finding]:
    """E002: a large part of the mistakes is between two classes."""
    confusion, split = facts.confusion, facts.judged
    if confusion is None or split is None or len(confusion) < 3:
        return []
    wrong = confusion * (1 - np.eye(len(confusion), dtype=np.int64))
    pairs = np.triu(wrong + wrong.T)
    mistakes, most = int(wrong.sum()), int(pairs.max())
    even = 2 / (len(confusion) * (len(confusion) - 1))
    if most < PAIR_MISTAKES or most < max(PAIR_SHARE, PAIR_TIMES * even) * mistakes:
        return []
    first, second = (int(place) for place in np.unravel_index(int(pairs.argmax()), pairs.shape))
    if wrong[second, first] > wrong[first, second]:
        first, second = second, first
    evidence = {
        "first": facts.names[first],
        "second": facts.names[second],
        "count": most,
        "there": int(wrong[first, second]),
        "back": int(wrong[second, first]),
        "mistakes": mistakes,
        "share": most / mistakes,
        "split": split,
        "file": f"predictions/{split}.npz",
    }
    command = facts.command("evaluate", "--split", split, "--predictions", "predictions.csv")
    return [Finding("E002", "hint", evidence, command)]


def chosen_on(facts: RunFacts) -> list[Finding]:
    """E003: the only held-out figures are those that chose the epoch."""
    best = facts.document.get("best") or {}
    chosen = str(best.get("monitor") or "").startswith("val_") and len(facts.history) > 1
    if facts.judged != "validation" or not chosen:
        return []
    evidence = {"monitor": best["monitor"], "epochs": len(facts.history), "file": "predictions/validation.npz"}
    return [Finding("E003", "hint", evidence, facts.train_again(test=0.2))]


def nothing_held_out(facts: RunFacts) -> list[Finding]:
    """E006: there is no sample that the network had not learned from."""
    if not facts.finished or facts.judged is not None or not facts.counts.get("train"):
        return []
    evidence = {"count": facts.counts["train"], "file": "run.json"}
    return [Finding("E006", "problem", evidence, facts.train_again(test=0.2))]
