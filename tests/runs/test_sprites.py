"""Thumbnails in sheets: what goes in comes out, and what is no picture is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from spirula.errors import RunError
from spirula.runs.sprites import Sheet, make_sheet, read_sheets, sheet_arrays


def cells(sheet: Sheet, channels: int) -> np.ndarray:
    """Cut a sheet into its pictures, as the page's script does."""
    with Image.open(io.BytesIO(sheet.content)) as image:
        whole = np.asarray(image.convert("L" if channels == 1 else "RGB")).reshape(image.height, image.width, channels)
    found = []
    for place in range(len(sheet.ids)):
        row, column = divmod(place, sheet.columns)
        top, left = row * sheet.height, column * sheet.width
        found.append(whole[top : top + sheet.height, left : left + sheet.width])
    return np.stack(found)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 64), st.integers(1, 32), st.integers(1, 32), st.sampled_from([1, 3]), st.integers(0, 99))
def test_small_pictures_are_kept_exactly(count: int, height: int, width: int, channels: int, seed: int) -> None:
    pictures = np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), np.uint8)
    sheet = make_sheet([f"사진/{row}" for row in range(count)], pictures, lossless=True)
    np.testing.assert_array_equal(cells(sheet, channels), pictures)


def test_large_ones_look_alike() -> None:
    soft = (
        np.add.outer(np.arange(80), np.arange(80))[None, :, :, None].repeat(5, 0)
        + 20 * np.arange(5)[:, None, None, None]
    )
    pictures = np.clip(soft, 0, 255).astype(np.uint8).repeat(3, 3)
    sheet = make_sheet(list("abcde"), pictures, lossless=False)
    assert np.abs(cells(sheet, 3).astype(int) - pictures).mean() < 3
    assert len(sheet.content) < pictures.nbytes / 20


def test_sheets_come_back_as_they_were() -> None:
    rng = np.random.default_rng(0)
    one = make_sheet(["a", "나"], rng.integers(0, 256, (2, 4, 6, 1), np.uint8), lossless=True)
    two = make_sheet(["c"], rng.integers(0, 256, (1, 40, 40, 3), np.uint8), lossless=False)
    assert [vars(sheet) for sheet in read_sheets(sheet_arrays([one, two]))] == [vars(one), vars(two)]
    assert read_sheets({}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"cells": np.array([[3, 2, 4, 6]])},
        {"cells": np.array([[2, 0, 4, 6]])},
        {"cells": np.array([[2, 2, 4]])},
        {"sheet-0": np.frombuffer(b"<svg onload=alert(1)>", np.uint8)},
        {"exact": np.zeros(0, bool)},
    ],
)
def test_other_arrays_are_refused(change: dict[str, np.ndarray]) -> None:
    arrays = sheet_arrays([make_sheet(["a", "b"], np.zeros((2, 4, 6, 1), np.uint8), lossless=True)])
    with pytest.raises(RunError, match="do not fit"):
        read_sheets({**arrays, **change})
    del arrays["sheet-0"]
    with pytest.raises(RunError, match="do not fit"):
        read_sheets(arrays)
