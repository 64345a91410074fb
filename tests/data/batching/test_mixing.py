"""Mixing samples: shares, boxes, targets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from some_images import MANY, SHAPE, images

from spirula.data.batching.augment import draw
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.boxes import area, cutmix_boxes, inside
from spirula.data.batching.mixing import beta_quantile, mix_images, mix_targets


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 2.0, 8.0, 300.0])
def test_beta_quantiles_agree_with_scipy(alpha: float) -> None:
    u = np.linspace(0.001, 0.999, 999)
    np.testing.assert_allclose(beta_quantile(u, alpha), stats.beta.ppf(u, alpha, alpha), atol=2e-4)
    ends = beta_quantile(np.array([0.0, 1 - 2.0**-53]), alpha)
    assert ((ends >= 0) & (ends <= 1)).all()


def test_mixup_is_the_convex_combination_with_the_next() -> None:
    before, targets = images(5, 3, 3, 2), np.eye(4, dtype=np.float32)[[0, 1, 1, 3, 2]]
    share = np.array([0.0, 0.25, 0.9, 1.0], np.float32)
    after = mix_images(torch.from_numpy(before), blend=torch.from_numpy(share), patch=None).numpy()
    by = share[:, None, None, None]
    np.testing.assert_allclose(after, before[:-1] * by + before[1:] * (1 - by), rtol=1e-5)
    mixed = mix_targets(torch.from_numpy(targets), torch.from_numpy(share)).numpy()
    np.testing.assert_allclose(mixed, targets[:-1] * share[:, None] + targets[1:] * (1 - share[:, None]))
    np.testing.assert_allclose(mixed.sum(axis=1), 1)


def test_cutmix_pastes_a_box_of_the_next_and_counts_its_pixels() -> None:
    augmentation = Augmentation(cutmix=1.0)
    draws = draw(augmentation, 0, 0, np.arange(41), (10, 14, 1))
    assert draws.patch is not None
    assert draws.share is not None
    assert draws.blend is None
    before = images(41, 10, 14, 1)
    after = mix_images(torch.from_numpy(before), blend=None, patch=draws.patch[:-1])
    assert after.dtype == torch.uint8
    for i, (top, bottom, left, right) in enumerate(draws.patch[:-1].tolist()):
        expected = before[i].copy()
        expected[top:bottom, left:right] = before[i + 1, top:bottom, left:right]
        np.testing.assert_array_equal(after[i].numpy(), expected)
        kept = 1 - (bottom - top) * (right - left) / 140
        assert float(draws.share[i]) == pytest.approx(kept, abs=1e-6)


def test_cutmix_boxes_follow_the_paper() -> None:
    share = np.full(5000, 0.75)
    u = np.random.default_rng(0).random((2, 5000))
    boxes = cutmix_boxes(100, 60, share=share, x=u[0], y=u[1])
    top, bottom, left, right = boxes.T
    assert ((top >= 0) & (top <= bottom) & (bottom <= 100) & (left >= 0) & (left <= right) & (right <= 60)).all()
    uncut = (top > 0) & (bottom < 100) & (left > 0) & (right < 60)
    # A quarter of the image: half of each side.
    assert set((bottom - top)[uncut].tolist()) == {50}
    assert set((right - left)[uncut].tolist()) == {30}


def test_both_mixings_share_the_samples_evenly() -> None:
    draws = draw(Augmentation(mixup=0.4, cutmix=1.0), 0, 0, MANY, SHAPE)
    assert draws.blend is not None
    assert draws.patch is not None
    assert draws.share is not None
    cut = area(draws.patch.numpy()) > 0
    blended = draws.blend.numpy() < 1
    assert not (cut & blended).any()
    assert abs(blended.mean() - 0.5) < 0.02
    np.testing.assert_allclose(draws.share.numpy()[blended], draws.blend.numpy()[blended])


def test_shares_follow_their_distribution() -> None:
    draws = draw(Augmentation(mixup=0.3), 0, 0, MANY, (5,))
    assert draws.share is not None
    assert stats.kstest(draws.share.numpy(), stats.beta(0.3, 0.3).cdf).pvalue > 1e-4


def test_inside_is_the_box() -> None:
    mask = inside(torch.tensor([[1, 3, 0, 2], [0, 0, 0, 0]]), 4, 3)[..., 0].numpy()
    expected = np.zeros((2, 4, 3), bool)
    expected[0, 1:3, 0:2] = True
    np.testing.assert_array_equal(mask, expected)
