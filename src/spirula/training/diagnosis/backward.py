"""Watching a backward pass: the first node of autograd's graph that makes something not finite of finite gradients."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from .faults import Fault, all_finite, broken_rows, is_number, measured, tensors_in
from .operations import operation_name


@dataclass(eq=False)
class Graph:
    """Which module each node of autograd's graph belongs to."""

    paths: dict[Any, str] = field(default_factory=dict)

    def claim(self, path: str, outputs: object, before: set[Any]) -> None:
        """Give ``path`` what lies between ``outputs`` and the nodes ``before`` it and is nobody's yet."""
        seen = set(before)
        waiting: list[Any] = [tensor.grad_fn for tensor in tensors_in(outputs)]
        while waiting:
            node = waiting.pop()
            if node is not None and node not in seen:
                seen.add(node)
                self.paths.setdefault(node, path)  # the modules inside came first
                waiting += [following for following, _ in node.next_functions]


def first_in_backward(total: Tensor, graph: Graph, module: nn.Module, batch_size: int) -> Fault | None:
    """Return the first node that makes something not finite of finite gradients."""
    found: list[Fault] = []
    graph.claim("the loss", total, set())

    def watch(node: Any, path: str) -> Callable[[Any, Any], None]:
        def after(made: tuple[Tensor | None, ...], given: tuple[Tensor | None, ...]) -> None:
            bad = [place for place, tensor in enumerate(made) if tensor is not None and not all_finite(tensor)]
            if bad and not found:
                first = made[bad[0]]
                assert first is not None
                saved = [tensor for tensor in _saved(node) if is_number(tensor)]
                # Two finite gradients may overflow where they meet.
                meets = "" if all(tensor is None or all_finite(tensor) for tensor in given) else "sum before "
                values = tuple(measured(tensor) for tensor in saved)
                of_weights = _of_parameter(node.next_functions[bad[0]][0])
                places = () if of_weights else broken_rows(first, saved, batch_size)
                found.append(Fault("gradient", path, meets + operation_name(node), values, measured(first), places))

        return after

    with ExitStack() as hooks:
        for node, path in graph.paths.items():
            hooks.callback(node.register_hook(watch(node, path)).remove)
        total.backward(retain_graph=True)  # type: ignore[no-untyped-call]
    if found:
        return found[0]
    for name, parameter in module.named_parameters():
        if parameter.grad is not None and not all_finite(parameter.grad):
            return Fault("gradient", name.rpartition(".")[0], "sum over its uses", (), measured(parameter.grad))
    return None


def _saved(node: Any) -> list[Tensor]:
    """Return what a node of autograd's graph remembered for its gradient."""
    saved: list[Tensor] = list(tensors_in(getattr(node, "saved_tensors", ())))
    for name in dir(node):
        if name.startswith("_saved_"):
            saved += tensors_in(getattr(node, name))
    return saved


def _of_parameter(node: Any) -> bool:
    """Whether a gradient is that of a parameter, whose first axis counts no samples: only views lie before it."""
    while node is not None and len(node.next_functions) == 1:
        node = node.next_functions[0][0]
    return node is not None and not node.next_functions
