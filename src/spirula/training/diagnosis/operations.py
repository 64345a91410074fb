"""What PyTorch's operations are called by people who did not write PyTorch."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

NAMES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("addmm", "mm", "bmm", "baddbmm", "matmul", "linear", "mv", "dot", "addmv"), "matrix product"),
        **dict.fromkeys(("div", "divide", "true_divide"), "division"),
        **dict.fromkeys(("mul", "multiply"), "product"),
        **dict.fromkeys(("add", "add_tensor"), "addition"),
        **dict.fromkeys(("sub", "rsub"), "subtraction"),
        **dict.fromkeys(("std", "std_mean"), "standard deviation"),
        **dict.fromkeys(("var", "var_mean"), "variance"),
        **dict.fromkeys(("linalg_vector_norm", "norm", "linalg_norm"), "norm"),
        "mse_loss": "mse",
        "log_softmax": "log_softmax",
        "to_copy": "conversion",
    }
)
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "batch_norm": "batch normalisation",
        "batchnorm": "batch normalisation",
        "layer_norm": "layer normalisation",
        "layernorm": "layer normalisation",
        "group_norm": "group normalisation",
        "groupnorm": "group normalisation",
        "conv": "convolution",
    }
)


def operation_name(operation: Any) -> str:
    """Return the name of a dispatched operation (``aten::exp_``) or of a node of autograd (``SqrtBackward0``)."""
    if hasattr(operation, "overloadpacket"):
        name = str(operation.overloadpacket.__name__)
    else:
        name = re.sub(r"Backward\d*$", "", operation.name())
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removeprefix("torch::autograd::")).lower()
    name = re.sub(r"_(backward|forward)$", "", name.strip("_"))
    known = next((words for part, words in PARTS.items() if part in name and "convert" not in name), None)
    return NAMES.get(name) or known or name


def sets_infinity(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether an operation was told to write an infinity: padding before max pooling, a mask of attention."""
    scalars = [*args, *kwargs.values()]
    return any(isinstance(value, float) and math.isinf(value) for value in scalars)
