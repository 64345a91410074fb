"""Where pixels and batches lie: memory maps, devices, chunks; the batches are the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_batches import AUGMENTATIONS, PIXELS, ROWS, N, dataset, joined, make, same

from spirula.data.batching import batches as batches_module
from spirula.data.batching import residence
from spirula.data.batching import rows as rows_module
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.batching.residence import Residence
from spirula.data.batching.rows import Rows


def test_batches_do_not_share_memory() -> None:
    first, second = list(make(batch_size=20, shuffle=False).epoch(0))[:2]
    before = second.images.clone()
    first.images.zero_()
    assert torch.equal(second.images, before)
    floats = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    data = dataset(floats)
    for batch in make(data, preprocessing=fit_preprocessing(data, ROWS, "none")).epoch(0):
        batch.images.zero_()
    assert np.abs(floats).min() > 0


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
def test_batches_made_together_are_those_made_alone(
    augmentation: Augmentation | None, channels_last: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The last batch of 7 would be a lone sample's, which joins the one before.
    rows, made = ROWS[:36], 7 * PIXELS[0].size
    batches = {}
    for values in (1, 2 * made, 3 * made + 1, 1 << 20):
        monkeypatch.setattr(batches_module, "_MADE_TOGETHER", values)
        feed = make(rows=rows, batch_size=7, augmentation=augmentation, channels_last=channels_last)
        batches[values] = list(feed.epoch(1))
        assert [len(batch.rows) for batch in batches[values]] == [7, 7, 7, 7, 8]
        assert same(list(feed.epoch(1, start=3)), batches[values][3:])
        order = torch.channels_last if channels_last else torch.contiguous_format
        assert all(batch.images.is_contiguous(memory_format=order) for batch in batches[values])
    assert all(same(batches[1], others) for others in batches.values())


def test_a_read_only_memory_map_is_read_where_it_lies(tmp_path: Path) -> None:
    np.save(tmp_path / "pixels.npy", PIXELS)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    assert same(list(make(dataset(mapped)).epoch(0)), list(make().epoch(0)))
    view = rows_module.host_view(mapped)
    assert view.data_ptr() == mapped.ctypes.data


def test_pixels_that_do_not_fit_are_gathered_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    # The "meta" device stands for an accelerator: it computes shapes only, which is enough to see where things live.
    device = torch.device("meta")
    needed = PIXELS[:1].nbytes * len(ROWS)
    monkeypatch.setattr(residence, "free_bytes", lambda _: needed / residence.SHARE_OF_FREE_MEMORY + 1)
    resident = Residence(PIXELS, ROWS, device)
    monkeypatch.setattr(residence, "free_bytes", lambda _: needed / residence.SHARE_OF_FREE_MEMORY - 1)
    staged = Residence(PIXELS, ROWS, device)
    assert resident.on_device
    assert not staged.on_device
    for where, index_device in ((resident, "meta"), (staged, "cpu")):
        index = where.index(np.array([5, 0, 3]))
        assert index.device.type == index_device
        taken = where.take(index)
        assert (taken.device.type, taken.shape, taken.dtype) == ("meta", (3, 6, 7, 3), torch.uint8)
    assert staged.index(np.array([5, 0, 3])).tolist() == ROWS[[5, 0, 3]].tolist()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
def test_the_gpu_gets_the_same_batches(
    share: float, augmentation: Augmentation | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residence, "SHARE_OF_FREE_MEMORY", share)
    there = joined(list(make(augmentation=augmentation, device="cuda").epoch(1)))
    here = joined(list(make(augmentation=augmentation).epoch(1)))
    assert there[0].device.type == there[1].device.type == "cuda"
    torch.testing.assert_close(there[0].cpu(), here[0], atol=2e-3, rtol=0)
    torch.testing.assert_close(there[1].cpu(), here[1])
    assert torch.equal(there[2], here[2])


def test_moving_rows_to_a_device_in_chunks_copies_the_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residence, "_CHUNK_BYTES", 1000)
    rows = ROWS[::-1].copy()
    moved = residence._moved(Rows(PIXELS), rows, torch.device("cpu"))
    np.testing.assert_array_equal(moved.numpy(), PIXELS[rows])


def test_what_is_sent_to_a_gpu_does_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def to(self: torch.Tensor, device: torch.device, non_blocking: bool = False) -> torch.Tensor:
        asked.append((device.type, non_blocking))
        return self

    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: self + 100)
    monkeypatch.setattr(torch.Tensor, "to", to)
    assert residence.sent(np.arange(3), torch.device("cuda")).tolist() == [100, 101, 102]
    assert residence.sent(np.arange(3), torch.device("cpu")).tolist() == [0, 1, 2]
    assert asked == [("cuda", True), ("cpu", False)]
