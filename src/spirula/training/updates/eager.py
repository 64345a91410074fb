"""PyTorch's optimizers without its compiler.

The methods of ``torch.optim`` tell ``torch.compile`` to stay out of them, and import it for that: 1.2 s of processor
time beside the 1.4 s of ``import torch``, in a process that compiles nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import torch
from torch.optim import Optimizer

# What PyTorch wraps. A method that it no longer wraps is taken as it is.
GUARDED = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


@cache
def eager(kind: Callable[..., Optimizer]) -> Callable[..., Optimizer]:
    """Return the optimizer class ``kind`` with the same updates to the last bit, without its wrappers.

    Only for optimizers that are neither compiled nor differentiated through.
    """
    assert isinstance(kind, type)
    plain: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in GUARDED}
    plain["step"] = torch.no_grad()(inspect.unwrap(cast(Any, kind).step))
    return type(kind.__name__, (kind,), {**plain, "__module__": kind.__module__, "__doc__": kind.__doc__})
