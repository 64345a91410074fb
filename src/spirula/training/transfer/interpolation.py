"""Between the weights that fine-tuning began with and those that it ended with lies often a better network than both.

Wortsman et al. 2022, "Robust fine-tuning of zero-shot models" (WiSE-FT): for a share s of the way,
``weights = (1 − s) · start + s · end``, every parameter and buffer alike. What is chosen costs nothing afterwards: it
is one network of the same size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn

from ..records import InterpolationRecord
from ..stopping import BestEpoch, StoppingRule
from ..updates.parameters import tensors

SHARES: Final = (1.0, 0.75, 0.5, 0.25, 0.0)


def copied(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of every parameter and buffer, by name."""
    return {name: value.clone() for name, value in tensors(module).items()}


def interpolate(
    module: nn.Module,
    start: Mapping[str, Tensor],
    judge: Callable[[], Mapping[str, float] | None],
    rule: StoppingRule,
) -> InterpolationRecord | None:
    """Move ``module`` to the share of its way from ``start`` that is best by ``rule``; ``None`` when interrupted.

    module: with the weights of the end. It stays there where no other share is better, and when interrupted.
    start: from :func:`copied`, before the training.
    judge: measures the module as it is; ``None`` when asked to stop.
    """
    end = copied(module)
    best = BestEpoch(replace(rule, patience=None, min_delta=0.0))
    tried: list[tuple[float, float]] = []
    for place, share in enumerate(SHARES):
        _move(module, start, end, share)
        metrics = judge()
        if metrics is None:
            _move(module, start, end, 1.0)
            return None
        best.update(place, metrics)
        tried.append((share, metrics[rule.monitor]))
    assert best.epoch is not None
    chosen, value = tried[best.epoch]
    _move(module, start, end, chosen)
    return InterpolationRecord(chosen, rule.monitor, value, tuple(tried))


@torch.no_grad()
def _move(module: nn.Module, start: Mapping[str, Tensor], end: Mapping[str, Tensor], share: float) -> None:
    for name, value in tensors(module).items():
        if share in (0.0, 1.0) or not value.is_floating_point():
            value.copy_(start[name] if share == 0.0 else end[name])
        else:
            torch.lerp(start[name], end[name], share, out=value)
