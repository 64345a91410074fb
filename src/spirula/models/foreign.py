"""A network that the user brings: a dry run says at once whether it fits the data."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import ModelError
from .shapes import Shape, shape_text


def dry_run(module: nn.Module, shape: Shape, count: int = 2, *, training: bool = False) -> Tensor:
    """Return the module's answer to ``count`` blank inputs of (H, W, C) or (F,), in evaluation mode or in ``training``.

    In evaluation mode the module's state stays as it is; in training mode, running means change.
    """
    was_training = [part for part in module.modules() if part.training]
    tensor = next((value for value in module.parameters() if not isinstance(value, nn.UninitializedParameter)), None)
    device = tensor.device if tensor is not None else "cpu"
    order = (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape
    module.train(training)
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            answer: Tensor = module(torch.zeros(count, *order, device=device))
            return answer
    finally:
        module.eval()
        for part in was_training:
            part.training = True


def checked_module(module: nn.Module, shape: Shape, outputs: int) -> None:
    """Raise :class:`ModelError` unless the module turns (N, C, H, W) or (N, F) into (N, outputs)."""
    name, given = type(module).__name__, shape_text(shape)
    try:
        answer = dry_run(module, shape)
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        raise ModelError(
            f"The module {name} fails on inputs of {given}: {str(error).splitlines()[0] if str(error) else error!r}",
            "It must take a float tensor of (N, C, H, W), or (N, F) for vectors.",
        ) from error
    if not isinstance(answer, Tensor) or tuple(answer.shape) != (2, outputs):
        found = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
        raise ModelError(
            f"The module {name} turns 2 inputs of {given} into {found}, not into (2, {outputs}).",
            f"Its last layer must give {outputs} logits per input.",
        )
