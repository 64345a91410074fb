from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.data.dataset import load
from spirula.data.sources.idx import find_idx, read_idx
from spirula.errors import DataError

FillIdx = Callable[[Path, str], None]
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def idx(array: np.ndarray, code: int = 0x08) -> bytes:
    sides = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes((0, 0, code, array.ndim)) + sides + array.astype(TYPES[code]).tobytes()


@pytest.mark.parametrize("code", TYPES)
def test_every_type_of_number(code: int, tmp_path: Path) -> None:
    array = np.arange(24).reshape(2, 3, 4)
    (tmp_path / "a").write_bytes(idx(array, code))
    (tmp_path / "b").write_bytes(gzip.compress(idx(array, code)))
    for name in ("a", "b"):
        found = read_idx(tmp_path / name)
        assert (found == array).all()
        assert found.dtype == np.dtype(TYPES[code]).newbyteorder("=")


@settings(deadline=None)  # a busy machine is no failure
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for content in (data, b"\0\0" + data, b"\0\0\x08\x03" + data, gzip.compress(b"\0\0\x08\x01" + data), data[:9]):
            path = Path(folder) / "x"
            path.write_bytes(content)
            try:
                read_idx(path)
            except DataError as error:
                assert error.remedy  # noqa: PT017


def test_a_header_cannot_ask_for_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes((0, 0, 8, 3)) + struct.pack(">3I", *[2**32 - 1] * 3))
    with pytest.raises(DataError, match="promises"):
        read_idx(path)
    path.write_bytes(bytes((0, 0, 8, 1)) + struct.pack(">I", 2**33 // 4) + b"abc")
    with pytest.raises(DataError, match="3 follow"):
        read_idx(path)
    path.write_bytes(gzip.compress(idx(np.zeros(9)))[:-9])
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(path)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_idx_files(suffix: str, tmp_path: Path, fill_idx: FillIdx) -> None:
    fill_idx(tmp_path, suffix)
    data = load(tmp_path)
    assert data.manifest.counts() == {"train": 24, "validation": 6, "test": 10}
    assert data.manifest.classes == tuple("0123456789")
    assert data.input_shape == (5, 5, 1)
    with pytest.raises(DataError, match="test split of its own"):
        load(tmp_path, test=0.3)


def test_an_incomplete_folder(tmp_path: Path, fill_idx: FillIdx) -> None:
    fill_idx(tmp_path, "")
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="no test-labels"):
        load(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(9) % 10))
    with pytest.raises(DataError, match="10 test images, but 9 labels"):
        load(tmp_path)


def test_names_of_idx_files() -> None:
    found = find_idx(
        ["emnist-train-images-idx3-ubyte.gz", "train-labels.idx1-ubyte", "test-images-idx3-ubyte", "x.txt"]
    )
    assert found == {
        ("train", "images"): "emnist-train-images-idx3-ubyte.gz",
        ("train", "labels"): "train-labels.idx1-ubyte",
        ("test", "images"): "test-images-idx3-ubyte",
    }
    both = find_idx(["train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"])
    assert both == {("train", "images"): "train-images-idx3-ubyte"}
    with pytest.raises(DataError, match="Both"):
        find_idx(["a-train-images-idx3-ubyte", "b-train-images-idx3-ubyte"])
