"""Update rules: a literal table over PyTorch's own optimizers, with their fused or foreach kernels, and Muon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from torch import nn, optim

from ...errors import InputError
from .eager import eager
from .muon import Muon
from .parameters import hidden_kernels, kernels

OptimizerName = Literal["sgd", "adam", "adamw", "rmsprop", "muon"]


@dataclass(frozen=True)
class _Row:
    optimizer: Callable[..., optim.Optimizer]
    fused: bool | None  # whether PyTorch has one kernel for the whole update; otherwise foreach; None: neither
    fixed: Mapping[str, Any]
    options: Mapping[str, str]  # our option → PyTorch's


# Fixed values are Keras's: epsilon 1e-7 (PyTorch: 1e-8) and rho 0.9 (PyTorch's alpha: 0.99).
# PyTorch adds epsilon to the root, Keras's RMSprop to the square under it.
OPTIMIZERS: Mapping[str, _Row] = MappingProxyType(
    {
        "sgd": _Row(
            optim.SGD, True, {}, {"momentum": "momentum", "nesterov": "nesterov", "weight_decay": "weight_decay"}
        ),
        "adam": _Row(optim.Adam, True, {"betas": (0.9, 0.999), "eps": 1e-7}, {}),
        "adamw": _Row(optim.AdamW, True, {"betas": (0.9, 0.999), "eps": 1e-7}, {"weight_decay": "weight_decay"}),
        "rmsprop": _Row(optim.RMSprop, False, {"alpha": 0.9, "eps": 1e-7}, {"momentum": "momentum"}),
        "muon": _Row(
            Muon,
            None,
            {},
            {"momentum": "momentum", "weight_decay": "weight_decay", "unit_filters": "unit_filters"},
        ),
    }
)
FUSED_DEVICES = ("cpu", "cuda", "mps")


@dataclass(frozen=True)
class UpdateRule:
    """How weights follow gradients. The learning rate is set step by step, by the schedule.

    Attributes
    ----------
    name: ``sgd``, ``adam`` (Kingma & Ba 2015), ``adamw`` (Loshchilov & Hutter 2019), ``rmsprop``, ``muon`` (Jordan et
        al. 2024; the output layer, biases, normalisation and kernels of one input channel take Nesterov steps).
    momentum: for sgd and rmsprop, 0 … < 1 (None: 0), and for muon (None: 0.95).
    nesterov: for sgd with momentum.
    weight_decay: for adamw, decoupled (None: 0.01, PyTorch's default); for muon, decoupled (None: 0); for sgd, the L2
        gradient ``weight_decay * w`` (None: 0). Only kernels decay, not biases and normalisation parameters; with muon
        only those that it makes orthogonal.
    unit_filters: for muon, instead of a decay: the kernels that it makes orthogonal keep filters of length 1.
    """

    name: OptimizerName
    momentum: float | None = None
    nesterov: bool = False
    weight_decay: float | None = None
    unit_filters: bool = False

    def optimizer(self, module: nn.Module, factors: Mapping[str, float] | None = None) -> optim.Optimizer:
        """Return a PyTorch optimizer over the trainable parameters of ``module``.

        ``factors``: of the schedule's rate, by parameter; its groups then hold theirs as ``lr_scale``.
        Raises :class:`InputError` for an unknown name, an option that this rule does not have, or a
        network without trainable parameters.
        """
        row = OPTIMIZERS.get(self.name)
        if row is None:
            raise InputError(f'There is no optimizer "{self.name}"', f"Choose one of: {', '.join(OPTIMIZERS)}.")
        given = {
            "momentum": self.momentum,
            "nesterov": self.nesterov or None,
            "weight_decay": self.weight_decay,
            "unit_filters": self.unit_filters or None,
        }
        for option, value in given.items():
            if value is not None and option not in row.options:
                raise InputError(f"{option} = {value} has no effect on {self.name}", f"Leave {option} out.")
        if self.unit_filters and self.weight_decay:
            raise InputError(
                f"weight_decay = {self.weight_decay} has no effect on filters that are kept at length 1 (unit_filters)",
                "Leave one of the two out.",
            )
        trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if not trainable:
            raise InputError("The network has no trainable parameter", "Add a layer with weights, or unfreeze some.")
        devices = {parameter.device.type for parameter in trainable}
        kernel = {"fused": True} if row.fused and devices <= set(FUSED_DEVICES) else {"foreach": True}
        kernel = {} if row.fused is None else kernel
        options = {row.options[option]: value for option, value in given.items() if value is not None}
        groups = _groups(module, trainable, row)
        if factors:
            groups = [part for group in groups for part in _by_factor(group, module, factors)]
        return eager(row.optimizer)(groups, lr=1e-3, **row.fixed, **options, **kernel)


def _groups(module: nn.Module, trainable: list[nn.Parameter], row: _Row) -> list[dict[str, Any]]:
    if row.optimizer is Muon:
        return _groups_of_muon(module, trainable)
    if "weight_decay" not in row.options:
        return [{"params": trainable}]
    decaying = {id(parameter) for parameter in kernels(module).values()}
    kept = [parameter for parameter in trainable if id(parameter) not in decaying]
    decayed = [parameter for parameter in trainable if id(parameter) in decaying]
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": kept, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _groups_of_muon(module: nn.Module, trainable: list[nn.Parameter]) -> list[dict[str, Any]]:
    hidden = {id(parameter) for parameter in hidden_kernels(module).values()}
    if not hidden:
        raise InputError(
            "optimizer = muon has no kernel to make orthogonal here: it is for those between the first layer and the "
            "output",
            "Choose sgd or adamw.",
        )
    rest = [parameter for parameter in trainable if id(parameter) not in hidden]
    orthogonal = [parameter for parameter in trainable if id(parameter) in hidden]
    groups = [{"params": orthogonal, "orthogonal": True}, {"params": rest, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _by_factor(group: dict[str, Any], module: nn.Module, factors: Mapping[str, float]) -> list[dict[str, Any]]:
    """Divide a group into one for each factor of the learning rate."""
    of = {id(parameter): factors[name] for name, parameter in module.named_parameters()}
    parts: dict[float, list[nn.Parameter]] = {}
    for parameter in group["params"]:
        parts.setdefault(of[id(parameter)], []).append(parameter)
    return [{**group, "params": parameters, "lr_scale": factor} for factor, parameters in parts.items()]
