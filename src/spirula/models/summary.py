"""What a network consists of: one row per layer with shape, parameters, work and receptive field.

Works for networks built here (a row per layer of the notation) and for any torch module (a row per call of a leaf).
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..errors import ModelError
from ..layers import Residual
from .field import Field
from .modules import Normalization
from .notation import layer_kind
from .plan import Node, Plan
from .shapes import Shape, shape_text
from .table import aligned, row_cells, size_text, text_width
from .trace import Call, trace

if TYPE_CHECKING:
    from .build import Network
    from .explain import Explanation
    from .head import Output

COUNTED = (
    "Parameters include the statistics of BatchNormalization and Normalization (not trainable), as in Keras. "
    "Multiply-adds are those of convolutions and dense layers, for one input. Receptive field: side in input pixels "
    "that a position sees, and the step from one position to the next."
)


@dataclass(frozen=True)
class Row:
    """One layer. Shapes are (H, W, C) or (F,); ``level`` counts the blocks that the layer lies in.

    ``receptive_field`` is (height, width) in input pixels, ``stride`` the distance in input pixels between the fields
    of neighbours. A layer whose every value sees the whole input has its size, and no stride; vectors have neither, and
    what cannot be followed through foreign code is None. ``modules`` are the paths of the torch modules that the layer
    consists of, in order: the last one's output is the layer's.
    """

    name: str
    kind: str
    output_shape: Shape
    parameters: int
    trainable: int
    not_trainable: int
    multiply_adds: int
    receptive_field: tuple[int, int] | None
    stride: tuple[float, float] | None
    level: int = 0
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """The rows and their totals. Shows itself as text and in notebooks."""

    name: str
    input_shape: Shape
    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    not_trainable: int
    multiply_adds: int
    bytes: int
    plan: Plan | None = None
    output: Output | None = None

    def explain(self, language: str = "en") -> Explanation:
        """Return every layer's formulas, worked out with its own numbers; in "en" or "ko".

        Raises :class:`ModelError` for modules that were not built from layers, and for another language.
        """
        from .explain import explain

        if self.plan is None:
            raise ModelError(
                f"{self.name} cannot be explained: it was not built from layers here.",
                "Leave --explain out: its numbers are in the table.",
            )
        return explain(self.plan, self.output, language)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as plain dicts that JSON can hold."""
        return [
            {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(row).items()}
            for row in self.rows
        ]

    def to_pandas(self) -> Any:
        """Return the rows as a pandas DataFrame; raises ModelError if pandas is not installed."""
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise ModelError("pandas is not installed.", "pip install pandas, or use to_dicts().") from error
        return pandas.DataFrame(self.to_dicts())

    def totals(self) -> str:
        """Return the totals in one sentence."""
        frozen = f" ({self.trainable:,} trainable, {self.not_trainable:,} not)" if self.not_trainable else ""
        return (
            f"{self.parameters:,} parameters{frozen} · {size_text(self.bytes)} · {self.multiply_adds:,} multiply-adds "
            f"per input of {shape_text(self.input_shape)}"
        )

    def cells(self) -> list[list[str]]:
        """Return the table's texts, header first; a column that is empty everywhere is left out."""
        header = ["layer", "kind", "output", "parameters", "multiply-adds", "receptive field", "step"]
        table = [header, *(row_cells(row) for row in self.rows)]
        kept = [i for i in range(len(header)) if i < 4 or any(line[i] not in ("–", "") for line in table[1:])]
        return [[line[i] for i in kept] for line in table]

    def __str__(self) -> str:
        table = self.cells()
        widths = [max(text_width(line[i]) for line in table) for i in range(len(table[0]))]
        lines = [aligned(line, widths) for line in table]
        rule = "─" * max(map(text_width, lines))
        return "\n".join([f"{self.name}", rule, lines[0], rule, *lines[1:], rule, self.totals()])

    def _repr_html_(self) -> str:
        head, *body = self.cells()
        sides = ["left"] * 3 + ["right"] * (len(head) - 3)
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:{side}">{html.escape(text)}</td>'
                for side, text in zip(sides, line, strict=True)
            )
            + "</tr>"
            for line in body
        )
        top = "".join(f"<th>{html.escape(text)}</th>" for text in head)
        return (
            f"<table><caption>{html.escape(self.name)}</caption><thead><tr>{top}</tr></thead><tbody>{rows}</tbody>"
            f"</table><p>{html.escape(self.totals())}</p>"
        )


def summarize(network: Network | nn.Module, input_shape: Sequence[int] | None = None) -> Summary:
    """Look at a network by running it once on a blank input; nothing about it changes.

    Parameters
    ----------
    network: a built network, or any torch module (then ``input_shape`` is needed).
    input_shape: (H, W, C) or (F,).

    Raises :class:`ModelError` if the module does not work on that shape.
    """
    built = None if isinstance(network, nn.Module) else network
    module: nn.Module = network if isinstance(network, nn.Module) else network.module
    shape = tuple(input_shape) if input_shape is not None else built.spec.input_shape if built else None
    if shape is None:
        raise ModelError("The summary of a module needs its input's shape.", "Give input_shape=(28, 28, 1).")
    calls = trace(module, shape).calls
    if built is not None and built.plan is not None:
        if shape != built.plan.input_shape:
            raise ModelError(
                f"This network was built for {shape_text(built.plan.input_shape)}, not {shape_text(shape)}.",
                "Build it again for the other shape.",
            )
        rows = list(_layer_rows(built, calls, shape))
    else:
        rows = list(_call_rows(calls, shape))
    counted = _counts([module], set())
    size = sum(value.numel() * value.element_size() for value in module.state_dict().values())
    spent = next((call.multiply_adds for call in reversed(calls) if call.path == ""), 0)
    name = built.spec.name if built else type(module).__name__
    plan, output = (built.plan, built.output) if built else (None, None)
    return Summary(name, shape, tuple(rows), sum(counted), *counted, spent, size, plan, output)


def _layer_rows(built: Network, calls: list[Call], shape: Shape) -> Iterator[Row]:
    by_path = {call.path: call for call in calls}
    modules = dict(built.module.named_modules())
    seen: set[int] = set()

    def rows(nodes: Sequence[Node], prefix: str, level: int) -> Iterator[Row]:
        for node in nodes:
            path = prefix + node.name
            for inner, part in ((node.body, "body"), (node.shortcut, "shortcut")):
                yield from rows(inner, f"{path}.{part}.", level + 1)
            made = [by_path[name] for name in built.layers[path]]
            trainable, frozen = _counts([modules[name] for name in built.layers[path]], seen)
            work = 0 if node.body else sum(call.multiply_adds for call in made)
            last = made[-1].field if made else Field()
            kind = "Add" if isinstance(node.layer, Residual) else layer_kind(node.layer)
            yield Row(
                f"{path}.add" if isinstance(node.layer, Residual) else path,
                kind,
                node.output_shape,
                trainable + frozen,
                trainable,
                frozen,
                work,
                *last.seen(shape),
                level,
                built.layers[path],
            )

    assert built.plan is not None
    return rows(built.plan.nodes, "", 0)


def _call_rows(calls: list[Call], shape: Shape) -> Iterator[Row]:
    seen: set[int] = set()
    times: dict[str, int] = {}
    for call in calls:
        own = [value for value in call.module.parameters(recurse=False) if id(value) not in seen]
        if not call.leaf and not own:
            continue
        times[call.path] = times.get(call.path, 0) + 1
        name = call.path or type(call.module).__name__
        name = f"{name} (call {times[call.path]})" if times[call.path] > 1 else name
        trainable, frozen = _counts([call.module], seen)
        work = call.multiply_adds if call.leaf else 0
        level = call.path.count(".")
        yield Row(
            name,
            type(call.module).__name__,
            call.output_shape,
            trainable + frozen,
            trainable,
            frozen,
            work,
            *call.field.seen(shape),
            level,
            (call.path,),
        )


def _counts(modules: Sequence[nn.Module], seen: set[int]) -> tuple[int, int]:
    """Count trainable and other parameters that were not counted before; shared ones count once."""
    trainable = frozen = 0
    for part in (inner for module in modules for inner in module.modules()):
        for value in part.parameters(recurse=False):
            if id(value) not in seen:
                seen.add(id(value))
                trainable += value.numel() * value.requires_grad
                frozen += value.numel() * (not value.requires_grad)
        if id(part) not in seen:
            seen.add(id(part))
            frozen += _statistics(part)
    return trainable, frozen


def _statistics(module: nn.Module) -> int:
    if isinstance(module, _BatchNorm) and module.running_mean is not None:
        return 2 * module.running_mean.numel()
    if isinstance(module, Normalization) and module.learned:
        return 2 * module.mean.numel() + 1  # Keras counts its count
    return 0
