"""At which layer a class-activation map is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..models.build import Network
from ..models.summary import Row
from .calls import Call, at_call, call_of, evaluating
from .layers import require, rows_of, with_maps

# What only makes maps smaller or lets them pass: the layer before says the same with more pixels.
_PASSING = (
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Dropout, nn.Dropout2d),
    *(nn.Identity, nn.ZeroPad2d),
)


@dataclass(frozen=True)
class Layer:
    """A layer with maps: what it is called, which call of which module, the maps' height and width."""

    name: str
    call: Call
    size: tuple[int, int]


def layer_for_maps(network: Network, name: str | None = None) -> Layer:
    """Return the layer of a name, or the one where class-activation maps are best taken.

    That is the last one whose maps have more than one position, through which everything goes that the outputs depend
    on (a branch beside a shortcut would tell half), and which does not merely pool. Its maps have the proportions of
    the picture, unless none have. ``name`` is a layer of the summary or the path of any module in the network.

    Raises :class:`InputError` for an unknown name, for a layer without such maps, and where there is none.
    """
    shape = network.spec.input_shape
    if len(shape) != 3:
        raise InputError(f"{network.spec.name} was trained on vectors: there is nowhere to look", "See run.weights().")
    found = _with_maps(network, again=name is not None)
    rows = rows_of(network)
    if name is not None:
        return _named(network, rows, found, name)
    own = {call_of(row): row.name for row in rows if row.modules}
    modules = dict(network.module.named_modules())
    telling = [entry for entry in found if not isinstance(modules[entry.call.path], _PASSING)]
    alike = [entry for entry in telling if _in_proportion(entry.size, shape)] or telling
    through = next((entry for entry in reversed(alike) if _everything_goes_through(network, entry.call)), None)
    if through is None:
        raise InputError(
            f"{network.spec.name} has no layer with maps through which everything goes: "
            "no class-activation map can be taken by itself",
            "Name a layer, or use the method occlusion, which needs none.",
        )
    return replace(through, name=own.get(through.call, through.name))


def _named(network: Network, rows: tuple[Row, ...], found: list[Layer], name: str) -> Layer:
    known = {row.name: call_of(row) for row in rows if row.modules}
    if name not in known and not any(entry.name == name for entry in found):
        require([row.name for row in with_maps(rows)], name, "layer with maps")
    call = known.get(name)
    for entry in found:
        if entry.call == call or (call is None and entry.name == name):
            return replace(entry, name=name)
    raise InputError(
        f'"{name}" has no maps of more than one position, so it cannot say where in the picture something lies',
        f"The last that has: {found[-1].name}." if found else "Use the method occlusion, which needs no layer.",
    )


@torch.no_grad()
def _with_maps(network: Network, *, again: bool) -> list[Layer]:
    """Return every call of every module inside whose value is (1, C, h, w) with h · w > 1, as they end.

    again: also those modules that only hand on what one inside of them has returned.
    """
    found: list[Layer] = []
    values: list[Tensor] = []
    times: dict[str, int] = {}

    def watch(path: str) -> Callable[..., None]:
        def hook(part: nn.Module, inputs: Any, output: Any) -> None:
            times[path] = times.get(path, 0) + 1
            if isinstance(output, Tensor) and output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
                handed_on = bool(values) and values[-1] is output and next(part.children(), None) is not None
                values[:] = [output]
                if handed_on and not again:
                    return
                name = path if times[path] == 1 else f"{path} (call {times[path]})"
                found.append(Layer(name, Call(path, times[path]), (int(output.shape[2]), int(output.shape[3]))))

        return hook

    handles = [part.register_forward_hook(watch(path)) for path, part in network.module.named_modules() if path]
    try:
        with evaluating(network.module):
            network.module(_blank(network))
    finally:
        for handle in handles:
            handle.remove()
    return found


def _blank(network: Network) -> Tensor:
    height, width, channels = network.spec.input_shape
    parameter = next(network.module.parameters(), None)
    device = parameter.device if parameter is not None else torch.device("cpu")
    return torch.zeros(1, channels, height, width, device=device)


def _in_proportion(size: tuple[int, int], shape: tuple[int, ...]) -> bool:
    """Whether maps are as high and wide as pictures of ``shape`` scaled down, give or take a row or two."""
    return abs(size[0] - size[1] * shape[0] / shape[1]) <= 2


def _everything_goes_through(network: Network, call: Call) -> bool:
    """Whether the outputs no longer depend on the picture once a layer's value is held."""
    with evaluating(network.module), torch.enable_grad(), at_call(network.module, call, lambda value: value.detach()):
        output = network.module(_blank(network).requires_grad_())
    return not (isinstance(output, Tensor) and output.requires_grad)
