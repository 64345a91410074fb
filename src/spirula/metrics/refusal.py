"""Saying "none of my classes": a threshold on how like the training pictures a picture is, for a stated target."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import InputError, RunError

UNKNOWN = "unknown"
ELSE_UNKNOWN = "none of the classes"  # where a class itself is called so


@dataclass(frozen=True)
class Refusal:
    """Pictures whose likeness is below ``threshold`` are refused.

    target: the share (0…1) of the validation pictures that may be; samples: how many these were.
    """

    threshold: float
    target: float
    samples: int

    def refuses(self, likeness: np.ndarray) -> np.ndarray:
        """Return bool (N,) for likeness (N,); what is not a number is like nothing."""
        return np.asarray(~(likeness >= self.threshold))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Refusal | None:
        """Read what :meth:`to_dict` wrote, None for None; raises :class:`RunError` for anything else."""
        if values is None:
            return None
        names = ("threshold", "target", "samples")
        known = isinstance(values, dict) and all(type(values.get(name)) in (int, float) for name in names)
        if not known or not (0 < values["target"] < 1 and abs(values["threshold"]) < float("inf")):
            raise RunError(
                f"The model card holds a threshold of refusal that is none: {values}",
                "Choose it again: spirula calibrate RUN --refuse 0.05",
            )
        return cls(float(values["threshold"]), float(values["target"]), int(values["samples"]))


def chosen(likeness: np.ndarray, target: float) -> Refusal:
    """Return the highest threshold that refuses at most ``target`` (0…1, neither end) of samples with likeness (N,).

    Raises :class:`InputError` for another target, and where one sample would be more than the target.
    """
    if not 0 < target < 1:
        raise InputError(
            f"A share of {target:g} to refuse cannot work", "Give one between 0 and 1, such as 0.05 for 5 %."
        )
    most = int(np.floor(target * len(likeness) + 1e-9))
    if most < 1:
        raise InputError(
            f"{target:g} of {len(likeness):,} validation pictures is less than one: no threshold can be chosen by it",
            f"Give {1 / max(len(likeness), 1):.2g} or more, or keep more pictures for validation.",
        )
    return Refusal(float(np.sort(likeness)[most]), target, len(likeness))


def unknown_word(classes: tuple[str, ...] | list[str]) -> str:
    """Return what a refused picture is called: ``unknown``, unless a class has that name."""
    return UNKNOWN if UNKNOWN not in classes else ELSE_UNKNOWN
