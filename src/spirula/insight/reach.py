"""What every value of a network can see of its picture: followed exactly through all that the network computes.

Beside each tensor goes another with five numbers for every value: the first and last row and the first and last column
of the picture that it depends on, and whether padding took part of its field. Stored as (−first row, last row, −first
column, last column, 0 | 1), every way in which values are combined is a maximum: a sum takes that of its terms, a
convolution or a pooling that of its window, padding sees nothing (−∞), and what only moves values moves the numbers
with them. Nothing is approximated: paddings are cut off, branches of different fields and uneven pooling are what they
are (see Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural networks", for the closed form of
the simple cases).

The network itself is run once on a blank picture and watched at the level of PyTorch's own operators. So code that
``torch.fx`` cannot trace (loops and branches in ``forward``) is followed like any other, and no operator can pass
unseen: what is not known here makes its result unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

from .reach_rules import is_gate, rule_of, takes_only_a_shape
from .reach_windows import NOTHING, PLANES

Bounds = Tensor | None  # float32 (5, *shape of the value); None: unknown


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows the bounds of every tensor that depends on ``picture``, float (1, C, H, W), while it is entered.

    ``gates`` False leaves out factors and terms that are one value for a whole map, as squeeze-and-excitation has them:
    through them every position sees the whole picture. ``gated`` says whether there were such.
    """

    def __init__(self, picture: Tensor, gates: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.gates = gates
        self.gated = False
        self.known: Any = WeakTensorKeyDictionary()
        # Memory that was written through a view: whatever else lies in it is no longer known.
        self.written: list[Tensor] = []
        height, width = picture.shape[2:]
        place: dict[str, Any] = {"dtype": torch.float32, "device": picture.device}
        rows = torch.arange(height, **place).view(1, 1, height, 1).expand(picture.shape)
        columns = torch.arange(width, **place).expand(picture.shape)
        self.known[picture] = torch.stack([-rows, rows, -columns, columns, torch.zeros_like(rows)])

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here: to keep PyTorch's compiler away imports it, for 1.2 s of processor time."""
        return False

    def bounds(self, value: Tensor) -> Bounds:
        """Return the bounds of a tensor: nothing for a constant."""
        if value in self.known:
            found: Bounds = self.known[value]
            return found
        if any(_same_memory(value, other) for other in self.written):
            return None
        return torch.full((), NOTHING, device=value.device).expand(PLANES, *value.shape)

    def depends(self, value: Tensor) -> bool:
        return value in self.known or any(_same_memory(value, other) for other in self.written)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        seen = [value for value in given if self.depends(value)]
        shapes = [tuple(value.shape) for value in given]
        result = func(*args, **kwargs)
        if not seen or takes_only_a_shape(func):
            return result
        outputs = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        found: Sequence[Bounds] = [None] * len(outputs)
        if all(self.bounds(value) is not None for value in seen):
            found = self._followed(func, args, kwargs, shapes, outputs)
        for output, bounds in zip(outputs, found, strict=True):
            if func._schema.is_mutable:
                self._overwritten(output, bounds)
            self.known[output] = bounds
        return result

    def _followed(
        self, func: Any, args: Any, kwargs: Any, shapes: Sequence[tuple[int, ...]], outputs: Sequence[Tensor]
    ) -> Sequence[Bounds]:
        rule = rule_of(func)
        if rule is None:
            return [None] * len(outputs)
        target = tuple(outputs[0].shape) if outputs else ()
        gate = any(is_gate(shape, target) for shape in shapes)
        self.gated |= gate
        found = rule(func, args, kwargs, self, outputs)
        return list(found) + [None] * (len(outputs) - len(found))

    def _overwritten(self, value: Tensor, bounds: Bounds) -> None:
        """Tell of an operation in place to all who share its memory."""
        for other in list(self.known):
            if other is not value and _same_memory(other, value):
                same = other.shape == value.shape and other.data_ptr() == value.data_ptr()
                self.known[other] = bounds if same and other.stride() == value.stride() else None
        if value._is_view() or value.untyped_storage().nbytes() != value.numel() * value.element_size():
            self.written.append(value)


def _same_memory(one: Tensor, other: Tensor) -> bool:
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr() != 0
