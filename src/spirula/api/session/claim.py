"""After a training on pretrained features: what a naive division of the same pictures would have claimed."""

from __future__ import annotations

from ...report.survey.claim import claim_words, differs
from ...report.survey.words import speaker
from ...runs.writer import RunWriter
from ...training.assembly import Assembly
from ...training.transfer.claim import naive_claim
from ...training.transfer.head import USUAL


def note_claim(writer: RunWriter, assembly: Assembly) -> list[str]:
    """Write the claim into ``run.json`` (data.twins.claim) and return the line that says it; no difference, no line.

    The pictures of a cross-validation are the same in every fold: the first one speaks for all.
    """
    probe = assembly.probe if assembly.finetuning is None else assembly.finetuning.probe
    fold = assembly.recipe.data.fold
    if probe is None or fold not in (None, 1):
        return []
    test_was_drawn = fold is not None or bool(assembly.dataset.settings.get("test"))
    strength = float((writer.document.get("head") or {}).get("strength") or USUAL)
    claim = naive_claim(probe, strength, test_was_drawn=test_was_drawn)
    if claim is None:
        return []
    data = writer.document["data"]
    writer.update(data={**data, "twins": {**data.get("twins", {}), "claim": claim.to_dict()}})
    # No difference is said in the report, and no news for a terminal.
    return [claim_words(claim.to_dict(), speaker("en"))] if differs(claim.to_dict()) else []
