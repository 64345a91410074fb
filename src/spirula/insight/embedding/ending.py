"""The embedding of a sample: what the last layer of a network is given, heard while the network runs anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...data.batching.batches import Batch, Feed
from ...models.reaching import each_input
from ..calls import evaluating

Reduce = Callable[[Tensor], np.ndarray]
Parts = list[tuple[np.ndarray, np.ndarray]]  # of each batch: rows (n,), and what was kept of them (n, …)


@torch.no_grad()
def last_layer(module: nn.Module, example: Tensor) -> str | None:
    """Return the path of the last Dense layer or convolution that a network runs, None where it is run several times.

    ``example``: one input, (1, …). A network that ends in weights of another kind is heard at the layer before those.
    """
    called: list[str] = []

    def watch(path: str) -> Callable[..., None]:
        return lambda *_: called.append(path)

    handles = [
        part.register_forward_pre_hook(watch(path))
        for path, part in module.named_modules()
        if isinstance(part, nn.Linear | nn.Conv2d)
    ]
    try:
        with evaluating(module):
            module(example)
    finally:
        for handle in handles:
            handle.remove()
    return called[-1] if called and called.count(called[-1]) == 1 else None


class Listener:
    """Hears what a layer is given while batches of samples go through its network.

    Of each batch the first run is heard: that is the picture as it is, where a network is asked about several views.
    Maps and sequences are averaged over their positions, which is what a layer that is run at each of them amounts to.
    """

    def __init__(self, layer: nn.Module, reduce: Reduce) -> None:
        self._maps = _has_maps(layer)
        self._reduce = reduce
        self._given: Tensor | None = None

    def __call__(self, _: nn.Module, inputs: tuple[Any, ...]) -> None:
        if self._given is None:
            self._given = inputs[0].detach()

    def over(self, feed: Feed, into: Parts) -> HeardFeed:
        """Return the same batches; what is heard of each goes ``into`` a list, reduced."""
        return HeardFeed(feed, self, into)

    def forget(self) -> None:
        self._given = None

    def take(self) -> np.ndarray | None:
        """Return what was heard since the last :meth:`forget`, reduced; None if the layer was not run."""
        given, self._given = self._given, None
        return None if given is None else self._reduce(vectors(given, maps=self._maps))


class HeardFeed:
    """A feed whose batches are heard by a listener while somebody runs a network on them."""

    def __init__(self, feed: Feed, listener: Listener, into: Parts) -> None:
        self._feed, self._listener, self._into = feed, listener, into

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        for batch in self._feed.epoch(epoch, start):
            self._listener.forget()
            yield batch
            heard = self._listener.take()  # when the next batch is asked for, the network is done with this one
            if heard is not None:
                self._into.append((batch.rows.numpy(), heard))


@contextmanager
def listening(module: nn.Module, path: str, reduce: Reduce) -> Iterator[Listener]:
    """Hear, for a while, what the layer at ``path`` is given; ``reduce`` makes (n, D) float32 tensors what is kept."""
    layer = module.get_submodule(path)
    listener = Listener(layer, reduce)
    handle = layer.register_forward_pre_hook(listener)
    try:
        yield listener
    finally:
        handle.remove()


@torch.no_grad()
def embedded(module: nn.Module, path: str, feed: Feed) -> tuple[np.ndarray, Tensor]:
    """Return rows int64 (N,) and embeddings float32 (N, D) of the samples of a feed; the layer itself does not run."""
    layer = module.get_submodule(path)
    rows: list[Tensor] = []
    found: list[Tensor] = []

    def images() -> Iterator[Tensor]:
        for batch in feed.epoch(0):
            rows.append(batch.rows)
            yield batch.images

    with evaluating(module):
        each_input(module, layer, images(), lambda given: found.append(vectors(given, maps=_has_maps(layer))))
    return torch.cat(rows).numpy(), torch.cat(found)


def joined(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (N,) and what was kept of them (N, …), of all batches."""
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([kept for _, kept in parts])


def given_to(module: nn.Module, path: str) -> int:
    """Return of how many dimensions the embeddings before a layer are."""
    layer = module.get_submodule(path)
    return int(layer.in_channels if isinstance(layer, nn.Conv2d) else layer.in_features)  # type: ignore[arg-type]


def _has_maps(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d)


def vectors(given: Tensor, *, maps: bool) -> Tensor:
    """Return (n, D) float32 on the CPU of what a layer was given: (n, D), maps (n, D, h, w) or sequences (n, …, D)."""
    value = given.float()
    if value.ndim > 2:
        value = value.flatten(2).mean(2) if maps else value.flatten(1, -2).mean(1)
    return value.cpu()
