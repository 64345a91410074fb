"""What stands in for the slow parts of a training where a test is about something else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def not_reloaded(*_: object) -> AbstractContextManager[Callable[..., dict[str, Any]]]:
    """Stand in for :func:`spirula.evaluation.verify.reloading`: no fresh process, and a good answer."""
    return nullcontext(lambda _: {"status": "verified", "detail": "not asked"})
