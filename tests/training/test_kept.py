"""Frozen layers run once: what is trained on is what they would have made of each batch."""

import numpy as np
import pytest
import torch
from torch import nn

from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.batching.residence import sent
from spirula.data.dataset import load
from spirula.errors import ConfigError
from spirula.models.split import split
from spirula.training.device import Machine
from spirula.training.transfer import kept as kept_room
from spirula.training.transfer.features import InterruptedHereError
from spirula.training.transfer.kept import KeptViews, computed

CPU = Machine(torch.device("cpu"))


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], [20, 13])
    return load((random.integers(0, 256, (33, 8, 8, 1)).astype(np.uint8), labels), validation=0.0, test=0.0)


def feeds(data, *, sampling="uniform", views=2, batch_size=8):
    rows = data.rows("train")
    preprocessing = fit_preprocessing(data, rows, "unit", None)
    options = {"preprocessing": preprocessing, "seed": 3, "augmentation": Augmentation(flip="horizontal", shift=0.2)}
    shown = Batches(data, rows, batch_size=batch_size, shuffle=True, sampling=sampling, **options)
    ordered = Batches(data, rows, batch_size=5, **options)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3), nn.Flatten(), nn.Linear(32, 2))
    parts = split(network, ["0"], next(shown.epoch(1)).images)
    assert parts is not None
    values = computed(parts.lower, ordered, CPU, range(1, views + 1), "x")
    targets = data.manifest.targets[rows]
    kept = KeptViews(
        values, rows, torch.from_numpy(targets), targets,
        batch_size=batch_size, seed=3, shuffle=True, sampling=sampling,
    )  # fmt: skip
    return parts, shown, kept


@pytest.mark.parametrize("batch_size", [8, 16, 33, 40])
def test_batches_are_what_the_frozen_layers_make_of_the_same_batches(data, batch_size):
    parts, shown, kept = feeds(data, batch_size=batch_size)
    assert len(kept) == len(shown)
    assert kept.samples == shown.samples
    for epoch in (1, 2):
        pairs = list(zip(shown.epoch(epoch), kept.epoch(epoch), strict=True))
        for real, short in pairs:
            torch.testing.assert_close(short.images, parts.lower(real.images))
            assert torch.equal(short.targets, real.targets)
            assert torch.equal(short.rows, real.rows)


def test_later_epochs_show_the_views_again_in_another_order(data):
    _, shown, kept = feeds(data, sampling="balanced")
    first, third = list(kept.epoch(1)), list(kept.epoch(3))
    assert [batch.rows.tolist() for batch in third] == [batch.rows.tolist() for batch in shown.epoch(3)]
    assert [batch.rows.tolist() for batch in third] != [batch.rows.tolist() for batch in first]
    seen = {row: value for batch in first for row, value in zip(batch.rows.tolist(), batch.images, strict=True)}
    for batch in third:
        for row, value in zip(batch.rows.tolist(), batch.images, strict=True):
            if row in seen:
                torch.testing.assert_close(value, seen[row])
    torch.testing.assert_close(next(kept.epoch(2, 3)).images, list(kept.epoch(2))[3].images)


def test_maps_come_in_the_format_that_convolutions_want(data):
    _, _, kept = feeds(data)
    assert next(kept.epoch(1)).images.is_contiguous(memory_format=torch.channels_last)


def test_too_little_memory_is_told_before_it_is_used(data):
    rows = data.rows("train")
    ordered = Batches(data, rows, batch_size=5, preprocessing=fit_preprocessing(data, rows, "unit", None))
    with pytest.raises(ConfigError, match="views = 3"):
        computed(lambda x: x, ordered, CPU, range(1, 4), "x", free_bytes=20_000)
    assert len(computed(lambda x: x, ordered, CPU, range(1, 4), "x", free_bytes=200_000)) == 3


def test_it_can_be_stopped_and_says_how_far_it_is(data):
    rows, told = data.rows("train"), []
    ordered = Batches(data, rows, batch_size=10, preprocessing=fit_preprocessing(data, rows, "unit", None))
    computed(lambda x: x, ordered, CPU, range(1, 3), "views", progress=lambda *words: told.append(words))
    assert told[0] == ("views 1 of 2", 10, 33)
    assert told[-1] == ("views 2 of 2", 33, 33)
    with pytest.raises(InterruptedHereError):
        computed(lambda x: x, ordered, CPU, range(1, 3), "views", interrupted=lambda: True)


def test_the_order_is_sent_to_the_device_once_and_not_for_every_batch(data, monkeypatch):
    kept, asked = feeds(data)[2], []
    monkeypatch.setattr(kept_room, "sent", lambda values, device: asked.append(len(values)) or sent(values, device))
    assert len(list(kept.epoch(1))) == 4
    assert asked == [33]
