"""Batches: a pure function of (seed, epoch, step), whatever the batch size, the place or the start."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from drawn_batches import (
    AUGMENTATIONS,
    CLASSES,
    EVERYTHING,
    LABELS,
    PIXELS,
    ROWS,
    STANDARD,
    N,
    dataset,
    joined,
    make,
    same,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.data.batching import batches as batches_module
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import sheet
from spirula.data.batching.preprocess import Preprocessing, fit_preprocessing
from spirula.errors import InputError


def test_in_order_the_batches_are_the_normalised_rows() -> None:
    batches = make(shuffle=False, batch_size=10)
    got = list(batches.epoch(0))
    assert (len(batches), batches.samples, len(got)) == (5, 43, 5)
    assert [len(batch.rows) for batch in got] == [10, 10, 10, 10, 3]
    images, targets, rows = joined(got)
    assert rows.tolist() == ROWS.tolist()
    assert targets.dtype == torch.int64
    assert targets.tolist() == LABELS[ROWS].tolist()
    expected = (PIXELS[ROWS] / 255 - np.array(STANDARD.mean)) / np.array(STANDARD.std)
    np.testing.assert_allclose(images.numpy(), expected.transpose(0, 3, 1, 2), atol=1e-6)


def test_every_epoch_draws_every_row_once_in_another_order() -> None:
    batches = make()
    orders = [joined(list(batches.epoch(epoch)))[2].tolist() for epoch in range(4)]
    assert all(sorted(order) == ROWS.tolist() for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert joined(list(make(seed=6).epoch(0)))[2].tolist() != orders[0]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(AUGMENTATIONS),
    st.sampled_from(["uniform", "balanced"]),
    st.integers(1, 50),
    st.integers(0, 30),
    st.integers(0, 60),
    st.booleans(),
)
def test_an_epoch_can_be_entered_at_any_step(
    augmentation: Augmentation | None, sampling: str, batch_size: int, epoch: int, start: int, channels_last: bool
) -> None:
    options: dict[str, Any] = {
        "augmentation": augmentation,
        "sampling": sampling,
        "batch_size": batch_size,
        "channels_last": channels_last,
    }
    whole = list(make(**options).epoch(epoch))
    start = min(start, len(whole))
    assert same(list(make(**options).epoch(epoch, start=start)), whole[start:])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(AUGMENTATIONS), st.sampled_from(["uniform", "balanced"]), st.integers(1, 50), st.integers(0, 9))
def test_the_batch_size_changes_nothing_but_the_cuts(
    augmentation: Augmentation | None, sampling: str, batch_size: int, epoch: int
) -> None:
    one = joined(list(make(augmentation=augmentation, sampling=sampling, batch_size=batch_size).epoch(epoch)))
    other = joined(list(make(augmentation=augmentation, sampling=sampling, batch_size=43).epoch(epoch)))
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("augmentation", AUGMENTATIONS[:3])
def test_a_sample_is_augmented_alike_wherever_it_stands(augmentation: Augmentation | None) -> None:
    shuffled = joined(list(make(augmentation=augmentation).epoch(3)))
    ordered = joined(list(make(augmentation=augmentation, shuffle=False).epoch(3)))
    fewer = joined(list(make(rows=ROWS[10:20], augmentation=augmentation).epoch(3)))
    back = torch.argsort(shuffled[2])
    assert torch.equal(shuffled[0][back], ordered[0])
    assert torch.equal(fewer[0][torch.argsort(fewer[2])], ordered[0][10:20])


def test_epochs_augment_otherwise() -> None:
    batches = make(augmentation=EVERYTHING, shuffle=False)
    first, second = (joined(list(batches.epoch(epoch)))[0] for epoch in (1, 2))
    different = (first != second).flatten(1).any(dim=1)
    assert different.all()


def test_draws_in_blocks_are_the_draws_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(make(augmentation=EVERYTHING).epoch(0))
    monkeypatch.setattr(batches_module, "_DRAWN_AT_ONCE", 17)
    assert same(list(make(augmentation=EVERYTHING).epoch(0)), whole)
    assert same(list(make(augmentation=EVERYTHING).epoch(0, start=3)), whole[3:])


def test_channels_last_holds_the_same_numbers() -> None:
    for augmentation in AUGMENTATIONS:
        plain = list(make(augmentation=augmentation).epoch(0))
        last = list(make(augmentation=augmentation, channels_last=True).epoch(0))
        assert same(plain, last)
        assert plain[0].images.is_contiguous()
        assert last[0].images.is_contiguous(memory_format=torch.channels_last)


def test_mixing_takes_the_next_of_the_epoch() -> None:
    plain = joined(list(make().epoch(2)))
    mixed = joined(list(make(augmentation=Augmentation(mixup=0.5)).epoch(2)))
    assert torch.equal(plain[2], mixed[2])
    hot = torch.nn.functional.one_hot(plain[1], CLASSES).float()
    following, following_hot = plain[0].roll(-1, 0), hot.roll(-1, 0)
    # The share, read off the targets where the two classes differ, must be the share of the pixels.
    differs = plain[1] != plain[1].roll(-1, 0)
    share = (mixed[1] * hot).sum(dim=1)
    expected = plain[0] * share[:, None, None, None] + following * (1 - share)[:, None, None, None]
    assert differs.sum() > 5
    torch.testing.assert_close(mixed[0][differs], expected[differs], atol=1e-4, rtol=0)
    torch.testing.assert_close(mixed[1], hot * share[:, None] + following_hot * (1 - share)[:, None])
    assert mixed[1].dtype == torch.float32
    torch.testing.assert_close(mixed[1].sum(dim=1), torch.ones(43))


def test_mixing_of_vectors_and_of_many_labels() -> None:
    vectors = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    data = dataset(vectors)
    preprocessing = fit_preprocessing(data, ROWS, "standardize")
    (batch,) = make(data, preprocessing=preprocessing, augmentation=Augmentation(mixup=1.0), batch_size=64).epoch(0)
    assert batch.images.shape == (43, 4)
    assert batch.targets.shape == (43, CLASSES)

    hot = np.random.default_rng(0).integers(0, 2, (N, CLASSES)).astype(np.float32)
    data = dataset(task="multilabel", targets=hot)
    (plain,) = make(data, batch_size=64).epoch(0)
    np.testing.assert_array_equal(plain.targets.numpy(), hot[plain.rows.numpy()])
    (mixed,) = make(data, batch_size=64, augmentation=Augmentation(cutmix=1.0)).epoch(0)
    assert ((mixed.targets >= 0) & (mixed.targets <= 1)).all()
    assert not torch.equal(mixed.targets, plain.targets)


def test_vectors_and_numbers() -> None:
    vectors = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    numbers = np.linspace(0, 1, N, dtype=np.float32)
    data = dataset(vectors, "regression", numbers)
    (batch,) = make(data, preprocessing=fit_preprocessing(data, ROWS, "none"), batch_size=99).epoch(0)
    np.testing.assert_array_equal(batch.images.numpy(), vectors[batch.rows.numpy()])
    assert batch.targets.dtype == torch.float32
    np.testing.assert_array_equal(batch.targets.numpy(), numbers[batch.rows.numpy()])


def test_float_images_brighten_within_the_range_of_the_training_rows() -> None:
    floats = np.random.default_rng(0).uniform(-1, 3, (N, 4, 4, 1)).astype(np.float32)
    floats[0] = 1000  # not a training row
    data = dataset(floats)
    augmentation = Augmentation(brightness=1.0)
    options: dict[str, Any] = {"preprocessing": fit_preprocessing(data, ROWS, "none"), "augmentation": augmentation}
    images = joined(list(make(data, **options).epoch(0)))[0]
    assert float(images.max()) == pytest.approx(floats[ROWS].max())
    assert float(images.min()) == pytest.approx(floats[ROWS].min())


def test_balanced_sampling_draws_the_classes_equally_often() -> None:
    _, targets, rows = joined(list(make(sampling="balanced").epoch(0)))
    counts = torch.bincount(targets, minlength=CLASSES)
    assert counts.max() - counts.min() <= 1
    assert len(rows) == 43
    assert LABELS[rows.numpy()].tolist() == targets.tolist()


def test_balanced_sampling_repeats_a_sample_with_other_augmentation() -> None:
    images, _, rows = joined(list(make(sampling="balanced", augmentation=Augmentation(rotate=90)).epoch(0)))
    repeated = int(torch.bincount(rows).argmax())
    versions = images[rows == repeated]
    assert len(versions) > 1
    assert all(not torch.equal(a, b) for a, b in pairwise(versions))


def test_the_sheet_is_what_the_first_batches_hold() -> None:
    batches = make(augmentation=Augmentation(flip="horizontal"))
    images, rows = sheet(batches, 11)
    assert (images.shape, images.dtype) == ((11, 6, 7, 3), np.uint8)
    first = joined(list(batches.epoch(1)))[2][:11].numpy()
    np.testing.assert_array_equal(rows, first)
    for image, row in zip(images, rows, strict=True):
        assert (image == PIXELS[row]).all() or (image == PIXELS[row][:, ::-1]).all()
    assert len(sheet(batches, 1000)[0]) == 43
    assert len(sheet(make(rows=ROWS[:0]), 5)[0]) == 0
    vectors = dataset(np.zeros((N, 4), np.float32))
    assert len(sheet(make(vectors, preprocessing=fit_preprocessing(vectors, ROWS, "none")), 5)[1]) == 0


@pytest.mark.parametrize("augmentation", [None, Augmentation(mixup=0.4, cutmix=1.0)])
def test_no_sample_is_left_alone_in_training(
    augmentation: Augmentation | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """43 rows in batches of 7 leave one over: batch normalisation could not train on it."""
    batches = make(batch_size=7, augmentation=augmentation)
    sizes = [len(batch.images) for batch in batches.epoch(1)]
    assert sizes == [7, 7, 7, 7, 7, 8]
    assert len(batches) == 6
    whole = make(batch_size=43, augmentation=augmentation)
    torch.testing.assert_close(joined(list(batches.epoch(1)))[0], joined(list(whole.epoch(1)))[0])
    monkeypatch.setattr(batches_module, "_DRAWN_AT_ONCE", 14)
    torch.testing.assert_close(joined(list(batches.epoch(1, 5)))[0], joined(list(whole.epoch(1)))[0][35:])
    assert [len(batch.images) for batch in make(batch_size=7, shuffle=False).epoch(0)] == [7] * 6 + [1]
    assert len(list(make(batch_size=1).epoch(0))) == 43


def test_no_rows_make_no_batches() -> None:
    for sampling in ("uniform", "balanced"):
        batches = make(rows=ROWS[:0], augmentation=EVERYTHING, sampling=sampling)
        assert (len(batches), batches.samples, list(batches.epoch(0))) == (0, 0, [])


def test_mistakes_are_explained() -> None:
    with pytest.raises(InputError, match="batch_size = 0"):
        make(batch_size=0)
    with pytest.raises(InputError, match=r"\(6, 7, 3\)[\s\S]*\(5, 7, 3\)"):
        make(preprocessing=Preprocessing(5, 7, 3, None, 1.0, (0.0,) * 3, (1.0,) * 3))
    numbers = dataset(task="regression", targets=np.zeros(N, np.float32))
    with pytest.raises(InputError, match="the task is regression"):
        make(numbers, sampling="balanced")
    with pytest.raises(InputError, match="shuffle is off"):
        make(sampling="balanced", shuffle=False)
    with pytest.raises(InputError, match="regression"):
        make(numbers, augmentation=Augmentation(mixup=0.2))
    with pytest.raises(InputError, match="out of view"):
        make(augmentation=Augmentation(crop=6))
    for epoch, start in ((0, -1), (0, 7), (-1, 0)):
        with pytest.raises(InputError, match="no step"):
            make().epoch(epoch, start)
    assert list(make().epoch(0, start=6)) == []
