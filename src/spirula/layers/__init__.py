"""The notation of networks: layers in the words that Keras users already type.

Every layer is a small frozen record of its arguments, with Keras's names, argument order and defaults. Arguments that
are rarely given by position must be named. Nothing here computes: :mod:`spirula.models.build` turns layers into torch
modules, and importing this module does not import torch.

Wrong arguments raise :class:`~spirula.errors.ModelError`: the layer, the argument, its value and what is accepted.
"""

from __future__ import annotations

from .arguments import L1, L1L2, L2, Layer
from .blocks import Graph, Repeat, Residual, ResidualBlock, Stack, Statement
from .own import Custom
from .pointwise import (
    Activation,
    BatchNormalization,
    Dropout,
    GroupNormalization,
    LayerNormalization,
    LeakyReLU,
    Normalization,
    ReLU,
    Rescaling,
    Softmax,
    SpatialDropout2D,
)
from .shaping import (
    Add,
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
    MaxPooling2D,
    Resizing,
    SeparableConv2D,
    ZeroPadding2D,
)

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "Activation",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Custom",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Graph",
    "GroupNormalization",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling2D",
    "Normalization",
    "ReLU",
    "Repeat",
    "Rescaling",
    "Residual",
    "ResidualBlock",
    "Resizing",
    "SeparableConv2D",
    "Softmax",
    "SpatialDropout2D",
    "Stack",
    "Statement",
    "ZeroPadding2D",
]

# Every layer that the notation knows, by the name that people type; a Custom one is typed as custom.NAME(…).
LAYERS: dict[str, type[Layer]] = {kind.__name__: kind for kind in (
    Activation, Add, AveragePooling2D, BatchNormalization, Concatenate, Conv2D, Dense, DepthwiseConv2D, Dropout,
    Flatten, GlobalAveragePooling2D, GlobalMaxPooling2D, GroupNormalization, Input, LayerNormalization, LeakyReLU,
    MaxPooling2D, Normalization, ReLU, Repeat, Rescaling, Residual, ResidualBlock, Resizing, SeparableConv2D, Softmax,
    SpatialDropout2D, ZeroPadding2D,
)}  # fmt: skip
