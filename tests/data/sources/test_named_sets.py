from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spirula.data.dataset import load
from spirula.data.sources import cifar, named_sets
from spirula.data.sources.named_sets import NAMED_SETS
from spirula.errors import DataError, DownloadError

NOWHERE = Path("/nowhere/at/all")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither SPIRULA_DATA, nor system folders, nor a network."""
    monkeypatch.delenv("SPIRULA_DATA", raising=False)
    monkeypatch.setattr(named_sets, "SYSTEM", NOWHERE)

    def unreachable(*_: object, **__: object) -> None:
        raise DownloadError("train-images-idx3-ubyte.gz could not be fetched: no route to host")

    monkeypatch.setattr(named_sets, "fetch", unreachable)


def test_digits_always_work(alone: None) -> None:
    from sklearn.datasets import load_digits

    data = load("digits")
    assert data.pixels.shape == (1797, 8, 8, 1)
    assert data.pixels.max() == 255
    assert (np.rint(data.pixels[..., 0] * (16 / 255)) == load_digits().images).all()
    assert data.manifest.targets.tolist() == load_digits().target.tolist()
    assert data.manifest.counts() == {"train": 1294, "validation": 323, "test": 180}


def test_not_reachable_names_three_ways_out(alone: None) -> None:
    with pytest.raises(DownloadError) as caught:
        load("fashion-mnist")
    for way in ("SPIRULA_DATA", "dataset-fashion-mnist", "digits", "by hand", "no route to host"):
        assert way in str(caught.value)


@pytest.mark.parametrize("place", ["SPIRULA_DATA", "system", "cache"])
def test_places_are_looked_at_in_order(
    place: str, alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill_idx: Callable[[Path, str], None]
) -> None:
    folder = tmp_path / "fashion-mnist"
    if place == "SPIRULA_DATA":
        monkeypatch.setenv("SPIRULA_DATA", str(tmp_path))
    elif place == "system":
        monkeypatch.setattr(named_sets, "SYSTEM", tmp_path)
    else:
        folder = named_sets.cache_folder("sets") / "fashion-mnist"
    folder.mkdir()
    fill_idx(folder, ".gz")
    data = load("fashion-mnist")
    assert data.manifest.classes[0] == "T-shirt/top"
    assert data.manifest.classes[9] == "Ankle boot"
    assert data.manifest.targets[:3].tolist() == [0, 1, 2]
    assert data.manifest.source == "fashion-mnist"
    assert load("Fashion-MNIST").manifest.fingerprint == data.manifest.fingerprint


def cifar_file(seed: int, records: int = 20) -> tuple[bytes, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (records, 32, 32, 3), dtype=np.uint8)
    labels = (np.arange(records) % 10).astype(np.uint8)
    rows = [bytes([label]) + image.transpose(2, 0, 1).tobytes() for label, image in zip(labels, images, strict=True)]
    return b"".join(rows), images, labels


@pytest.mark.parametrize("packed", [True, False])
def test_cifar10_from_its_binary_archive(
    packed: bool, alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIRULA_DATA", str(tmp_path))
    place = tmp_path / "cifar10"
    place.mkdir()
    names = (*cifar.TRAIN_FILES, cifar.TEST_FILE)
    with tarfile.open(place / cifar.ARCHIVE, "w:gz") as archive:
        for seed, name in enumerate(names):
            member = tarfile.TarInfo(f"{cifar.FOLDER}/{name}")
            member.size = len(cifar_file(seed)[0])
            archive.addfile(member, io.BytesIO(cifar_file(seed)[0]))
    if not packed:
        (place / cifar.ARCHIVE).unlink()
        (place / cifar.FOLDER).mkdir()
        for seed, name in enumerate(names):
            (place / cifar.FOLDER / name).write_bytes(cifar_file(seed)[0])
    data = load("cifar10")
    assert data.manifest.classes == cifar.CLASSES
    assert (data.pixels[20:40] == cifar_file(1)[1]).all()
    assert (data.pixels[100:] == cifar_file(5)[1]).all()
    assert (data.manifest.splits[100:] == "test").all()
    if not packed:
        assert load(place / cifar.FOLDER).manifest.classes == cifar.CLASSES
        (place / cifar.FOLDER / cifar.TEST_FILE).write_bytes(b"123")
        with pytest.raises(DataError, match="number of records"):
            load("cifar10")


def test_cifar10_from_class_folders_in_a_tar(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIRULA_DATA", str(tmp_path))
    with tarfile.open(tmp_path / "cifar10-jpeg.tar", "w") as archive:
        for split in ("train", "test"):
            for hue, name in enumerate(cifar.CLASSES):
                for index in range(3):
                    file = io.BytesIO()
                    Image.new("RGB", (32, 32), (index * 40, hue * 20, 0)).save(file, "JPEG")
                    member = tarfile.TarInfo(f"{split}/{name}/{index:04d}.jpg")
                    member.size = len(file.getvalue())
                    archive.addfile(member, io.BytesIO(file.getvalue()))
    data = load("cifar10")
    assert data.manifest.classes == cifar.CLASSES
    assert data.manifest.counts() == {"train": 24, "validation": 6, "test": 30}
    assert data.input_shape == (32, 32, 3)
    assert list(tmp_path.iterdir()) == [tmp_path / "cifar10-jpeg.tar"]
    assert any("JPEG" in note for note in data.manifest.notes)


def test_the_python_archive_is_never_opened(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIRULA_DATA", str(tmp_path))
    (tmp_path / "cifar10" / "cifar-10-batches-py").mkdir(parents=True)
    with pytest.raises(DownloadError, match="pickled"):
        load("cifar10")


def test_a_folder_of_the_same_name_is_mentioned(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert any('"./digits"' in note for note in load("digits").manifest.notes)


def test_the_table_is_complete() -> None:
    for name, known in NAMED_SETS.items():
        assert len(known.classes) == 10
        assert (name == "digits") == (not known.files)
        for file in known.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.size > 1000
        assert all(mirror.endswith("/") for mirror in known.mirrors)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "first", "mean"), [("mnist", [5, 0, 4, 1, 9], 33.3), ("fashion-mnist", [9, 0, 0, 3, 0], 72.9)]
)
def test_the_real_sets(name: str, first: list[int], mean: float, real_data: Path) -> None:
    if not (real_data / name).exists() and not (named_sets.SYSTEM / name).exists():
        pytest.skip(f"{name} is not on this machine")
    data = load(name)
    assert data.manifest.counts() == {"train": 48_000, "validation": 12_000, "test": 10_000}
    assert data.manifest.targets[:5].tolist() == first
    assert data.pixels[:60_000].mean() == pytest.approx(mean, abs=0.1)  # 0.1307 and 0.2860 of 255, as is well known
    counts = data.manifest.class_counts()
    whole = np.bincount(data.manifest.targets[:60_000])
    assert all(abs(counts["validation"][c] - whole[i] * 0.2) <= 1 for i, c in enumerate(data.manifest.classes))


@pytest.mark.data
def test_the_real_cifar10_in_jpeg(real_data: Path) -> None:
    """Names and a sample of the pixels; to decode all 60,000 takes long for a test."""
    if not (real_data / "cifar10-jpeg.tar").exists():
        pytest.skip("cifar10-jpeg.tar is not there")
    samples = named_sets.read_named("cifar10")
    assert samples.classes == cifar.CLASSES
    assert len(samples) == 60_000
    assert samples.splits is not None
    assert np.bincount(samples.targets[samples.splits == "train"]).tolist() == [5000] * 10
    assert samples.blobs is not None
    from spirula.data.pictures.decode import decode

    for row in range(0, 60_000, 2000):
        with samples.blobs.open(row) as file:
            assert decode(file.read()).shape == (32, 32, 3)


@pytest.mark.data
def test_fashion_mnist_is_the_official_one(real_data: Path) -> None:
    """Debian's files are the official streams without the name in the gzip header: put it back and hash."""
    import hashlib
    import struct

    for file, seconds in zip(NAMED_SETS["fashion-mnist"].files, (-21, -21, 0, 0), strict=True):
        path = named_sets.SYSTEM / "fashion-mnist" / file.name
        if not path.exists():
            pytest.skip("dataset-fashion-mnist is not installed")
        body = path.read_bytes()
        header = b"\x1f\x8b\x08\x08" + struct.pack("<I", 1504176627 + seconds) + b"\0\x03"
        official = header + file.name.removesuffix(".gz").encode() + b"\0" + body[10:]
        assert gzip.decompress(official) == gzip.decompress(body)
        assert (len(official), hashlib.sha256(official).hexdigest()) == (file.size, file.sha256)


def test_loading_imports_no_torch_and_no_polars() -> None:
    script = "import sys, spirula.data.dataset; print([m for m in ('torch', 'polars', 'sklearn') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
