"""How OpenMP's threads wait for one another. To be decided before PyTorch is imported."""

from __future__ import annotations

import os
import sys

# Rounds of spinning before a waiting thread lets others run (GNU OpenMP's default is about a million).
SPIN = 1000


def share_the_processor() -> None:
    """Let waiting threads give way soon, unless the environment says otherwise or PyTorch runs already.

    A thread that spins is a little faster on an idle machine and ruinous on a busy one: beside one
    other busy process on two cores, training of a small network was measured ten to thirty times
    slower with the default.
    """
    if "torch" not in sys.modules:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPIN))
