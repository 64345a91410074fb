"""Batches to look at: the shapes that the study notes print, the same samples as training, the pipeline's verbs."""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from two_classes import folder

import spirula as sp
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.errors import InputError

pytestmark = pytest.mark.usefixtures("own_cache")


def test_the_shapes_of_the_study_notes(tmp_path: Path) -> None:
    """image_dataset_from_directory(…, image_size=(180, 180), batch_size=32): (32, 180, 180, 3) and (32,)."""
    view = sp.batches(folder(tmp_path / "pets"), image_size=180, validation=0.1, test=0)
    for images, labels in view:
        assert images.shape == (32, 180, 180, 3)
        assert labels.shape == (32,)
        break
    assert view.shapes == "images (32, 180, 180, 3) uint8 · labels (32,) int64"
    assert [tuple(images.shape) for images, _ in view] == [(32, 180, 180, 3), (4, 180, 180, 3)]
    assert len(view) == 2
    assert repr(view).endswith("train: 36 of 40 samples · 2 classes: dog, 고양이")


def test_a_folder_with_validation_split_seed_and_binary_labels(tmp_path: Path) -> None:
    """image_dataset_from_directory(…, validation_split=0.2, subset=…, seed=1, image_size=(128, 128), "binary")."""
    pets = folder(tmp_path / "pets")
    options = {"validation": 0.2, "test": 0, "seed": 1, "image_size": (128, 128), "batch_size": 8}
    train, held = (sp.batches(pets, split, **options) for split in ("train", "val"))
    assert held.split == "validation"
    assert (len(train.rows), len(held.rows)) == (32, 8)
    assert not {*train.rows} & {*held.rows}
    for view in (train, held):
        for images, labels in view:
            assert images.shape[1:] == (128, 128, 3)
            assert set(labels.tolist()) <= {0, 1}
            assert torch.equal(labels == view.classes.index("dog"), images.float().mean((1, 2, 3)) > 127)
    again, other = (sp.batches(pets, "validation", **{**options, "seed": seed}) for seed in (1, 2))
    assert np.array_equal(held.rows, again.rows)
    assert not np.array_equal(held.rows, other.rows)


def test_pixels_pass_through_untouched() -> None:
    data = sp.load("digits")
    view = sp.batches(data, "all", batch_size=100)
    pixels = torch.cat([images for images, _ in view])
    assert np.array_equal(pixels.numpy(), data.pixels)
    assert np.array_equal(torch.cat([labels for _, labels in view]).numpy(), data.manifest.targets)


@pytest.mark.parametrize("normalize", ["unit", "standardize"])
def test_it_is_what_training_gets(normalize: str) -> None:
    data, change = sp.load("digits", seed=5), Augmentation(rotate=20, mixup=0.4)
    rows = data.rows("train")
    preprocessing = fit_preprocessing(data, rows, normalize)
    own = Batches(data, rows, batch_size=32, preprocessing=preprocessing, seed=5, shuffle=True, augmentation=change)
    words = {"rotate": 20, "mixup": 0.4}
    view = sp.batches(data, shuffle=True, augment=words, normalize=normalize, layout="NCHW", seed=5)
    for number in (1, 2):
        for batch, (images, labels) in zip(own.epoch(number), view.epoch(number), strict=True):
            assert torch.equal(batch.images, images)
            assert torch.equal(batch.targets, labels)


def dim(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return images * torch.rand((), generator=generator)


def test_an_augmentation_of_ones_own() -> None:
    plain = sp.batches("digits", batch_size=100)
    view = sp.batches("digits", batch_size=100, augment={"augment": dim})
    for (before, _), (after, _), (again, _) in zip(plain, view, view, strict=True):
        assert torch.equal(after, again)
        share = after.float().sum() / before.float().sum()
        assert 0 <= share < 1
        assert torch.allclose(after.float(), before * share, atol=1.1)
    shuffled = view.shuffle(seed=3)
    assert not torch.equal(next(iter(shuffled))[0], next(iter(view))[0])
    for options, match in (
        ({"custom": "x.py"}, "no effect"),
        ({"augment": {"augment": "dim"}}, "does not name a piece"),
        ({"augment": {"augment": "custom.dim"}}, "nothing of that name was given"),
    ):
        with pytest.raises(InputError, match=match):
            sp.batches("digits", **options)


def test_order_is_a_function_of_seed_and_epoch() -> None:
    view = sp.batches("digits", shuffle=True, batch_size=500)
    first, again, second = ([labels.tolist() for _, labels in view.epoch(number)] for number in (1, 1, 2))
    assert first == again == [labels.tolist() for _, labels in view]
    assert sorted(label for part in first for label in part) == sorted(label for part in second for label in part)
    assert first != second
    assert first != [labels.tolist() for _, labels in view.shuffle(seed=1)]
    assert view.batch(500).seed == view.seed


def test_arrays_without_labels_one_by_one_and_in_batches() -> None:
    """from_tensor_slices(normal(1000, 16)): elements of (16,); .batch(32): (32, 16); .map(reshape): (4, 4)."""
    numbers = np.random.default_rng(0).normal(size=(1000, 16))
    single = sp.batches(numbers, batch_size=None)
    assert [tuple(item.shape) for item in single.take(3)] == [(16,)] * 3
    assert len(single) == 1000
    batched = single.batch(32)
    assert [tuple(item.shape) for item in batched.take(3)] == [(32, 16)] * 3
    assert len(batched) == 32  # 31 whole ones and one of 8
    assert torch.equal(torch.cat(list(batched)), torch.from_numpy(numbers.astype(np.float32)))
    reshaped = single.map(lambda item: item.reshape(4, 4))
    assert tuple(next(iter(reshaped)).shape) == (4, 4)
    assert reshaped.shapes == "values (4, 4) float32"


def test_arrays_with_labels_are_not_divided_unless_asked() -> None:
    x, y = np.zeros((50, 6, 7), np.uint8), np.arange(50) % 2
    assert sp.batches((x, y)).shapes == "images (32, 6, 7, 1) uint8 · labels (32,) int64"
    assert len(sp.batches((x, y)).rows) == 50
    assert len(sp.batches((x, y), validation=0.2).rows) == 40
    assert sp.batches((torch.from_numpy(x), y), layout="NCHW").shapes.startswith("images (32, 1, 6, 7)")


def test_map_take_and_prefetch_keep_the_order() -> None:
    view = sp.batches("digits", batch_size=100)
    plain = [labels.tolist() for _, labels in view]
    mapped = view.map(lambda images, labels: (images.float() / 255, labels)).map(lambda images, labels: labels + 1)
    fetched = mapped.prefetch(3)
    assert [labels.tolist() for labels in fetched] == [[label + 1 for label in part] for part in plain]
    assert [labels.tolist() for labels in fetched.take(2)] == [labels.tolist() for labels in mapped.take(2)]
    assert len(view.take(2)) == 2
    assert len(view.take(2).take(5)) == 2
    assert [labels.tolist() for _, labels in view] == plain  # the view itself is as it was


def test_prefetching_works_ahead_ends_its_thread_and_passes_errors_on() -> None:
    made: list[int] = []

    def note(images: torch.Tensor, labels: torch.Tensor) -> int:
        made.append(len(labels))
        if len(made) == 6:
            raise RuntimeError("the sixth")
        return len(made)

    items = iter(sp.batches("digits", batch_size=100).map(note).prefetch(2))
    assert next(items) == 1
    items.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]
    assert len(made) <= 4
    made.clear()
    with pytest.raises(RuntimeError, match="the sixth"):
        list(sp.batches("digits", batch_size=100).map(note).prefetch(2))


def test_it_shows_itself_with_labels(tmp_path: Path) -> None:
    view = sp.batches(folder(tmp_path / "pets"), batch_size=6, shuffle=True, image_size=16)
    page = view._repr_html_()
    labels = [view.classes[label] for label in next(iter(view))[1]]
    assert page.count("<image") == 6
    for name in ("고양이", "dog"):
        assert len(re.findall(rf">{name}<", page)) == labels.count(name)
    assert "(6, 16, 16, 3)" in page
    images, texts = view.pictures()
    assert texts == labels
    assert np.array_equal(images, next(iter(view))[0].numpy())
    single = view.batch(None)
    assert single.pictures(4)[0].shape == (4, 16, 16, 3)
    vectors = sp.batches(np.zeros((4, 3)))
    assert "(4, 3)" in vectors._repr_html_()
    with pytest.raises(InputError, match="no pictures"):
        vectors.sheet(tmp_path / "x.png")


def test_mixed_labels_say_their_shares() -> None:
    view = sp.batches("digits", augment={"mixup": 5.0}, batch_size=8)
    assert view.shapes == "images (8, 8, 8, 1) uint8 · labels (8, 10) float32"
    assert any(re.fullmatch(r"\d 0\.\d\d, \d 0\.\d\d", text) for text in view.pictures()[1])


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_the_sheet_of_one_batch(tmp_path: Path, ending: str) -> None:
    view = sp.batches(folder(tmp_path / "pets"), batch_size=10, image_size=16)
    path = view.sheet(tmp_path / f"배치.{ending}")
    if ending == "png":
        with Image.open(path) as image:
            assert image.format == "PNG"
            pixels = np.asarray(image.convert("L"))
        assert (pixels < 250).mean() > 0.1  # there is something on it
        assert image.height > 2 * 132  # ten pictures take two rows
        return
    text = path.read_text(encoding="utf-8")
    assert text.count("<image") == 10
    assert "src=" not in re.sub(r"href=\"data:[^\"]*\"", "", text)  # nothing from elsewhere
    if ending == "svg":
        ET.fromstring(text)


def test_python_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    section = page[page.index("## Looking at data") : page.index("## A smaller data set")]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    exec(code, {})  # noqa: S102 - the guide's own lines
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "images (32, 8, 8, 1) uint8 · labels (32,) int64"
    assert len(out) == 4


@pytest.mark.data
def test_real_cats_and_dogs(tmp_path: Path) -> None:
    import os

    if not os.environ.get("SPIRULA_DATA"):
        pytest.skip("SPIRULA_DATA is not set")
    archive = Path(os.environ["SPIRULA_DATA"]) / "cats_vs_dogs_small.tar"
    sp.subset(archive, tmp_path / "few", train=40, validation=10, test=10)
    view = sp.batches(tmp_path / "few", image_size=180, shuffle=True)
    assert view.shapes == "images (32, 180, 180, 3) uint8 · labels (32,) int64"
    assert len(view) == 3
    assert view.classes == ("cat", "dog")
    # The folder recipe: one folder of classes, a share held out, 128×128, two classes.
    sp.subset(archive, tmp_path / "flat", train=40)
    held = sp.batches(tmp_path / "flat/train", "validation", validation=0.2, test=0, seed=123, image_size=128)
    assert held.shapes == "images (16, 128, 128, 3) uint8 · labels (16,) int64"
    assert next(iter(held))[1].bincount().tolist() == [8, 8]
