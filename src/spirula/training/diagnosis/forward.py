"""Watching a forward pass operation by operation: what breaks, and what that came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from .culprit import Where
from .faults import Fault, address, all_finite, broken_rows, is_number, measured, tensors_in
from .operations import operation_name, sets_infinity


class Forward(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Watches every operation; ``where`` and ``modules`` say on whose behalf it runs."""

    def __init__(self, batch_size: int, given: dict[int, Fault], parameters: Mapping[str, Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.where: Where = "network"
        self.modules: list[str] = []
        self._batch_size = batch_size
        self._made: dict[int, Fault] = given
        self._parameters = {address(tensor): name for name, tensor in parameters.items()}
        self._held: list[Tensor] = []  # a broken result keeps its memory, so that its address stays its name

    def origin(self, tensor: Tensor) -> Fault | None:
        fault = self._made.get(address(tensor))
        return None if fault is None else fault.origin

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = [tensor for tensor in tensors_in((args, kwargs or {})) if is_number(tensor)]
        broken = [tensor for tensor in given if not all_finite(tensor)]
        sources = [self._source(tensor) for tensor in broken]
        # What an operation overwrites must be measured before.
        before = [measured(tensor) for tensor in given] if func._schema.is_mutable else None
        result = func(*args, **(kwargs or {}))
        bad = [tensor for tensor in tensors_in(result) if is_number(tensor) and not all_finite(tensor)]
        if bad:
            values = tuple(before if before is not None else [measured(tensor) for tensor in given])
            fault = Fault(self.where, self.modules[-1] if self.modules else "", operation_name(func), values)
            fault.output, fault.places = measured(bad[0]), broken_rows(bad[0], given, self._batch_size)
            _trace_back(fault, sources, told=sets_infinity(args, kwargs or {}))
            for tensor in bad:
                self._made[address(tensor)] = fault
                self._held.append(tensor)
        return result

    def _source(self, tensor: Tensor) -> Fault | None:
        """Return what broke a tensor; None for a constant of the code."""
        known, name = self._made.get(address(tensor)), self._parameters.get(address(tensor))
        if known is None and name is not None:  # somebody wrote into it during the pass
            known = Fault("weights", name.rpartition(".")[0], name, (), measured(tensor))
            known.origin = known
        return known


def _trace_back(fault: Fault, sources: list[Fault | None], *, told: bool) -> None:
    """Set the origin of a fault from those of its broken inputs; None among them is a constant of the code."""
    assert fault.output is not None
    guilty = [source.origin for source in sources if source is not None and not source.deliberate]
    if guilty:
        fault.origin = guilty[0]
        return
    fault.deliberate = (bool(sources) or told) and not fault.output.nans
    written = [source.origin for source in sources if source is not None]
    fault.origin = written[0] if written and fault.deliberate else fault
