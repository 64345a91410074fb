"""Several views of one picture: the network is asked about each, and its answers are averaged.

What is averaged are probabilities, as Krizhevsky et al. (2012, "ImageNet classification with deep convolutional neural
networks", section 4.1) and Simonyan & Zisserman (2015, arXiv:1409.1556, section 3.2) do; of a regression the values.
The views and weights of ``flip-shift`` are those of airbench (Jordan 2024, arXiv:2404.00498), moved in proportion where
a picture is larger than CIFAR-10's 32 pixels.

With ``-unsure``, the other views are only asked for where the picture alone leaves doubt. How much doubt is settled
once, by a quarter of the validation samples, and stays with the model: what is said of a picture does not depend on the
pictures that it is shown with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from ..data.batching.edges import places_seen
from ..errors import RunError

UNSURE: Final = "-unsure"
UNSURE_SHARE: Final = 0.25  # of the samples on which it is settled what is unsure
MOVED: Final = 1 / 32  # of the side, one pixel or more
STEEPNESS: Final = 20  # of how the other views' weight falls with the doubt
_LEAST_DOUBT: Final = 1e-6  # float32 tells probabilities near 1 apart by 6e-8


@dataclass(frozen=True)
class View:
    """A picture as it is, mirrored, moved along its diagonal (1: down and to the right), or both; and its weight."""

    weight: float
    mirrored: bool = False
    moved: int = 0


# The first view is the picture as it is; the weights of each set add up to 1.
VIEWS: Final[Mapping[str, tuple[View, ...]]] = {
    "flip": (View(1 / 2), View(1 / 2, mirrored=True)),
    "shift": (View(1 / 2), View(1 / 4, moved=-1), View(1 / 4, moved=1)),
    "flip-shift": (
        View(1 / 4),
        View(1 / 4, mirrored=True),
        View(1 / 8, moved=-1),
        View(1 / 8, moved=-1, mirrored=True),
        View(1 / 8, moved=1),
        View(1 / 8, moved=1, mirrored=True),
    ),
}


@dataclass(frozen=True)
class ViewSet:
    """Which views a network is asked about. ``unsure_below``: with which confidence of its own a picture needs them."""

    name: str
    unsure_below: float | None = None

    @property
    def views(self) -> tuple[View, ...]:
        """The views, the picture as it is first."""
        return VIEWS[self.name.removesuffix(UNSURE)]

    @property
    def only_unsure(self) -> bool:
        """Whether the picture alone will do where it leaves no doubt."""
        return self.name.endswith(UNSURE)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return (
            {"name": self.name} if self.unsure_below is None else {"name": self.name, "unsure_below": self.unsure_below}
        )

    @classmethod
    def from_dict(cls, values: Any) -> ViewSet | None:
        """Read what :meth:`to_dict` wrote, None for None; raises :class:`RunError` for anything else."""
        if values is None:
            return None
        name, sure = (values.get(key) for key in ("name", "unsure_below")) if isinstance(values, dict) else (None, None)
        known = isinstance(name, str) and name.removesuffix(UNSURE) in VIEWS
        needed = known and str(name).endswith(UNSURE)
        if not known or needed != (sure is not None) or (needed and not (type(sure) is float and 0 <= sure <= 1)):
            raise RunError(
                f"The model card asks for test views that are not known: {values}",
                "Use the spirula that wrote it, or take the file from the original run.",
            )
        return cls(str(name), sure)


def settled(name: str, probabilities: np.ndarray, *, apart: bool) -> ViewSet:
    """Return the set of views of a name, one with ``-unsure`` by what the network says of (N, K) samples, N above 0.

    A quarter of them count as unsure. No label has a part in it. ``apart``: each column is a probability of its own.
    """
    if not ViewSet(name).only_unsure:
        return ViewSet(name)
    sure = confidence(torch.from_numpy(probabilities), apart=apart).numpy().astype(np.float64)
    return ViewSet(name, float(np.quantile(sure, UNSURE_SHARE)))


def confidence(probabilities: Tensor, *, apart: bool) -> Tensor:
    """Return how sure each row of (N, K) is, 0…1: the largest probability; or ``apart``, the least sure yes or no."""
    if apart:
        return torch.maximum(probabilities, 1 - probabilities).amin(dim=1)
    return probabilities.amax(dim=1)


def averaged(ask: Callable[[Tensor], Tensor], images: Tensor, chosen: ViewSet | None, *, apart: bool) -> Tensor:
    """Return (N, K), the mean of what ``ask`` says of the views of images (N, C, H, W); ``apart`` as elsewhere."""
    alone = ask(images)
    if chosen is None:
        return alone
    if chosen.unsure_below is None:
        return _mean(ask, images, alone, chosen.views)
    weight = _weight(confidence(alone, apart=apart), chosen.unsure_below)
    rows = weight.nonzero()[:, 0]
    if not len(rows):
        return alone
    several = _mean(ask, images[rows], alone[rows], chosen.views)
    return alone.index_copy(0, rows, torch.lerp(alone[rows], several, weight[rows, None]))


def _weight(sure: Tensor, unsure_below: float) -> Tensor:
    """Return how much the views count: fully below ``unsure_below``, then less and less until the doubt is 5 % less.

    A step would make the answer jump with the last digit of the first view, which is not the same on every machine.
    """
    doubt = max(1 - unsure_below, _LEAST_DOUBT)
    return (STEEPNESS * ((1 - sure) / doubt - 1) + 1).clamp(0, 1)


def _mean(ask: Callable[[Tensor], Tensor], images: Tensor, alone: Tensor, views: tuple[View, ...]) -> Tensor:
    total = alone * views[0].weight
    for view in views[1:]:
        total = total + ask(seen(images, view)) * view.weight
    return total


def seen(images: Tensor, view: View) -> Tensor:
    """Return a view of (N, C, H, W), in its memory format; what comes in from beyond the edges is their reflection."""
    made = images
    if view.moved:
        for dim in (2, 3):
            side = images.shape[dim]
            step = view.moved * max(1, round(side * MOVED))
            made = made.index_select(dim, places_seen(torch.arange(side, device=images.device) - step, side, "reflect"))
    if view.mirrored:
        made = made.flip(3)
    last = images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
    return made.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
