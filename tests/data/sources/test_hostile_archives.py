"""Archives that were damaged, or made to do harm: an error in words, or what is sound in them, and nothing else."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_sets import png

from spirula.data.dataset import load_all
from spirula.data.sources import compressed
from spirula.data.sources.archives import list_archive
from spirula.errors import DataError

MakeFolder = Callable[[Mapping[str, int]], Path]
NAMES = ("a/1.png", "a/2.png", "b/1.png", "b/2.png")


def tar_of(path: Path, names: tuple[str, ...] = NAMES, **more: str) -> Path:
    """Write a tar of pictures. more: linked name → the name of the member that it is another name of."""
    with tarfile.open(path, "w") as tar:
        for shade, name in enumerate(names):
            member = tarfile.TarInfo(name)
            member.size = len(png(shade))
            tar.addfile(member, io.BytesIO(png(shade)))
        for name, target in more.items():
            link = tarfile.TarInfo(name.replace("_", "/") + ".png")
            link.type, link.linkname = tarfile.LNKTYPE, target
            tar.addfile(link)
    return path


def test_a_tar_that_is_damaged_in_the_middle_does_not_pass_for_a_smaller_one(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "all.tar")
    with tarfile.open(path) as tar:
        third = tar.getmembers()[2].offset
    raw = bytearray(path.read_bytes())
    raw[third + 150] ^= 1  # in its checksum
    path.write_bytes(raw)
    with pytest.raises(DataError, match=f"damaged at byte {third:,}"):
        load_all(str(path))
    path.write_bytes(raw[: third + 100])
    with pytest.raises(DataError, match="damaged at byte"):
        load_all(str(path))


def test_hard_links_are_other_names_of_a_picture(tmp_path: Path, make_folder: MakeFolder) -> None:
    """As tar writes a folder that has them; what they name must be in the archive."""
    path = tar_of(tmp_path / "all.tar", b_3="./a/2.png", b_4="b/3.png", b_5="/etc/passwd", b_6="../a/1.png")
    data = load_all(str(path))
    assert data.manifest.ids == (*NAMES, "b/3.png", "b/4.png")
    assert data.pixels[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 1, 1]
    assert any("link or device (2)" in note for note in data.manifest.notes)

    root = make_folder({"a": 2, "b": 2})
    (root / "b" / "same.png").hardlink_to(root / "a" / "000.png")
    with tarfile.open(tmp_path / "real.tar", "w") as tar:
        tar.add(root, "pets")
    packed, folder = load_all(str(tmp_path / "real.tar")), load_all(str(root))
    assert packed.manifest.ids == folder.manifest.ids
    assert (packed.pixels == folder.pixels).all()


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "all.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("a/1.png")
        member.pax_headers = {"path": "a/1.png\0.jpg"}
        member.size = len(png(1))
        tar.addfile(member, io.BytesIO(png(1)))
    with pytest.raises(DataError, match="no file can have"):
        load_all(str(tmp_path / "all.tar"))


@pytest.mark.parametrize("name", ["all.tzst", "all.rar", "all.tar.lz4", "all.tar.Z"])
def test_other_compressions_say_what_helps(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"?")
    with pytest.raises(DataError, match=r"compressed as a whole.*\n.*Unpack it"):
        load_all(str(tmp_path / name))


def test_what_a_bomb_unpacks_to_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member says that it is small and would unpack to much more, or says at once that it is too large."""
    monkeypatch.setattr("spirula.data.pictures.reading.MAX_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for name in NAMES:
            out.writestr(name, png(5))
        out.writestr("a/bomb.png", bytes(2 << 20))
        out.writestr("b/liar.png", bytes(1 << 19))
    raw = bytearray((tmp_path / "all.zip").read_bytes())
    entry = raw.rindex(b"b/liar.png") - 46
    raw[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    (tmp_path / "all.zip").write_bytes(raw)
    listing, files = list_archive(tmp_path / "all.zip")
    by_name = dict(zip(listing.paths, range(len(listing.paths)), strict=True))
    with pytest.raises(OSError, match="larger than 1 MB"):
        files.open(by_name["a/bomb.png"])
    with pytest.raises(OSError, match="damaged in the archive"):
        files.open(by_name["b/liar.png"])


def test_archives_inside_of_an_archive_are_counted_and_not_opened(tmp_path: Path) -> None:
    inner = tar_of(tmp_path / "inner.tar")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as out:
        for name in NAMES:
            out.writestr(name, png(5))
        out.write(inner, "a/inner.tar")
    data = load_all(str(tmp_path / "all.zip"))
    assert data.manifest.ids == NAMES
    assert any(".tar (1)" in note for note in data.manifest.notes)


def test_another_process_that_unpacks_at_the_same_time_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done between our look and our renaming."""
    plain = tar_of(tmp_path / "all.tar")
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as tar, tarfile.open(plain) as inside:
        for member in inside:
            tar.addfile(member, inside.extractfile(member))
    written, copies = compressed.write_json, []

    def other_first(path: Path, document: object) -> None:
        written(path, document)
        if not copies:
            copies.append(path)
            compressed.plain_tar(tmp_path / "all.tar.gz")

    monkeypatch.setattr(compressed, "write_json", other_first)
    assert load_all(str(tmp_path / "all.tar.gz")).manifest.ids == NAMES
    assert len(copies) == 1


@pytest.mark.parametrize("kind", ["tar", "zip"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_are_an_error_in_words_or_cost_single_pictures(
    tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    path = tmp_path / f"all.{kind}"
    if kind == "tar":
        tar_of(path)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for shade, name in enumerate(NAMES):
                out.writestr(name, png(shade))
    raw = bytearray(path.read_bytes())
    used = min(len(raw), 6000)
    for place in data.draw(st.lists(st.integers(0, used - 1), min_size=1, max_size=4)):
        raw[place] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    try:
        listing, files = list_archive(path)
    except DataError:
        return
    for row in range(len(listing.paths)):
        try:
            assert len(files.open(row).read()) <= len(raw)
        except OSError as error:
            told = str(error)
            assert "archive" in told or "larger" in told
    assert np.unique(listing.paths).size == len(listing.paths)


def test_hidden_members_are_counted_as_in_a_folder(tmp_path: Path, make_folder: MakeFolder) -> None:
    root = make_folder({"a": 2, "b": 2, ".ipynb_checkpoints": 2, "__MACOSX": 1})
    (root / "a" / ".hidden.png").write_bytes(png(1))
    (root / "a" / "._000.png").write_bytes(b"x")
    (root / "a" / ".DS_Store").write_bytes(b"x")
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        tar.add(root, "pets")
    packed, folder = load_all(str(tmp_path / "all.tar")), load_all(str(root))
    assert packed.manifest.ids == folder.manifest.ids
    assert packed.manifest.notes == folder.manifest.notes
    assert any("2 things" in note and "hidden folder (1)" in note for note in folder.manifest.notes)
