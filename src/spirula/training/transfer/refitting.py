"""The output layer fitted again, on parts of the training samples: what fewer of them would have taught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from .head import Standard, right, solve
from .probe import Probe, problem_of


def refitting(
    probe: Probe, rows: NDArray[np.int64], held: NDArray[np.int64], strength: float
) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    """Return the function that fits on some of ``rows`` (by their positions) and is judged on ``held``.

    Its result, float64 (H,), says of each held-out sample how right it is: 0 or 1, or the share of its labels.
    """
    features = probe.features()
    tested = features[torch.from_numpy(held)]
    problem = problem_of(probe, features[torch.from_numpy(rows)], rows, 1).to(torch.float32)
    truth = torch.from_numpy(probe.dataset.manifest.targets[held])

    def fit(positions: NDArray[np.int64]) -> NDArray[np.float64]:
        part = problem.rows(torch.from_numpy(positions))
        standard = Standard.of(part.features)
        weight, bias, _ = solve(replace(part, features=standard(part.features)), strength, tolerance=1e-5)
        judged: NDArray[np.float64] = right(problem.output, standard(tested) @ weight.T + bias, truth).numpy()
        return judged

    return fit
