"""Activation functions as plain formulas: the table of those whose numbers the page can show, and what they compute."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

# PyTorch's operator: the arguments of it that are part of the formula.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "relu": (),
    "hardtanh": ("min_val", "max_val"),
    "clamp": ("min", "max"),
    "clamp_min": ("min",),
    "leaky_relu": ("negative_slope",),
    "_prelu_kernel": (),
    "elu": ("alpha", "scale", "input_scale"),
    "sigmoid": (),
    "tanh": (),
    "silu": (),
    "gelu": ("approximate",),
    "hardswish": (),
    "hardsigmoid": (),
    "softplus": ("beta", "threshold"),
    "mish": (),
    "softshrink": ("lambd",),
    "hardshrink": ("lambd",),
    "log_sigmoid_forward": (),
    "exp": (),
    "log": (),
    "abs": (),
    "sqrt": (),
    "neg": (),
}


def function_settings(name: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the name of a function and the numbers in its formula; None where one of them is no number."""
    found: dict[str, Any] = {"function": name}
    for key in FUNCTIONS[name]:
        value = arguments.get(key)
        if not isinstance(value, int | float | str | None) or isinstance(value, bool):
            return None
        found[key] = value if isinstance(value, str | None) else float(value)
    return found


def applied(settings: Mapping[str, Any], x: float, slope: float = 0.0) -> float:
    """Return a function's value at ``x``, in double precision. ``slope``: of PReLU, below zero."""
    return _FORMULAS[settings["function"]](x, settings, slope)


MOST_EXP = 709.0  # beyond it e^x is no number of double precision

Formula = Callable[[float, Mapping[str, Any], float], float]


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _clamp(x: float, low: float | None, high: float | None) -> float:
    return min(max(x, -math.inf if low is None else low), math.inf if high is None else high)


def _elu(x: float, s: Mapping[str, Any], _: float) -> float:
    return s["scale"] * (x if x > 0 else s["alpha"] * math.expm1(x * s["input_scale"]))  # type: ignore[no-any-return]


def _gelu(x: float, s: Mapping[str, Any], _: float) -> float:
    if s["approximate"] == "tanh":
        return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * math.erfc(-x / math.sqrt(2))


def _smooth(x: float, s: Mapping[str, Any], _: float) -> float:
    scaled = x * s["beta"]
    return x if scaled > s["threshold"] else _softplus(scaled) / float(s["beta"])


_FORMULAS: dict[str, Formula] = {
    "relu": lambda x, s, _: max(x, 0.0),
    "hardtanh": lambda x, s, _: _clamp(x, s["min_val"], s["max_val"]),
    "clamp": lambda x, s, _: _clamp(x, s["min"], s["max"]),
    "clamp_min": lambda x, s, _: _clamp(x, s["min"], None),
    "leaky_relu": lambda x, s, _: x if x > 0 else x * s["negative_slope"],
    "_prelu_kernel": lambda x, s, slope: x if x > 0 else x * slope,
    "elu": _elu,
    "sigmoid": lambda x, s, _: _sigmoid(x),
    "tanh": lambda x, s, _: math.tanh(x),
    "silu": lambda x, s, _: x * _sigmoid(x),
    "gelu": _gelu,
    "hardswish": lambda x, s, _: x * _clamp(x + 3, 0, 6) / 6,
    "hardsigmoid": lambda x, s, _: _clamp(x + 3, 0, 6) / 6,
    "softplus": _smooth,
    "mish": lambda x, s, _: x * math.tanh(_softplus(x)),
    "softshrink": lambda x, s, _: math.copysign(max(abs(x) - s["lambd"], 0.0), x),
    "hardshrink": lambda x, s, _: x if abs(x) > s["lambd"] else 0.0,
    "log_sigmoid_forward": lambda x, s, _: -_softplus(-x),
    "exp": lambda x, s, _: math.inf if x > MOST_EXP else math.exp(x),
    "log": lambda x, s, _: math.log(x) if x > 0 else math.nan if x else -math.inf,
    "abs": lambda x, s, _: abs(x),
    "sqrt": lambda x, s, _: math.sqrt(x) if x >= 0 else math.nan,
    "neg": lambda x, s, _: -x,
}
