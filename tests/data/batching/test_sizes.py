"""How many samples are evaluated at once: as many as fit into a processor's caches."""

from __future__ import annotations

import pytest

from spirula.data.batching.sizes import samples_at_once


@pytest.mark.parametrize(
    ("sides", "cpu", "count"),
    [
        ((8, 8), True, 256),
        ((32, 32), True, 256),
        ((224, 224), True, 16),
        ((180, 180), True, 24),
        ((2000, 3000), True, 8),
        ((224, 224), False, 256),
        ((), True, 256),
        ((64,), True, 256),
    ],
)
def test_large_pictures_go_in_small_batches_on_a_processor(sides: tuple[int, ...], cpu: bool, count: int) -> None:
    assert samples_at_once(sides, cpu=cpu) == count
