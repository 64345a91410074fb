"""A .tar or .zip as DATA: what its folder gives, with nothing unpacked on the disk."""

from __future__ import annotations

import io
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_sets import png

from spirula.data.dataset import load, load_all
from spirula.data.stores import prune, stores
from spirula.errors import DataError, SpirulaError

MakeFolder = Callable[[Mapping[str, int]], Path]
MODES: dict[str, Any] = {".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}
SPLITS = {f"{split}/{name}": 6 for split in ("train", "validation", "test") for name in ("고양이", "كلب")}


def pack(root: Path, archive: Path, top: str = "", compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack a folder as it is, or under ``top``."""
    paths = sorted(root.rglob("*"))
    if archive.suffix != ".zip":
        with tarfile.open(archive, MODES.get(archive.suffix, "w")) as tar:
            for path in paths:
                tar.add(path, f"{top}{path.relative_to(root)}", recursive=False)
    else:
        with zipfile.ZipFile(archive, "w", compression) as out:
            for path in paths:
                out.write(path, f"{top}{path.relative_to(root)}")
    return archive


@pytest.mark.parametrize("top", ["", "pets/", "내려받기/pets v2/"])
@pytest.mark.parametrize("kind", ["tar", "zip", "stored.zip", "tar.gz", "tgz", "tar.bz2", "tar.xz"])
def test_an_archive_is_its_folder(tmp_path: Path, make_folder: MakeFolder, kind: str, top: str) -> None:
    root = make_folder(SPLITS)
    (root / "train" / "고양이" / "cut.png").write_bytes(png(1)[:30])
    compression = zipfile.ZIP_STORED if kind == "stored.zip" else zipfile.ZIP_DEFLATED
    archive = pack(root, tmp_path / f"사진.{kind}", top, compression)
    before = sorted(tmp_path.rglob("*"))
    packed, folder = load(str(archive), max_refused=0.5), load(str(root), max_refused=0.5)
    assert packed.manifest.ids == folder.manifest.ids
    assert set(packed.manifest.classes) == {"고양이", "كلب"}
    assert (packed.manifest.splits == folder.manifest.splits).all()
    assert (packed.pixels == folder.pixels).all()
    assert packed.ledger is not None
    assert folder.ledger is not None
    assert packed.ledger.refused() == folder.ledger.refused()
    assert packed.manifest.fingerprint == folder.manifest.fingerprint
    assert sorted(tmp_path.rglob("*")) == before  # nothing was unpacked beside it


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_by_worker_processes_too(tmp_path: Path, make_folder: MakeFolder, kind: str) -> None:
    root = make_folder({"a": 40, "b": 40})
    packed, folder = load(str(pack(root, tmp_path / f"all.{kind}"))), load(str(root))
    assert len(packed) == 80
    assert (packed.pixels == folder.pixels).all()


@pytest.mark.parametrize("name", ["train", "test"])
def test_a_single_split_is_no_wrapping(tmp_path: Path, make_folder: MakeFolder, name: str) -> None:
    root = make_folder({f"{name}/a": 3, f"{name}/b": 3})
    archive = pack(root, tmp_path / "all.zip", "pets/")
    assert set(load_all(str(archive)).manifest.splits.tolist()) == {name}


def test_a_changed_archive_is_read_anew(tmp_path: Path) -> None:
    """Two archives of the same names, sizes and times inside have nothing else in common."""
    archive = tmp_path / "all.tar"

    def write(shade: int) -> None:
        with tarfile.open(archive, "w") as tar:
            for name in ("a/1.png", "a/2.png", "b/1.png", "b/2.png"):
                member = tarfile.TarInfo(name)
                member.size = len(png(shade))
                tar.addfile(member, io.BytesIO(png(shade)))

    write(10)
    assert (load_all(str(archive)).pixels == 10).all()
    write(11)
    assert (load_all(str(archive)).pixels == 11).all()


def test_the_last_member_of_a_name_counts(tmp_path: Path) -> None:
    """As when unpacking: tar appends a newer version of a file at the end."""
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        for name, shade in (("a/1.png", 1), ("b/1.png", 2), ("a/1.png", 3)):
            member = tarfile.TarInfo(name)
            member.size = len(png(shade))
            tar.addfile(member, io.BytesIO(png(shade)))
    data = load_all(str(tmp_path / "all.tar"))
    assert data.manifest.ids == ("a/1.png", "b/1.png")
    assert data.pixels[:, 0, 0, 0].tolist() == [3, 2]
    assert any("older copy in the archive (1)" in note for note in data.manifest.notes)


def test_damaged_encrypted_and_strange_members_cost_themselves(tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    noise = np.random.default_rng(0).integers(0, 256, 3000, dtype=np.uint8).tobytes()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(3):
            out.writestr(f"a/{number}.png", png(number))
            out.writestr(f"b/{number}.png", png(9 + number))
        out.writestr("a/crc.png", png(77), compress_type=zipfile.ZIP_STORED)
        out.writestr("a/deflated.png", png(78) + noise)
        out.writestr("a/odd.png", png(79), compress_type=zipfile.ZIP_BZIP2)
        out.writestr("a/secret.png", png(80))
    raw = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as read:
        members = {member.filename: member for member in read.infolist()}
    raw[members["a/crc.png"].header_offset + 30 + len("a/crc.png") + 50] ^= 1
    start = members["a/deflated.png"].header_offset + 30 + len("a/deflated.png")
    raw[start : start + 20] = b"\xff" * 20
    secret = raw.rindex(b"a/secret.png") - 46  # its entry in the central directory
    raw[secret + 8] |= 1
    archive.write_bytes(raw)
    data = load(str(archive), max_refused=0.6, validation=0, test=0)
    reasons = {row["id"]: row["reason"] for row in (data.ledger.to_rows() if data.ledger else [])}
    assert "damaged in the archive" in reasons["a/crc.png"]
    assert "damaged in the archive" in reasons["a/deflated.png"]
    assert "compression (12) is not read" in reasons["a/odd.png"]
    assert reasons["a/secret.png"] == "it is encrypted"
    assert len(data) == 6


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize("evil", ["../a/1.png", "/a/1.png", "a/../../1.png", "C:\\a\\1.png"])
def test_what_leads_outside_is_refused(tmp_path: Path, kind: str, evil: str) -> None:
    archive = tmp_path / f"all.{kind}"
    if kind == "tar":
        with tarfile.open(archive, "w") as tar:
            tar.addfile(tarfile.TarInfo(evil.replace("\\", "/")))
    else:
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr(zipfile.ZipInfo(evil), b"")
    with pytest.raises(DataError, match=r"holds \".*\", which leads outside of it\n.*Do not use") as told:
        load(str(archive))
    assert "cannot be read" not in str(told.value)


def test_links_are_passed_over(tmp_path: Path, make_folder: MakeFolder) -> None:
    root = make_folder({"a": 3, "b": 3})
    archive = pack(root, tmp_path / "all.tar")
    with tarfile.open(archive, "a") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            link = tarfile.TarInfo(f"a/{kind.decode()}.png")
            link.type, link.linkname = kind, "/etc/passwd"
            tar.addfile(link)
    data = load_all(str(archive))
    assert len(data) == 6
    assert any("link or device (3)" in note for note in data.manifest.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "euc-kr"])
def test_korean_names_of_careless_writers(tmp_path: Path, encoding: str) -> None:
    """They leave out the flag that says UTF-8, or write the system's own encoding."""
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for label in ("AAAAAA", "BBBB"):
            out.writestr(f"{label}/1.png", png(1))
    # The same number of bytes under other names, as such writers leave them.
    names = {"AAAAAA": "고양이", "BBBB": "개개"} if encoding == "euc-kr" else {"AAAAAA": "고개", "BBBB": "개x"}
    raw = archive.read_bytes()
    for plain, meant in names.items():
        raw = raw.replace(plain.encode(), meant.encode(encoding))
    archive.write_bytes(raw)
    classes = load_all(str(archive)).manifest.classes
    assert set(classes) == {unicodedata.normalize("NFC", name) for name in names.values()}


@pytest.mark.parametrize("name", ["all.gz", "all.tar.zst", "all.7z"])
def test_an_archive_that_is_compressed_as_a_whole_says_what_helps(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"?")
    with pytest.raises(DataError, match=r"compressed as a whole.*\n.*Unpack it"):
        load(str(tmp_path / name))


@pytest.mark.parametrize("kind", ["tar", "zip", "tar.gz", "tar.xz"])
def test_every_cut_of_an_archive_is_an_error_in_words(tmp_path: Path, make_folder: MakeFolder, kind: str) -> None:
    whole = pack(make_folder({"a": 2, "b": 2}), tmp_path / f"whole.{kind}").read_bytes()
    cut = tmp_path / f"cut.{kind}"
    refused: list[DataError] = []
    ends = range(0, len(whole), max(1, len(whole) // 40))
    for end in ends:
        cut.write_bytes(whole[:end])
        try:  # anything but this error would be a traceback for the user
            loaded = load(str(cut), max_refused=0.9, validation=0, test=0)
        except DataError as error:
            refused.append(error)
        else:
            assert 1 <= len(loaded) <= 4, end
    # A zip has its list at the end, and what is packed as a whole its checksum: no cut of these is taken for complete.
    assert len(refused) == len(ends) if kind != "tar" else refused
    assert all(error.remedy for error in refused)


def test_a_compressed_tar_is_unpacked_once_and_can_be_cleared(
    tmp_path: Path, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(make_folder({"a": 4, "b": 4}), tmp_path / "all.tgz")
    seen: list[str] = []
    first = load_all(str(archive), progress=lambda stage, _done, _total: seen.append(stage))
    assert "unpacking all.tgz" in seen
    kept = [store for store in stores() if store.kind == "archives"]
    assert [(store.source, [path.name for path in sorted(store.path.iterdir())]) for store in kept] == [
        (str(archive), ["content.tar", "index.json"])
    ]
    seen.clear()
    assert (load_all(str(archive), progress=lambda stage, *_: seen.append(stage)).pixels == first.pixels).all()
    assert "unpacking all.tgz" not in seen
    assert {store.source for store in stores()} == {
        str(archive)
    }  # the pixels are those of the archive, not of its copy
    monkeypatch.setattr("spirula.data.stores.IN_USE", -1.0)
    assert kept[0].path in {store.path for store in prune(kept).removed}
    seen.clear()
    assert (load_all(str(archive), progress=lambda stage, *_: seen.append(stage)).pixels == first.pixels).all()
    assert set(seen) == {"unpacking all.tgz"}  # and are still known when the copy is made again


def test_an_archive_that_would_fill_the_disk_is_stopped(
    tmp_path: Path, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(make_folder({"a": 4, "b": 4}), tmp_path / "all.tar.gz")
    monkeypatch.setattr("spirula.data.sources.compressed._SPARE", 1 << 60)
    with pytest.raises(SpirulaError, match=r"larger unpacked than .* has room for"):
        load_all(str(archive))
    assert not stores()  # not even a part of it
