"""What arrives at a layer: a network is run up to it and no further."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor, nn


class _ReachedError(Exception):
    """Ends a forward pass at the layer whose input is wanted."""


def each_input(module: nn.Module, layer: nn.Module, batches: Iterable[Tensor], take: Callable[[Tensor], None]) -> None:
    """Give ``take`` the first input of ``layer`` for every batch that goes into ``module``, without its graph.

    The layers from ``layer`` on do not run. Modes are left to the caller.
    """

    def arrived(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        take(inputs[0].detach())
        raise _ReachedError

    hook = layer.register_forward_pre_hook(arrived)
    try:
        for batch in batches:
            try:
                module(batch)
            except _ReachedError:
                continue
    finally:
        hook.remove()
