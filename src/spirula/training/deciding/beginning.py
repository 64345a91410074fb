"""What a network's weights are made of before the first step, beyond their random start."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from ...config import Recipe
from ...models.identity import begin_as_identity
from ...models.whitening import first_convolution, whiten

WHITENED_FROM = 5_000  # images: their patches are some million


def begin(module: nn.Module, recipe: Recipe, images: Iterable[Tensor]) -> None:
    """Apply the options ``dirac`` and ``whitening``; ``images``: batches of the training split as it gets them.

    Nothing here is random: a training that is resumed gets the same, and then the weights of its checkpoint.
    """
    training = recipe.training
    if training.dirac:
        begin_as_identity(module, apart=[first_convolution(module)[0]] if training.whitening else ())
    if training.whitening:
        whiten(module, images)
