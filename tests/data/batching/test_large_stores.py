"""Sets larger than the memory they are allowed: the same batches, and memory that stays flat."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch

from spirula.data.batching import preprocess as preprocess_module
from spirula.data.batching import rows as rows_module
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.batching.rows import Rows
from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.data.pictures import passing
from spirula.data.pictures.passing import in_passing
from spirula.data.splits.duplicates import find_twins
from spirula.data.survey import light
from spirula.errors import SpirulaError

MB = 1 << 20


def store(path: Path, number: int, side: int) -> np.ndarray:
    """Make a store on disk without writing its zeros: each picture begins with its number."""
    made = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(number, side, side, 3))
    flat = made.reshape(number, -1)
    for digit in range(3):
        flat[:, digit] = np.arange(number) // 256**digit % 256
    del made, flat
    mapped: np.ndarray = np.load(path, mmap_mode="r")
    return mapped


def numbers(pixels: torch.Tensor) -> torch.Tensor:
    """Read the numbers back from (B, H, W, C)."""
    return (pixels.flatten(1)[:, :3].long() * torch.tensor([1, 256, 256**2])).sum(dim=1)


def dataset(pixels: np.ndarray) -> Dataset:
    number = len(pixels)
    ids = tuple(f"train/{row}" for row in range(number))
    return Dataset(Manifest("classification", ("a", "b"), ids, np.arange(number) % 2, np.full(number, "train")), pixels)


def held() -> int:
    """Bytes that this process holds: its own and those of files that it has mapped."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return sum(int(lines[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))


def _growth(file: Path) -> int:
    """Bytes that all of a store takes beyond what 1,280 of its pictures take, at their worst. For its own process."""
    rows_module.MAPPED, preprocess_module._CHUNK_BYTES = 16 * MB, 2 * MB
    data = dataset(np.load(file, mmap_mode="r"))

    def most_held(rows: np.ndarray) -> int:
        preprocessing = fit_preprocessing(data, rows, "standardize")
        most = held()
        flip = Augmentation(flip="horizontal")
        # By chance the allocator keeps some 60 MB more: small batches, and a store that is far larger than that.
        batches = Batches(data, rows, batch_size=16, preprocessing=preprocessing, shuffle=True, augmentation=flip)
        for _ in batches.epoch(1):
            most = max(most, held())
        return most

    few = most_held(np.arange(1_280))  # whatever libraries, threads and a few batches need is there now
    gc.collect()
    return most_held(np.arange(len(data.pixels))) - few


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_stays_flat_while_a_store_of_many_times_as_much_goes_by(tmp_path: Path) -> None:
    pixels = store(tmp_path / "pixels.npy", 16_000, 96)
    # In this process the holes that other tests left in its memory would count.
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        assert fresh.submit(_growth, tmp_path / "pixels.npy").result() < pixels.nbytes // 4


def test_rows_read_from_the_file_are_the_rows_of_the_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = store(tmp_path / "고양이.npy", 300, 5)
    data, rows = dataset(pixels), np.arange(299, -1, -2)

    def epoch() -> tuple[bool, torch.Tensor]:
        preprocessing = fit_preprocessing(data, rows, "standardize")
        made = Batches(data, rows, batch_size=7, preprocessing=preprocessing, shuffle=True, seed=2)
        return Rows(pixels).read, torch.cat([batch.images for batch in made.epoch(3)])

    mapped = epoch()
    monkeypatch.setattr(rows_module, "MAPPED", 0)
    read = epoch()
    assert (mapped[0], read[0]) == (False, True)
    assert torch.equal(mapped[1], read[1])
    wanted = torch.tensor([5, 0, 299, 5, 256])
    assert numbers(Rows(pixels).gather(wanted)).tolist() == wanted.tolist()


def test_only_whole_maps_are_read_from_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MAPPED", 0)
    pixels = store(tmp_path / "pixels.npy", 20, 4)
    for part in (pixels[3:], pixels[::2], np.array(pixels)):
        source = Rows(part)
        assert not source.read
        assert torch.equal(source.gather(torch.tensor([4, 1])), torch.from_numpy(np.array(part[[4, 1]])))


def test_a_store_that_is_pruned_while_it_is_used_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MAPPED", 0)
    pixels = store(tmp_path / "pixels.npy", 20, 4)
    opened = Rows(pixels)
    (tmp_path / "pixels.npy").unlink()
    late = Rows(pixels)  # finds no file any more, and reads the map
    assert (opened.read, late.read) == (True, False)
    for source in (opened, late):
        assert numbers(source.gather(torch.tensor([7, 19]))).tolist() == [7, 19]


def test_a_store_that_is_cut_off_is_an_error_and_not_black_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "MAPPED", 0)
    source = Rows(store(tmp_path / "pixels.npy", 20, 4))
    os.truncate(tmp_path / "pixels.npy", 500)
    with pytest.raises(SpirulaError, match="cut off"):
        source.gather(torch.tensor([19]))


def _most_held(look: Callable[[np.ndarray], object], *files: Path) -> list[int]:
    """Bytes held at most when something of a store is given back, one store after the other. For its own process."""
    passing._HELD, light._CHUNK = 8 * MB, 8 * MB
    most, give_back = 0, passing.let_go

    def noted(array: np.ndarray) -> None:
        nonlocal most
        most = max(most, held())
        give_back(array)

    passing.let_go = light.let_go = noted
    found = []
    for file in files:
        most = 0
        look(np.load(file, mmap_mode="r"))
        found.append(most)
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("look", [find_twins, light.measure], ids=["for copies", "at the light"])
def test_looking_through_a_store_of_four_times_as_much_gives_it_back(
    tmp_path: Path, look: Callable[[np.ndarray], object]
) -> None:
    # Of each picture the search for copies keeps about 10 kB, a tenth of what these take.
    small, large = store(tmp_path / "small.npy", 120, 192), store(tmp_path / "large.npy", 1_600, 192)
    assert small.nbytes > 8 * MB
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        few, most = fresh.submit(_most_held, look, tmp_path / "small.npy", tmp_path / "large.npy").result()
    assert few > 0
    assert most - few < large.nbytes // 4


def test_only_what_can_be_read_again_is_given_back(tmp_path: Path) -> None:
    changed = np.lib.format.open_memmap(tmp_path / "a.npy", mode="w+", dtype=np.uint8, shape=(4, 2, 2, 1))
    private = np.load(tmp_path / "a.npy", mmap_mode="c")
    private[:] = 7
    for array in (changed, private, np.full((4, 2, 2, 1), 7, np.uint8), private[1:]):
        passing.let_go(array)
    assert (private == 7).all()
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert [picture.shape for picture in in_passing(mapped, [3, 0])] == [(2, 2, 1), (2, 2, 1)]
