"""What the arguments of layers may be: one rule per kind of argument, used by every layer that has it.

A layer annotates its arguments with these types (``filters: Count``); :func:`check` reads the rules back and brings
each value to one form (3 and (3, 3) become (3, 3)), so that equal layers compare equal.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

from ..custom.library import name_of
from ..custom.piece import SPELLING, Piece, is_own, read_piece
from ..errors import ModelError, did_you_mean

LARGEST = 1_000_000  # no dimension of a real network comes near; a slip of the keyboard does

ACTIVATIONS = (
    *("relu", "sigmoid", "softmax", "tanh", "elu", "selu", "celu", "gelu", "silu", "softplus", "softsign"),
    *("leaky_relu", "relu6", "mish", "linear", "hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink", "log_sigmoid"),
    *("soft_shrink", "tanh_shrink", "squareplus", "exponential", "log_softmax", "prelu"),
)
SAME_ACTIVATION = {
    **{"swish": "silu", "hard_swish": "hard_silu", "exp": "exponential", "logsigmoid": "log_sigmoid"},
    **{"hardsigmoid": "hard_sigmoid", "hardswish": "hard_silu", "hardtanh": "hard_tanh", "hardshrink": "hard_shrink"},
    **{"softshrink": "soft_shrink", "tanhshrink": "tanh_shrink", "leakyrelu": "leaky_relu"},
}
INITIALIZERS = (
    *("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"),
    *("zeros", "ones", "random_normal", "random_uniform", "truncated_normal", "orthogonal"),
)


class Rule(NamedTuple):
    """What an argument must be (completes "NAME must be …"), and the reader that normalises it or raises ValueError."""

    needs: str
    read: Callable[[Any], object]
    words: tuple[str, ...] = ()  # accepted words, for "did you mean"


def _whole(value: Any, least: int = 1) -> int:
    number = operator.index(value)
    if isinstance(value, bool) or not least <= number <= LARGEST:
        raise ValueError
    return number


def _real(value: Any) -> float:
    if isinstance(value, bool | str) or not math.isfinite(number := float(value)):
        raise ValueError
    return number


def _rate(value: Any) -> float:
    if not 0.0 <= (rate := _real(value)) < 1.0:
        raise ValueError
    return rate


def _not_negative(value: Any) -> float:
    if (number := _real(value)) < 0:
        raise ValueError
    return number


def above_zero(value: Any) -> float:
    if (number := _real(value)) <= 0:
        raise ValueError
    return number


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, tuple | list):
        height, width = value
        return _whole(height), _whole(width)
    return _whole(value), _whole(value)


def _sides(value: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    first, second = value if isinstance(value, tuple | list) else (value, value)
    top, bottom = first if isinstance(first, tuple | list) else (first, first)
    left, right = second if isinstance(second, tuple | list) else (second, second)
    return (_whole(top, 0), _whole(bottom, 0)), (_whole(left, 0), _whole(right, 0))


def _shape(value: Any) -> tuple[int, ...]:
    shape = tuple(_whole(number) for number in value)
    if len(shape) not in (1, 3):
        raise ValueError
    return shape


def _statistic(value: Any) -> float | tuple[float, ...] | None:
    if isinstance(value, tuple | list):
        return tuple(_real(number) for number in value)
    return None if value is None else _real(value)


def _groups(value: Any) -> int:
    return -1 if value == -1 else _whole(value)


def _axis(value: Any) -> int:
    if operator.index(value) not in (-3, -2, -1, 1, 2, 3) or isinstance(value, bool):
        raise ValueError
    return int(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _word(*words: str) -> Rule:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return Rule("one of " + ", ".join(f'"{word}"' for word in words), read, words)


def own(value: Any) -> Piece | None:
    """Return a piece of the user's own, given as a function or class, or in words; None for anything else."""
    if isinstance(value, Piece) or not (is_own(value) or callable(value)):
        return value if isinstance(value, Piece) else None
    return read_piece(value) if isinstance(value, str) else Piece(name_of(value), value=value)


def read_activation(value: Any) -> str | Piece:
    if (piece := own(value)) is not None:
        return piece
    name = SAME_ACTIVATION.get(value, value)
    if name not in ACTIVATIONS:
        raise ValueError
    return str(name)


def _activation(value: Any) -> str | Piece | None:
    return None if value is None or value == "linear" else read_activation(value)


_ACTIVATION_WORDS = (*ACTIVATIONS, *SAME_ACTIVATION)
_ACTIVATION_NEEDS = "one of " + ", ".join(f'"{name}"' for name in ACTIVATIONS) + f"; or your own, {SPELLING}"
_REGULARIZER_NEEDS = (
    f'"l1", "l2" (both with factor 0.01), L1(0.001), L2(0.001) or L1L2(l1=0.001, l2=0.001); or your own, {SPELLING}'
)
_PAIR_NEEDS = "a whole number of at least 1, or two of them (height, width)"

Count = Annotated[int, Rule("a whole number from 1 to 1,000,000", _whole)]
Pair = Annotated[int | tuple[int, int], Rule(_PAIR_NEEDS, _pair)]
PairOrNone = Annotated[
    int | tuple[int, int] | None, Rule(f"None or {_PAIR_NEEDS}", lambda v: None if v is None else _pair(v))
]
Padding = Annotated[Literal["valid", "same"], _word("valid", "same")]
Truth = Annotated[bool, Rule("True or False", _truth)]
ActivationName = Annotated[str | Piece, Rule(_ACTIVATION_NEEDS, read_activation, _ACTIVATION_WORDS)]
MaybeActivation = Annotated[str | Piece | None, Rule(f"None or {_ACTIVATION_NEEDS}", _activation, _ACTIVATION_WORDS)]
Initializer = Annotated[str, _word(*INITIALIZERS)]
Rate = Annotated[float, Rule("a number from 0 up to, but not including, 1", _rate)]
Real = Annotated[float, Rule("a number", _real)]
NotNegative = Annotated[float, Rule("a number of at least 0", _not_negative)]
Epsilon = Annotated[float, Rule("a number above 0", above_zero)]
Statistic = Annotated[float | tuple[float, ...] | None, Rule("None, a number, or one number per channel", _statistic)]
Sides = Annotated[
    int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]],
    Rule("a whole number, (height, width), or ((top, bottom), (left, right))", _sides),
]


@cache
def rules(kind: type[Any]) -> dict[str, Rule]:
    """Return the rule of each argument of a layer, in order."""
    hints = get_type_hints(kind, include_extras=True)
    found = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {name: metadata[0] for name, metadata in found.items() if metadata}


def check(record: Any) -> None:
    kind: Any = type(record)
    for name, rule in rules(kind).items():
        value = getattr(record, name)
        try:
            # Frozen is for the reader of a record; its own making may still bring 3 and (3, 3) to one form.
            object.__setattr__(record, name, rule.read(value))
        except (ValueError, TypeError, OverflowError) as error:
            hint = did_you_mean(value, rule.words) if isinstance(value, str) else ""
            raise ModelError(
                f"{kind.__name__}: {name} = {value!r} cannot work.", f"{name} must be {rule.needs}.{hint}"
            ) from error


@dataclass(frozen=True)
class L1:
    """Kernel penalty: factor × sum of absolute values, added to the loss."""

    l1: NotNegative = 0.01

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class L2:
    """Kernel penalty: factor × sum of squares, added to the loss (no ½, as in Keras)."""

    l2: NotNegative = 0.01

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class L1L2:
    """Both kernel penalties."""

    l1: NotNegative = 0.0
    l2: NotNegative = 0.0

    def __post_init__(self) -> None:
        check(self)


REGULARIZERS: dict[str, type[L1 | L2 | L1L2]] = {"L1": L1, "L2": L2, "L1L2": L1L2, "l1": L1, "l2": L2, "l1_l2": L1L2}


def _regularizer(value: Any) -> L1 | L2 | L1L2 | Piece | None:
    if isinstance(value, str) and value in ("l1", "l2", "L1", "L2"):
        return REGULARIZERS[value]()
    if value is None or isinstance(value, L1 | L2 | L1L2):
        return value
    if (piece := own(value)) is None:
        raise ValueError
    return piece


MaybeRegularizer = Annotated[
    L1 | L2 | L1L2 | Piece | str | None, Rule(f"None, {_REGULARIZER_NEEDS}", _regularizer, ("l1", "l2"))
]


Shape = Annotated[tuple[int, ...], Rule("(height, width, channels) or (features,)", _shape)]
Groups = Annotated[int, Rule("a whole number of at least 1, or -1 for one group per channel", _groups)]
Interpolation = Annotated[str, _word("bilinear", "nearest", "bicubic")]
Cap = Annotated[float | None, Rule("None or a number above 0", lambda v: None if v is None else above_zero(v))]
Axis = Annotated[int, Rule("-1 or 3 (channels), 1 (height) or 2 (width)", _axis)]


def both(value: int | tuple[int, int]) -> tuple[int, int]:
    """Return a (height, width) argument as the pair that it stands for."""
    return value if isinstance(value, tuple) else (value, value)


@dataclass(frozen=True)
class Layer:
    """What all layers share: their arguments are checked when they are made."""

    def __post_init__(self) -> None:
        check(self)


def arguments(record: Layer | L1 | L2 | L1L2) -> dict[str, Any]:
    """Return the arguments of a layer that differ from its defaults, by name, in order."""
    return {f.name: getattr(record, f.name) for f in fields(record) if getattr(record, f.name) != f.default}
