"""Training at a smaller size than the one that is asked about later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torchvision.transforms.v2 import functional as theirs

import spirula as sp
from spirula.data.batching.augment import augment, draw
from spirula.data.batching.augmentation import Augmentation
from spirula.errors import ConfigError, InputError
from spirula.recipe import make_recipe

POOLED = "Conv2D(4, 3, activation='relu'), GlobalAveragePooling2D()"
SAMPLES = np.arange(12, dtype=np.int64)


def photos(count: int, height: int, width: int) -> NDArray[np.uint8]:
    """Smooth colour pictures."""
    small = torch.rand(count, 3, 4, 5, generator=torch.Generator().manual_seed(1)) * 255
    large = torch.nn.functional.interpolate(small, (height, width), mode="bicubic").clamp(0, 255)
    return large.permute(0, 2, 3, 1).to(torch.uint8).contiguous().numpy()


def test_resized_crops_of_a_size_are_torchvisions() -> None:
    images = torch.from_numpy(photos(12, 40, 60))
    asked = Augmentation(resized_crop=0.2, train_size=(30, 45))
    drawn = draw(asked, 0, 1, SAMPLES, (40, 60, 3))
    after = augment(images, asked, drawn)
    assert after.shape == (12, 30, 45, 3)
    assert after.dtype == torch.uint8
    assert drawn.boxes is not None
    for image, (top, bottom, left, right), ours in zip(images, drawn.boxes.tolist(), after, strict=True):
        expected = theirs.resized_crop(
            image.permute(2, 0, 1), top, left, bottom - top, right - left, [30, 45], antialias=True
        )
        assert torch.equal(ours.permute(2, 0, 1), expected)


def test_beside_a_turn_the_one_resampling_has_the_size() -> None:
    """Turned by next to nothing, the same pieces; bilinear samples where the bytes were antialiased."""
    images = torch.from_numpy(photos(12, 40, 60))
    plain, turned = (Augmentation(resized_crop=0.2, train_size=(30, 45), rotate=turn) for turn in (None, 1e-6))
    one, other = (augment(images, asked, draw(asked, 0, 1, SAMPLES, (40, 60, 3))) for asked in (plain, turned))
    assert other.shape == (12, 30, 45, 3)
    inner = (slice(None), slice(2, -2), slice(2, -2))
    assert (one.float() - other)[inner].abs().mean() < 2


def test_erasing_and_mixing_reach_the_whole_of_the_small_images_and_no_further() -> None:
    asked = Augmentation(resized_crop=0.5, train_size=(20, 30), erase=1.0, cutmix=1.0)
    many = np.arange(3000, dtype=np.int64)
    drawn = draw(asked, 0, 1, many, (40, 60, 3))
    for boxes in (drawn.erased, drawn.patch):
        assert boxes is not None
        top, bottom, left, right = boxes[boxes[:, 1] > boxes[:, 0]].T.tolist()
        assert (min(top), max(bottom), min(left), max(right)) == (0, 20, 0, 30)


@pytest.mark.parametrize(
    ("size", "shape"),
    [((40, 60), (40, 60, 3)), ((50, 75), (40, 60, 3)), ((30, 30), (40, 60, 3)), ((0, 0), (40, 60, 3))],
)
def test_a_size_that_is_not_smaller_or_of_another_shape(size: tuple[int, int], shape: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match=r"not a smaller size of the shape of the images, 40×60[\s\S]*30x45"):
        Augmentation(resized_crop=0.5, train_size=size).check(shape, "classification")
    Augmentation(resized_crop=0.5, train_size=(30, 45)).check(shape, "classification")


def test_it_is_the_size_of_resized_crops() -> None:
    with pytest.raises(ConfigError, match=r"train_size = \(16, 16\) would have no effect: it needs --resized-crop"):
        make_recipe(source="digits", train_size=16)
    with pytest.raises(InputError, match="train_size is the size of resized crops"):
        Augmentation(train_size=(16, 16))


def test_training_is_small_and_everything_else_is_not(tmp_path: Path) -> None:
    images, labels = photos(40, 24, 24), np.arange(40) % 2
    options: dict[str, Any] = {"resized_crop": 0.3, "train_size": 16, "epochs": 1, "batch_size": 8, "validation": 0.2}
    run = sp.train((images, labels), model=POOLED, runs=tmp_path, progress="quiet", **options)
    assert run.folder.config()["augmentation"]["train_size"] == [16, 16]
    assert run.verified
    assert len(run.predict(images[:3])) == 3


def test_a_network_of_one_size_is_told(tmp_path: Path) -> None:
    images, labels = photos(40, 24, 24), np.arange(40) % 2
    with pytest.raises(ConfigError, match=r"takes only 24×24[\s\S]*GlobalAveragePooling2D"):
        sp.train((images, labels), model="two-conv", resized_crop=0.3, train_size=16, epochs=1, runs=tmp_path)


@pytest.mark.parametrize("size", ["18x24", (18, 24), [18, 24]])
def test_batches_are_small(size: Any) -> None:
    images = photos(10, 24, 32)
    view = sp.batches(images, augment={"resized_crop": 0.3, "train_size": size}, batch_size=4)
    assert [tuple(batch.shape) for batch in view] == [(4, 18, 24, 3), (4, 18, 24, 3), (2, 18, 24, 3)]
    with pytest.raises(InputError, match="18×18 is not a smaller size"):
        next(iter(sp.batches(images, augment={"resized_crop": 0.3, "train_size": 18})))
