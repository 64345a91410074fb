"""What a naive division would have claimed, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import wording
from ..speech import Say


def differs(claim: Mapping[str, Any]) -> bool:
    """Whether a naive division would have claimed anything else, more than the draws differ among themselves."""
    return abs(float(claim["difference"])) > max(float(claim["spread"]), 0.0005)


def claim_words(claim: Mapping[str, Any], say: Say) -> str:
    """Return the sentence for a claim as ``run.json`` holds it, see :mod:`spirula.training.transfer.claim`."""
    return say(
        "claim" if differs(claim) else "claim_none",
        naive=wording.percent(claim["naive"]),
        honest=wording.percent(claim["honest"]),
        difference=f"{100 * claim['difference']:.1f}".replace("-", "−"),
        spread=f"{100 * claim['spread']:.1f}",
        together=say(f"claim_{claim['together']}"),
        folds=claim["folds"],
        draws=claim["draws"],
    )
