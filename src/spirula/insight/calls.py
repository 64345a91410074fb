"""Being there when a layer has computed its value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from ..models.summary import Row

Use = Callable[[Tensor], Tensor | None]


@dataclass(frozen=True)
class Call:
    """One call of one module: its path, and the how manieth it is (shared modules are called several times)."""

    path: str
    number: int = 1


def call_of(row: Row) -> Call:
    """Return the call whose output is the value of a layer in the summary."""
    named = re.search(r" \(call (\d+)\)$", row.name)
    return Call(row.modules[-1], int(named[1]) if named else 1)


@contextmanager
def at_call(module: nn.Module, call: Call, use: Use) -> Iterator[None]:
    """Give the first tensor that a call returns to ``use``; what that returns, if anything, goes on in its place.

    For one run of ``module``; only a call that returns one tensor can have its value replaced.
    """
    numbers = count(1)

    def hook(part: nn.Module, inputs: Any, output: Any) -> Any:
        if next(numbers) != call.number:
            return None
        tensor = next((leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)), None)
        replaced = None if tensor is None else use(tensor)
        return replaced if isinstance(output, Tensor) else None

    handle = module.get_submodule(call.path).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put a module into evaluation mode with frozen parameters for a while; afterwards it is as it was."""
    training = [part for part in module.modules() if part.training]
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    module.eval()
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for part in training:
            part.training = True
        for parameter in learning:
            parameter.requires_grad_(True)
