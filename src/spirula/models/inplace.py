"""Activations that overwrite their input, while a network trains: the same numbers with less memory traffic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from .build import Network


def own_relus(network: Network) -> list[nn.ReLU]:
    """Return the ReLUs that are one layer's own last part (``Conv2D(…, activation="relu")``).

    Nobody else reads what such a ReLU overwrites. A ReLU that stands by itself may share its input
    with a branch and is left alone, as is everything in a network that spirula did not build.
    """
    modules = dict(network.module.named_modules())
    last = [modules[parts[-1]] for parts in network.layers.values() if len(parts) > 1 and parts[-1] in modules]
    return [module for module in last if isinstance(module, nn.ReLU)]


@contextmanager
def activating_in_place(network: Network) -> Iterator[None]:
    """Let those ReLUs work in place; afterwards hooks see what each module returned again."""
    relus = own_relus(network)
    before = [relu.inplace for relu in relus]
    for relu in relus:
        relu.inplace = True
    try:
        yield
    finally:
        for relu, inplace in zip(relus, before, strict=True):
            relu.inplace = inplace
