"""Answers that can be trusted: the temperature, fitted after a training, and what is refused as none of the classes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, RunError
from ..metrics.intervals import wilson
from ..metrics.refusal import Refusal, chosen
from ..metrics.temperature import FEWEST, Temperature, fitted
from ..runs.folder import EMBEDDING, RunFolder
from ..runs.writer import RunWriter
from .inference import stored_split

FITTED_ON = "validation"  # never on what is only measured on
NOTHING = "none"
# What a temperature takes.
TAKES = (
    f"it takes {FEWEST} validation samples, right and wrong answers among them, "
    "and a network that knows more than a guess"
)


@dataclass(frozen=True)
class Calibration:
    """What a run's model card says of trusting its answers. Printing it says it in words.

    temperature, refusal: None where there is none. split: on which the refusal was measured: ``refused`` of ``count``
    pictures, ``right`` of the others are right (classification; else None).
    """

    temperature: Temperature | None
    refusal: Refusal | None
    split: str
    count: int
    refused: int
    right: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON holds it."""
        measured = {"split": self.split, "count": self.count, "refused": self.refused, "right": self.right}
        return {
            "temperature": None if self.temperature is None else self.temperature.to_dict(),
            "refusal": None if self.refusal is None else {**self.refusal.to_dict(), **measured},
        }

    def __str__(self) -> str:
        found, refusal = self.temperature, self.refusal
        lines = [f"Temperature  none was fitted: {TAKES}"]
        if found is not None:
            ends = f"95 % interval {found.low:.3g} to {found.high:.3g}"
            lines = [f"Temperature  {found.value:.3g} ({ends}), fitted on {found.samples:,} validation samples"]
        if refusal is None:
            return "\n".join(
                [*lines, "Unknown      nothing is refused; --refuse 0.05 refuses what is unlike the training"]
            )
        of = f"at most {100 * refusal.target:.4g} % of {refusal.samples:,} validation pictures"
        lines.append(f"Unknown      refused below a likeness of {refusal.threshold:.4g}: {of}")
        low, high = (100 * float(end) for end in wilson(self.refused, self.count))
        share = f"{100 * self.refused / max(self.count, 1):.1f} % ({low:.1f}–{high:.1f})"
        lines.append(f"             of {self.count:,} {self.split} pictures {share} are refused")
        answered = self.count - self.refused
        if self.right is not None and answered:
            low, high = (100 * float(end) for end in wilson(self.right, answered))
            lines[-1] += f"; of the others {100 * self.right / answered:.1f} % ({low:.1f}–{high:.1f}) are right"
        return "\n".join(lines)


def fitted_temperature(run: RunFolder) -> Temperature | None:
    """Return the temperature that suits the stored predictions of the validation split, None where there is none.

    A regression has none, nor has a run without validation samples; see :func:`spirula.metrics.temperature.fitted`.
    """
    task = run.document()["data"]["task"]
    if task == "regression" or FITTED_ON not in run.splits_with_predictions():
        return None
    stored = run.predictions(FITTED_ON)
    return fitted(stored.targets, stored.probabilities, apart=task == "multilabel")


def note_temperature(writer: RunWriter) -> None:
    """Write the temperature into the model card, where there is one."""
    found = fitted_temperature(writer.folder)
    writer.amend_card(temperature=None if found is None else found.to_dict())


def calibrate(run: RunFolder, refuse: float | str | None) -> Calibration:
    """See :meth:`spirula.Run.calibrate`."""
    from ..evaluation.reload import require_card

    if run.document()["data"]["task"] == "regression":
        raise InputError(f"{run.name} is a regression: its numbers have no confidence", "Look at its errors instead.")
    require_card(run)
    refusal = Refusal.from_dict(run.card().get("refusal"))
    if refuse == NOTHING:
        refusal = None
    elif isinstance(refuse, str | bool):
        raise InputError(f"refuse = {refuse!r} cannot work", 'Give a share such as 0.05, or "none".')
    elif refuse is not None:
        refusal = chosen(likeness_of(run, FITTED_ON), float(refuse))
    with closing(RunWriter.reopen(run)) as writer:
        note_temperature(writer)
        writer.made("temperature")
        writer.amend_card(refusal=None if refusal is None else refusal.to_dict())
    return calibration_of(run)


def calibration_of(run: RunFolder) -> Calibration:
    """Return what the model card of a run says, the refusal measured on its most telling stored split."""
    card = run.card()
    temperature, refusal = Temperature.from_dict(card.get("temperature")), Refusal.from_dict(card.get("refusal"))
    if refusal is None:
        return Calibration(temperature, None, "", 0, 0, None)
    split = stored_split(run)
    stored, refused = run.predictions(split), refusal.refuses(likeness_of(run, split))
    right = None
    if stored.targets.ndim == 1:
        right = int(((stored.probabilities.argmax(axis=1) == stored.targets) & ~refused).sum())
    return Calibration(temperature, refusal, split, len(refused), int(refused.sum()), right)


def likeness_of(run: RunFolder, split: str) -> np.ndarray:
    """Return how like the training pictures each sample of a stored split is, float32 (N,).

    Raises :class:`RunError`, with the way out, for a run that does not know.
    """
    arrays = run.arrays(EMBEDDING)
    if not arrays or "reference" not in arrays:
        raise RunError(
            f"{run.name} does not know its training pictures by their embedding",
            f"Try: spirula explain {run.path} --map",
        )
    if f"{split}_likeness" not in arrays:
        raise RunError(f"{run.name} has no {split} pictures to choose a threshold by", "Train with --validation 0.2.")
    return arrays[f"{split}_likeness"]
