"""Worker processes that read files may die, hang or not start at all: the run goes on and the right file is blamed."""

from __future__ import annotations

import os
import sys
import threading
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from ill_pictures import PLANTED, children, plant
from PIL import Image

from spirula.data.dataset import Dataset, load
from spirula.data.pictures import intake, pixels, reading, worker
from spirula.errors import DataError, SpirulaError

MakeFolder = Callable[[dict[str, int]], Path]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals and /proc are Linux's")


@pytest.fixture(autouse=True)
def _no_orphans() -> object:
    before = children()
    yield
    assert children() == before


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "worker_command", lambda: [sys.executable, str(PLANTED)])


def codes(data: Dataset) -> dict[str, str]:
    assert data.ledger is not None
    return {name: code for name, code in zip(data.ledger.ids, data.ledger.codes, strict=True) if code}


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("illness", ["kill", "segfault", "exit"])
def test_a_worker_that_dies_costs_only_the_file_it_was_on(illness: str, make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 60, "dog": 60})
    healthy = np.array(load(root, duplicates="ignore").pixels)
    bad = ["cat/003.png", "cat/004.png", "dog/059.png"]
    for name in bad:
        plant(root, name, illness)
    data = load(root, duplicates="ignore")
    assert codes(data) == dict.fromkeys(bad, "decoder-crashed")
    how = {"kill": "SIGKILL", "segfault": "SIGSEGV", "exit": "exit status 3"}[illness]
    assert all(how in reason for _, reason in data.manifest.verdicts)
    assert len(data) == 117
    names = [f"{each}/{row:03d}.png" for each in ("cat", "dog") for row in range(60)]
    kept = [row for row, name in enumerate(names) if name not in bad]
    assert data.manifest.ids == tuple(names[row] for row in kept)
    assert (data.pixels == healthy[kept]).all()  # the store is dense, and every row is the right picture


@pytest.mark.usefixtures("planted")
def test_a_worker_that_was_killed_from_outside_costs_no_file(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    plant(root, "cat/010.png", "once")
    data = load(root)
    assert len(data) == 80
    assert codes(data) == {}


@pytest.mark.usefixtures("planted")
def test_a_worker_that_takes_too_long_is_ended(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"cat": 50, "dog": 50})
    for name in ("cat/000.png", "dog/020.png"):
        plant(root, name, "hang")
    monkeypatch.setitem(intake.Intake.__init__.__kwdefaults__, "seconds", 1.5)
    data = load(root)
    assert codes(data) == {"cat/000.png": "too-slow", "dog/020.png": "too-slow"}
    assert len(data) == 98


@pytest.mark.usefixtures("planted")
def test_what_a_library_prints_is_no_answer(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    plant(root, "cat/010.png", "print")
    assert len(load(root)) == 80


@pytest.mark.usefixtures("planted")
def test_the_budget_for_refusals_counts_crashes(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    for row in range(5):
        plant(root, f"cat/{row:03d}.png", "exit")
    with pytest.raises(DataError, match=r"5 of 80 files .*decoder-crashed \(5\)"):
        load(root)
    assert len(load(root, max_refused=0.2)) == 75


@pytest.mark.parametrize("broken", ["broken", "missing"])
def test_where_no_process_starts_threads_do_it(
    broken: str, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    command = {"broken": [sys.executable, str(PLANTED), "broken"], "missing": ["/nowhere/python"]}[broken]
    monkeypatch.setattr(worker, "worker_command", lambda: command)
    data = load(root)
    assert len(data) == 80
    assert (data.pixels[5] == np.asarray(Image.open(root / "cat/005.png"))).all()


def test_a_frozen_program_starts_no_copies_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert intake.can_start()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not intake.can_start()


def test_workers_and_threads_give_the_same(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    (root / "cat/001.png").write_bytes(b"")
    (root / "dog/007.png").write_bytes((root / "dog/007.png").read_bytes()[:90])
    results = []
    for few in (0, 10**6):
        monkeypatch.setitem(intake.Intake.__init__.__kwdefaults__, "few", few)
        for size in (None, (5, 7)):  # two passes, and one
            monkeypatch.setenv("XDG_CACHE_HOME", str(root.parent / f"cache{few}{size}"))
            data = load(root, image_size=size)
            assert data.ledger is not None
            results.append((data.manifest.fingerprint, np.array(data.pixels), data.ledger.to_rows()))
    for one, two in ((0, 2), (1, 3)):
        assert results[one][0] == results[two][0]
        assert (results[one][1] == results[two][1]).all()
        assert results[one][2] == results[two][2]


@pytest.mark.parametrize("few", [0, 10**6])
def test_very_large_pictures_come_one_at_a_time(
    few: int, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_folder({"cat": 20, "dog": 20})
    for name in ("cat/003.png", "dog/011.png"):
        Image.new("RGB", (400, 300), "red").save(root / name)
    items = intake.items_of([reading.Place(str(path), 0, -1) for path in sorted(root.rglob("*.png"))], ["x.png"] * 40)
    code = "from spirula.data.pictures import reading, decoder_process as it; reading.LARGE = 9000; it.main()"
    command = [sys.executable, "-c", code]
    monkeypatch.setattr(worker, "worker_command", lambda: command)
    monkeypatch.setattr(reading, "LARGE", 9000)
    target = {"height": 4, "width": 4, "channels": 3, "resize": "squash"}
    with intake.Intake(items, np.full(40, 100), few=few) as reads:
        rows = [each.row for each in reads.read(range(40), intake.Job(target))]
    assert sorted(rows) == list(range(40))
    assert rows[-2:] == [3, 31]


def test_a_full_disk_is_an_error_not_a_crash(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"cat": 40, "dog": 40})
    script = (
        "from spirula.data.pictures import decoder_process as it\n"
        "def full(*_): raise OSError(28, 'No space left on device')\n"
        "it.write_pixels = full\nit.main()"
    )
    monkeypatch.setattr(worker, "worker_command", lambda: [sys.executable, "-c", script])
    with pytest.raises(SpirulaError, match="No space left"):
        load(root)


def test_leaving_early_ends_every_worker(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 200, "dog": 200})

    def interrupt(stage: str, done: int, _: int) -> None:
        if stage == "decoding images" and done > 40:
            assert children()
            raise KeyboardInterrupt

    before = children()
    with pytest.raises(KeyboardInterrupt):
        load(root, progress=interrupt)
    assert children() == before


def test_headers_are_not_read_when_nothing_depends_on_them(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 80, "dog": 80})
    stages: list[tuple[str, int]] = []
    load(root, image_size=(6, 6), progress=lambda stage, done, _: stages.append((stage, done)))
    assert max(done for stage, done in stages if stage == "reading image sizes") == pixels._PROBE
    stages.clear()
    load(root, progress=lambda stage, done, _: stages.append((stage, done)))
    assert max(done for stage, done in stages if stage == "reading image sizes") == 160


def test_one_pass_and_two_derive_the_same(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 50, "dog": 50})
    one, two = load(root, image_size=(8, 8)), load(root)
    assert "resize" not in one.settings  # no picture needs it, which the first headers alone cannot know
    assert (one.pixels == two.pixels).all()
    assert one.derived["channels"] == two.derived["channels"]
    with pytest.raises(DataError, match="would have no effect"):
        load(root, image_size=(8, 8), resize="crop")


def test_threads_may_read_at_the_same_time(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Two data sets loaded at once from threads of one process do not mix their answers."""
    roots = [make_folder({"cat": 40, "dog": 40})]
    found: dict[int, Dataset] = {}

    def run(place: int, size: Sequence[int]) -> None:
        found[place] = load(roots[0], image_size=tuple(size))

    threads = [threading.Thread(target=run, args=(place, (8 + place, 8))) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[place].pixels.shape for place in range(3)] == [(80, 8 + place, 8, 3) for place in range(3)]


def test_workers_read_files_of_any_name_and_change_none(tmp_path: Path) -> None:
    root = tmp_path / "data"
    names = [
        unicodedata.normalize("NFC", "고양이"),
        unicodedata.normalize("NFD", "강아지"),
        *("🐱🐈", "قطة", "a'b\"c", "line\nbreak", "tab\there", "-rf", " lead", "trail ", "back\\slash", "%s{0}"),
        *("x" * 251, os.fsdecode(b"caf\xe9"), "con", "a;b,c"),
    ]
    pixels = {}
    for folder in ("cat", "dog"):
        (root / folder).mkdir(parents=True)
        for copy in range(3):
            for place, name in enumerate(names):
                short = name[: 250 if copy else 251] if len(name) > 200 else name + str(copy)
                path = root / folder / f"{short}.png"
                made = np.full((4, 4, 3), (place, copy, folder == "cat"), dtype=np.uint8)
                Image.fromarray(made).save(path)
                pixels[os.fsencode(path.relative_to(root))] = made
    before = content_of(root)
    data = load(root, duplicates="ignore")
    assert len(data) == len(pixels) >= intake.FEW
    for row, name in enumerate(data.manifest.ids):
        assert (data.pixels[row] == pixels[os.fsencode(name)]).all()
    assert content_of(root) == before


def content_of(root: Path) -> dict[bytes, tuple[int, int, bytes]]:
    """Return what must not change under a folder: names, modes, times of change and bytes."""
    found = [(path, path.lstat()) for path in root.rglob("*")]
    return {
        os.fsencode(path): (status.st_mode, status.st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path, status in found
    }


def test_the_last_messages_are_short_so_that_all_workers_finish_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_cores", lambda: 2)
    sizes = np.random.default_rng(0).integers(1_000, 60_000, 1500)
    reads = intake.Intake([], sizes)
    blocks = list(reads._blocks(range(1500)))
    assert [row for block in blocks for row in block] == list(range(1500))
    weights = [int(sizes[block].sum()) for block in blocks]
    assert max(len(block) for block in blocks) <= 32
    assert np.mean(weights[:20]) > 4 * np.mean(weights[-5:])
    assert max(weights[-5:]) < 1 << 18
    assert list(reads._blocks([])) == []
