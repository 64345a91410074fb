"""The first layer that is measured: its outputs on the training patches are uncorrelated and of variance 1."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, unfold

from spirula.errors import ModelError
from spirula.models.build import build
from spirula.models.modules import Normalization
from spirula.models.whitening import EPSILON, first_convolution, whiten, whitening_filters


def images(channels: int = 3, count: int = 40, side: int = 12) -> torch.Tensor:
    """Smooth pictures, whose neighbouring pixels and channels are strongly correlated."""
    generator = torch.Generator().manual_seed(channels)
    rough = torch.randn(count, channels, side + 4, side + 4, generator=generator)
    smooth = nn.functional.avg_pool2d(rough, 5, stride=1)
    return smooth + smooth.mean(1, keepdim=True) + 0.3


def network(filters: int, kernel: int, channels: int, **options: object) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(channels, filters, kernel, **options), nn.GELU(), nn.Flatten(), nn.LazyLinear(2))


@pytest.mark.parametrize(("channels", "kernel"), [(1, 2), (1, 3), (3, 2)])
def test_outputs_on_the_training_patches_have_variance_one_and_no_correlation(channels, kernel):
    pictures, count = images(channels), channels * kernel * kernel
    module = network(2 * count, kernel, channels)
    assert whiten(module, pictures.split(16)) == "0"
    outputs = module[0](pictures).detach().movedim(1, -1).reshape(-1, 2 * count).double()
    covariance = torch.cov(outputs[:, :count].T, correction=0)
    patches = unfold(pictures, kernel).movedim(1, -1).reshape(-1, count).double()
    shares = torch.linalg.eigvalsh(torch.cov(patches.T, correction=0)).flip(0)
    torch.testing.assert_close(covariance, torch.diag(shares / (shares + EPSILON)), atol=1e-4, rtol=0)
    torch.testing.assert_close(outputs[:, count:], -outputs[:, :count])  # both signs of each


def test_the_filters_times_their_covariance_are_the_published_formula():
    generator = torch.Generator().manual_seed(1)
    half = torch.randn(6, 6, generator=generator)
    covariance = half @ half.T
    filters = whitening_filters(covariance, 12, epsilon=0.0)[:6]
    torch.testing.assert_close(filters @ covariance @ filters.T, torch.eye(6), atol=1e-3, rtol=0)
    values, vectors = torch.linalg.eigh(covariance)
    first = vectors[:, -1] / values[-1].sqrt()
    torch.testing.assert_close(filters[0].abs(), first.abs(), atol=1e-4, rtol=1e-4)


def test_fewer_filters_are_the_directions_of_most_variance():
    generator = torch.Generator().manual_seed(1)
    half = torch.randn(9, 9, generator=generator)
    every, few = (whitening_filters(half @ half.T, count) for count in (18, 6))
    torch.testing.assert_close(few, torch.cat([every[:3], every[9:12]]))


def test_a_direction_without_signal_is_not_blown_up():
    filters = whitening_filters(torch.zeros(4, 4), 8)
    assert torch.isfinite(filters).all()
    assert filters.abs().max() <= EPSILON**-0.5 * 1.0001


def test_what_stands_before_the_convolution_is_applied_and_its_mode_is_kept():
    pictures = images(1)
    before = Normalization(1, torch.tensor([0.3]), torch.tensor([4.0]))
    module = nn.Sequential(before, nn.Dropout(0.9), nn.Conv2d(1, 8, 2), nn.Flatten(), nn.LazyLinear(2)).train()
    whiten(module, [pictures])
    assert all(part.training for part in module.modules())
    plain = network(8, 2, 1)
    whiten(plain, [(pictures - 0.3) / 2])
    torch.testing.assert_close(module[2].weight, plain[0].weight)
    assert module[2].bias.abs().max() == 0


def test_the_order_and_size_of_batches_do_not_matter():
    pictures = images(3)
    one, other = network(24, 2, 3), network(24, 2, 3)
    whiten(one, [pictures])
    whiten(other, reversed(pictures.split(7)))
    torch.testing.assert_close(one[0].weight, other[0].weight, atol=1e-4, rtol=1e-4)


def test_dense_networks_and_wrong_numbers_of_filters_are_refused():
    with pytest.raises(ModelError, match="does not begin with a convolution"):
        first_convolution(build("dense", input_shape=(8, 8, 1), outputs=2).module)
    with pytest.raises(ModelError, match="32 filters, and patches of 3×3×1 have 9 directions"):
        first_convolution(build("two-conv", input_shape=(8, 8, 1), outputs=2).module)
    with pytest.raises(ModelError, match="7 filters"):
        first_convolution(network(7, 2, 3))
    with pytest.raises(ModelError, match="at least one training sample"):
        whiten(network(24, 2, 3), [])


def test_padding_and_strides_of_the_layer_leave_its_filters_as_they_are():
    pictures = images(3)
    plain, strided = network(24, 2, 3), network(24, 2, 3, stride=2, padding=1)
    whiten(plain, [pictures])
    whiten(strided, [pictures])
    assert torch.equal(plain[0].weight, strided[0].weight)
    assert conv2d(pictures, strided[0].weight, stride=2).shape[1] == 24
