"""flip = alternating: two epochs show every image both ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spirula.data.batching.augment import augment, draw
from spirula.data.batching.augmentation import Augmentation
from spirula.errors import InputError

ALTERNATING = Augmentation(flip="alternating")
ROWS = np.arange(4_000)


def flipped(epoch: int, seed: int = 0, rows: np.ndarray = ROWS) -> np.ndarray:
    drawn = draw(ALTERNATING, seed, epoch, rows, (8, 8, 3)).flip_horizontal
    assert drawn is not None
    return drawn.numpy()


@pytest.mark.parametrize("epoch", [1, 2, 7])
def test_two_epochs_show_every_image_both_ways(epoch):
    assert (flipped(epoch) ^ flipped(epoch + 1)).all()
    assert (flipped(epoch) == flipped(epoch + 2)).all()


def test_half_of_the_images_are_mirrored_in_each_epoch_and_the_seed_says_which():
    for epoch in (1, 2):
        assert abs(flipped(epoch).mean() - 0.5) < 0.03  # 4,000 fair coins: three standard deviations are 0.024
    assert 0.4 < (flipped(1) ^ flipped(1, seed=1)).mean() < 0.6


def test_a_sample_has_its_side_wherever_it_stands():
    order = np.random.default_rng(0).permutation(ROWS)
    assert (flipped(3, rows=order) == flipped(3)[order]).all()


def test_an_ordinary_flip_shows_half_of_the_images_the_same_way_again():
    drawn = [draw(Augmentation(flip="horizontal"), 0, epoch, ROWS, (8, 8, 3)).flip_horizontal for epoch in (1, 2)]
    assert 0.4 < (drawn[0] ^ drawn[1]).float().mean() < 0.6


def test_it_is_left_to_right_and_nothing_else():
    images = torch.arange(2 * 3 * 4 * 1, dtype=torch.uint8).view(2, 3, 4, 1)
    rows = np.arange(2)
    seen = [augment(images, ALTERNATING, draw(ALTERNATING, 0, epoch, rows, (3, 4, 1))) for epoch in (1, 2)]
    for one, other in zip(*seen, strict=True):
        assert torch.equal(one, other.flip(1))
    assert draw(ALTERNATING, 0, 1, rows, (3, 4, 1)).flip_vertical is None


def test_other_words_are_refused():
    with pytest.raises(InputError, match="horizontal, vertical, both or alternating"):
        Augmentation(flip="sometimes")  # type: ignore[arg-type]
