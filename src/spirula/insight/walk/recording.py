"""One forward pass, written down at the level of PyTorch's own operators: what each took, and what it gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.weak import WeakTensorKeyDictionary

from ..calls import evaluating
from ..reach import Bounds, Watch
from ..reach_rules import arguments, takes_only_a_shape

Sides = tuple[list[int | None], list[int | None], list[int | None], list[int | None]]


@dataclass(frozen=True)
class Place:
    """A call of a module: its path and which call of it, from 1; ``kind`` is its class."""

    path: str
    call: int
    kind: str

    @property
    def name(self) -> str:
        return f"{self.path} (call {self.call})" if self.call > 1 else self.path


@dataclass(frozen=True)
class Given:
    """Stands in an operation's arguments for a value that depends on the picture."""

    value: int


@dataclass(frozen=True, eq=False)
class Operation:
    """One operator. ``arguments`` by name; tensors among them are constants or :class:`Given`.

    ``places``: the calls of modules that it happened in, outermost first.
    """

    name: str
    operator: Any
    arguments: dict[str, Any]
    places: tuple[Place, ...]
    sources: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Quiet:
    """A module that gave back what it was given, as Dropout does when predicting."""

    place: Place
    value: int


@dataclass(eq=False)
class Recording:
    """values: float32 copies in PyTorch's shapes; the first one is the input. seen: of each value, what its rows and
    columns see of the picture (first row, row after the last, first column, column after the last); None: unknown."""

    values: list[np.ndarray] = field(default_factory=list)
    seen: list[Sides | None] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    quiet: list[Quiet] = field(default_factory=list)
    result: int = 0

    def add(self, value: np.ndarray, seen: Sides | None) -> int:
        self.values.append(value)
        self.seen.append(seen)
        return len(self.values) - 1


@torch.no_grad()
def record(module: nn.Module, image: Tensor) -> Recording:
    """Run ``module`` on ``image``, float (1, C, H, W), in evaluation mode; return all that happened to it.

    Fields are those without gates that are one value for a whole map: through them every position sees the whole
    picture. The module is left as it was.
    """
    watch = Watch(image, gates=False)
    writer = _Writer(watch)
    with ExitStack() as hooks, evaluating(module), torch.random.fork_rng(devices=[]):
        for path, part in module.named_modules():
            for handle in writer.watched(path, part):
                hooks.callback(handle.remove)
        writer.begin(image)
        with watch, writer:
            output = module(image)
        tensor = next(leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor))
        writer.recording.result = writer.number(tensor)
    return writer.recording


class _Writer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, watch: Watch) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.watch = watch
        self.recording = Recording()
        self.known: Any = WeakTensorKeyDictionary()
        self.written: dict[int, tuple[Any, list[int]]] = {}  # of memory that views wrote to: itself, and with what
        self.inside: list[Place] = []
        self.calls: Counter[str] = Counter()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # as in Watch

    def begin(self, image: Tensor) -> None:
        self.known[image] = self.recording.add(_copied(image), _sides(self.watch.bounds(image)))

    def watched(self, path: str, part: nn.Module) -> Iterator[Any]:
        """Keep the list of the modules that are being called; notice those that do nothing."""

        leaf = bool(path) and next(part.children(), None) is None and not isinstance(part, nn.Identity)
        before: list[set[int]] = []

        def enter(module: nn.Module, inputs: Any) -> None:
            self.calls[path] += 1
            self.inside.append(Place(path, self.calls[path], type(module).__name__))
            if leaf:
                before.append({self.number(given) for given in tree_leaves(inputs) if self._is_known(given)})

        def leave(module: nn.Module, inputs: Any, output: Any) -> None:
            place = self.inside.pop()
            given = before.pop() if leaf else set()
            if given and self._is_known(output) and self.number(output) in given:
                self.recording.quiet.append(Quiet(place, self.number(output)))

        yield part.register_forward_pre_hook(enter)
        yield part.register_forward_hook(leave)

    def _is_known(self, leaf: Any) -> bool:
        return isinstance(leaf, Tensor) and leaf in self.known

    def _depends(self, tensor: Tensor) -> bool:
        return tensor in self.known or _memory(tensor) in self.written

    def number(self, tensor: Tensor) -> int:
        """Return the number of a tensor's value; one that was written into from elsewhere is a new value."""
        now = _copied(tensor)
        if tensor in self.known:
            known: int = self.known[tensor]
            if np.array_equal(now, self.recording.values[known], equal_nan=True):
                return known
            sources: tuple[int, ...] = (known,)
        else:
            sources = tuple(dict.fromkeys(self.written[_memory(tensor)][1]))
        new = self.recording.add(now, None)
        self.recording.operations.append(Operation("change in place", None, {}, tuple(self.inside), sources, (new,)))
        self.known[tensor] = new
        return new

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        views = func.is_view and all(tensor not in self.known for tensor in tensors)  # of what is filled piece by piece
        taken = {id(tensor): self.number(tensor) for tensor in tensors if not views and self._depends(tensor)}
        given: dict[str, Any] = tree_map(
            lambda leaf: Given(taken[id(leaf)]) if id(leaf) in taken else leaf, arguments(func, args, kwargs)
        )
        result = func(*args, **kwargs)
        if taken and not takes_only_a_shape(func):
            outputs = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
            numbers = []
            for output in outputs:
                numbers.append(self.recording.add(_copied(output), _sides(self.watch.bounds(output))))
                if func._schema.is_mutable and output not in self.known:
                    held = self.written.setdefault(_memory(output), (output.untyped_storage(), []))
                    held[1].append(numbers[-1])
                self.known[output] = numbers[-1]
            name = func.overloadpacket.__name__
            sources = tuple(leaf.value for leaf in tree_leaves(given) if isinstance(leaf, Given))
            self.recording.operations.append(Operation(name, func, given, tuple(self.inside), sources, tuple(numbers)))
        return result


def _copied(tensor: Tensor) -> np.ndarray:
    with _disable_current_modes():
        return np.array(tensor.detach().float().cpu().numpy(), order="C")


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _sides(bounds: Bounds) -> Sides | None:
    """Return what rows and columns see; of a vector, what all its values see together."""
    if bounds is None:
        return None
    with _disable_current_modes():
        planes = bounds.float().cpu()
        flat = planes[:, 0].amax(1) if planes.ndim == 5 else planes.reshape(len(planes), -1).amax(1).view(-1, 1, 1)
        tops, bottoms = -flat[0].amax(1), flat[1].amax(1) + 1
        lefts, rights = -flat[2].amax(0), flat[3].amax(0) + 1
        return _whole(tops), _whole(bottoms), _whole(lefts), _whole(rights)


def _whole(numbers: Tensor) -> list[int | None]:
    return [int(number) if np.isfinite(number) else None for number in numbers.tolist()]
