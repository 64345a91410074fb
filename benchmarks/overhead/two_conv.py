"""The network that every loop of this question trains; needs nothing but PyTorch, so that peers can have it too."""

import torch
from torch import nn


def network(channels: int, side: int, classes: int) -> nn.Module:
    """The two-conv network of the tutorials: 333,526 parameters for 28×28×1 and ten classes."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * (side // 4) ** 2, 100),
        nn.ReLU(),
        nn.Dropout(0.4),
        nn.Linear(100, classes),
    )
