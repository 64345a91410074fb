"""Running a network in training mode and leaving it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from .state import random_states, restore_random


@contextmanager
def as_it_was(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Put modes, buffers and random generators back, whatever happens; gradients are left empty."""
    modes = {part: part.training for part in module.modules()}
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    random = random_states(device)
    try:
        yield
    finally:
        module.zero_grad(set_to_none=True)
        with torch.no_grad():
            for name, buffer in module.named_buffers():
                buffer.copy_(buffers[name])
        restore_random(random, device)
        for part, training in modes.items():
            part.training = training
