"""Normalisation: exact statistics of the training rows, and one formula there and back."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.data.batching import preprocess
from spirula.data.batching.preprocess import Preprocessing, apply, fit_preprocessing, undo, value_range
from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.errors import DataError, InputError

rng = np.random.default_rng(0)
IMAGES = rng.integers(0, 256, (50, 6, 5, 3), dtype=np.uint8)
ALL = np.arange(50)


def dataset(pixels: np.ndarray) -> Dataset:
    n = len(pixels)
    ids = tuple(f"train/{row:06d}" for row in range(n))
    return Dataset(Manifest("regression", (), ids, np.zeros(n, np.float32), np.full(n, "train")), pixels)


def test_standardize_has_the_mean_and_deviation_of_the_training_rows() -> None:
    rows = np.array([3, 1, 40, 7])
    p = fit_preprocessing(dataset(IMAGES), rows, "standardize", "crop")
    values = IMAGES[rows].astype(np.float64) / 255
    assert p.input_shape == (6, 5, 3)
    assert (p.height, p.width, p.channels, p.resize, p.dtype) == (6, 5, 3, "crop", "uint8")
    assert p.mean == pytest.approx(values.mean(axis=(0, 1, 2)), rel=1e-12)
    assert p.std == pytest.approx(values.std(axis=(0, 1, 2)), rel=1e-12)
    output = apply(torch.from_numpy(IMAGES[rows]), p)
    assert output.mean(dim=(0, 2, 3)).abs().max() < 1e-6
    assert output.std(dim=(0, 2, 3), correction=0).sub(1).abs().max() < 1e-6


def test_statistics_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    floats = rng.normal(5, 2, (50, 6, 5, 3)).astype(np.float32)
    whole = [fit_preprocessing(dataset(pixels), ALL, "standardize") for pixels in (IMAGES, floats)]
    monkeypatch.setattr(preprocess, "_CHUNK_BYTES", 700)
    monkeypatch.setattr(preprocess, "_BLOCK_BYTES", 700)
    parts = [fit_preprocessing(dataset(pixels), ALL, "standardize") for pixels in (IMAGES, floats)]
    assert parts[0] == whole[0]
    assert parts[1].mean == pytest.approx(whole[1].mean, rel=1e-14)
    assert parts[1].std == pytest.approx(whole[1].std, rel=1e-14)


@pytest.mark.parametrize("shape", [(3, 70_000, 2, 1), (40, 9, 7, 3), (2000, 3), (1, 1, 1, 2)])
def test_the_sums_are_exact(shape: tuple[int, ...]) -> None:
    """White pixels are the largest that there are; and the deviation of what never changes is nothing at all."""
    for pixels in (rng.integers(200, 256, shape, dtype=np.uint8), np.full(shape, 255, np.uint8)):
        mean, variance = preprocess._byte_moments(pixels, np.arange(len(pixels)))
        for channel, values in enumerate(pixels.reshape(-1, shape[-1]).T.tolist()):
            exact = Fraction(sum(values), len(values))
            assert mean[channel] == float(exact)
            assert variance[channel] == float(Fraction(sum(value**2 for value in values), len(values)) - exact**2)


@pytest.mark.parametrize(("normalize", "divisor"), [("unit", 255.0), ("none", 1.0)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_unit_and_none(normalize: preprocess.Normalize, divisor: float, channels_last: bool) -> None:
    p = fit_preprocessing(dataset(IMAGES), ALL, normalize)
    output = apply(torch.from_numpy(IMAGES), p, channels_last=channels_last)
    assert output.dtype == torch.float32
    np.testing.assert_allclose(output.numpy(), IMAGES.transpose(0, 3, 1, 2) / divisor, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 7), st.integers(1, 7), st.integers(1, 4), st.booleans())
def test_apply_is_the_formula_and_undo_its_inverse(n: int, h: int, w: int, c: int, channels_last: bool) -> None:
    pixels = np.random.default_rng(n * h * w * c).integers(0, 256, (n, h, w, c), dtype=np.uint8)
    mean, std = tuple(0.1 * k + 0.2 for k in range(c)), tuple(0.05 * k + 0.3 for k in range(c))
    p = Preprocessing(h, w, c, None, 1 / 255, mean, std)
    before = torch.from_numpy(pixels.copy())
    output = apply(before, p, channels_last=channels_last)
    assert output.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
    expected = (pixels / 255 - np.array(mean)) / np.array(std)
    np.testing.assert_allclose(output.numpy(), expected.transpose(0, 3, 1, 2), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(undo(output, p), pixels)
    np.testing.assert_array_equal(before.numpy(), pixels)


def test_both_memory_formats_hold_the_same_numbers() -> None:
    p = fit_preprocessing(dataset(IMAGES), ALL, "standardize")
    pixels = torch.from_numpy(IMAGES)
    assert torch.equal(apply(pixels, p), apply(pixels, p, channels_last=True))


def test_a_sample_does_not_depend_on_its_batch() -> None:
    p = fit_preprocessing(dataset(IMAGES), ALL, "standardize")
    whole = apply(torch.from_numpy(IMAGES), p)
    for row in (0, 17, 49):
        assert torch.equal(apply(torch.from_numpy(IMAGES[row : row + 1]), p)[0], whole[row])


def test_float_images_and_vectors() -> None:
    floats = rng.normal(-3, 7, (50, 4, 4, 2)).astype(np.float32)
    p = fit_preprocessing(dataset(floats), ALL, "standardize")
    assert (p.scale, p.dtype) == (1.0, "float32")
    assert p.mean == pytest.approx(floats.astype(np.float64).mean(axis=(0, 1, 2)), rel=1e-12)
    before = torch.from_numpy(floats.copy())
    output = apply(before, p)
    assert output.std(dim=(0, 2, 3), correction=0).numpy() == pytest.approx([1, 1], abs=1e-5)
    np.testing.assert_array_equal(before.numpy(), floats)

    vectors = rng.normal(100, 3, (50, 7)).astype(np.float32)
    p = fit_preprocessing(dataset(vectors), ALL, "standardize")
    assert (p.height, p.width, p.channels, p.input_shape) == (None, None, 7, (7,))
    output = apply(torch.from_numpy(vectors), p)
    expected = (vectors - vectors.mean(axis=0, dtype=np.float64)) / vectors.std(axis=0, dtype=np.float64)
    np.testing.assert_allclose(output.numpy(), expected, atol=1e-4)


def test_what_never_changes_is_centred_and_not_blown_up() -> None:
    pixels = IMAGES.copy()
    pixels[..., 1] = 77
    p = fit_preprocessing(dataset(pixels), ALL, "standardize")
    assert p.std[1] == 1.0
    assert apply(torch.from_numpy(pixels), p)[:, 1].abs().max() < 1e-6

    vectors = np.full((50, 2), 0.1, np.float32)  # 0.1 is not a binary number: sums of it round
    vectors[:, 1] = np.arange(50)
    p = fit_preprocessing(dataset(vectors), ALL, "standardize")
    assert p.std[0] == 1.0
    assert apply(torch.from_numpy(vectors), p)[:, 0].abs().max() < 1e-6


def test_large_offsets_keep_their_spread() -> None:
    vectors = (rng.normal(0, 1, (5000, 1)) + 1e4).astype(np.float32)
    p = fit_preprocessing(dataset(vectors), np.arange(5000), "standardize")
    assert p.std[0] == pytest.approx(vectors.astype(np.float64).std(), rel=1e-9)


def test_undo_stretches_float_images_of_unknown_range() -> None:
    floats = np.linspace(-2, 3, 16, dtype=np.float32).reshape(1, 4, 4, 1)
    p = fit_preprocessing(dataset(floats), np.arange(1), "none")
    pictures = undo(apply(torch.from_numpy(floats), p), p)
    assert pictures.reshape(-1).tolist() == [round(k * 17) for k in range(16)]
    assert (undo(torch.zeros(1, 1, 4, 4), p) == 0).all()


def test_undo_cuts_what_is_out_of_range() -> None:
    p = Preprocessing(1, 2, 1, None, 1 / 255, (0.0,), (1.0,))
    assert undo(torch.tensor([[[[-0.5, 1.5]]]]), p).reshape(-1).tolist() == [0, 255]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1e-12, 1e6)), min_size=1, max_size=5),
    st.sampled_from([None, "crop", "pad"]),
    st.booleans(),
)
def test_json_round_trip_is_exact(pairs: list[tuple[float, float]], resize: str | None, vector: bool) -> None:
    mean, std = zip(*pairs, strict=True)
    side = None if vector else 9
    p = Preprocessing(side, side, len(pairs), resize, 1 / 255, mean, std, "float32" if vector else "uint8")
    assert Preprocessing.from_dict(json.loads(json.dumps(p.to_dict()))) == p


def test_value_range() -> None:
    assert value_range(IMAGES, ALL) == (0.0, 255.0)
    floats = np.array([[1.0, -4.0], [2.0, 9.0], [50.0, 50.0]], np.float32)
    assert value_range(floats, np.array([0, 1])) == (-4.0, 9.0)


def test_mistakes_are_explained() -> None:
    floats = np.zeros((3, 4), np.float32)
    with pytest.raises(InputError, match=r"float32[\s\S]*standardize"):
        fit_preprocessing(dataset(floats), np.arange(3), "unit")
    with pytest.raises(InputError, match="Choose standardize, unit, none or backbone"):
        fit_preprocessing(dataset(IMAGES), ALL, "minmax")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no training samples"):
        fit_preprocessing(dataset(IMAGES), ALL[:0], "standardize")
    with pytest.raises(DataError, match=r"shape \(3, 4, 4\)"):
        fit_preprocessing(dataset(np.zeros((3, 4, 4), np.float32)), np.arange(3), "none")
    for normalize in ("standardize", "none"):
        broken = floats.copy()
        broken[2, 1] = np.nan
        with pytest.raises(DataError, match=r"1 training samples.*row 2"):
            fit_preprocessing(dataset(broken), np.arange(3), normalize)
        fit_preprocessing(dataset(broken), np.arange(2), normalize)
    p = fit_preprocessing(dataset(IMAGES), ALL, "unit")
    with pytest.raises(InputError, match=r"\(6, 5, 3\).*\(5, 6, 3\)"):
        apply(torch.zeros(1, 5, 6, 3, dtype=torch.uint8), p)
    with pytest.raises(InputError, match="holds no images"):
        undo(torch.zeros(2, 3), p)
    with pytest.raises(InputError, match="card is damaged"):
        Preprocessing.from_dict({"height": 3})
    with pytest.raises(InputError, match="2 means"):
        replace(p, mean=(0.0, 0.0))
    with pytest.raises(InputError, match="above zero"):
        replace(p, std=(1.0, 0.0, 1.0))
    with pytest.raises(InputError, match="both or neither"):
        replace(p, width=None)
