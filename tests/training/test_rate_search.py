"""The learning-rate range test: a copy learns, the choice is fastai's valley, nothing of the training moves."""

from __future__ import annotations

import math

import pytest
import torch
from small_training import SmallBatch, run_small, same_weights, small_feeds, small_network, small_settings, weights
from torch import Tensor, nn

from spirula.errors import TrainingError
from spirula.training.records import RateRecord, StoppedRecord
from spirula.training.searching.rate_search import HIGHEST, LOWEST, STEPS, choose, search
from spirula.training.updates.schedules import Schedule

RATES = [LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1)) for step in range(STEPS)]


def test_the_choice_lies_half_way_down_the_valley() -> None:
    # Flat until 1e-4, falling to 1e-1, rising steeply after it.
    losses = [2.0 if r < 1e-4 else 2.0 - 0.5 * math.log10(r / 1e-4) if r < 1e-1 else 0.5 + 9 * r for r in RATES]
    found = choose(RATES, losses)
    assert math.log10(found.rate) == pytest.approx(-2.5, abs=0.1)
    assert "half way down" in found.reason


def valley_by_exhaustion(losses: list[float]) -> int:
    """The length of the longest falling subsequence, by trying every end."""
    best = [1] * len(losses)
    for end in range(len(losses)):
        for before in range(end):
            if losses[before] > losses[end]:
                best[end] = max(best[end], best[before] + 1)
    return max(best)


def test_noise_does_not_hide_the_valley() -> None:
    generator = torch.Generator().manual_seed(5)
    noise = (0.02 * torch.randn(STEPS, generator=generator)).tolist()
    losses = [2.0 - 1.5 / (1 + math.exp(-2 * (math.log10(r) + 3))) + (r if r > 0.3 else 0) for r in RATES]
    found = choose(RATES, [loss + extra for loss, extra in zip(losses, noise, strict=True)])
    assert 1e-5 < found.rate < 1e-1
    assert valley_by_exhaustion(losses) > 20


@pytest.mark.parametrize(
    ("losses", "words"), [([1.0 + 0.1 * i for i in range(60)], "did not fall"), ([1.0, 2.0], "no number after 2 steps")]
)
def test_no_valley_is_said(losses: list[float], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        choose(RATES[: len(losses)], losses)


def test_the_search_moves_neither_weights_nor_random_numbers() -> None:
    train, _ = small_feeds(samples=40)
    module = small_network()
    before, state = weights(module), torch.get_rng_state()
    record = search(module, train, small_settings())
    assert isinstance(record, RateRecord)
    assert same_weights(weights(module), before)
    assert torch.equal(torch.get_rng_state(), state)
    assert LOWEST < record.rate < HIGHEST
    assert len(record.rates) == len(record.losses) <= STEPS
    assert record.rates[record.index] == pytest.approx(record.rate, rel=0.06)
    again = search(module, train, small_settings())
    assert again == record


def test_a_training_with_the_found_rate_is_the_training_with_that_rate() -> None:
    found, records = run_small(small_settings(find_rate=True))
    record = records[0]
    assert isinstance(record, RateRecord)
    plain, _ = run_small(small_settings(schedule=Schedule("cosine", record.rate)))
    assert same_weights(weights(found), weights(plain))


def test_an_interrupted_search_leaves_no_checkpoint(tmp_path) -> None:
    module, records = run_small(small_settings(find_rate=True), interrupted=lambda: True, checkpoints=tmp_path)
    assert [type(record) for record in records] == [StoppedRecord]
    assert records[0].reason == "interrupted"
    assert not list(tmp_path.iterdir())
    assert same_weights(weights(module), weights(small_network()))


def test_rates_that_break_end_the_search() -> None:
    class Explosive(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(16, 1)

        def forward(self, images: Tensor) -> Tensor:
            result: Tensor = self.layer(images.flatten(1))
            return result

    torch.manual_seed(0)

    class Numbers:
        samples = 32

        def __len__(self) -> int:
            return 4

        def epoch(self, epoch: int, start: int = 0):
            generator = torch.Generator().manual_seed(epoch)
            for _ in range(4):
                images = torch.randn(8, 1, 4, 4, generator=generator)
                yield SmallBatch(images, 3 * images.flatten(1).sum(1))

    from spirula.training.losses import Loss, Objective
    from spirula.training.updates.optimizers import UpdateRule

    settings = small_settings(objective=Objective(Loss("mse")), rule=UpdateRule("sgd"))
    record = search(Explosive(), Numbers(), settings)
    assert record is not None
    assert len(record.rates) < STEPS
    assert record.rate < 0.2
