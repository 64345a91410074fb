"""How honest the probabilities are, as the network says them and after its temperature."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...metrics.temperature import Temperature, honesty, tempered
from ...runs.folder import FOLDS, Predictions
from .. import wording
from ..facts import Facts
from ..speech import Say
from ..words.samples import split_words


def temperature(facts: Facts, split: str, stored: Predictions, card: dict[str, Any], say: Say) -> dict[str, Any] | None:
    """Return words, table and command; None where none was fitted. Of a cross-validation each fold has its own."""
    if FOLDS in facts.document:
        return _of_folds(facts, split, stored, say)
    found = Temperature.from_dict(card.get("temperature"))
    if found is None:
        return None
    claim = "claims_same" if found.low <= 1 <= found.high else "claims_less" if found.value > 1 else "claims_more"
    words = say(
        "temperature_words",
        value=wording.number(found.value),
        interval=wording.number_range([found.low, found.high], language=facts.language),
        n=wording.count(found.samples),
        claim=say(claim),
    )
    return {
        "words": f"{words} {say('temperature_how')}",
        "command": shlex.join(["spirula", "predict", facts.address, "PICTURES", "--calibrated"]),
        **_measured(facts, split, stored, tempered(stored.probabilities, found.value, apart=_apart(facts)), say),
    }


def _of_folds(facts: Facts, split: str, stored: Predictions, say: Say) -> dict[str, Any] | None:
    """Return the same for samples that each had the network of their fold: honest, for no fold fitted it to its own."""
    rows = facts.document[FOLDS].get("rows") or []
    found = [Temperature.from_dict(row.get("temperature")) for row in rows]
    if not any(found):
        return None
    values = [wording.number(one.value) if one else wording.NONE for one in found]
    return {
        "words": say("temperature_folds", values=", ".join(values)),
        "command": "",
        **_measured(facts, split, stored, _each_by_its_fold(facts, stored, rows, found), say),
    }


def _each_by_its_fold(
    facts: Facts, stored: Predictions, rows: Sequence[dict[str, Any]], found: Sequence[Temperature | None]
) -> np.ndarray:
    """Return float64 (N, K), each sample's probabilities after the temperature of its fold, where that has one."""
    columns = facts.run.manifest()
    fold_of = dict(zip(columns["id"], columns["split"], strict=True))
    own = np.asarray([fold_of.get(name, "") for name in stored.ids], dtype=np.str_)
    after = np.asarray(stored.probabilities, np.float64).copy()
    for row, one in zip(rows, found, strict=True):
        inside = own == f"fold-{row['fold']}"
        if one is not None:
            after[inside] = tempered(stored.probabilities[inside], one.value, apart=_apart(facts))
    return after


def _measured(facts: Facts, split: str, stored: Predictions, after: np.ndarray, say: Say) -> dict[str, Any]:
    told = [honesty(stored.targets, values, apart=_apart(facts)) for values in (stored.probabilities, after)]
    rows = [
        {
            "name": say(name),
            "cells": [(write(getattr(one, name)), write_range(list(getattr(one, f"{name}_interval")))) for one in told],
        }
        for name, write, write_range in (
            ("loss", wording.number, lambda ends: wording.number_range(ends, language=facts.language)),
            ("error", wording.percent, wording.percent_range),
        )
    ]
    count = wording.count(len(stored.ids))
    named = split_words(split, facts.language).capitalize()
    return {"caption": say("temperature_caption", split=named, n=count), "rows": rows}


def _apart(facts: Facts) -> bool:
    return facts.task == "multilabel"
