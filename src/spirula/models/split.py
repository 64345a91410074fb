"""Cutting a network in two: a frozen lower part that need only run once per picture, and the part that is trained."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .depth import depths, named_parameters


@dataclass(frozen=True, eq=False)
class Split:
    """``upper(lower(images)) == module(images)`` in evaluation mode.

    ``module``: the whole network, whose parameters both parts share. ``upper``: a network of its own for what lies
    behind the cut. ``cut``: the path of its first layer.
    """

    module: nn.Module
    upper: nn.Module
    cut: str

    @torch.no_grad()
    def lower(self, images: Tensor) -> Tensor:
        """Return what the part before the cut makes of images (N, C, H, W), in evaluation mode."""
        self.module.eval()
        first = self.module.get_submodule(self.cut)

        def arrived(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            raise _ArrivedError(given[0])

        hook = first.register_forward_pre_hook(arrived)
        try:
            self.module(images)
        except _ArrivedError as reached:
            return reached.value
        finally:
            hook.remove()
        raise RuntimeError(f"{self.cut} was not reached")


class _ArrivedError(Exception):
    """Ends a forward pass at the cut."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value


def lower_layers(module: nn.Module, share: float) -> tuple[str, ...]:
    """Return the fewest names that stand for the parameters in the lower ``share`` (0…1) of the network's levels."""
    levels = depths(module)
    count = max(levels.values(), default=0) + 1
    low = {name for name, level in levels.items() if level < int(share * count)}
    names: list[str] = []
    for path, part in module.named_modules():
        inside = {f"{path}.{name}" for name, _ in part.named_parameters()}
        covered = any(path.startswith(f"{name}.") for name in names)
        if path and inside and inside <= low and not covered:
            names.append(path)
    return tuple(names)


def split(module: nn.Module, frozen: Sequence[str], example: Tensor) -> Split | None:
    """Cut ``module`` behind its ``frozen`` layers; None where it is not a chain of parts at that place.

    Everything that runs before the first trained layer is left out of a copy of the network's structure. Whether the
    rest then gives the same answer to ``example`` (N, C, H, W) is tried, not believed.
    """
    fixed = {id(parameter) for parameter in named_parameters(module, frozen).values()}
    module.eval()
    calls = _calls(module, example)
    cut = next((path for path, _ in calls if path and _all_trained(module.get_submodule(path), fixed)), None)
    if cut is None:
        return None
    began = next(number for number, (path, _) in enumerate(calls) if path == cut)
    ended = {path for path, end in calls[:began] if end <= began}
    before = [path for path in ended if path and not any(_inside(path, other) for other in ended)]
    upper = _without(module, before)
    made = Split(module, upper, cut)
    if any(id(parameter) in fixed for parameter in upper.parameters()):
        return None
    try:
        with torch.no_grad():
            whole, parts = module(example), upper.eval()(made.lower(example))
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError):  # not a chain: something else is needed
        return None
    same = whole.shape == parts.shape and torch.allclose(whole, parts, rtol=1e-4, atol=1e-5)
    return made if same else None


def _calls(module: nn.Module, example: Tensor) -> list[tuple[str, int]]:
    """Run the network once; return every call in order with how many calls had begun when it ended."""
    begun: list[tuple[str, int]] = []
    open_: list[int] = []

    def begin(path: str) -> None:
        open_.append(len(begun))
        begun.append((path, -1))

    def end() -> None:
        number = open_.pop()
        begun[number] = (begun[number][0], len(begun))

    hooks = []
    for path, part in module.named_modules():
        hooks.append(part.register_forward_pre_hook(lambda *_, path=path: begin(path)))
        hooks.append(part.register_forward_hook(lambda *_: end()))
    try:
        with torch.no_grad():
            module(example)
    finally:
        for hook in hooks:
            hook.remove()
    return begun


def _all_trained(part: nn.Module, fixed: set[int]) -> bool:
    own = [id(parameter) for parameter in part.parameters()]
    return bool(own) and not fixed.intersection(own)


def _inside(path: str, other: str) -> bool:
    return bool(other) and path.startswith(f"{other}.")


def _without(module: nn.Module, paths: Sequence[str]) -> nn.Module:
    """Return the module with other children in place of those at ``paths``, and the same parameters in the rest."""
    made = copy.copy(module)
    made._modules = dict(module._modules)
    for name, child in module._modules.items():
        below = [path.partition(".")[2] for path in paths if path.partition(".")[0] == name]
        if child is None or not below:
            continue
        made._modules[name] = nn.Identity() if "" in below else _without(child, below)
    return made
