"""The table of classes and splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import wording
from ..speech import Say
from .words import split_words


def counts_part(counts: Mapping[str, Any], classes: Sequence[str], task: str, say: Say) -> dict[str, Any]:
    """Return the numbers of each class in each split; of a regression, of each split alone."""
    splits = list(counts["splits"])
    per_class = counts["classes"] or {split: {say("all_together"): counts["splits"][split]} for split in splits}
    names = list(classes) if counts["classes"] else [say("all_together")]
    most = max((per_class[split].get(name, 0) for split in splits for name in names), default=0)
    labels = task == "multilabel"
    return {
        "caption": say("counts_caption_labels" if labels else "counts_caption"),
        "head": say("label" if labels else "class"),
        "splits": [split_words(split, say) for split in splits],
        "rows": [
            {"name": name, "cells": [_cell(per_class[split].get(name, 0), most) for split in splits]} for name in names
        ],
    }


def _cell(number: int, most: int) -> dict[str, Any]:
    return {"number": number, "text": wording.count(number), "share": 100 * number / most if most else 0}
