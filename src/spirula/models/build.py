"""From a description to a network: a plain ``torch.nn.Module`` that returns logits, and what is known about it.

A stack becomes one flat ``nn.Sequential`` whose children carry the names that Keras would print (``conv2d``,
``conv2d_relu``, ``max_pooling2d``, …), so that hooks, ``torch.save`` and other tools work without spirula.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from ..custom.library import Library
from ..custom.piece import Piece
from ..errors import ModelError
from ..layers import Dense, Graph, Layer, Rescaling, Residual, Stack
from ..layers.arguments import L1, L1L2, L2
from . import modules
from .backbones import backbone_name, build_backbone
from .catalogue import CATALOGUE
from .description import read_description
from .foreign import checked_module
from .head import Output, Task, finish
from .notation import to_text
from .own import bound, network_module, own_network, pieces
from .parts import activation, parts
from .plan import Node, Plan, plan
from .pretrained import Weights
from .shapes import Shape, shape_text

Penalty = tuple[str, Literal["l1", "l2"] | Piece, float]
Model = str | Path | Sequence[Layer] | Stack | Graph | nn.Module | Piece


@dataclass(frozen=True)
class ModelSpec:
    """What rebuilds the network; JSON through :meth:`to_dict`. ``notation`` is empty for a module of the user's own.

    ``target``: standard deviation and mean of a regression's targets, with which the output is rescaled.
    """

    kind: Literal["stack", "graph", "timm", "module", "custom"]
    name: str
    notation: str
    input_shape: Shape
    outputs: int
    head: Literal["added", "given"]
    task: Task
    target: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "input_shape": list(self.input_shape)}


@dataclass(frozen=True, eq=False)
class Network:
    """A built network.

    ``output`` says how the logits are read: "softmax" over classes, "sigmoid" (each its own; one logit for two
    classes), or "linear" (the value itself). ``penalties`` are (parameter, "l1" | "l2", factor), added to the loss; in
    place of "l1" may stand a regularizer of the user's own. ``pieces`` are all the user's own, each with its part.
    ``layers`` maps each layer of the plan ("residual.body.conv2d") to the modules that it became. ``unit`` is what a
    regression's output is multiplied with at its end: the standard deviation of its targets.
    """

    module: nn.Module
    spec: ModelSpec
    output: Output
    penalties: tuple[Penalty, ...] = ()
    notes: tuple[str, ...] = ()
    plan: Plan | None = None
    layers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unit: float = 1.0
    pieces: tuple[tuple[str, Piece], ...] = ()

    def __str__(self) -> str:
        from .summary import summarize

        return str(summarize(self))

    def _repr_html_(self) -> str:
        from .diagram import diagram_svg
        from .summary import summarize

        return diagram_svg(self) + summarize(self)._repr_html_()


def build(
    model: Model,
    *,
    input_shape: Sequence[int],
    outputs: int,
    seed: int | None = None,
    task: Task | None = None,
    target: tuple[float, float] | None = None,
    custom: Library | None = None,
    weights: Weights | None = None,
) -> Network:
    """Build a network for inputs of ``input_shape`` ((H, W, C) or (F,)) and ``outputs`` classes or values.

    Parameters
    ----------
    model: a catalogue name, "timm/NAME", layers as text, a .toml file, Keras code (FILE.py), layers, a Graph, an
        nn.Module, or "custom.NAME", a function of the user's own that makes one.
    input_shape: as Keras says it; the tensors are (N, C, H, W) or (N, F).
    outputs: number of classes; 1 for the regression of one value.
    seed: makes the weights reproducible and leaves torch's global generator alone; None draws from that generator.
    task: regression if ``outputs`` is 1, else classification, unless given.
    target: standard deviation and mean of a regression's targets. A linear output is rescaled with them, so that the
        weights learn numbers around one. Not for modules of the user's own.
    custom: where the user's own pieces (``custom.NAME``) are found.
    weights: pretrained, for a backbone of timm: all but the output layer then starts from them.

    Raises :class:`ModelError` for a description that cannot be read or shapes that cannot work.
    """
    shape = tuple(int(side) for side in input_shape)
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise ModelError(f"The input shape {shape} cannot work.", "Give (height, width, channels) or (features,).")
    if outputs < 1:
        raise ModelError(f"outputs = {outputs} cannot work.", "Give the number of classes, or 1 for a regression.")
    task = task or ("regression" if outputs == 1 else "classification")
    if isinstance(model, nn.Module):
        checked_module(model, shape, outputs)
        spec = ModelSpec("module", type(model).__name__, "", shape, outputs, "given", task)
        return Network(model, spec, _usual_output(task))
    library = custom or Library()
    piece = own_network(model)
    if piece is not None:
        return assemble_own(library.bound(piece), shape, outputs, task, seed)
    name = backbone_name(model)
    if name is not None:
        with seeded(seed):
            module = timm_module(name, shape, outputs, target, weights)
        spec = ModelSpec("timm", f"timm/{name}", name, shape, outputs, "added", task, target)
        return Network(module, spec, _usual_output(task), unit=target[0] if target else 1.0)
    description = read_description(model)
    name, network = description.name, description.network
    smallest = CATALOGUE[name].smallest if name in CATALOGUE else 1
    if len(shape) == 3 and min(shape[:2]) < smallest:
        raise ModelError(
            f"{name} needs images of at least {smallest}×{smallest}; these are {shape_text(shape)}.",
            f"Use images of at least {smallest} pixels a side (train: --image-size {smallest}; model show: --input), "
            "or a network for small images such as two-conv.",
        )
    made = assemble(bound(network, library.bound), name, shape, outputs, task, seed, target)
    return replace(made, notes=(*description.notes, *made.notes))


def assemble_own(piece: Piece, shape: Shape, outputs: int, task: Task, seed: int | None) -> Network:
    """Build a network that a known piece of the user's own makes."""
    with seeded(seed):
        module = network_module(piece, shape, outputs)
    spec = ModelSpec("custom", piece.name, str(piece), shape, outputs, "given", task)
    return Network(module, spec, _usual_output(task), pieces=(("network", piece),))


def timm_module(
    name: str, shape: Shape, outputs: int, target: tuple[float, float] | None, weights: Weights | None = None
) -> nn.Module:
    """Return a backbone of timm, its output rescaled if ``target`` says so."""
    backbone = build_backbone(name, shape, outputs, weights)
    if target is None:
        return backbone
    return nn.Sequential(OrderedDict(backbone=backbone, rescaling=modules.Rescaling(*target)))


def assemble(
    network: Stack | Graph,
    name: str,
    shape: Shape,
    outputs: int,
    task: Task,
    seed: int | None,
    target: tuple[float, float] | None = None,
) -> Network:
    """Build a stack or a graph: plan, output layer, modules."""
    finished = finish(plan(network, shape), outputs, task)
    last = finished.plan.node(finished.plan.output)
    # An activation of the user's own at the end (softplus, say) means a range that a shift would break.
    unit = 1.0
    if target is not None and last is not None and isinstance(last.layer, Dense) and last.layer.activation is None:
        unit = target[0]
        finished = replace(finished, plan=finished.plan.then(Rescaling(*target)))
    with seeded(seed):
        making = _Making()
        module = making.network(finished.plan)
    kind: Literal["graph", "stack"] = "graph" if isinstance(network, Graph) else "stack"
    spec = ModelSpec(kind, name, to_text(network), shape, outputs, finished.head, task, target)
    own, penalties = tuple(pieces(network)), tuple(making.penalties)
    return Network(module, spec, finished.output, penalties, finished.notes, finished.plan, making.layers, unit, own)


class seeded:  # noqa: N801 - used as a verb: with seeded(3): …
    """Make what happens inside a function of the seed, and put torch's CPU generator back afterwards."""

    def __init__(self, seed: int | None) -> None:
        self.seed = seed

    def __enter__(self) -> None:
        self.state = torch.get_rng_state()
        if self.seed is not None:
            torch.default_generator.manual_seed(self.seed)

    def __exit__(self, *_: object) -> None:
        if self.seed is not None:
            torch.set_rng_state(self.state)


class _Making:
    """Collects, while modules are made, which layer became which modules and which kernels are penalised."""

    def __init__(self) -> None:
        self.layers: dict[str, tuple[str, ...]] = {}
        self.penalties: list[Penalty] = []

    def network(self, made: Plan) -> nn.Module:
        if made.chain:
            return self.sequence(made.nodes, "")
        children: dict[str, nn.Module] = {}
        wiring: list[tuple[str, tuple[str, ...]]] = []
        values = {"input": "input"}  # a layer's name → the module that makes its value
        for node in made.nodes:
            source = tuple(values[name] for name in node.inputs)
            for name, module in self.node(node, "").items():
                if hasattr(nn.Module, name):
                    raise ModelError(f'"{name}" cannot be the name of a layer in torch.', "Choose another name.")
                children[name] = module
                wiring.append((name, source))
                source = (name,)
            values[node.name] = source[0]
        return modules.Graph(children, wiring)

    def sequence(self, nodes: Sequence[Node], prefix: str) -> nn.Sequential:
        sequence = nn.Sequential()
        for node in nodes:
            for name, module in self.node(node, prefix).items():
                sequence.add_module(name, module)
        return sequence

    def node(self, node: Node, prefix: str) -> dict[str, nn.Module]:
        """Return the modules of one layer by name, in order."""
        path = prefix + node.name
        if isinstance(node.layer, Residual):
            body = self.sequence(node.body, f"{path}.body.")
            shortcut = self.sequence(node.shortcut, f"{path}.shortcut.") if node.shortcut else nn.Identity()
            self.layers[path] = (path,)
            last = activation(node.layer.activation, node.output_shape)
            return {node.name: modules.Residual(body, shortcut, last)}
        made: dict[str, nn.Module] = {}
        for suffix, module, regularizer in parts(node):
            name = f"{node.name}_{suffix}" if suffix else node.name
            made[name] = module
            self.penalties.extend(_penalties(f"{prefix}{name}.weight", regularizer))
        self.layers[path] = tuple(prefix + name for name in made)
        return made


def _penalties(parameter: str, regularizer: L1 | L2 | L1L2 | Piece | None) -> list[Penalty]:
    factors: list[Penalty] = [(parameter, regularizer, 1.0)] if isinstance(regularizer, Piece) else []
    if isinstance(regularizer, L1 | L1L2) and regularizer.l1:
        factors.append((parameter, "l1", regularizer.l1))
    if isinstance(regularizer, L2 | L1L2) and regularizer.l2:
        factors.append((parameter, "l2", regularizer.l2))
    return factors


def _usual_output(task: Task) -> Output:
    outputs: dict[Task, Output] = {"classification": "softmax", "multilabel": "sigmoid", "regression": "linear"}
    return outputs[task]
