"""The user's own loss, regularizer, schedule, metrics and augmentation, tried before the first step.

A mistake in them then costs seconds, and the message names the piece, its file and line. Nothing here is called when
nothing is the user's own, and nothing is checked again in every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..custom.blame import call, function_of, kind, wrong
from ..custom.piece import Piece

LOSS = "loss(outputs, targets) -> a finite scalar, or one number per sample, that can be differentiated"
PENALTY = "regularizer(weight) -> a finite scalar tensor that can be differentiated"
SCHEDULE = "schedule(step, steps) -> a factor of the learning rate, finite and not negative"
METRIC = "metric(outputs, targets) -> one finite number for the whole split"


def loss_function(piece: Piece) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the function of a loss of the user's own."""
    return function_of(piece, LOSS)


def try_loss(piece: Piece, outputs: Tensor, targets: Tensor) -> float:
    """Call a loss once; return its mean gradient per sample, as a size, at these outputs.

    Raises :class:`~spirula.errors.CustomError` for anything but a finite, differentiable scalar or (B,) tensor.
    """
    outputs = outputs.detach().clone().requires_grad_()
    with torch.enable_grad():
        value = call(piece, loss_function(piece), outputs, targets)
        _check_value(piece, value, LOSS, (len(outputs),))
        mean = value.mean()
        (gradient,) = torch.autograd.grad(mean, outputs, allow_unused=True)
    if gradient is None or not torch.isfinite(gradient).all():
        raise wrong(piece, "has no finite gradient in the outputs", LOSS)
    return float(gradient.abs().mean() * outputs.numel())


def penalty_function(piece: Piece, weight: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the function of a regularizer of the user's own, tried on its kernel."""
    function = function_of(piece, PENALTY)
    tried = weight.detach().clone().requires_grad_()
    with torch.enable_grad():
        _check_value(piece, call(piece, function, tried), PENALTY, ())
    return function


def _check_value(piece: Piece, value: Any, signature: str, shape: tuple[int, ...]) -> None:
    if not isinstance(value, Tensor):
        raise wrong(piece, f"returns {kind(value)}, no tensor", signature)
    if value.shape not in ((), shape) or not value.is_floating_point():
        dtype = str(value.dtype).removeprefix("torch.")
        raise wrong(piece, f"returns a tensor of {tuple(value.shape)}, {dtype}", signature)
    if not torch.isfinite(value).all():
        raise wrong(piece, f"returns {value.flatten().tolist()[:3]} at its first call", signature)
    if not value.requires_grad:
        raise wrong(piece, "cannot be differentiated: it leaves torch, or detaches its result", signature)


def schedule_function(piece: Piece, steps: int) -> Callable[[int, int], float]:
    """Return (step, steps) → factor for a schedule of the user's own, tried at the beginning, middle and end."""
    function = function_of(piece, SCHEDULE)

    def factor(step: int, steps: int) -> float:
        value = call(piece, function, step, steps)
        try:
            number = float(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise wrong(piece, f"returns {value!r} for step {step} of {steps}", SCHEDULE) from error
        if not math.isfinite(number) or number < 0:
            raise wrong(piece, f"returns {number} for step {step} of {steps}", SCHEDULE)
        return number

    for step in sorted({0, steps // 2, steps - 1}):
        factor(step, steps)
    return factor


@dataclass(frozen=True)
class Metric:
    """A metric of the user's own. ``larger``: whether larger is better; None where nobody has said."""

    name: str
    piece: Piece
    larger: bool | None = None

    def __call__(self, outputs: Tensor, targets: Tensor) -> float:
        """Return the metric of a whole split."""
        with torch.no_grad():
            value = call(self.piece, function_of(self.piece, METRIC), outputs, targets)
        try:
            number = float(value)
        except (TypeError, ValueError, RuntimeError) as error:
            what = f"a tensor of {tuple(value.shape)}" if isinstance(value, Tensor) else kind(value)
            raise wrong(self.piece, f"returns {what}", METRIC) from error
        if not math.isfinite(number):
            raise wrong(self.piece, f"returns {number}", METRIC)
        return number


def metric(name: str, piece: Piece) -> Metric:
    """Return a metric; its attribute ``mode``, "min" or "max", says which way is better."""
    mode = getattr(piece.value, "mode", None)
    if mode not in (None, "min", "max"):
        raise wrong(piece, f"has mode = {mode!r}", f'{METRIC}; its attribute mode is "min" or "max"')
    return Metric(name, piece, None if mode is None else mode == "max")
