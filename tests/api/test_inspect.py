"""``sp.inspect`` and ``spirula inspect`` on real folders with planted problems."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import spirula as sp
from spirula.cli.main import run


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def picture(seed: int, height: int = 40, width: int = 60) -> Image.Image:
    """Soft coloured blobs: no two seeds look alike."""
    rng = np.random.default_rng(seed)
    rough = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """train and test of two classes, 25 and 6 pictures each."""
    source = tmp_path / "내 사진"
    for split, number in (("train", 25), ("test", 6)):
        for kind, name in enumerate(("고양이", "dog")):
            folder = source / split / name
            folder.mkdir(parents=True)
            for place in range(number):
                seed = place + 100 * kind + 1000 * (split == "test")
                picture(seed).save(folder / f"{place}.png")
    return source


def trained_dogs(source: Path) -> list[Path]:
    """Files of dogs that training learns from: not those that are held out for validation."""
    manifest = sp.load(source).manifest
    ids = [manifest.ids[row] for row in manifest.rows("train")]
    return [source / name for name in ids if name.startswith("train/dog/")]


def codes(found: sp.api.inspect.Inspection) -> list[str]:
    return [finding["code"] for finding in found.findings]


def test_a_clean_folder_is_ready(pets: Path) -> None:
    found = sp.inspect(pets)
    assert found.usable
    assert codes(found) == []
    assert found.classes == [
        {"class": "dog", "train": 20, "validation": 5, "test": 6},
        {"class": "고양이", "train": 20, "validation": 5, "test": 6},
    ]
    assert found.files == []
    assert found.copies == []
    height = next(row for row in found.sizes if row["what"] == "height")
    assert height == {"what": "height", "least": 40, "median": 40, "most": 40}
    assert list(pd.DataFrame(found.classes).columns) == ["class", "train", "validation", "test"]


def test_planted_problems_are_named_with_their_files(pets: Path) -> None:
    leaked, mislabelled = trained_dogs(pets)[:2]
    shutil.copy(leaked, pets / "test/dog/copy.png")
    shutil.copy(mislabelled, pets / "train/고양이/not a cat.png")
    (pets / "train/dog/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    picture(7).convert("CMYK").save(pets / "train/dog/print.jpg", quality=95)
    turned = picture(8, 60, 40)
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(pets / "train/dog/turned.jpg", exif=exif, quality=95)
    Image.new("RGB", (60, 40), (30, 30, 30)).save(pets / "train/고양이/lens cap.png")
    found = sp.inspect(pets, image_size=32)
    assert found.usable
    assert {"leak", "copies-with-other-labels", "refused", "converted", "turned", "blank"} <= set(codes(found))
    pairs = {frozenset((row["file"], row["copy"])) for row in found.copies}
    assert frozenset((f"train/dog/{leaked.name}", "test/dog/copy.png")) in pairs
    assert frozenset((f"train/dog/{mislabelled.name}", "train/고양이/not a cat.png")) in pairs
    verdicts = {row["id"]: row["verdict"] for row in found.files}
    assert verdicts == {"train/dog/broken.png": "refused", "train/dog/print.jpg": "converted"}
    document = found.to_dict()
    assert document["light"]["blank"]["ids"] == ["train/고양이/lens cap.png"]
    assert document["files"]["turned"] == 1
    turned_sizes = {(entry["height"], entry["width"]) for entry in document["sizes"]["common"]}
    assert turned_sizes == {(40, 60)}  # the turned one is 40 × 60 as it is looked at
    text = str(found)
    assert "1 of 13 test pictures is a copy of a training picture" in text
    assert "train/dog/broken.png: " in text


def test_inspecting_changes_nothing_in_the_folder(pets: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(pets.rglob("*"))}
    sp.inspect(pets)._repr_html_()
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(pets.rglob("*"))} == before


def test_the_terminal_shows_what_else_was_noticed(pets: Path) -> None:
    (pets / "train" / "empty").mkdir()
    (pets / "train" / "dog" / "loop").symlink_to(pets, target_is_directory=True)
    text = str(sp.inspect(pets))
    assert 'Class folders without images were left out: "empty".' in text
    assert "link to a folder above itself (1)" in text


def test_what_training_refuses_is_still_shown(pets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in range(6):
        (pets / f"train/dog/broken {place}.png").write_bytes(b"")
    with pytest.raises(sp.SpirulaError, match="cannot be used"):
        sp.load(pets)
    found = sp.inspect(pets)
    assert not found.usable
    assert codes(found)[0] == "refused-by-training"
    assert len(found.files) == 6
    assert run(["inspect", str(pets)]) == 1
    assert "broken 5.png: the file is empty" in capsys.readouterr().out


def test_a_folder_of_broken_files_alone_is_still_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        (tmp_path / "all" / name).mkdir(parents=True)
        (tmp_path / "all" / name / "1.jpg").write_text("no picture")
    page = tmp_path / "page.html"
    assert run(["inspect", str(tmp_path / "all"), "--out", str(page), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in document["files"]["rows"]] == ["not-an-image", "not-an-image"]
    assert not document["usable"]
    assert "not-an-image" in page.read_text(encoding="utf-8")


def test_names_cannot_command_the_terminal(pets: Path) -> None:
    odd = "a\x1b[31m\nb\u202ec.png"
    (pets / "train" / "dog" / odd).write_bytes(b"")
    (pets / "train/dog").rename(pets / "train/do\tg")
    (pets / "test/dog").rename(pets / "test/do\tg")
    found = sp.inspect(pets)
    text = str(found)
    assert not set("\x1b\u202e\t") & set(text)
    assert "a\\x1b[31m\\nb\\u202ec.png: the file is empty" in text
    assert found.files[0]["id"] == f"train/do\tg/{odd}"  # as data it is what it is
    assert "\x1b" not in found.page()


def test_names_that_are_no_text_are_shown(pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pets / "train/dog" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    page = tmp_path / "page.html"
    assert run(["inspect", str(pets), "--json", "--out", str(page)]) == 0
    assert json.loads(capsys.readouterr().out)["files"]["rows"][0]["id"] == "train/dog/caf\\xe9.png"
    assert "caf\ufffd.png" in page.read_text(encoding="utf-8")
    str(sp.inspect(pets)).encode()


def test_one_class_is_shown_and_called_unusable(pets: Path) -> None:
    shutil.rmtree(pets / "train/dog")
    shutil.rmtree(pets / "test/dog")
    found = sp.inspect(pets)
    assert not found.usable
    assert "one class only" in found.findings[0]["text"]
    assert found.to_dict()["counts"]["splits"] == {"train": 25, "test": 6}


def test_the_command_prints_writes_and_leaves_with_its_code(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "점검.html"
    assert run(["inspect", str(pets), "--out", str(page), "--flip", "horizontal", "--lang", "ko"]) == 0
    printed = capsys.readouterr().out
    assert "클래스 2개, 사진 62장" in printed
    assert str(page) in printed
    html = page.read_text(encoding="utf-8")
    assert '<html lang="ko">' in html
    assert "flip horizontal" in html
    assert run(["inspect", str(pets), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["usable"]
    assert document["counts"]["splits"] == {"train": 40, "validation": 10, "test": 12}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere at all"], "neither a named set"),
        (["digits", "--out", "page.pdf"], "no HTML file"),
        (["digits", "--flip", "horizontal"], "would have no effect"),
        (["digits", "--lang", "fr"], "fr"),
        (["digits", "--validation", "1.5"], "validation"),
        (["digits", "--imagesize", "32"], "--image-size"),
        (["digits", "--out", "no/such/folder/page.html"], "no folder"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err


def test_python_mistakes_are_named() -> None:
    with pytest.raises(sp.SpirulaError, match=r'no option "image_sise".*Did you mean "image_size"'):
        sp.inspect("digits", image_sise=32)
    with pytest.raises(sp.SpirulaError, match='no option "to_look"'):
        sp.inspect("digits", to_look=False)
    with pytest.raises(sp.SpirulaError, match='There is no augmentation "flipp"'):
        sp.inspect("digits", augment={"flipp": "horizontal"})
    with pytest.raises(sp.SpirulaError, match="would have no effect"):
        sp.inspect(sp.load("digits"), image_size=4)


def test_arrays_vectors_and_numbers_can_be_inspected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 12, 12), dtype=np.uint8), np.arange(60) % 3
    found = sp.inspect((images, labels))
    assert found.to_dict()["light"]["grey"] == 60
    assert "<table" in found._repr_html_()
    assert found.save(tmp_path / "arrays.html").stat().st_size > 10_000
    numbers = sp.inspect((rng.normal(size=(60, 7)), rng.normal(size=60)))
    assert numbers.to_dict()["task"] == "regression"
    assert "60 samples" in str(numbers)
    assert "60 samples" in numbers.page()


def test_the_same_division_as_training(pets: Path) -> None:
    seen = sp.inspect(pets, seed=3).dataset.manifest
    trained = sp.load(pets, seed=3).manifest
    assert seen.fingerprint == trained.fingerprint
    assert (seen.splits == trained.splits).all()


def test_what_a_crop_cuts_off_is_drawn_from_the_file(pets: Path) -> None:
    red = np.zeros((40, 120, 3), np.uint8)
    red[:, 40:80] = 255  # the middle is white, both ends black: a crop keeps the middle alone
    Image.fromarray(red).save(pets / "train/dog/wide.png")
    found = sp.inspect(pets, image_size=40, resize="crop")
    worst = found.to_dict()["resize"]["worst"][0]
    assert worst["id"] == "train/dog/wide.png"
    assert worst["lost"] == pytest.approx(2 / 3)
    drawn = found._pictures["worst"][0]
    assert drawn.shape == (40, 120, 3)
    assert (drawn[:, 40:80] == 255).all()  # what is kept is as it was
    assert (drawn[:, :40] > 40).all()  # what is lost is shaded


def test_a_report_of_a_training_has_the_survey(pets: Path, tmp_path: Path) -> None:
    shutil.copy(trained_dogs(pets)[0], pets / "test/dog/copy.png")
    done = sp.train(pets, model="Flatten()", epochs=1, image_size=16, progress="quiet", runs=str(tmp_path / "runs"))
    html = Path(done.report()).read_text(encoding="utf-8")
    assert "1 of 13 test samples is a copy of a training sample: the test figures flatter the network." in html
    assert "Copies and leaks" in html
    assert "test/dog/copy.png" in html


def test_a_thousand_classes_do_not_fill_the_terminal() -> None:
    labels = np.arange(4000) % 1000
    images = np.random.default_rng(0).integers(0, 256, (4000, 6, 6), dtype=np.uint8)
    found = sp.inspect((images, labels))
    assert len(found.classes) == 1000
    assert "… and 970 more" in str(found)
    assert len(str(found).splitlines()) < 60


def test_folds_are_inspected_by_their_names(pets: Path) -> None:
    shutil.rmtree(pets / "test")
    found = sp.inspect(pets / "train", folds=5)
    assert set(found.classes[0]) == {"class", *(f"fold-{number}" for number in range(1, 6))}
    assert "fold-3" in str(found)
    assert "fold-3" in found.page()
