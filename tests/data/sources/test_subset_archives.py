"""Smaller sets out of archives, hostile ones among them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from small_sets import png

import spirula as sp
from spirula.errors import DataError


@pytest.mark.parametrize("evil", ["../../evil/1.png", "/evil/1.png", "a/../../1.png", "C:/evil/1.png"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_that_leads_outside_is_refused(tmp_path: Path, kind: str, evil: str) -> None:
    archive = tmp_path / f"all.{kind}"
    if kind == "tar":
        with tarfile.open(archive, "w") as tar:
            for name in ("a/1.png", evil):
                member = tarfile.TarInfo(name)
                member.size = len(png(1))
                tar.addfile(member, io.BytesIO(png(1)))
    else:
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("a/1.png", png(1))
            out.writestr(zipfile.ZipInfo(evil), png(1))
    with pytest.raises(DataError, match="leads outside"):
        sp.subset(archive, tmp_path / "few", train=1)
    assert [path.name for path in tmp_path.iterdir()] == [archive.name]


def test_links_and_lies_in_archives_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(9))
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        for name in ("a/1.png", "a/2.png"):
            member = tarfile.TarInfo(name)
            member.size = len(png(1))
            tar.addfile(member, io.BytesIO(png(1)))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            link = tarfile.TarInfo(f"a/{kind.decode()}link.png")
            link.type, link.linkname = kind, str(tmp_path / "secret.png")
            tar.addfile(link)
    made = sp.subset(tmp_path / "all.tar", tmp_path / "tar", train=2)
    assert made.table[0]["there"] == 2
    assert any("link" in note for note in made.notes)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as out:
        out.writestr("a\\1.png", png(1))
        out.writestr("a/2.png", png(2))
        link = zipfile.ZipInfo("a/3.png")
        link.external_attr = 0o120777 << 16
        out.writestr(link, str(tmp_path / "secret.png"))
        out.writestr("__MACOSX/a/._1.png", b"litter")
    made = sp.subset(tmp_path / "all.zip", tmp_path / "zip", train=2)
    assert made.table[0]["there"] == 2
    damaged = (tmp_path / "all.zip").read_bytes().replace(png(2), b"x" * len(png(2)))
    (tmp_path / "bad.zip").write_bytes(damaged)
    with pytest.raises(DataError, match="damaged in the archive"):
        sp.subset(tmp_path / "bad.zip", tmp_path / "bad", train=2)
    (tmp_path / "no.zip").write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be read"):
        sp.subset(tmp_path / "no.zip", tmp_path / "no", train=2)


def test_nothing_larger_than_an_image_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spirula.data.pictures.reading.MAX_BYTES", 1 << 20)
    (tmp_path / "large.png").write_bytes(png(1) + bytes(1 << 20))
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.write(tmp_path / "large.png", "a/1.png")
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        tar.add(tmp_path / "large.png", "a/1.png")
    for kind in ("zip", "tar"):
        with pytest.raises(DataError, match=r"1\.png: it is larger than 1 MB"):
            sp.subset(tmp_path / f"all.{kind}", tmp_path / "few", train=1)
