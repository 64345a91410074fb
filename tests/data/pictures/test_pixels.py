from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from spirula.data.cache import cache_folder
from spirula.data.dataset import load
from spirula.data.pictures import decode, pixels
from spirula.errors import SpirulaError

MakeFolder = Callable[[dict[str, int]], Path]


def stores() -> list[Path]:
    return sorted(path for path in cache_folder("pixels").iterdir())


def test_images_are_decoded_once(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    calls: list[tuple[str, int, int]] = []
    first = load(root, progress=lambda *call: calls.append(call))
    assert [call for call in calls if call[0] == "decoding images"][-1] == ("decoding images", 80, 80)
    assert isinstance(first.pixels, np.memmap)
    monkeypatch.setattr(decode, "decode_bytes", lambda *_, **__: pytest.fail("decoded again"))
    second = load(root)
    assert (second.pixels == first.pixels).all()
    assert second.manifest.fingerprint == first.manifest.fingerprint
    assert (second.settings, second.derived) == (first.settings, first.derived)
    assert len(stores()) == 1


@pytest.mark.parametrize("change", ["content", "size", "added", "decoder", "place"])
def test_a_change_makes_another_store(change: str, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"cat": 5, "dog": 5})
    load(root)
    options = {}
    if change == "content":
        Image.new("RGB", (8, 8)).save(root / "cat" / "000.png")
    elif change == "size":
        options = {"image_size": (4, 4)}
    elif change == "added":
        Image.new("RGB", (8, 8)).save(root / "cat" / "new.png")
    elif change == "decoder":
        monkeypatch.setattr(decode, "VERSION", "2")
    else:
        root = root.rename(root.with_name("moved"))
    load(root, **options)
    assert len(stores()) == 2


def damage_pixels_short(store: Path) -> None:
    with (store / "pixels.npy").open("r+b") as file:
        file.truncate(200)


def damage_pixels_header(store: Path) -> None:
    with (store / "pixels.npy").open("r+b") as file:
        file.write(b"garbage!")


def damage_index(store: Path) -> None:
    with (store / "index.npz").open("r+b") as file:
        file.seek(40)
        file.write(b"\0\0\0\0\0\0")


def damage_json(store: Path) -> None:
    (store / "index.json").write_text("{")


def damage_missing(store: Path) -> None:
    (store / "pixels.npy").unlink()


@pytest.mark.parametrize(
    "damage", [damage_pixels_short, damage_pixels_header, damage_index, damage_json, damage_missing]
)
def test_a_damaged_store_is_filled_again(damage: Callable[[Path], None], make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 5, "dog": 5})
    before = np.array(load(root).pixels)
    damage(stores()[0])
    assert (load(root).pixels == before).all()
    assert len(stores()) == 1


def test_an_interrupted_filling_leaves_nothing(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"cat": 40, "dog": 40})

    def interrupt(stage: str, done: int, _: int) -> None:
        if stage == "decoding images" and done > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(root, progress=interrupt)
    assert stores() == []
    assert len(load(root)) == 80


def test_abandoned_fillings_are_removed(make_folder: MakeFolder) -> None:
    for name, age in (("old", 3 * 24 * 3600), ("young", 60)):
        folder = cache_folder("pixels", f".filling-{name}")
        (folder / "pixels.npy").touch()
        os.utime(folder / "pixels.npy", (folder.stat().st_mtime - age,) * 2)
    load(make_folder({"cat": 5, "dog": 5}))
    assert [path.name for path in stores() if path.name.startswith(".")] == [".filling-young"]


def test_two_processes_at_once(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 60, "dog": 60})
    script = "import sys; from spirula.data.dataset import load; print(load(sys.argv[1]).manifest.fingerprint)"
    runs = [
        subprocess.Popen([sys.executable, "-c", script, str(root)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    answers = {run.communicate()[0] for run in runs}
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert answers == {load(root).manifest.fingerprint + "\n"}
    assert len(stores()) == 1


def test_a_cache_that_cannot_hold_it(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = make_folder({"cat": 5, "dog": 5})

    class Full:
        free = 100

    monkeypatch.setattr(pixels.shutil, "disk_usage", lambda _: Full)
    with pytest.raises(SpirulaError, match="GB free"):
        load(root)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(SpirulaError, match="cannot be created"):
        load(root)


def test_a_store_that_is_removed_while_it_is_open_stays_readable(make_folder: MakeFolder) -> None:
    if os.name == "nt":
        pytest.skip("Windows does not let go of an open file")
    root = make_folder({"cat": 40, "dog": 40})
    data = load(root)
    before = [np.array(Image.open(root / name)) for name in data.manifest.ids]
    shutil.rmtree(stores()[0])
    assert all((one == other).all() for one, other in zip(data.pixels, before, strict=True))
    again = load(root)
    assert (again.pixels == data.pixels).all()


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_gaps_of_refused_rows_are_closed(kept: list[bool], at_once: int) -> None:
    shape = (2, 3, 1)
    full = np.random.default_rng(0).integers(0, 256, (len(kept), *shape), dtype=np.uint8)
    rows = np.flatnonzero(kept)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixels, "_CHUNK", at_once * 6)
        path = Path(folder) / "pixels.npy"
        np.save(path, full)
        with path.open("r+b") as file:
            size = pixels._compact(file, rows, shape)
        assert path.stat().st_size == size
        assert (np.load(path) == full[rows]).all()
