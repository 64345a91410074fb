"""Batches to look at: what cannot be asked is named, what looks alike is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from two_classes import folder

import spirula as sp
from spirula.api.showing.batch_view import BatchView
from spirula.errors import DataError, InputError

pytestmark = pytest.mark.usefixtures("own_cache")


def test_what_cannot_be_asked(tmp_path: Path) -> None:
    data = sp.load("digits")
    for options, match in (
        ({"split": "trian"}, 'Did you mean "train"'),
        ({"batch_size": 0}, "batch_size = 0"),
        ({"layout": "HWCN"}, "NHWC or NCHW"),
        ({"augment": {"rotat": 3}}, 'Did you mean "rotate"'),
        ({"augment": {"rotate": 300}}, "out of range"),
        ({"image_size": 16}, "no effect"),
        ({"normalize": "mean"}, "standardize, unit, none or backbone"),
    ):
        with pytest.raises(InputError) as caught:
            sp.batches(data, **options)
        assert match in str(caught.value)
    with pytest.raises(InputError, match="image_sise") as caught:
        sp.batches("digits", image_sise=3)
    assert 'Did you mean "image_size"' in str(caught.value)
    with pytest.raises(InputError, match="180"):
        sp.batches("digits", image_size="large")
    with pytest.raises(DataError):
        sp.batches(tmp_path / "nowhere")
    view = sp.batches(data)
    for call, match in (
        (lambda: view.take(-1), "0 or more"),
        (lambda: view.prefetch(0), "1 or more"),
        (lambda: view.epoch(0), "count from 1"),
        (lambda: view.map(print).batch(3), "first"),
        (lambda: view.take(3).shuffle(), "first"),
        (lambda: view.map(lambda images, labels: "word").pictures(), "no pictures"),
        (lambda: view.sheet(tmp_path / "x.pdf"), r"\.png"),
        (lambda: view.sheet(tmp_path / "no" / "x.png"), "could not be written"),
    ):
        with pytest.raises(InputError, match=match):
            call()
    assert isinstance(view, BatchView)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": -1, "shuffle": True}, "seed = -1"),
        ({"seed": 10**22}, "seed = 1"),
        ({"seed": "a"}, "seed = 'a'"),
        ({"batch_size": 2.5}, "batch_size = 2.5"),
        ({"batch_size": "32"}, "batch_size = '32'"),
        ({"image_size": 0}, "image_size: 0 is not a size"),
        ({"image_size": -3}, "image_size: -3 is not a size"),
        ({"image_size": (0, 8)}, r"image_size = \(0, 8\)"),
        ({"image_size": (8,)}, r"image_size = \(8,\)"),
        ({"image_size": 18.5}, "image_size = 18.5"),
        ({"augment": "flip"}, "augment = 'flip'"),
        ({"augment": {"rotate": "ten"}}, "rotate"),
    ],
)
def test_values_that_cannot_work_are_named(tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        sp.batches(folder(tmp_path / "f", 6), **options)


def test_numpy_numbers_are_numbers(tmp_path: Path) -> None:
    view = sp.batches(folder(tmp_path / "f", 6), batch_size=np.int64(4), seed=np.int32(3), shuffle=True)
    assert next(iter(view))[0].shape == (4, 30, 24, 3)


def test_load_takes_a_size_as_batches_does(tmp_path: Path) -> None:
    assert sp.load(folder(tmp_path / "f", 6), image_size=8).input_shape == (8, 8, 3)
    with pytest.raises(InputError, match="image_size: 0"):
        sp.load(tmp_path / "f", image_size=0)


@pytest.mark.parametrize(
    "verb", [lambda view: view.take(1.5), lambda view: view.map(None), lambda view: view.prefetch(0.5)]
)
def test_verbs_refuse_values_of_another_kind(tmp_path: Path, verb: Callable[[BatchView], object]) -> None:
    with pytest.raises(InputError, match="is not possible"):
        verb(sp.batches(folder(tmp_path / "f", 6)))


def test_numbers_made_of_batches_are_no_pictures(tmp_path: Path) -> None:
    means = sp.batches(folder(tmp_path / "f", 6)).map(lambda images, labels: (images.float().mean(), labels))
    with pytest.raises(InputError, match="no pictures"):
        means.sheet(tmp_path / "sheet.png")
