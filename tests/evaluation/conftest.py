from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Tiny networks gain nothing from threads, and several test processes may share the cores."""
    torch.set_num_threads(1)
