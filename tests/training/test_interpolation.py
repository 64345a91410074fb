"""Weights between two networks: exact on a line where the answer is known, and found again when interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import nn

from spirula.training.stopping import StoppingRule
from spirula.training.transfer.interpolation import SHARES, copied, interpolate


def network(value: float) -> nn.Module:
    """Every parameter and running mean has this value; its BatchNorm has counted as many batches."""
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(value)
        module[1].running_mean.fill_(value)
        module[1].num_batches_tracked.fill_(int(value))
    return module


def distance_to(module: nn.Module, wanted: float) -> Callable[[], Mapping[str, float]]:
    return lambda: {"val_loss": abs(module[0].weight[0, 0].item() - wanted)}


@pytest.mark.parametrize("share", SHARES)
def test_the_best_share_is_found_and_taken(share: float) -> None:
    start, module = copied(network(2.0)), network(6.0)
    wanted = 2.0 + 4.0 * share
    record = interpolate(module, start, distance_to(module, wanted), StoppingRule("val_loss"))
    assert record is not None
    assert (record.share, record.monitor, record.value) == (share, "val_loss", 0.0)
    assert [tried for tried, _ in record.tried] == list(SHARES)
    assert dict(record.tried)[1.0] == abs(6.0 - wanted)
    for value in (*module.parameters(), module[1].running_mean):
        torch.testing.assert_close(value.detach(), torch.full_like(value, wanted))
    assert int(module[1].num_batches_tracked) == (2 if share == 0.0 else 6)  # a counter is not averaged


def test_of_shares_alike_the_one_nearest_to_the_end_wins() -> None:
    start, module = copied(network(0.0)), network(1.0)
    record = interpolate(module, start, lambda: {"val_accuracy": 0.9}, StoppingRule("val_accuracy"))
    assert record is not None
    assert record.share == 1.0


def test_a_loss_decides_between_shares_alike() -> None:
    start, module = copied(network(0.0)), network(1.0)

    def judge() -> Mapping[str, float]:
        return {"val_accuracy": 0.9, "val_loss": abs(module[0].weight[0, 0].item() - 0.5)}

    record = interpolate(module, start, judge, StoppingRule("val_accuracy", tie="val_loss"))
    assert record is not None
    assert record.share == 0.5


def test_the_start_is_a_copy() -> None:
    module = network(1.0)
    start = copied(module)
    with torch.no_grad():
        module[0].weight.add_(1.0)
    assert start["0.weight"][0, 0].item() == 1.0


def test_what_is_interrupted_is_left_at_its_end() -> None:
    start, module = copied(network(0.0)), network(1.0)
    answers = iter([{"val_loss": 1.0}, {"val_loss": 0.5}])
    assert interpolate(module, start, lambda: next(answers, None), StoppingRule("val_loss")) is None
    assert all(bool((parameter == 1.0).all()) for parameter in module.parameters())
