"""Networks to walk through, and what PyTorch's own hooks say about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from spirula.data.batching.preprocess import Preprocessing, apply
from spirula.insight.walk.document import Walk
from spirula.insight.walk.walk import walk
from spirula.models.build import Network, build

STACKS: dict[str, tuple[str, tuple[int, int, int]]] = {
    "two conv": (
        'Conv2D(6, 3, padding="same", activation="relu"), MaxPooling2D(2), Conv2D(8, 3, padding="same", '
        'activation="relu"), MaxPooling2D(2), Flatten(), Dense(12, activation="relu"), Dropout(0.4)',
        (12, 10, 1),
    ),
    "strided, dilated, grouped": (
        "Rescaling(2.0, -1.0), Conv2D(8, 3, strides=2, padding='same', activation='elu'), "
        "Conv2D(8, (5, 3), dilation_rate=2, groups=4, padding='same', use_bias=False), BatchNormalization(), "
        "Activation('gelu'), AveragePooling2D(2, padding='same'), MaxPooling2D(3, strides=2, padding='same'), "
        "GlobalMaxPooling2D()",
        (21, 18, 3),
    ),
    "residual": (
        "Normalization(), Conv2D(4, 3), Residual(Conv2D(6, 3, strides=2, padding='same', activation='silu'), "
        "BatchNormalization(), activation='relu'), SpatialDropout2D(0.2), GlobalAveragePooling2D()",
        (9, 9, 1),
    ),
    "separable, concatenated": (
        "a = SeparableConv2D(6, 3, padding='same', depth_multiplier=2, activation='hard_silu')(input); "
        "b = Conv2D(4, 1, activation='leaky_relu')(input); c = Concatenate()(a, b); d = GroupNormalization(2)(c); "
        "e = LayerNormalization()(d); f = ZeroPadding2D(1)(e); g = AveragePooling2D(2)(f); h = Flatten()(g)",
        (6, 7, 3),
    ),
    "dense only": ("Flatten(), Dense(9, activation='tanh'), Dense(7, activation='softplus')", (5, 6, 1)),
}


class Own(nn.Module):
    """Functions in place of layers, a gate, a module called twice, work in place, and an operator that is not drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.gate = nn.Conv2d(6, 6, 1)
        self.prelu = nn.PReLU(6)
        self.last = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.conv(x))
        x = x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        x = self.prelu(functional.avg_pool2d(x, 3, 2, 1) - 0.25)
        x = torch.flip(functional.relu6(x + x), (3,))
        x = functional.interpolate(x, (5, 5), mode="bilinear")
        logits: Tensor = self.last(x.amax((2, 3)))
        return logits


class Windows(nn.Module):
    """Windows that no stack has: uneven, dilated, beyond the border, reflected; moved values; a shared, written map."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect", groups=1)
        self.norm = nn.BatchNorm2d(8)
        self.dilated = nn.MaxPool2d(2, 1, 0, dilation=2)
        self.beyond = nn.AvgPool2d(3, 2, 1, ceil_mode=True)
        self.shuffle = nn.PixelShuffle(2)
        self.uneven = nn.AdaptiveAvgPool2d((4, 3))
        self.up = nn.ConvTranspose2d(2, 2, 2, 2)
        self.largest = nn.AdaptiveMaxPool2d((3, 2))
        self.last = nn.Linear(12, 4)
        self.shared = nn.BatchNorm1d(4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.shuffle(self.beyond(self.dilated(self.norm(self.conv(x)).tanh())))
        a, b = self.uneven(x).chunk(2, dim=1)
        x = torch.cat([b, a.flip(2)], dim=1).transpose(2, 3)
        x[:, :1] *= 2.0
        logits: Tensor = self.shared(self.last(self.largest(self.up(x)).flatten(1)))
        return 1.5 - logits


class ChannelsLast(nn.Module):
    """A block as ConvNeXt has it: the channels of every place are normalised and mixed where they lie last."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(3, 3, 3, padding=1, groups=3)
        self.norm = nn.LayerNorm(3)
        self.wide = nn.Linear(3, 7)
        self.act = nn.GELU(approximate="tanh")
        self.narrow = nn.Linear(7, 3, bias=False)
        self.gamma = nn.Parameter(torch.ones(3))
        self.last = nn.Linear(9, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.gamma * self.narrow(self.act(self.wide(y)))
        x = x + y.permute(0, 3, 1, 2)
        z = x.permute(0, 2, 3, 1)  # this one goes into what is not known: it stays as it lies
        pooled = [x.mean((2, 3)), z.amax((1, 2)), torch.softmax(z, 3).sum((1, 2))]
        logits: Tensor = self.last(torch.cat(pooled, 1))
        return logits


OWN: dict[str, type[nn.Module]] = {"own": Own, "windows": Windows, "channels last": ChannelsLast}


def network(model: Any, shape: tuple[int, int, int], outputs: int = 4, **how: Any) -> Network:
    """Build it with statistics and scales that are not those of a beginning: zeros and ones would hide mistakes."""
    made = build(model, input_shape=shape, outputs=outputs, seed=3, **how)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, value in [*made.module.named_parameters(), *made.module.named_buffers()]:
            if value.is_floating_point():
                spread = torch.rand(value.shape, generator=generator)
                positive = name.endswith(("running_var", "variance"))
                value.copy_(0.5 + spread if positive else 0.9 * value + 0.3 * (spread - 0.5))
    made.module.eval()
    return made


def preprocessing(shape: tuple[int, int, int]) -> Preprocessing:
    height, width, channels = shape
    return Preprocessing(height, width, channels, None, 1 / 255, (0.4,) * channels, (0.3,) * channels, "uint8")


def pixels(shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def any_walk(name: str) -> tuple[Network, Walk, tuple[int, int, int]]:
    """Walk one of STACKS or OWN; return also its shape."""
    if name not in OWN:
        model, shape = STACKS[name]
        return (*walked(model, shape), shape)
    shape = (12, 10, 3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        own = OWN[name]()
    return (*walked(own, shape), shape)


def walked(model: Any, shape: tuple[int, int, int], **how: Any) -> tuple[Network, Walk]:
    made = network(model, shape, **how)
    return made, walk(made, preprocessing(shape), pixels(shape))


def hooked(made: Network, shape: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """Return what every module gave in a plain forward pass, by path; of several calls the last, as "path (call n)"."""
    found: dict[str, np.ndarray] = {}
    calls: dict[str, int] = {}

    def keeper(path: str) -> Any:
        def keep(module: nn.Module, inputs: Any, output: Any) -> None:
            calls[path] = calls.get(path, 0) + 1
            name = path if calls[path] == 1 else f"{path} (call {calls[path]})"
            found[name] = output.detach().clone().numpy()

        return keep

    with ExitStack() as hooks, torch.no_grad():
        for path, part in made.module.named_modules():
            hooks.callback(part.register_forward_hook(keeper(path)).remove)
        images = apply(torch.from_numpy(pixels(shape)[None]), preprocessing(shape))
        found["input"] = images.numpy().copy()
        made.module(images)
    return found


def as_maps(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return what a module gave as (channels, height, width), also where its channels lie last."""
    last = value.ndim == 4 and value.shape[1:] != shape and (value.shape[3], *value.shape[1:3]) == shape
    return (np.moveaxis(value, -1, 1) if last else value).reshape(shape)


def places(station: dict[str, Any], count: int, seed: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield some (channel, row, column) that can be chosen: corners, where padding is, and others."""
    generator = np.random.default_rng(seed)
    _, height, width = station["shape"]
    for number in range(count):
        channel = int(generator.choice(station["shown"]))
        if station["places"]:
            yield (channel, *station["places"][int(generator.integers(len(station["places"])))])
        elif number < 2:
            yield channel, number * (height - 1), number * (width - 1)
        else:
            yield channel, int(generator.integers(height)), int(generator.integers(width))
