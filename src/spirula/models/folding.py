"""A network for looking only: every BatchNorm that follows a convolution is made part of it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .shapes import Shape

_ALIKE = 1e-3  # relative: rounding moves the numbers of deep networks by some 1e-5


@torch.no_grad()
def folded_norms(module: nn.Module, shape: Shape) -> nn.Module:
    """Return a copy in evaluation mode that computes the same, faster: BatchNorms folded into their convolutions.

    shape: (H, W, C) of an image to try it on. A normalisation is folded where a trial shows that its input is what one
    convolution made, and each of the two ran once. Where the copy then does not compute the same, it is an unchanged
    one.
    """
    original = copy.deepcopy(module).eval().requires_grad_(False)
    folded = copy.deepcopy(original)
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, shape[2], *shape[:2]), generator=generator)
    parameter = next(original.parameters(), None)
    image = image.to(parameter.device) if parameter is not None else image
    for convolution, norm in _pairs(folded, image):
        _fold(folded, convolution, norm)
    before, after = original(image), folded(image)
    same = torch.isfinite(after).all() and (before - after).norm() <= _ALIKE * before.norm()
    return folded if same else original


def _pairs(module: nn.Module, image: Tensor) -> list[tuple[str, str]]:
    """Return the names of convolutions and of the normalisations that take what they make."""
    calls: list[tuple[str, Tensor, Tensor]] = []
    hooks = []
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d | nn.BatchNorm2d):

            def note(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor, name: str = name) -> None:
                calls.append((name, inputs[0], output))

            hooks.append(part.register_forward_hook(note))
    try:
        module(image)
    finally:
        for hook in hooks:
            hook.remove()
    names = [name for name, _, _ in calls]
    made = {id(output): name for name, _, output in calls if isinstance(module.get_submodule(name), nn.Conv2d)}
    found = [
        (made[id(given)], name)
        for name, given, _ in calls
        if id(given) in made and isinstance(module.get_submodule(name), nn.BatchNorm2d)
    ]
    convolutions = [convolution for convolution, _ in found]
    return [pair for pair in found if all(names.count(name) == 1 for name in pair) and convolutions.count(pair[0]) == 1]


def _fold(module: nn.Module, convolution: str, norm: str) -> None:
    first, second = module.get_submodule(convolution), module.get_submodule(norm)
    assert isinstance(first, nn.Conv2d)
    assert isinstance(second, nn.BatchNorm2d)
    if second.running_mean is None or second.running_var is None:
        return  # it normalises by the batch
    fused = fuse_conv_bn_eval(first, second)
    first.weight, first.bias = fused.weight, fused.bias
    # timm's BatchNormAct2d also has the activation inside of it.
    rest = [part for name in ("drop", "act") if isinstance(part := getattr(second, name, None), nn.Module)]
    module.set_submodule(norm, nn.Sequential(*rest) if rest else nn.Identity())
