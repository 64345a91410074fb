"""What a diagram shows: one box per layer that deserves one, and who feeds whom.

Layers that only accompany another one (normalisation, activation, padding) become a line in its box, so that a deep
network stays readable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Custom,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Graph,
    GroupNormalization,
    Layer,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Residual,
    SeparableConv2D,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from ..layers.arguments import both
from .notation import layer_kind, layer_text, parse
from .plan import Node
from .shapes import Shape, pool_strides, shape_text
from .shapes import sides as sides_of
from .summary import Summary
from .trace import trace

if TYPE_CHECKING:
    from .build import Network

_FOLLOWING = (BatchNormalization, LayerNormalization, GroupNormalization, Activation, ReLU, LeakyReLU, Softmax)


@dataclass(frozen=True)
class Box:
    """One box. ``family`` chooses the colour; ``small`` boxes stand beside the main path (projections)."""

    name: str
    title: str
    detail: str
    family: str
    shape: Shape
    parameters: int
    sources: tuple[str, ...]
    extra: tuple[str, ...] = ()
    small: bool = False


def boxes(network: Network, summary: Summary) -> list[Box]:
    """Return the boxes of a network in the order of computing; the first one is the input."""
    start = Box("input", "Input", "", "input", network.spec.input_shape, 0, ())
    if network.plan is None:
        return [start, *_children(network)]
    counts = {row.name: row.parameters for row in summary.rows}
    given: set[str] = set()
    if network.spec.kind == "graph":
        graph = parse(network.spec.notation)
        names = [statement.name for statement in graph.statements] if isinstance(graph, Graph) else []
        given = {name for name, times in Counter(names).items() if times == 1}
    made, _ = _boxes(network.plan.nodes, "", "input", counts, given, small=False)
    return [start, *_folded(made)]


def _children(network: Network) -> list[Box]:
    """The parts of a foreign module, as they are called one after the other."""
    found: list[Box] = []
    source = "input"
    for call in trace(network.module, network.spec.input_shape).calls:
        if "." in call.path or not call.path:
            continue
        parameters = sum(value.numel() for value in call.module.parameters())
        name = f"{call.path} {len(found)}"
        kind = type(call.module).__name__
        if not parameters and call.output_shape == (found[-1].shape if found else None):
            continue  # Identity, Dropout, activation: nothing to see at this height
        family = "dense" if kind == "Linear" else "pool" if "Pool" in kind else "conv" if parameters else "other"
        found.append(Box(name, call.path, kind, family, call.output_shape, parameters, (source,)))
        source = name
    return found


def _boxes(
    nodes: Sequence[Node], prefix: str, start: str, counts: dict[str, int], given: set[str], *, small: bool
) -> tuple[list[Box], str]:
    """Return the boxes of some nodes and the name of the last; ``start`` feeds the nodes that read "input"."""
    found: list[Box] = []
    last = start
    for node in nodes:
        path = prefix + node.name
        sources = tuple(start if name == "input" else prefix + name for name in node.inputs)
        if isinstance(node.layer, Residual):
            body, end = _boxes(node.body, f"{path}.body.", sources[0], counts, given, small=False)
            side, other = _boxes(node.shortcut, f"{path}.shortcut.", sources[0], counts, given, small=True)
            extra = (str(node.layer.activation),) if node.layer.activation else ()
            found += [*body, *side, Box(path, "Add", "", "merge", node.output_shape, 0, (end, other), extra)]
        else:
            title, detail = layer_kind(node.layer), _detail(node.layer)
            family = _family(node.layer)
            if node.name in given and not prefix:
                title, detail = node.name, ", ".join(filter(None, (title, detail)))
            if small:
                detail = detail.partition(" of ")[2] or detail
            box = Box(path, title, detail, family, node.output_shape, counts[path], sources, small=small)
            found.append(box)
        last = path
    return found, last


def _folded(found: list[Box]) -> list[Box]:
    """Let accompanying layers become lines in the boxes of the layers they follow or, for padding, precede."""
    readers = Counter(source for box in found for source in box.sources)
    kept: dict[str, Box] = {}
    moved: dict[str, str] = {}  # name of a folded layer → name of the box that shows it
    padded: dict[str, tuple[str, str]] = {}  # name of a folded padding → its source, its text
    for box in found:
        sources = tuple(moved.get(name, name) for name in box.sources)
        first = sources[0]
        if box.family == "pad" and readers[box.name] == 1 and first not in padded:
            padded[box.name] = (first, box.detail)
            continue
        if first in padded and len(sources) == 1:
            source, text = padded.pop(first)
            box = replace(box, detail=", ".join(filter(None, (box.detail, text))))
            sources = (source,)
            first = source
        host = kept.get(first)
        if box.family == "follow" and host is not None and readers[box.sources[0]] == 1 and host.family != "follow":
            text = box.detail or box.title
            kept[first] = replace(host, extra=(*host.extra, text), parameters=host.parameters + box.parameters)
            moved[box.name] = first
            continue
        kept[box.name] = replace(box, sources=tuple(padded[name][0] if name in padded else name for name in sources))
    return list(kept.values())


def _family(layer: Layer) -> str:
    match layer:
        case Conv2D() | SeparableConv2D() | DepthwiseConv2D():
            return "conv"
        case Dense():
            return "dense"
        case Add() | Concatenate():
            return "merge"
        case Dropout() | SpatialDropout2D():
            return "other"
        case ZeroPadding2D():
            return "pad"
        case _ if isinstance(layer, _FOLLOWING):
            return "follow"
    return "pool" if "Pooling" in type(layer).__name__ else "other"


def _detail(layer: Layer) -> str:
    """Say what a reader wants to know about a layer: 32 × 3×3, stride 2, same, relu."""

    def sides(pair: tuple[int, int]) -> str:
        return f"{pair[0]}×{pair[1]}"

    words: list[str] = []
    match layer:
        case Conv2D() | SeparableConv2D():
            words = [f"{layer.filters} of {sides(both(layer.kernel_size))}"]
        case DepthwiseConv2D():
            words = [sides(both(layer.kernel_size))]
        case MaxPooling2D() | AveragePooling2D():
            window, steps = both(layer.pool_size), pool_strides(layer)
            words = [sides(window)] + ([f"stride {_one(steps)}"] if steps != window else [])
            return ", ".join(words + (["same"] if layer.padding == "same" else []))
        case Dense():
            return ", ".join([f"{layer.units} units", *([str(layer.activation)] if layer.activation else [])])
        case Activation():
            return str(layer.activation)
        case Custom():
            return ", ".join(str(value) for value in layer.piece.arguments)
        case ZeroPadding2D():
            (top, bottom), (left, right) = sides_of(layer)
            return f"pad {top}" if top == bottom == left == right else f"pad {top}+{bottom}, {left}+{right}"
        case BatchNormalization() | LayerNormalization() | GroupNormalization() | ReLU() | LeakyReLU() | Softmax():
            return ""
        case _:
            return layer_text(layer).partition("(")[2].removesuffix(")")
    assert isinstance(layer, Conv2D | SeparableConv2D | DepthwiseConv2D)
    if both(layer.strides) != (1, 1):
        words.append(f"stride {_one(both(layer.strides))}")
    if both(layer.dilation_rate) != (1, 1):
        words.append(f"dilation {_one(both(layer.dilation_rate))}")
    if layer.padding == "same" and both(layer.kernel_size) != (1, 1):
        words.append("same")
    return ", ".join([*words, *([str(layer.activation)] if layer.activation else [])])


def _one(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"


def spoken(box: Box) -> str:
    """One box in words, for people who listen to the page."""
    words = [box.title, box.detail, *box.extra, f"gives {shape_text(box.shape)}"]
    return ", ".join(word for word in words if word) + (f", {box.parameters:,} parameters" if box.parameters else "")
