"""One pass over some pictures: how every filter of every convolution answers them, and every unit of a ReLU.

What the report says of dead and of similar filters, the check for dead units and the most exciting pictures all come
from this one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...models.build import Network
from ...models.summary import Row
from ..calls import evaluating
from .following import Stage, every_convolution, following, last_stages

SAMPLED = 2048  # answers of each filter, over all pictures, that are compared with those of the others
MOST_IN_ONE = 16  # of these, from one picture
CAN_DIE = (nn.ReLU, nn.ReLU6)  # zero with a zero slope: no gradient brings such a unit back
Largest = dict[tuple[str, int], Tensor]


@dataclass(frozen=True, eq=False)
class Filters:
    """How the K filters of one convolution answer N pictures, after the normalisation and activation behind it.

    row: the layer, of the convolution alone. active: whether there is an activation. low, high, mean: float64 (K,),
    the smallest, the largest and the mean absolute answer over all pictures and positions. sampled: float32 (S, K),
    answers at the same random places for all filters. kernels: float32 (K, weights), multiplied with the scale of a
    BatchNorm behind them. groups: of the convolution, as torch has them. size: height and width of the maps.
    peaks, places: float32 and int64 (N, K), the largest answer to each picture and where in the map it is, counted row
    by row; missing where it was not asked for.
    """

    row: Row
    active: bool
    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    sampled: np.ndarray
    kernels: np.ndarray
    groups: int
    size: tuple[int, int]
    peaks: np.ndarray | None = None
    places: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Rectified:
    """The largest value of each unit (channel) of a ReLU, over all its uses with as many units: float32 (units,)."""

    layer: str
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class Responses:
    """What N pictures (or vectors) made of a network."""

    samples: int
    filters: tuple[Filters, ...]
    rectified: tuple[Rectified, ...]


@dataclass(eq=False)
class _Sums:
    low: Tensor | None = None
    high: Tensor | None = None
    total: Tensor | None = None
    count: int = 0
    size: tuple[int, int] = (0, 0)
    sampled: list[Tensor] = field(default_factory=list)
    peaks: list[Tensor] = field(default_factory=list)
    places: list[Tensor] = field(default_factory=list)

    def add(self, value: Tensor, chosen: Tensor, peaks: bool) -> None:
        """Take in the answers (n, K, h, w) of a part of the pictures; ``chosen``: places to sample, 0…1, (n, P)."""
        # Over height and width alone, and in float32: everything else takes several times as long on a processor.
        answers = value.detach().float()
        high, low = answers.amax((2, 3)), answers.amin((2, 3))
        sizes = answers if bool((low >= 0).all()) else answers.abs()
        total = sizes.sum((2, 3)).double().sum(0)
        self.low = low.amin(0) if self.low is None else torch.minimum(self.low, low.amin(0))
        self.high = high.amax(0) if self.high is None else torch.maximum(self.high, high.amax(0))
        self.total = total if self.total is None else self.total + total
        count, _, height, width = answers.shape
        self.count += count * height * width
        self.size = (height, width)
        place = (chosen * height * width).long().clamp(max=height * width - 1).to(answers.device)
        picture = torch.arange(count, device=answers.device)[:, None]
        self.sampled.append(answers[picture, :, place // width, place % width].flatten(0, 1).cpu())
        if peaks:
            self.peaks.append(high.cpu())
            self.places.append(answers.flatten(2).argmax(2).cpu())


@torch.no_grad()
def responses(
    network: Network, rows: Sequence[Row], batches: Iterable[Tensor], samples: int, *, peaks_of: Sequence[str] = ()
) -> Responses:
    """Run a network in evaluation mode over ``batches`` of ``samples`` inputs in all, as it takes them, and tell.

    ``rows``: of its summary. ``peaks_of``: names of convolutions whose most exciting places are wanted. A convolution
    that is used several times counts with all its uses, but for peaks only with the first one. Nothing about the
    network changes.
    """
    module = network.module
    found = every_convolution(network, rows)
    paths = {row.modules[0]: row.name for row, _ in found}
    sums: dict[str, _Sums] = {path: _Sums() for path in paths}
    largest: Largest = {}
    last: Mapping[tuple[str, int], Stage] = {}
    each = int(np.clip(SAMPLED // max(samples, 1), 1, MOST_IN_ONE))
    random = torch.Generator().manual_seed(0)
    done: set[tuple[str, int]] = set()
    chosen = torch.zeros(0)

    def use(stage: Stage, value: Tensor) -> None:
        end = last.get(stage.key)
        if end is None or stage.depth != end.depth or stage.key in done:
            return
        done.add(stage.key)
        sums[stage.path].add(value, chosen, paths[stage.path] in peaks_of and stage.call == 1)

    with evaluating(module):
        for images in batches:
            if not last and paths:
                last = last_stages(module, list(paths), images[:1])
            chosen = torch.rand((len(images), each), generator=random)
            done.clear()
            with _rectified(module, largest), following(module, list(paths), use):
                module(images)
    names = {path: row.name for row in reversed(rows) for path in row.modules}  # of the first call
    filters = [
        _filters(row, part, sums[row.modules[0]], last[row.modules[0], 1])
        for row, part in found
        if sums[row.modules[0]].count
    ]
    rectified = [Rectified(names.get(path, path), high.float().cpu().numpy()) for (path, _), high in largest.items()]
    return Responses(samples, tuple(filters), tuple(rectified))


def _filters(row: Row, part: nn.Conv2d, sums: _Sums, stage: Stage) -> Filters:
    assert sums.low is not None
    assert sums.high is not None
    assert sums.total is not None
    kernels = part.weight.detach().float().flatten(1)
    if stage.scale is not None:
        kernels = kernels * stage.scale[:, None]
    return Filters(
        row,
        stage.active,
        sums.low.double().cpu().numpy(),
        sums.high.double().cpu().numpy(),
        (sums.total / sums.count).cpu().numpy(),
        torch.cat(sums.sampled).numpy(),
        kernels.cpu().numpy(),
        part.groups,
        sums.size,
        torch.cat(sums.peaks).numpy() if sums.peaks else None,
        torch.cat(sums.places).numpy() if sums.places else None,
    )


@contextmanager
def _rectified(module: nn.Module, largest: Largest) -> Iterator[None]:
    """Keep the largest value of each unit that passed a ReLU, by its path and their number: it may serve several."""

    def keeper(path: str) -> Callable[..., None]:
        def keep(part: nn.Module, inputs: Any, output: Tensor) -> None:
            found = output.detach().amax(dim=[0, *range(2, output.ndim)])
            key = path, len(found)
            largest[key] = torch.maximum(largest[key], found) if key in largest else found

        return keep

    hooks = [
        part.register_forward_hook(keeper(path)) for path, part in module.named_modules() if isinstance(part, CAN_DIE)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
