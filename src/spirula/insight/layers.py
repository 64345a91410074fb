"""Layers by the names that the summary shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from ..errors import InputError, did_you_mean
from ..models.build import Network
from ..models.summary import Row, summarize

MOST_NAMES = 60

# What may stand between a convolution and the activation that belongs to it, and the activations, by kind.
_NORMS = {"BatchNormalization", "LayerNormalization", "GroupNormalization", "BatchNorm2d", "GroupNorm", "Identity"}
_ACTIVATIONS = {
    *("Activation", "ReLU", "LeakyReLU", "ReLU6", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Tanh"),
    *("Sigmoid", "Softplus", "Softsign", "Hardswish", "Hardsigmoid", "Hardtanh"),
}


def rows_of(network: Network) -> tuple[Row, ...]:
    """Return the rows of the network's summary."""
    return summarize(network, network.spec.input_shape).rows


def pick(rows: Sequence[Row], name: str, what: str) -> Row:
    """Return the row of a name. Raises :class:`InputError` that lists the names of ``rows``, which are ``what``."""
    require([row.name for row in rows], name, what)
    return next(row for row in rows if row.name == name)


def require(names: Sequence[str], name: str, what: str) -> None:
    """Raise :class:`InputError` that lists ``names`` unless ``name`` is one of them."""
    if name in names:
        return
    more = f" and {len(names) - MOST_NAMES} more (spirula model show lists them)" if len(names) > MOST_NAMES else ""
    listed = f"{', '.join(names[:MOST_NAMES])}{more}" if names else "none"
    raise InputError(
        f'The network has no {what} "{name}".{did_you_mean(str(name), names)}', f"Its layers of that kind: {listed}."
    )


def convolutions(network: Network, rows: Sequence[Row]) -> Iterator[tuple[Row, nn.Conv2d]]:
    """Yield the layers that convolve, in order, each with its (first) convolution; shared ones come once."""
    modules = dict(network.module.named_modules())
    seen: set[int] = set()
    for row in rows:
        found = next((part for path in row.modules if isinstance(part := modules[path], nn.Conv2d)), None)
        if found is not None and id(found) not in seen:
            seen.add(id(found))
            yield row, found


def with_maps(rows: Sequence[Row]) -> list[Row]:
    """Return the layers whose value is a stack of maps, not a vector."""
    return [row for row in rows if len(row.output_shape) == 3 and row.modules]


def after_activation(rows: Sequence[Row], convolution: Row) -> Row:
    """Return the layer where a convolution's value has been activated: itself, or an activation that follows it.

    Between the two may stand a normalisation. An activation that is a function inside the user's own code is no layer:
    then it is the convolution itself.
    """
    for row in rows[rows.index(convolution) + 1 :]:
        if row.kind in _ACTIVATIONS and row.output_shape == convolution.output_shape:
            return row
        if row.kind not in _NORMS:
            break
    return convolution
