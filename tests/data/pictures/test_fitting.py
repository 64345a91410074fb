"""Bringing a picture to a size: the same pixels as timm's own evaluation, and carried wherever pictures are read."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spirula.data.batching.preprocess import Preprocessing
from spirula.data.dataset import load, load_all
from spirula.data.pictures.decode import decode
from spirula.data.pictures.fitting import fit
from spirula.data.pictures.sizes import Plan, fit_pixels
from spirula.data.samples import Request, with_offer
from spirula.errors import DataError

OFFER = {"image_size": (32, 32), "resize": "crop", "interpolation": "bicubic", "crop_share": 0.875}


def photograph(height: int, width: int, seed: int = 0) -> Image.Image:
    """Smooth colours with some noise: what a resampler may do wrong shows."""
    rng = np.random.default_rng(seed)
    rough = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).resize((width, height), 3)
    noise = rng.integers(-30, 31, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(rough).astype(int) + noise, 0, 255).astype(np.uint8))


def theirs(image: Image.Image, size: int, share: float, interpolation: str) -> np.ndarray:
    from timm.data import create_transform

    transform = create_transform(
        (3, size, size), is_training=False, interpolation=interpolation, crop_pct=share, mean=(0.0,) * 3, std=(1.0,) * 3
    )
    return np.asarray(transform(image)).transpose(1, 2, 0) * 255.0


@pytest.mark.parametrize("sides", [(300, 420), (420, 300), (64, 64), (97, 31), (224, 224), (256, 700), (33, 512)])
@pytest.mark.parametrize(("size", "share"), [(64, 0.875), (224, 0.95), (48, 1.0)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_pixels_are_those_of_timms_evaluation(
    sides: tuple[int, int], size: int, share: float, interpolation: str
) -> None:
    image = photograph(*sides)
    ours = fit(image, size, size, "crop", interpolation, share).astype(float)
    difference = np.abs(ours - theirs(image, size, share, interpolation))
    # Rounded after rows and after columns, in either order: on average less than a third of one of 255 steps.
    assert difference.max() <= 6
    assert difference.mean() < 0.3


@pytest.mark.data
def test_pixels_of_real_photographs_are_timms(real_data: Path) -> None:
    with tarfile.open(real_data / "cats_vs_dogs_small.tar") as archive:
        names = [name for name in archive.getnames() if name.endswith(".jpg")][::250]
        for name in names:
            content = archive.extractfile(name)
            assert content is not None
            data = content.read()
            image = Image.open(io.BytesIO(data)).convert("RGB")
            whole = decode(data, channels=3)
            ours = fit(Image.fromarray(whole), 224, 224, "crop", "bicubic", 0.875).astype(float)
            assert np.abs(ours - theirs(image, 224, 0.875, "bicubic")).mean() < 0.25, name


def test_a_share_applies_to_pictures_of_the_right_size_too() -> None:
    image = photograph(64, 64)
    assert (fit(image, 64, 64, "crop", "bicubic", 0.5) != np.asarray(image)).any()
    assert (fit(image, 64, 64, "crop", "bicubic", 1.0) == np.asarray(image)).all()


def test_a_share_of_a_shape_that_is_not_square_keeps_its_shape() -> None:
    stripes = np.zeros((120, 240, 3), np.uint8)
    stripes[:, 120:] = 255  # one edge, in the middle
    cut = fit(Image.fromarray(stripes), 30, 90, "crop", "bilinear", 0.75)
    assert cut.shape == (30, 90, 3)
    assert (cut[:, :43] == 0).all()
    assert (cut[:, 47:] == 255).all()


@pytest.mark.parametrize("resize", ["squash", "crop", "pad"])
def test_interpolation_counts_in_every_mode(resize: str) -> None:
    image = photograph(90, 60)
    bilinear, bicubic = (fit(image, 24, 24, resize, name) for name in ("bilinear", "bicubic"))
    assert bilinear.shape == bicubic.shape == (24, 24, 3)
    assert (bilinear != bicubic).any()
    assert (fit(image, 24, 24, resize) == bilinear).all()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for place in range(12):
        folder = tmp_path / "사진" / ("고양이" if place % 2 else "강아지")
        folder.mkdir(parents=True, exist_ok=True)
        photograph(40 + place, 60 - place, place).save(folder / f"{place}.png")
    return tmp_path / "사진"


def test_a_backbones_wishes_apply_where_nobody_asked_otherwise(pictures: Path) -> None:
    dataset = load(pictures, offer=OFFER)
    assert {name: dataset.settings[name] for name in OFFER} == OFFER
    first = pictures / dataset.manifest.ids[0]
    assert (dataset.pixels[0] == fit(Image.open(first), 32, 32, "crop", "bicubic", 0.875)).all()
    asked = load(pictures, image_size=(24, 24), resize="squash", offer=OFFER)
    assert asked.settings["image_size"] == (24, 24)
    assert asked.settings["resize"] == "squash"
    assert asked.settings["interpolation"] == "bicubic"
    assert "crop_share" not in asked.settings


def test_the_same_pixels_whether_asked_for_offered_or_read_again(pictures: Path) -> None:
    offered = load(pictures, offer=OFFER)
    asked = load(pictures, **OFFER)
    again = load_all(pictures, **OFFER)
    assert (np.asarray(offered.pixels) == np.asarray(asked.pixels)).all()
    assert (np.asarray(offered.pixels) == np.asarray(again.pixels)).all()
    assert offered.content != ""


def test_what_is_only_offered_is_no_mistake_where_it_cannot_apply(tmp_path: Path) -> None:
    vectors, labels = np.random.default_rng(0).random((20, 5), dtype=np.float32), np.arange(20) % 2
    assert load((vectors, labels), offer=OFFER).input_shape == (5,)
    floats = np.random.default_rng(0).random((20, 8, 8, 3), dtype=np.float32)
    assert load((floats, labels), offer=OFFER).input_shape == (8, 8, 3)
    whole = OFFER | {"crop_share": 1.0, "image_size": (8, 8)}
    same = load(((floats * 255).astype(np.uint8), labels), offer=whole)
    assert same.settings["image_size"] == (8, 8)
    assert "resize" not in same.settings
    with pytest.raises(DataError, match=r"interpolation = .* would have no effect"):
        load(((floats * 255).astype(np.uint8), labels), interpolation="bicubic")


def test_many_channels_are_resized_one_by_one() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 5), dtype=np.uint8)
    fitted = fit_pixels(pixels, Plan(32, 32, 5, "crop", {}, "bicubic", 0.875).target())
    assert fitted.shape == (32, 32, 5)
    layer = fit(Image.fromarray(pixels[:, :, 4]), 32, 32, "crop", "bicubic", 0.875)
    assert (fitted[:, :, 4] == layer[:, :, 0]).all()


def test_an_offer_and_what_was_asked() -> None:
    request = with_offer(Request(resize="pad"), OFFER)
    assert (request.resize, request.crop_share, request.interpolation) == ("pad", None, "bicubic")
    assert request.offered == {"image_size", "interpolation"}
    assert request.without_offer() == Request(resize="pad")


def test_cards_and_plans_of_before_are_still_read() -> None:
    card = Preprocessing(32, 32, 3, "crop", 1.0, (0.0,) * 3, (1.0,) * 3, interpolation="bicubic", crop_share=0.875)
    assert Preprocessing.from_dict(card.to_dict()) == card
    old = {name: value for name, value in card.to_dict().items() if name not in ("interpolation", "crop_share")}
    assert Preprocessing.from_dict(old) == replace(card, interpolation=None, crop_share=None)
    plan = {"height": 8, "width": 8, "channels": 3, "resize": "squash", "derived": {}}
    assert Plan.from_dict(plan).crop_share is None
