"""Small networks of every kind, built the way a run builds them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spirula.data.batching.preprocess import Preprocessing
from spirula.models.build import Network, build

NOTES = (
    'Conv2D(32, 3, padding="same", activation="relu"), MaxPooling2D(2), Conv2D(64, 3, padding="same", '
    'activation="relu"), MaxPooling2D(2), Flatten(), Dense(100, activation="relu"), Dropout(0.4)'
)
BRANCHES = (
    "가지 = Conv2D(4, 3, padding='same', activation='relu')(input); b = BatchNormalization()(가지); "
    "c = SeparableConv2D(6, 3, padding='same', depth_multiplier=2)(b); d = Concatenate()(c, 가지); "
    "e = GlobalAveragePooling2D()(d)"
)
RESIDUAL = "Normalization(), Residual(Conv2D(4, 3, padding='same'), BatchNormalization(), activation='relu'), Flatten()"
DEPTHWISE = "DepthwiseConv2D(3, depth_multiplier=2, use_bias=False), LayerNormalization(), Flatten()"

UNCHANGED = {"height": 8, "width": 8, "resize": None, "scale": 1.0, "dtype": "float32"}


class Own(nn.Module):
    """Shared, in-place and functional: what a user's module may do."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 3, 3)
        self.act = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(3, 5, 3)
        self.unused = nn.Linear(2, 2)
        self.last = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.second(self.act(self.first(x))))
        pooled: Tensor = self.last(functional.adaptive_avg_pool2d(x, 1).flatten(1))
        return pooled


def made(model: object, shape: tuple[int, ...] = (8, 8, 1), classes: int = 4, seed: int = 1) -> Network:
    network = build(model, input_shape=shape, outputs=classes, seed=seed)  # type: ignore[arg-type]
    network.module.eval()
    return network


def unchanged(channels: int = 1, side: int = 8) -> Preprocessing:
    """Preprocessing that changes nothing, so that a test can compute what the network sees."""
    return Preprocessing(side, side, channels, None, 1.0, (0.0,) * channels, (1.0,) * channels, "float32")


def picture(channels: int = 1, side: int = 8, seed: int = 0) -> Tensor:
    """float32 (H, W, C)."""
    return torch.randn(side, side, channels, generator=torch.Generator().manual_seed(seed))
