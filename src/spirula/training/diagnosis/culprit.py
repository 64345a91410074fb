"""What first stopped being finite, as plain values: found by :mod:`.nonfinite`, told by :mod:`.advice`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ...errors import TrainingError
from .advice import advise
from .values import Values, number

Where = Literal["data", "targets", "weights", "network", "loss", "penalty", "gradient", "update", "unknown"]

MOST_SAMPLES = 8  # that are named; the facts hold all


@dataclass(frozen=True)
class Culprit:
    """The first operation whose result is not finite although what it works on is, or what was broken before.

    Attributes
    ----------
    where: ``network``, ``loss`` or ``penalty``: an operation of the forward pass; ``gradient``: of the backward
        pass; ``update``: weights that the optimizer's step broke; ``data``, ``targets``, ``weights``: what the
        step began with; ``unknown``: ``title`` says why.
    layer: path of the module, as ``named_modules`` says it; empty for the network's own code, losses and penalties.
    title: the layer as the summary shows it.
    operation: such as ``exp``, ``matrix product``; for weights, the parameter's or buffer's name.
    inputs, output: of that operation. For gradients: what the backward pass remembered, and the gradient it gave.
    rows: of the data set, those whose entries are not finite; empty when it is not a matter of single samples.
    samples: their names in the manifest.
    batch_size: samples in that step.
    """

    where: Where
    layer: str = ""
    title: str = ""
    operation: str = ""
    inputs: tuple[Values, ...] = ()
    output: Values | None = None
    rows: tuple[int, ...] = ()
    samples: tuple[str, ...] = ()
    batch_size: int = 0


@dataclass(frozen=True)
class TakenStep:
    """A step before: its number from 1, loss, and the L2 norm of its gradient before any clipping."""

    step: int
    loss: float
    gradient_norm: float


@dataclass(frozen=True)
class Moment:
    """The step that failed and what surrounded it.

    Attributes
    ----------
    epoch, step: counted from 1.
    learning_rate, precision: of that step.
    images, targets: what it was given; None when the step could not be repeated.
    largest_weight: name of a parameter and its largest absolute value, before the update.
    gradient_norm: of this step; None when the failure came before the gradient was known.
    before: the last steps that went well, the oldest first.
    """

    epoch: int
    step: int
    learning_rate: float
    precision: str
    images: Values | None = None
    targets: Values | None = None
    largest_weight: tuple[str, float] | None = None
    gradient_norm: float | None = None
    before: tuple[TakenStep, ...] = ()


class NotFiniteError(TrainingError):
    """The loss, a gradient or a weight is no longer a number; says which layer and operation were first.

    ``seen``: what was noticed, as a sentence without its end.
    """

    def __init__(self, seen: str, culprit: Culprit, moment: Moment) -> None:
        self.seen, self.culprit, self.moment = seen, culprit, moment
        super().__init__(_problem(seen, culprit, moment), "\n  → ".join(advise(culprit, moment)))

    def __reduce__(self) -> tuple[type[NotFiniteError], tuple[str, Culprit, Moment]]:
        return type(self), (self.seen, self.culprit, self.moment)

    def named(self, titles: Mapping[str, str], ids: Sequence[str]) -> NotFiniteError:
        """Return the same with the layers' titles by path of their modules, and the names of the data set's rows."""
        found = self.culprit
        samples = tuple(ids[row] for row in found.rows if 0 <= row < len(ids))
        return NotFiniteError(
            self.seen, replace(found, title=titles.get(found.layer, found.title), samples=samples), self.moment
        )

    @property
    def facts(self) -> dict[str, Any]:
        """Everything that is known, for JSON."""
        return {
            "seen": self.seen,
            "cause": cause(self.culprit),
            "advice": advise(self.culprit, self.moment),
            "details": details(self.culprit, self.moment),
            **asdict(self.culprit),
            **asdict(self.moment),
        }


def cause(culprit: Culprit) -> str:
    """Return in one sentence what was first."""
    layer, operation = culprit.title or culprit.layer or "the network's own code", culprit.operation
    gave = f" gave {culprit.output.broken}" if culprit.output is not None else ""
    match culprit.where:
        case "data":
            return f"the inputs of the network hold {culprit.output.broken if culprit.output else 'no numbers'}"
        case "targets":
            return f"the targets hold {culprit.output.broken if culprit.output else 'no numbers'}"
        case "weights":
            return f'"{operation}" is not finite although no training step broke it'
        case "network":
            return f"first, {operation} in {layer}{gave}"
        case "loss":
            return f"first, {operation} in the loss{gave}"
        case "penalty":
            return f"first, {operation} in the penalties (L1, L2){gave}"
        case "gradient":
            return f"first, the gradient of {operation} in {layer}{gave}, in the backward pass"
        case "update":
            return f'the update itself broke "{operation}": its gradient was still finite'
        case "unknown":
            return culprit.title


def details(culprit: Culprit, moment: Moment) -> list[str]:
    """Return what surrounded it, a line each."""
    lines = []
    word = {"gradient": "it remembered", "update": "its gradient"}.get(culprit.where, "it worked on")
    if culprit.inputs:
        lines.append(f"{word}: {'; '.join(values.described for values in culprit.inputs)}")
    if culprit.rows:
        names = culprit.samples or tuple(f"row {row}" for row in culprit.rows)
        more = f" and {len(names) - MOST_SAMPLES} more" if len(names) > MOST_SAMPLES else ""
        whole = f"{len(names)} of the {culprit.batch_size} in the batch"
        lines.append(f"samples ({whole}): {', '.join(names[:MOST_SAMPLES])}{more}")
    elif culprit.batch_size and culprit.where in ("network", "loss", "gradient"):
        lines.append("samples: not one or two, the batch as a whole")
    if moment.images is not None:
        lines.append(f"the network's inputs: {moment.images.described}")
    if moment.targets is not None and culprit.where in ("loss", "targets"):
        lines.append(f"the targets: {moment.targets.described}")
    if moment.largest_weight is not None:
        name, value = moment.largest_weight
        lines.append(f'the largest weight before the update: {number(value)} in "{name}"')
    norms = [f"{number(step.gradient_norm)} (step {step.step})" for step in moment.before]
    if moment.gradient_norm is not None:
        norms.append(f"{number(moment.gradient_norm)} (step {moment.step})")
    if norms:
        lines.append(f"gradient norms: {', '.join(norms)}; learning rate {moment.learning_rate:.3g}")
    return lines


def _problem(seen: str, culprit: Culprit, moment: Moment) -> str:
    """Return the sentence and its details; the step is repeated only where it is another than the one that was seen."""
    known = culprit.where in ("unknown", "weights") or f"by step {moment.step} " in seen
    lines = [*([] if known else [f"it happened in step {moment.step}"]), *details(culprit, moment)]
    return "\n    ".join([f"{seen}: {cause(culprit)}", *lines])
