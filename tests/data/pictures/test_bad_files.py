"""Bad files never stop or poison a run: 500 of 24 kinds, each named with its reason, and no good file refused."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bad_files import BAD, bmp_of, gif_of, good, jpeg_of, png_of, tiff_of, webp_of

from spirula.data.dataset import load
from spirula.data.pictures import reading
from spirula.data.pictures.decode import read_header
from spirula.data.pictures.opening import ImageRefused, read_file
from spirula.errors import UnusableDataError


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 2,000 good files and 504 bad ones among them."""
    root = tmp_path_factory.mktemp("mixed")
    rng = np.random.default_rng(0)
    for number in range(2000):
        suffix, data = good(rng, number)
        folder = root / f"class{number % 4}"
        folder.mkdir(exist_ok=True)
        (folder / f"good{number:04d}{suffix}").write_bytes(data)
    for number in range(504):
        kind = list(BAD)[number % len(BAD)]
        suffix = (".jpg", ".png", ".webp", ".gif", ".bmp", ".tif")[number % 6]
        (root / f"class{number % 4}" / f"{kind}{number:03d}{suffix}").write_bytes(BAD[kind][1](rng))
    return root


def test_bad_files_are_named_and_good_ones_used(mixed: Path) -> None:
    assert len(BAD) == 24
    data = load(mixed, image_size=(8, 8), max_refused=0.5, duplicates="ignore")
    ledger = data.ledger
    assert ledger is not None
    assert len(ledger) == 2504
    assert ledger.counts()["refused"] == 504
    wrong = [
        (name, code)
        for name, verdict, code in zip(ledger.ids, ledger.verdicts, ledger.codes, strict=True)
        if (verdict == "refused") != (not name.split("/")[1].startswith("good"))
    ]
    assert wrong == []
    expected = {
        name: BAD[name.split("/")[1].rpartition(".")[0].rstrip("0123456789")][0] for name, _, _ in ledger.refused()
    }
    assert {name: code for name, code, _ in ledger.refused()} == expected
    assert all(len(reason) > 8 and "\n" not in reason and "{" not in reason for _, _, reason in ledger.refused())
    assert [name for name in data.manifest.ids if "good" not in name] == []
    assert len(data) == 2000


def test_too_many_bad_files_stop_with_the_list(mixed: Path) -> None:
    with pytest.raises(UnusableDataError, match=r"504 of 2,504 files .*more than 5%.*not-an-image \(210\)") as caught:
        load(mixed, image_size=(8, 8))
    assert "max_refused" in str(caught.value)
    assert "… and 484 more" in str(caught.value)


def bombs() -> list[bytes]:
    """100 small files that claim enormous pictures; the first is 68 bytes for 89 million pixels."""
    rng = np.random.default_rng(1)
    made = [png_of(1, 89_000_000), png_of(89_000_000, 1), png_of(2**31 - 1, 2**31 - 1), webp_of(16_384 * 64, 1)]
    writers = (png_of, gif_of, webp_of, bmp_of, jpeg_of, tiff_of)
    while len(made) < 100:
        write = writers[len(made) % len(writers)]
        side = 65_000 if write in (gif_of, jpeg_of) else 1 << 20
        made.append(write(int(rng.integers(40_000, side)), int(rng.integers(40_000, side))))
    return made


def test_bombs_are_refused_from_their_header() -> None:
    import io

    found = bombs()
    assert len(found) == 100
    assert len(found[0]) <= 68
    for data in found:
        with pytest.raises(ImageRefused) as caught:
            read_header(io.BytesIO(data))
        assert caught.value.code == "too-many-pixels"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit on memory is Linux's")
def test_bombs_take_no_memory(tmp_path: Path) -> None:
    """All hundred, in a process that may take 48 MB more than it has when it begins."""
    for number, data in enumerate(bombs()):
        (tmp_path / f"{number:03d}.png").write_bytes(data)
    script = """
import resource, sys
from pathlib import Path
from spirula.data.pictures.quiet import quiet_pillow
from spirula.data.pictures.reading import Item, Place, read_item
target = {"height": 8, "width": 8, "channels": 3, "resize": "squash"}
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (48 << 20), used + (48 << 20)))
paths = Path(sys.argv[1]).iterdir()
with quiet_pillow():
    print({read_item(Item(0, ".png", Place(str(path), 0, -1)), target).entry.code for path in paths})
"""
    ran = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "{'too-many-pixels'}", ran.stderr


@pytest.mark.parametrize("target", [None, {"channels": 3, "height": 4, "width": 4, "resize": "squash"}])
def test_a_file_that_is_too_large_is_not_searched_for_a_header(target: dict[str, Any] | None, tmp_path: Path) -> None:
    """Pillow goes through all of such a file, byte by byte: more than half a minute."""
    path = tmp_path / "zeros.jpg"
    with path.open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(300 << 20)
    began = time.process_time()
    entry = reading.read_item(reading.Item(0, ".jpg", reading.Place(str(path), 0, -1)), target).entry
    assert entry.code == "large-file"
    assert time.process_time() - began < 5


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: a terabyte that takes no space
    with pytest.raises(ImageRefused, match="larger than 256 MB") as caught:
        read_file(path)
    assert str(path) in str(caught.value)
