"""Is a map right? Take away what it calls important, and see whether the network minds.

Deletion and insertion of Petsiuk, Das, Saenko 2018 (RISE, arXiv:1806.07421): pixels are covered with the picture's mean
colour, the most important first (deletion: the class should vanish soon, a small area under the curve is good), or
uncovered from a blurred picture (insertion: the class should appear soon, a large area is good). The same is done with
a map of random numbers on the same grid, stretched alike: it is as smooth, and knows nothing. A map that is not better
than that says nothing about the network, however convincing it looks.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..metrics.faithfulness import Areas, Faithfulness
from .attention import Looker, stretched
from .calls import evaluating

STEPS, FEW_STEPS = 10, 5


def faithfulness(
    looker: Looker,
    pixels: np.ndarray,
    targets: np.ndarray,
    maps: np.ndarray,
    *,
    steps: int = STEPS,
    seed: int = 0,
    random: Areas | None = None,
) -> Faithfulness:
    """Measure maps (N, h, w) of pictures (N, H, W, C) for the classes ``targets`` (N,), beside random ones.

    ``random``: the areas of random maps, where they are known of maps of the same size.
    """
    rng = np.random.default_rng(seed)
    size = (pixels.shape[1], pixels.shape[2])
    noise = rng.random(maps.shape, dtype=np.float32)
    return Faithfulness(
        areas(looker, pixels, targets, stretched(maps, size), steps=steps, seed=seed),
        random or areas(looker, pixels, targets, stretched(noise, size), steps=steps, seed=seed),
    )


def areas(
    looker: Looker, pixels: np.ndarray, targets: np.ndarray, maps: np.ndarray, *, steps: int = STEPS, seed: int = 0
) -> Areas:
    """Return both areas for each picture; ``maps`` are (N, H, W). Pixels of equal importance come in random order."""
    rng = np.random.default_rng(seed)
    deletion, insertion = np.zeros((2, len(pixels)))
    with evaluating(looker.network.module), torch.no_grad():
        for number, (picture, target, importance) in enumerate(zip(pixels, targets, maps, strict=True)):
            image = looker.images(picture[None])
            order = np.lexsort((rng.random(importance.size), -importance.ravel()))
            place = np.empty(importance.size, np.int64)
            place[order] = np.arange(importance.size)
            share = torch.from_numpy(place.reshape(importance.shape) / importance.size).to(image.device)
            first = torch.stack([share < step / steps for step in range(steps + 1)])[:, None]
            colour = image.mean((2, 3), keepdim=True)
            covered = torch.where(first, colour, image)
            uncovered = torch.where(first, image, blurred(image))
            values = looker.values(torch.cat([covered, uncovered]))[:, int(target)].double().cpu().numpy()
            deletion[number], insertion[number] = _area(values[: steps + 1]), _area(values[steps + 1 :])
    return Areas(deletion, insertion)


def _area(values: np.ndarray) -> float:
    """Return the area under evenly spaced values, over a width of 1."""
    return float((values[1:] + values[:-1]).mean() / 2)


def blurred(image: Tensor) -> Tensor:
    """Return (N, C, H, W) without detail: three means over squares of a sixth of its side, nearly a Gaussian."""
    reach = max(min(image.shape[2:]) // 12, 1)
    image = image.contiguous()
    for down, across in ((reach, 0), (0, reach)) * 3:  # rows, then columns: the mean over a square, in less time
        size, padding = (2 * down + 1, 2 * across + 1), (down, across)
        image = functional.avg_pool2d(image, size, 1, padding, count_include_pad=False)
    return image
