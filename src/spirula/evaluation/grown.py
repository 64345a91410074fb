"""What is known of an accuracy against the number of training samples, in numbers and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["helps", "hardly", "unknown"]

HARDLY = 0.0025  # a gain whose upper end is below a quarter of a point


@dataclass(frozen=True)
class Gain:
    """What twice as many samples would bring, as a share (0.01 is one point), with a 95 % interval."""

    gain: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """``hardly``: the interval is below a quarter of a point. ``helps``: it is above zero. Else it is unknown."""
        if self.high < HARDLY:
            return "hardly"
        return "helps" if self.low > 0 else "unknown"

    def __str__(self) -> str:
        spread = max(self.high - self.gain, self.gain - self.low)
        return f"{100 * self.gain:+.1f} ± {100 * spread:.1f} points"


@dataclass(frozen=True)
class ClassGrowth:
    """One class: its training samples, its own accuracy, and what doubling only it would bring to all and to itself."""

    name: str
    samples: int
    held_out: int
    accuracy: float
    overall: Gain
    own: Gain


@dataclass(frozen=True)
class Growth:
    """Accuracy against the number of training samples, measured and drawn on.

    Attributes
    ----------
    sizes, accuracy, low, high: measured, with 95 % intervals; the last is all training samples.
    further, further_accuracy, further_low, further_high: the law at more samples, up to four times as many.
    gain: of twice as many. foretold: the same law, asked with half the samples, about all of them; None with too few
        sizes.
    classes: the weakest first. left_out: how many classes have no row. notes: what was not measured, and why.
    """

    split: str
    held_out: int
    repeats: int
    sizes: tuple[int, ...]
    accuracy: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    further: tuple[int, ...]
    further_accuracy: tuple[float, ...]
    further_low: tuple[float, ...]
    further_high: tuple[float, ...]
    gain: Gain | None
    foretold: tuple[float, float] | None
    classes: tuple[ClassGrowth, ...]
    left_out: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, verdicts included."""
        document = asdict(self)
        document["verdict"] = None if self.gain is None else self.gain.verdict
        for row, own in zip(document["classes"], self.classes, strict=True):
            row["verdict"] = own.overall.verdict
        return document

    def __str__(self) -> str:
        """Return a table of the sizes and a sentence for each gain."""
        lines = [f"{self.sizes[-1]:,} training samples, judged on {self.held_out:,} of {self.split}"]
        if self.gain is not None:
            lines += ["", *self._table(), "", f"Twice as many: {_sentence(self.gain)}"]
        if self.foretold is not None:
            said, found = self.foretold
            lines.append(f"Asked with half of them, the same rule said {said:.4f} for all of them; it is {found:.4f}.")
        for row in self.classes:
            lines.append(
                f"Twice as many of {row.name} alone ({row.samples:,} now, {100 * row.accuracy:.1f} % right): "
                f"{row.overall} in all{'' if row.overall.verdict != 'unknown' else ' (cannot be told)'}, "
                f"{row.own} of its own"
            )
        if self.classes and self.left_out:
            lines.append(f"{self.left_out} more classes are less weak, or too small to tell.")
        return "\n".join([*lines, *self.notes])

    def _table(self) -> list[str]:
        """Return one line for each size, measured or drawn on."""
        measured = zip(self.sizes, self.accuracy, self.low, self.high, strict=True)
        beyond = zip(self.further, self.further_accuracy, self.further_low, self.further_high, strict=True)
        rows = [(*row, "") for row in measured] + [(*row, "drawn on") for row in list(beyond)[1:]]
        return [
            f"{size:>9,}  {accuracy:.4f}  ({low:.4f} to {high:.4f})  {word}".rstrip()
            for size, accuracy, low, high, word in rows
        ]


def _sentence(gain: Gain) -> str:
    if gain.verdict == "helps":
        return f"worth {gain}."
    if gain.verdict == "hardly":
        return f"hardly worth it, {gain}."
    return f"it cannot be told from these whether it is worth it, {gain}."
