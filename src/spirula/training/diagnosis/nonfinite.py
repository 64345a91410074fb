"""Which operation was the first to give something that is not finite: one step repeated, operation by operation.

Forward, every operation below autograd is watched (PyTorch's dispatch mode) and remembers from which results its
broken inputs came; from the broken loss, the way back ends at the first. What breaks and is never used (minus
infinity around max pooling, a mask) is therefore nobody's fault. Backward, every node of autograd's graph is watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..feed import Batch
from ..updates.parameters import tensors
from .backward import Graph, first_in_backward
from .culprit import Culprit, Where
from .faults import Fault, address, all_finite, broken_rows, is_number, measured, tensors_in
from .forward import Forward


def diagnose(
    module: nn.Module,
    batch: Batch,
    criterion: Callable[[Tensor, Tensor], Tensor],
    arithmetic: AbstractContextManager[Any],
    *,
    penalty: Callable[[], Tensor] | None = None,
    scale: float = 1.0,
    backward: bool = True,
) -> Culprit | None:
    """Repeat one step without its update and return what was first; None when all stays finite.

    The module's mode counts. Running statistics and random generators move as in any step, gradients are left empty.
    """
    images, targets = batch.images, batch.targets
    module.zero_grad(set_to_none=True)
    trace, graph = Forward(len(images), _given(module, batch), dict(module.named_parameters())), Graph()
    with torch.set_grad_enabled(backward), _following(module, trace, graph), trace:
        with arithmetic:
            outputs = module(images)
        trace.where = "loss"
        total = criterion(outputs, targets)
        if penalty is not None:
            trace.where = "penalty"
            added = penalty()
            trace.where = "loss"
            total = total + added
        total = total / scale
    if not all_finite(total):
        fault = trace.origin(total)
    else:
        fault = first_in_backward(total, graph, module, len(images)) if backward else None
    module.zero_grad(set_to_none=True)
    return None if fault is None else _culprit(fault, module, batch)


@contextmanager
def _following(module: nn.Module, trace: Forward, graph: Graph) -> Iterator[None]:
    """Tell ``trace`` and ``graph`` which module is at work."""
    before: list[set[Any]] = []
    with ExitStack() as hooks:
        for path, part in module.named_modules():

            def enter(_: nn.Module, args: Any, kwargs: Any, path: str = path) -> None:
                trace.modules.append(path)
                before.append({tensor.grad_fn for tensor in tensors_in((args, kwargs))})

            def leave(_: nn.Module, __: Any, outputs: Any) -> None:
                graph.claim(trace.modules.pop(), outputs, before.pop())

            hooks.callback(part.register_forward_pre_hook(enter, with_kwargs=True).remove)
            hooks.callback(part.register_forward_hook(leave).remove)
        yield


def _given(module: nn.Module, batch: Batch) -> dict[int, Fault]:
    """Return, by address, what is broken before the step begins. A buffer of infinities is a mask, on purpose."""
    broken: dict[int, Fault] = {}
    given: tuple[tuple[Where, Tensor], ...] = (("data", batch.images), ("targets", batch.targets))
    for where, tensor in given:
        if is_number(tensor) and not all_finite(tensor):
            places = broken_rows(tensor, [], len(batch.images))
            broken[address(tensor)] = Fault(where, "", where, (), measured(tensor), places)
    parameters = dict(module.named_parameters())
    for name, tensor in tensors(module).items():
        if is_number(tensor) and not all_finite(tensor):
            fault = Fault("weights", name.rpartition(".")[0], name, (), measured(tensor))
            fault.deliberate = not (name in parameters or bool(tensor.isnan().any()))
            broken[address(tensor)] = fault
    for fault in broken.values():
        fault.origin = fault
    return broken


def _culprit(fault: Fault, module: nn.Module, batch: Batch) -> Culprit:
    rows = getattr(batch, "rows", None)
    places = fault.places if rows is None else tuple(rows[list(fault.places)].tolist())
    title = module_title(module, fault.layer)
    where, layer, operation = fault.where, fault.layer, fault.operation
    return Culprit(where, layer, title, operation, fault.inputs, fault.output, places, batch_size=len(batch.images))


def module_title(module: nn.Module, path: str) -> str:
    """Return the path with the module's own description: ``features.3 (ReLU())``."""
    named = dict(module.named_modules())
    if path not in named:
        return path
    part = named[path]
    kind = f"{type(part).__name__}({part.extra_repr()})" if not list(part.children()) else type(part).__name__
    return f"{path} ({kind})" if path else f"the forward of {type(part).__name__}"
