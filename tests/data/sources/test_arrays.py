from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spirula.data.dataset import load
from spirula.errors import DataError

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (20, 6, 5), dtype=np.uint8)
LABELS = np.arange(20) % 4


def test_x_and_y() -> None:
    data = load((BYTES, LABELS))
    assert data.pixels.shape == (20, 6, 5, 1)
    assert (data.pixels[..., 0] == BYTES).all()
    assert data.manifest.classes == ("0", "1", "2", "3")
    assert data.manifest.ids[:2] == ("000000", "000001")
    assert data.manifest.counts() == {"train": 14, "validation": 4, "test": 2}
    assert data.input_shape == (6, 5, 1)


@pytest.mark.parametrize(
    "keys",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X_train", "Y_train", "X_test", "Y_test"),
    ],
)
def test_dictionaries_and_npz(keys: tuple[str, ...], tmp_path: Path) -> None:
    arrays = dict(zip(keys, (BYTES, LABELS, BYTES[:8], LABELS[:8]), strict=True))
    np.savez(tmp_path / "data.npz", **arrays)
    for source in (arrays, tmp_path / "data.npz", str(tmp_path / "data.npz")):
        data = load(source, validation=0.25)
        assert data.manifest.counts() == {"train": 15, "validation": 5, "test": 8}
        assert data.manifest.ids[0] == "train/000000"
        assert data.manifest.ids[20] == "test/000000"
        assert (data.pixels[20:, :, :, 0] == BYTES[:8]).all()


def test_medmnist_style_keys_with_column_labels() -> None:
    arrays = {f"{split}_images": BYTES for split in ("train", "val", "test")}
    arrays |= {f"{split}_labels": LABELS[:, None] for split in ("train", "val", "test")}
    assert load(arrays).manifest.counts() == {"train": 20, "validation": 20, "test": 20}


def test_class_names_and_groups_in_a_dictionary() -> None:
    names = np.array(["zebra", "ant", "cow", "dog"])
    data = load({"x": BYTES, "y": LABELS, "classes": names, "groups": np.arange(20) // 5})
    assert data.manifest.classes == ("zebra", "ant", "cow", "dog")
    for group in range(4):
        assert len(set(data.manifest.splits[group * 5 : group * 5 + 5])) == 1


def test_text_labels() -> None:
    data = load((BYTES, np.array(["b", "a"] * 10)))
    assert data.manifest.classes == ("a", "b")
    assert data.manifest.targets[:2].tolist() == [1, 0]


def test_floats_stay_as_they_are() -> None:
    images = RNG.normal(size=(20, 4, 4, 3))
    data = load((images, LABELS))
    assert data.pixels.dtype == np.float32
    assert np.allclose(data.pixels, images)
    vectors = load((images.reshape(20, -1), LABELS))
    assert vectors.input_shape == (48,)
    assert "image_size" not in vectors.settings


def test_other_types_of_pixels() -> None:
    assert (load((BYTES.astype(np.int64), LABELS)).pixels[..., 0] == BYTES).all()
    assert set(np.unique(load((BYTES > 99, LABELS)).pixels)) == {0, 255}
    channels_first = load((RNG.integers(0, 256, (20, 3, 6, 7), dtype=np.uint8), LABELS))
    assert channels_first.input_shape == (6, 7, 3)
    assert any("channels" in note for note in channels_first.manifest.notes)


def test_tensors_lists_and_one_hot() -> None:
    import torch

    data = load((torch.from_numpy(BYTES.copy()), torch.from_numpy(np.eye(4)[LABELS])))
    assert data.manifest.targets.tolist() == LABELS.tolist()
    assert "one-hot" in data.derived["task"]
    assert len(load((BYTES.tolist(), LABELS.tolist()))) == 20


class Pairs:
    """What a map-style data set looks like."""

    classes = ("ant", "bee", "cow", "dog")

    def __init__(self, images: list[Any]) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Any, int]:
        return self.images[row], int(LABELS[row])


def test_map_style_data_sets() -> None:
    import torch

    pictures = load(Pairs([Image.fromarray(image) for image in BYTES]))
    arrays = load(Pairs(list(BYTES)))
    tensors = load(Pairs([torch.from_numpy(image[None].astype(np.float32)) for image in BYTES]))
    assert pictures.manifest.classes == arrays.manifest.classes == ("ant", "bee", "cow", "dog")
    assert (pictures.pixels == arrays.pixels).all()
    assert tensors.input_shape == (6, 5, 1)
    assert (pictures.manifest.splits == arrays.manifest.splits).all()
    assert pictures.manifest.targets.tolist() == LABELS.tolist()


def test_map_style_pictures_of_several_sizes_are_brought_to_one() -> None:
    images = [Image.fromarray(RNG.integers(0, 256, (30 + row, 40, 3), dtype=np.uint8)) for row in range(20)]
    data = load(Pairs(images))
    assert data.input_shape == (32, 32, 3)
    assert load(Pairs(images), image_size=(10, 12), channels=1, resize="crop").input_shape == (10, 12, 1)
    with pytest.raises(DataError, match="shapes"):
        load(Pairs([np.asarray(image) for image in images]))


def test_images_in_arrays_are_resized_on_request() -> None:
    data = load((BYTES, LABELS), image_size=(3, 3), channels=3)
    assert data.pixels.shape == (20, 3, 3, 3)
    expected = Image.fromarray(BYTES[7]).convert("RGB").resize((3, 3), Image.Resampling.BILINEAR)
    assert (data.pixels[7] == np.asarray(expected)).all()
    assert data.settings["resize"] == "squash"
    with pytest.raises(DataError, match="no effect"):
        load((BYTES, LABELS), resize="crop")
    with pytest.raises(DataError, match="float"):
        load((BYTES.astype(float), LABELS), image_size=(3, 3))
    with pytest.raises(DataError, match="vectors"):
        load((np.zeros((20, 4)), LABELS), image_size=(3, 3))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ((BYTES, LABELS[:19]), "20 images but 19 labels"),
        ((np.full((4, 3, 3), np.nan), [0, 1, 0, 1]), "NaN"),
        ((np.zeros((4, 5, 5, 7)), [0, 1, 0, 1]), "7 channels"),
        ((np.full((4, 3, 3), 300), [0, 1, 0, 1]), "outside 0…255"),
        ((np.zeros(4), [0, 1, 0, 1]), "neither images nor vectors"),
        ((np.zeros((0, 3, 3)), []), "no samples"),
        ({"x": BYTES}, "pair images with labels"),
        ({"x": BYTES, "z": LABELS}, "has the keys x, z"),
        ({"x_trian": BYTES, "y_train": LABELS}, 'Did you mean "x_train"'),
        ({"x_train": BYTES, "y_train": LABELS, "x_test": BYTES[:, :3], "y_test": LABELS}, "differ in shape"),
        ({"x_train": BYTES, "y_train": LABELS, "x_test": BYTES, "y_test": LABELS + 1}, 'test has classes.*"4"'),
        ((BYTES, np.zeros(20, dtype=int)), "one class only"),
        (42, "int is not a source"),
        (object(), "object is not a source"),
    ],
)
def test_arrays_that_cannot_be_used(source: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(source)


def test_items_that_are_no_pairs() -> None:
    with pytest.raises(DataError, match="not \\(image, label\\)"):
        load([1, 2, 3])


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", x=np.array([{"a": 1}], dtype=object), y=np.array([1]))
    with pytest.raises(DataError, match="pickled"):
        load(tmp_path / "bad.npz")
    (tmp_path / "worse.npz").write_bytes(b"\x80\x04\x95not an archive")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / "worse.npz")
    file = io.BytesIO()
    np.savez(file, x=BYTES, y=LABELS)
    (tmp_path / "torn.npz").write_bytes(file.getvalue()[:500])
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / "torn.npz")
