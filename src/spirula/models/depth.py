"""How deep in a network each parameter sits, and which parameters a name stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from torch import nn

from ..errors import ConfigError, did_you_mean

BACKBONE = "backbone"  # stands for everything but the deepest level, which is the output layer


def depths(module: nn.Module) -> dict[str, int]:
    """Return the level of every parameter by name: 0 at the input, the largest at the output layer.

    timm's networks say themselves what a block is (``group_matcher``); elsewhere every child with a kernel, in the
    order in which it is written, begins a level, and what has none (a normalisation) belongs to the level before.
    """
    prefix, inner = unwrapped(module)
    found = _matched(inner) if hasattr(inner, "group_matcher") else _ordered(inner)
    if prefix:
        found = {f"{prefix}.{name}": level for name, level in found.items()}
    levels = sorted(set(found.values()))
    return {name: levels.index(found[name]) for name, _ in module.named_parameters()}


def unwrapped(module: nn.Module) -> tuple[str, nn.Module]:
    """Return the one part that holds all parameters, and its path: a network that was wrapped, or the module itself."""
    path, inner = "", module
    while not hasattr(inner, "group_matcher") and not any(True for _ in inner.parameters(recurse=False)):
        holding = [(name, child) for name, child in inner.named_children() if any(True for _ in child.parameters())]
        if len(holding) != 1:
            break
        path, inner = f"{path}.{holding[0][0]}" if path else holding[0][0], holding[0][1]
    return path, inner


def named_parameters(module: nn.Module, names: Sequence[str]) -> dict[str, nn.Parameter]:
    """Return the parameters that ``names`` stand for.

    A name is "backbone" (all but the output layer) or the path of a layer or block, such as ``blocks.0`` or ``conv2d``.
    Raises :class:`ConfigError` for a name that no layer has, or whose layers have no parameters.
    """
    parameters = dict(module.named_parameters())
    prefix, _ = unwrapped(module)
    paths = [name for name, _ in module.named_modules() if name]
    short = [name.removeprefix(f"{prefix}.") for name in paths] if prefix else paths
    chosen: dict[str, nn.Parameter] = {}
    mistakes: list[str] = []
    for name in names:
        inside = _of_backbone(module) if name == BACKBONE else _below(name, parameters, prefix)
        if not inside and (name in paths or name in short or name == BACKBONE):
            mistakes.append(f'freeze = "{name}" would have no effect: it has no parameters.')
        elif not inside:
            mistakes.append(
                f'freeze = "{name}": the network has no such layer.{did_you_mean(name, [BACKBONE, *short])}'
            )
        chosen |= {path: parameters[path] for path in inside}
    if mistakes:
        raise ConfigError(mistakes, "spirula model show NETWORK --input HxWxC lists the layers.")
    return chosen


def named_modules(module: nn.Module, names: Sequence[str]) -> list[nn.Module]:
    """Return every module all of whose parameters ``names`` stand for, and the ones without parameters inside them."""
    chosen = {id(parameter) for parameter in named_parameters(module, names).values()}
    found: dict[int, nn.Module] = {}
    for part in module.modules():
        own = [id(parameter) for parameter in part.parameters()]
        if own and chosen.issuperset(own):
            found |= {id(inner): inner for inner in part.modules()}
    return list(found.values())


def _of_backbone(module: nn.Module) -> list[str]:
    levels = depths(module)
    return [name for name, level in levels.items() if level < max(levels.values())]


def _below(name: str, parameters: Mapping[str, nn.Parameter], prefix: str) -> list[str]:
    starts = (f"{name}.", f"{prefix}.{name}." if prefix else f"{name}.")
    return [path for path in parameters if path.startswith(starts) or path == name]


def _matched(module: nn.Module) -> dict[str, int]:
    from timm.models import group_parameters

    matcher = cast(Any, module).group_matcher(coarse=False)
    return dict(group_parameters(module, matcher, reverse=True))


def _ordered(module: nn.Module) -> dict[str, int]:
    found = {name: 0 for name, _ in module.named_parameters(recurse=False)}
    level = -1
    for child_name, child in module.named_children():
        inside = dict(child.named_parameters())
        if any(parameter.ndim >= 2 for parameter in inside.values()):
            level += 1
        found |= {f"{child_name}.{name}": max(level, 0) for name in inside}
    return found
