"""The output layer: recognise the one that was given, or add it; and say how its numbers are read.

Networks return *logits*. A final softmax or sigmoid is therefore taken off and remembered, so that the loss is computed
on logits (where it is exact for confident networks) and probabilities are made once, by whoever reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ..custom.piece import Piece
from ..errors import ModelError
from ..layers import Activation, Dense, Flatten, Softmax
from .plan import Plan
from .shapes import shape_text

Output = Literal["softmax", "sigmoid", "linear"]
Task = Literal["classification", "multilabel", "regression"]


class HeadError(ModelError):
    """The output layer that was given has another number of outputs (``units``) than the data needs."""

    def __init__(self, problem: str, remedy: str, units: int | None = None) -> None:
        super().__init__(problem, remedy)
        self.units = units


@dataclass(frozen=True)
class Finished:
    """A plan that ends in logits, and how they are read."""

    plan: Plan
    output: Output
    head: Literal["added", "given"]
    notes: tuple[str, ...] = ()


def finish(given: Plan, outputs: int, task: Task) -> Finished:
    """Make the plan end in logits for ``outputs`` classes (or one regression value).

    - Dense(outputs), with softmax, sigmoid or no activation, is the output layer.
    - Dense(1, activation="sigmoid") is the output layer of two classes.
    - Dense(n) with another activation is a hidden layer: an output layer is added.

    Raises :class:`ModelError` naming both numbers where a softmax or a bare Dense disagrees with the data.
    """
    usual: Output = "linear" if task == "regression" else "sigmoid" if task == "multilabel" else "softmax"
    body, ending = _without_ending(given, task)
    shape = body.output_shape
    units = shape[0] if len(shape) == 1 else None
    last = body.node(body.output)
    bare = last is not None and isinstance(last.layer, Dense) and last.layer.activation is None
    wanted = _wanted(outputs, task)
    if ending == "softmax":
        if task != "classification":
            use = 'activation="sigmoid"' if task == "multilabel" else "no activation"
            raise ModelError(f"The network ends in softmax, but the task is {task}.", f"Use {use} in the last layer.")
        if units is None:
            raise ModelError(
                f"The network ends in softmax over maps of {shape_text(shape)}.",
                "Insert GlobalAveragePooling2D() or Flatten() and Dense() before it.",
            )
        if units != outputs:
            raise _disagreement(units, outputs, task)
        return Finished(body, "softmax", "given")
    if ending == "sigmoid":
        if units == outputs or (units == 1 and outputs == 2 and task == "classification"):
            return Finished(body, "sigmoid", "given")
        if units == 1:
            raise _disagreement(units, outputs, task)
        body = given  # a hidden layer with sigmoid, as networks of the 1990s have
    elif bare:
        if units != outputs:
            raise _disagreement(units, outputs, task)
        return Finished(body, usual, "given")
    elif task == "regression" and last is not None and isinstance(last.layer, Dense) and units == outputs:
        return Finished(body, "linear", "given")  # Dense(1, activation="softplus"): a prediction that is never negative
    notes: list[str] = []
    if len(shape) > 1:
        body = body.then(Flatten())
        notes.append(
            f"The layers end in maps of {shape_text(shape)}: Flatten() was added before the output layer "
            "(GlobalAveragePooling2D() instead would need fewer parameters)."
        )
    body = body.then(Dense(outputs))
    notes.append(f"The output layer Dense({outputs}) was added for {wanted}.")
    return Finished(body, usual, "added", tuple(notes))


def _without_ending(given: Plan, task: Task) -> tuple[Plan, str | Piece | None]:
    """Take a final softmax or sigmoid off; a regression keeps its sigmoid (a prediction between 0 and 1)."""
    last = given.node(given.output)
    endings = ("softmax",) if task == "regression" else ("softmax", "sigmoid")
    if last is None:
        return given, None
    if isinstance(last.layer, Softmax):
        return given.without_last(), "softmax"
    if isinstance(last.layer, Activation) and last.layer.activation in endings:
        return given.without_last(), last.layer.activation
    if isinstance(last.layer, Dense) and last.layer.activation in endings:
        return given.with_last(replace(last.layer, activation=None)), last.layer.activation
    return given, None


def _wanted(outputs: int, task: Task) -> str:
    if task == "regression":
        return "one value" if outputs == 1 else f"{outputs} values"
    return f"{outputs} {'classes' if outputs != 1 else 'class'}"


def _disagreement(units: int | None, outputs: int, task: Task) -> HeadError:
    remedy = f"Write Dense({outputs}), or leave the output layer out: it is added from the data."
    if outputs == 2 and task == "classification":
        remedy = 'Write Dense(2) or Dense(1, activation="sigmoid"), or leave the output layer out.'
    if units not in (None, 1):
        remedy += ' If it is a hidden layer, give it an activation such as "relu".'
    has = "1 output" if units == 1 else f"{units} outputs"
    return HeadError(f"The last layer has {has}, but the data has {_wanted(outputs, task)}.", remedy, units)
