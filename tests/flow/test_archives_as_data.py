"""A packed folder goes through every verb that takes a folder."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spirula as sp
from spirula.errors import InputError


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 사진.tar and 사진.zip of two classes, dark and bright, one of the pictures damaged."""
    root = tmp_path_factory.mktemp("packed")
    rng = np.random.default_rng(0)
    for name, low in (("어두움", 0), ("밝음", 128)):
        (root / "사진" / name).mkdir(parents=True)
        for number in range(30):
            pixels = rng.integers(low, low + 128, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / "사진" / name / f"{number}.png")
    (root / "사진" / "밝음" / "cut.png").write_bytes((root / "사진" / "밝음" / "1.png").read_bytes()[:60])
    with tarfile.open(root / "사진.tar", "w") as tar:
        tar.add(root / "사진", "사진")
    with zipfile.ZipFile(root / "사진.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted((root / "사진").rglob("*")):
            out.write(path, path.relative_to(root))
    return root


@pytest.fixture(scope="module")
def run(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    return sp.train(
        packed / "사진.tar", model="dense", epochs=8, runs=tmp_path_factory.mktemp("runs"), progress="quiet"
    )


def test_training_is_verified_and_shows_its_pictures(run: sp.Run) -> None:
    assert run.verified
    assert run.evaluate()["accuracy"] > 0.9
    assert "data:image/png" in (run.path / "report.html").read_text(encoding="utf-8")


def test_evaluate_and_inspect_take_the_other_packing(run: sp.Run, packed: Path) -> None:
    assert run.evaluate(packed / "사진.zip")["count"] == 60
    inspection = sp.inspect(packed / "사진.zip")
    assert inspection.dataset.ledger is not None
    assert inspection.dataset.ledger.counts()["refused"] == 1


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_predict_has_a_row_for_each_member_as_for_each_file(run: sp.Run, packed: Path, kind: str) -> None:
    archive, folder = packed / f"사진.{kind}", packed / "사진"
    rows, files = list(run.predict([archive])), list(run.predict([folder]))
    assert [row["file"] for row in rows] == [f"{archive}/사진/{Path(row['file']).relative_to(folder)}" for row in files]
    assert [row.get("predicted") for row in rows] == [row.get("predicted") for row in files]
    problems = [row for row in rows if row.get("problem")]
    assert [Path(row["file"]).name for row in problems] == ["cut.png"]


def test_a_picture_out_of_a_phone_has_a_row_of_its_own(run: sp.Run, tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "1.png")
    (tmp_path / "IMG_2.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    rows = list(run.predict([tmp_path]))
    assert len(rows) == 2
    assert ["HEIC content is not read" in str(row.get("problem")) for row in rows] == [False, True]


def test_explain_wants_pictures(run: sp.Run, packed: Path) -> None:
    from spirula.api.picture_paths import picture_paths

    with pytest.raises(InputError, match="is an archive"):
        picture_paths(packed / "사진.zip")


def test_an_archive_without_pictures_is_told(run: sp.Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as out:
        out.writestr("notes.txt", "none")
    with pytest.raises(InputError, match="has no pictures in it"):
        run.predict([tmp_path / "none.zip"])


def test_a_folder_is_searched_as_training_searches_it(run: sp.Run, tmp_path: Path) -> None:
    """Hidden copies are none of the pictures, linked folders are, and a link that leads nowhere has a row."""
    (tmp_path / "album" / ".ipynb_checkpoints").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for place in ("album", "album/.ipynb_checkpoints", "elsewhere"):
        Image.new("RGB", (16, 16)).save(tmp_path / place / "1.png")
    (tmp_path / "album" / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "album" / "loop").symlink_to(tmp_path / "album", target_is_directory=True)
    (tmp_path / "album" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    rows = list(run.predict([tmp_path / "album"]))
    assert [Path(row["file"]).relative_to(tmp_path / "album").as_posix() for row in rows] == [
        *("1.png", "gone.png", "linked/1.png")
    ]
    assert ["leads nowhere" in str(row.get("problem")) for row in rows] == [False, True, False]
