"""From a convolution to where its filters have answered: through the normalisation and the activation behind it.

The network is watched at the level of PyTorch's functions, so an activation that is a function in somebody's own code
is followed like one that is a layer. Whatever mixes channels or adds something else (a shortcut) ends the way: what
comes after it is not this convolution's answer alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from ...models.build import Network
from ...models.summary import Row

NORMS = {"batch_norm", "group_norm", "instance_norm"}
PASSING = {"dropout", "dropout2d", "feature_dropout", "contiguous"}  # in evaluation mode
ACTIVATIONS = {
    *(
        "relu",
        "relu_",
        "relu6",
        "leaky_relu",
        "leaky_relu_",
        "prelu",
        "rrelu",
        "threshold",
        "threshold_",
        "elu",
        "elu_",
    ),
    *("selu", "selu_", "celu", "celu_", "gelu", "silu", "mish", "softplus", "softsign", "tanh", "tanh_", "sigmoid"),
    *("sigmoid_", "hardtanh", "hardtanh_", "hardswish", "hardsigmoid", "logsigmoid", "hardshrink", "softshrink"),
    *("clamp", "clamp_", "clamp_min", "clamp_min_"),
}
FOLLOWED = NORMS | PASSING | ACTIVATIONS


@dataclass(frozen=True, eq=False)
class Stage:
    """How far the value of one call of a convolution has been followed.

    path, call: the convolution's module, and the how manieth call of it. depth: functions since then. active: whether
    an activation was among them. scale, shift: what a BatchNorm in evaluation mode multiplies and adds, float32 (C,);
    None without one, or where the normalisation depends on the picture.
    """

    path: str
    call: int
    depth: int = 0
    active: bool = False
    scale: Tensor | None = None
    shift: Tensor | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.path, self.call


class Following(TorchFunctionMode):
    """Gives every stage that a convolution's value reaches to ``use``, with the value, while it is entered."""

    def __init__(self, use: Callable[[Stage, Tensor], None]) -> None:
        super().__init__()
        self.use = use
        self.known: Any = WeakTensorKeyDictionary()
        self.calls: dict[str, int] = {}

    def begin(self, path: str, value: Tensor) -> None:
        """Take note that a convolution has made a value."""
        self.calls[path] = self.calls.get(path, 0) + 1
        self._reached(Stage(path, self.calls[path]), value)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        given = args[0] if args else kwargs.get("input")
        before = None
        if name in FOLLOWED and isinstance(given, Tensor):
            before = self._stage_of(given)
        result = func(*args, **kwargs)
        if before is not None and not before.active and isinstance(result, Tensor):
            scale, shift = _affine(name, args, kwargs, before)
            after = replace(before, depth=before.depth + 1, active=name in ACTIVATIONS, scale=scale, shift=shift)
            self._reached(after, result)
        return result

    def _stage_of(self, value: Tensor) -> Stage | None:
        """Return how far a value has been followed; nothing where something was added to it in place since then."""
        stage, version = self.known.get(value, (None, 0))
        return stage if version == value._version else None

    def _reached(self, stage: Stage, value: Tensor) -> None:
        self.known[value] = stage, value._version
        self.use(stage, value)


def _affine(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], before: Stage
) -> tuple[Tensor | None, Tensor | None]:
    """Return what has been multiplied and added so far, where a function is a BatchNorm with fixed statistics."""
    if name != "batch_norm":
        return before.scale, before.shift
    words = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
    given = {**dict(zip(words, args, strict=False)), **kwargs}
    mean, variance = given.get("running_mean"), given.get("running_var")
    if mean is None or variance is None or given.get("training"):
        return before.scale, before.shift
    scale = (variance + given.get("eps", 1e-5)).rsqrt()
    scale = scale if given.get("weight") is None else scale * given["weight"]
    shift = -mean * scale if given.get("bias") is None else given["bias"] - mean * scale
    if before.scale is not None and before.shift is not None:
        shift, scale = shift + scale * before.shift, scale * before.scale
    return scale.detach().float(), shift.detach().float()


@contextmanager
def following(module: nn.Module, paths: Sequence[str], use: Callable[[Stage, Tensor], None]) -> Iterator[Following]:
    """Follow the convolutions at ``paths`` for one run of ``module``."""
    with ExitStack() as stack:
        watch = Following(use)

        def beginner(path: str) -> Callable[..., None]:
            def hook(part: nn.Module, inputs: Any, output: Any) -> None:
                if isinstance(output, Tensor) and output.ndim == 4:
                    watch.begin(path, output)

            return hook

        for path in paths:
            handle = module.get_submodule(path).register_forward_hook(beginner(path))
            stack.callback(handle.remove)
        stack.enter_context(watch)
        yield watch


@torch.no_grad()
def last_stages(module: nn.Module, paths: Sequence[str], image: Tensor) -> dict[tuple[str, int], Stage]:
    """Return the last stage of every call of the convolutions at ``paths``, found with one ``image`` (1, C, H, W)."""
    found: dict[tuple[str, int], Stage] = {}

    def use(stage: Stage, value: Tensor) -> None:
        if stage.key not in found or stage.depth > found[stage.key].depth:
            found[stage.key] = stage

    with following(module, paths, use):
        module(image)
    return found


def every_convolution(network: Network, rows: Sequence[Row]) -> list[tuple[Row, nn.Conv2d]]:
    """Return every convolution of the layers, in order, each with a row of its own; shared ones come once.

    The row has the layer's name, or the module's path where a layer has several (depthwise and pointwise).
    """
    modules = dict(network.module.named_modules())
    seen: set[int] = set()
    found: list[tuple[Row, nn.Conv2d]] = []
    for row in rows:
        paths = [path for path in row.modules if isinstance(modules[path], nn.Conv2d)]
        for path in paths:
            part = modules[path]
            if isinstance(part, nn.Conv2d) and id(part) not in seen:
                seen.add(id(part))
                found.append((replace(row, name=row.name if len(paths) == 1 else path, modules=(path,)), part))
    return found
