"""What every test finds: PyTorch with as many threads as the process began with, since sums are grouped by threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

THREADS = torch.get_num_threads()


@pytest.fixture(autouse=True)
def _threads_of_the_process() -> Iterator[None]:
    yield
    torch.set_num_threads(THREADS)
