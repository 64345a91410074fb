"""How like the training pictures something is: what is near is, what is elsewhere is not."""

from __future__ import annotations

import numpy as np
import torch

from spirula.insight.embedding.likeness import MOST, MOST_NUMBERS, likeness, reference_of
from spirula.insight.embedding.sight import Known, Sight


def blobs(count: int, dimensions: int = 40, seed: int = 0) -> torch.Tensor:
    """Two groups of embeddings, neither around zero."""
    rng = np.random.default_rng(seed)
    centres = np.zeros((2, dimensions))
    centres[0, :5], centres[1, 5:10] = 6, 6
    return torch.from_numpy((centres[np.arange(count) % 2] + rng.normal(size=(count, dimensions))).astype(np.float32))


def test_it_is_the_mean_cosine_of_the_five_nearest_seen_from_half_the_mean() -> None:
    train, other = blobs(200), blobs(30, seed=1)
    mean = train.mean(0).numpy()
    a, b = (values.numpy() - 0.5 * mean for values in (other, train))
    cosines = (a / np.linalg.norm(a, axis=1, keepdims=True)) @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T
    expected = np.sort(cosines, axis=1)[:, -5:].mean(axis=1)
    np.testing.assert_allclose(likeness(other, mean, reference_of(train)), expected, atol=2e-3)  # float16


def test_what_lies_elsewhere_is_less_alike() -> None:
    train = blobs(300)
    known = likeness(blobs(100, seed=1), train.mean(0).numpy(), reference_of(train))
    elsewhere = torch.roll(blobs(100, seed=2), 20, dims=1)
    strange = likeness(elsewhere, train.mean(0).numpy(), reference_of(train))
    assert known.min() > strange.max()


def test_the_reference_is_bounded_and_evenly_taken() -> None:
    assert reference_of(blobs(5000)).shape == (MOST, 40)
    wide = reference_of(torch.ones(500, 4000) + torch.eye(500, 4000))
    assert wide.dtype == np.float16
    assert len(wide) == MOST_NUMBERS // 4000
    np.testing.assert_allclose(np.linalg.norm(wide.astype(np.float32), axis=1), 1, atol=2e-3)


def test_a_dead_network_gives_numbers_all_the_same() -> None:
    sight = Sight.of(torch.zeros(10, 6))
    assert np.isfinite(sight(torch.zeros(3, 6))).all()


def test_sight_is_read_back_as_it_was_stored() -> None:
    train, other = blobs(60), blobs(4, seed=3)
    sight = Sight.of(train)
    seen = sight(train)
    arrays = {
        **{"mean": sight.axes.mean, "axes": sight.axes.axes, "share": np.asarray(0.5), "reference": sight.reference},
        **{"train_ids": np.asarray(["가"] * 60), "train_labels": np.asarray(["나"] * 60)},
        "train_points": seen[:, :-1].astype(np.float16),
    }
    known = Known.from_arrays(arrays)
    np.testing.assert_array_equal(known.sight(other), sight(other))
    assert (known.ids[0], known.labels[0]) == ("가", "나")
    assert seen.shape == (60, 33)
