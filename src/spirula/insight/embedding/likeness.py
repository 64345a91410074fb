"""How like the training pictures a picture is, as a network sees both: for telling what is none of its classes.

The mean cosine to the five nearest of some training embeddings (Sun, Ming, Zhu, Li 2022, "Out-of-distribution
detection with deep nearest neighbors", arXiv:2204.06507), seen from half-way to their mean: from zero the embeddings of
some networks all lie in one direction, from their mean those of others have lost how strong they are. How well that
tells foreign pictures apart, beside the largest probability and others, was measured: docs/trust.md.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .nearest import nearest

FROM = 0.5  # where cosines are seen from: 0 is zero, 1 the training samples' mean
MOST = 1000  # training samples that are compared with; a hundredth of a set does nearly as well (section 4.2)
MOST_NUMBERS = 1_000_000  # of them all, two bytes each
_TINY = 1e-12


def reference_of(values: Tensor) -> np.ndarray:
    """Return some of the training embeddings (n, D), evenly taken, float16 (m, D), as directions."""
    most = int(np.clip(MOST_NUMBERS // values.shape[1], 1, MOST))
    rows = np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(np.int64)
    return _directions(values[torch.from_numpy(rows)], values.mean(0)).numpy().astype(np.float16)


def likeness(values: Tensor, mean: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return float32 (n,), -1…1, for embeddings (n, D), the training samples' mean (D,) and their :func:`reference_of`.

    A picture of the reference itself is most like itself: what this says of training pictures means nothing.
    """
    seen = _directions(values, torch.from_numpy(mean)).numpy()
    _, similar = nearest(seen, reference.astype(np.float32))
    return np.asarray(similar.mean(axis=1), np.float32)


def _directions(values: Tensor, mean: Tensor) -> Tensor:
    seen = values - FROM * mean
    length: Tensor = seen.norm(dim=1, keepdim=True).clamp_min(_TINY)
    return seen / length
