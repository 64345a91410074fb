"""The predict pass: one way from pixels to probabilities, for training's end, ``evaluate`` and ``predict``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor, nn

from .views import ViewSet, averaged

if TYPE_CHECKING:
    from ..data.batching.batches import Batch

Output = Literal["softmax", "sigmoid", "linear"]


def to_probabilities(logits: Tensor, output: Output, classes: int) -> Tensor:
    """Read logits as the network's output layer means them, in float32.

    ``softmax``: (N, K) → (N, K), rows sum to one. ``sigmoid`` with one logit for two
    ``classes``: (N, 1) → (N, 2), the second column being the probability of the second class;
    otherwise each logit is on its own (multi-label). ``linear``: (N, 1) as it is.
    """
    logits = logits.float()
    if output == "softmax":
        return logits.softmax(dim=1)
    if output == "sigmoid":
        probability = logits.sigmoid()
        one_for_two = probability.shape[1] == 1 and classes == 2
        return torch.cat([1 - probability, probability], dim=1) if one_for_two else probability
    return logits


def answers(module: nn.Module, images: Tensor, output: Output, classes: int, views: ViewSet | None) -> Tensor:
    """Return the probabilities (N, K) that a network in evaluation mode gives a batch, averaged over its views."""

    def ask(seen: Tensor) -> Tensor:
        return to_probabilities(module(seen), output, classes)

    return averaged(ask, images, views, apart=output == "sigmoid")


def predict(
    module: nn.Module, batches: Iterable[Batch], *, output: Output, classes: int, views: ViewSet | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run the network over batches, in evaluation mode and float32. ``views``: of each picture; None for itself alone.

    Returns probabilities (N, K) float32, targets as the batches hold them, and rows (N,) int64. The
    module's training mode is put back afterwards.
    """
    was_training = module.training
    module.eval()
    probabilities: list[Tensor] = []
    targets: list[Tensor] = []
    rows: list[Tensor] = []
    try:
        with torch.inference_mode():
            for batch in batches:
                probabilities.append(answers(module, batch.images, output, classes, views))
                targets.append(batch.targets)
                rows.append(batch.rows)
    finally:
        module.train(was_training)
    if not probabilities:
        return np.zeros((0, 1), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64)
    return (
        torch.cat(probabilities).cpu().numpy(),
        torch.cat(targets).cpu().numpy(),
        torch.cat(rows).cpu().numpy(),
    )
