"""Mixing pairs of samples: MixUp and CutMix.

Zhang et al., "mixup: Beyond Empirical Risk Minimization" (ICLR 2018); Yun et al., "CutMix" (ICCV
2019). The partner of a sample is the next one in the epoch's order (of the last, the first), which
is a random one because the order is random, and the same one whatever the batch size.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .boxes import area, cutmix_boxes, inside
from .randomness import Stream, uniform

_GRID = 8193


def beta_quantile(u: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Return the quantiles of the Beta(alpha, alpha) distribution at ``u`` in [0, 1).

    Inverting the distribution function needs one random number per sample where the usual samplers
    need an unknown number. With ``x = 1 / (1 + exp(-s))`` the density in s is smooth and has one
    hump for every alpha, ``(x (1 - x)) ** alpha`` up to a constant, so that a plain table of its
    integral gives x to about 1e-5.
    """
    end = 40.0 / alpha + 14.0 / np.sqrt(alpha)
    s = np.linspace(-end, end, _GRID)
    # log(x (1 - x)) without overflow in the far tails.
    density = np.exp(alpha * (-np.abs(s) - 2.0 * np.log1p(np.exp(-np.abs(s))) + 2.0 * np.log(2.0)))
    integral = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0)])
    place = np.interp(u, integral / integral[-1], s)
    return np.exp(-np.logaddexp(0.0, -place))


def draw_mixing(
    mixup: float | None,
    cutmix: float | None,
    seed: int,
    epoch: int,
    samples: NDArray[np.int64],
    height: int,
    width: int,
) -> dict[str, NDArray[np.generic]]:
    """Return ``share``, and of ``blend`` and ``patch`` what is asked for; see :class:`.augment.Draws`."""
    drawn: dict[str, NDArray[np.generic]] = {}
    u = uniform(seed, epoch, samples, Stream.MIX_SHARE)
    if mixup is not None and cutmix is not None:
        cuts = uniform(seed, epoch, samples, Stream.MIX_KIND) < 0.5
    else:
        cuts = np.full(len(samples), cutmix is not None)
    share = np.ones(len(samples))
    if mixup is not None:
        share = np.where(cuts, 1.0, beta_quantile(u, mixup))
        drawn["blend"] = share.astype(np.float32)
    if cutmix is not None:
        boxes = cutmix_boxes(
            height,
            width,
            share=beta_quantile(u, cutmix),
            x=uniform(seed, epoch, samples, Stream.CUTMIX_X),
            y=uniform(seed, epoch, samples, Stream.CUTMIX_Y),
        )
        boxes = np.where(cuts[:, None], boxes, 0)
        drawn["patch"] = boxes
        # The share that the target keeps is what is left of the image after the box was cut at the edges.
        share = np.where(cuts, 1.0 - area(boxes) / (height * width), share)
    drawn["share"] = share.astype(np.float32)
    return drawn


def mix_images(images: Tensor, *, blend: Tensor | None, patch: Tensor | None) -> Tensor:
    """Mix each sample with the next one.

    Parameters
    ----------
    images: (B + 1, H, W, C) or (B + 1, F): the batch and the partner of its last sample.
    blend: (B,) share of the sample itself in a MixUp, in [0, 1]; ``None`` when there is no MixUp.
    patch: (B, 4) box that CutMix fills from the partner; ``None`` when there is no CutMix.

    Returns
    -------
    (B, …): float32 after a MixUp, otherwise the dtype that came in.
    """
    own, partner = images[:-1], images[1:]
    mixed = own
    if blend is not None:
        share = blend.view(-1, *[1] * (images.ndim - 1))
        mixed = own * share + partner * (1 - share)
    if patch is not None:
        mixed = torch.where(inside(patch, images.shape[1], images.shape[2]), partner.to(mixed.dtype), mixed)
    return mixed


def mix_targets(targets: Tensor, share: Tensor) -> Tensor:
    """Mix the (B + 1, K) float32 targets of a batch and the last partner by (B,) shares of the sample itself."""
    return targets[:-1] * share[:, None] + targets[1:] * (1 - share)[:, None]
