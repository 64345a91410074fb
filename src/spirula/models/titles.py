"""Layers by the paths of their modules, written as the summary and the notation write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .build import Network
from .notation import layer_text
from .plan import Node


def layer_titles(network: Network) -> dict[str, str]:
    """Return, by path of each module, its layer: ``dense (Dense(30, activation="relu"))``.

    Empty for networks that spirula did not build from layers.
    """
    if network.plan is None:
        return {}
    nodes = dict(_nodes(network.plan.nodes, ""))
    return {
        module: f"{path} ({layer_text(nodes[path].layer)})"
        for path, modules in network.layers.items()
        for module in modules
        if path in nodes
    }


def _nodes(nodes: Sequence[Node], prefix: str) -> Iterator[tuple[str, Node]]:
    for node in nodes:
        path = prefix + node.name
        yield path, node
        yield from _nodes(node.body, f"{path}.body.")
        yield from _nodes(node.shortcut, f"{path}.shortcut.")
