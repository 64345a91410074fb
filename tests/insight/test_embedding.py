"""What the last layer is given, its principal components, and the nearest training samples: against other tools."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from networks import BRANCHES, NOTES, RESIDUAL, Own, made
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from torch import Tensor, nn

from spirula.data.batching.batches import Batch
from spirula.insight.embedding.arrays import embedding_arrays
from spirula.insight.embedding.axes import principal
from spirula.insight.embedding.effort import effort
from spirula.insight.embedding.ending import embedded, joined, last_layer, listening
from spirula.insight.embedding.nearest import nearest
from spirula.insight.embedding.sight import Sight

GIVEN = torch.zeros(1, 1, 8, 8)


class Feed:
    """Random pictures in batches of 7."""

    def __init__(self, count: int = 20) -> None:
        self.images = torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(3))

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        for low in range(0, len(self.images), 7):
            part = self.images[low : low + 7]
            rows = torch.arange(low, low + len(part)) + 100
            yield Batch(part, torch.zeros(len(part), dtype=torch.int64), rows)


def unit(count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(count, dimensions))
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize(("model", "expected"), [(NOTES, "dense_1"), (BRANCHES, "dense"), (RESIDUAL, "dense")])
def test_the_last_layer_is_the_output_layer(model: str, expected: str) -> None:
    assert last_layer(made(model).module, GIVEN) == expected


def test_a_module_of_ones_own_is_asked_by_running_it() -> None:
    own = Own().eval()
    assert last_layer(own, GIVEN) == "last"
    twice = nn.Sequential(nn.Flatten(), layer := nn.Linear(64, 64), nn.ReLU(), layer)
    assert last_layer(twice, GIVEN) is None
    assert last_layer(nn.Flatten(), GIVEN) is None


def test_the_embedding_is_what_the_output_layer_multiplies() -> None:
    module, feed = made(NOTES).module, Feed()
    rows, values = embedded(module, "dense_1", feed)
    np.testing.assert_array_equal(rows, np.arange(20) + 100)
    with torch.no_grad():
        torch.testing.assert_close(module.get_submodule("dense_1")(values), module(feed.images))


def test_maps_before_a_last_convolution_are_averaged() -> None:
    module = nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Conv2d(5, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    feed = Feed()
    assert last_layer(module, GIVEN) == "2"
    _, values = embedded(module, "2", feed)
    with torch.no_grad():
        torch.testing.assert_close(values @ module[2].weight[:, :, 0, 0].T + module[2].bias, module(feed.images))


def test_sequences_are_averaged_over_their_positions() -> None:
    module = nn.Sequential(nn.Flatten(2), nn.Linear(64, 3))  # (n, 1, 64): one position
    _, values = embedded(module, "1", Feed())
    assert values.shape == (20, 64)


def test_listening_hears_the_picture_itself_and_not_its_other_views() -> None:
    module, feed = made(NOTES).module, Feed()
    heard: list[tuple[np.ndarray, np.ndarray]] = []
    with listening(module, "dense_1", lambda value: value.numpy()) as listener, torch.inference_mode():
        for batch in listener.over(feed, heard).epoch(0):
            module(batch.images)
            module(batch.images.flip(3)[:3])
    rows, values = joined(heard)
    expected_rows, expected = embedded(module, "dense_1", feed)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_array_equal(values, expected.numpy())
    assert not module.get_submodule("dense_1")._forward_pre_hooks


def low_rank(count: int, dimensions: int, rank: int = 40) -> Tensor:
    rng = np.random.default_rng(1)
    strength = 0.9 ** np.arange(rank)
    values = rng.normal(size=(count, rank)) * strength @ rng.normal(size=(rank, dimensions)) + 3
    return torch.from_numpy(values.astype(np.float32))


@pytest.mark.parametrize("dimensions", [50, 1500])
def test_axes_are_those_of_scikit_learn(dimensions: int) -> None:
    values = low_rank(300, dimensions)
    found, peer = principal(values), PCA(32, svd_solver="full").fit(values.numpy())
    assert found.axes.shape == (dimensions, 32)
    assert found.share == pytest.approx(peer.explained_variance_ratio_.sum(), abs=1e-4)
    agree = np.abs((found.axes.T * peer.components_).sum(axis=1))
    assert agree[:20].min() > 0.999  # what has nearly the same variance may turn
    points = found.points(values)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
    again = principal(values)
    np.testing.assert_array_equal(found.axes, again.axes)
    largest = np.abs(found.axes).argmax(axis=0)
    assert (found.axes[largest, np.arange(32)] > 0).all()


@pytest.mark.parametrize("values", [torch.ones(5, 8), torch.ones(1, 3), torch.arange(6.0)[:, None]])
def test_little_to_reduce_is_no_trouble(values: Tensor) -> None:
    axes = principal(values)
    points = axes.points(values)
    assert points.shape[1] >= 2
    assert np.isfinite(points).all()
    assert 0 <= axes.share <= 1


def test_the_nearest_are_those_of_scikit_learn() -> None:
    known, asked = unit(300, 9), unit(40, 9, 1)
    rows, similar = nearest(asked, known)
    distance, expected = NearestNeighbors(n_neighbors=5, metric="cosine").fit(known).kneighbors(asked)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(similar, 1 - distance, atol=1e-5)
    assert nearest(asked, known[:3])[0].shape == (40, 3)


def test_the_arrays_fit_together() -> None:
    sight = Sight.of(low_rank(60, 12))
    alike = np.ones((62, 1), np.float32) * 0.5
    seen = np.concatenate([np.concatenate([unit(60, 8), unit(2, 8, 1)]), alike], axis=1)
    splits = {"train": ([f"{i}" for i in range(60)], seen[:60]), "test": (["가", "나"], seen[60:])}
    labels = [str(i % 3) for i in range(60)]
    arrays = embedding_arrays(sight, "dense", splits, labels, of=600, laid_out=0)
    assert arrays["splits"].tolist() == ["train", "test"]
    assert arrays["test_ids"].tolist() == ["가", "나"]
    assert "train_nearest" not in arrays
    assert arrays["test_nearest"].dtype == np.int32
    assert arrays["test_likeness"].tolist() == [0.5, 0.5]
    product = arrays["test_points"].astype(np.float32) @ arrays["train_points"].astype(np.float32).T
    np.testing.assert_array_equal(arrays["test_nearest"], np.argsort(-product, axis=1, kind="stable")[:, :5])
    np.testing.assert_array_equal(arrays["test_map"], arrays["test_points"][:, :2].astype(np.float32))
    assert str(arrays["map_kind"]) == "components"
    laid_out = embedding_arrays(sight, "dense", splits, labels, of=600, laid_out=50)
    assert str(laid_out["map_kind"]) == "neighbours"
    assert laid_out["test_map"].shape == (2, 2)


def test_effort_grows_with_the_training_and_is_bounded() -> None:
    little, much = effort(1_000_000), effort(1_000_000, 1e9)
    assert (little.training, little.laid_out) == (1_500, 750)
    assert (much.training, much.laid_out) == (10_000, 5_000)
    assert effort(10**10).training == 200
