"""``spirula subset`` and ``spirula data``: what they print, what they write, and how they say no."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spirula.cli.main import run


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("고양이", "dog"):
        (tmp_path / "all" / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 255, (9, 11, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "all" / name / f"{number}.png")
    return tmp_path / "all"


def test_help_names_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert "subset" in text
    assert "  data " in text or "│ data " in text


def test_subset_prints_a_table_and_says_where(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = tmp_path / "few"
    counts = ["--train", "5", "--validation", "2", "--test", "3"]
    assert run(["subset", str(pictures), str(few), *counts, "--classes", "dog, 고양이", "--seed", "4"]) == 0
    captured = capsys.readouterr()
    assert [line.split() for line in captured.out.splitlines()[:4:3]] == [
        ["class", "there", "train", "validation", "test"],
        ["고양이", "12", "5", "2", "3"],
    ]
    assert captured.out.splitlines()[-1] == f"Written: {few}"
    assert len(list((few / "train/고양이").iterdir())) == 5
    assert run(["subset", str(few), str(tmp_path / "less"), "--train", "1", "--in-order", "--link", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["classes"][0] == {"class": "dog", "there": 10, "train": 1}
    assert document["folder"] == str(tmp_path / "less")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--train", "13"], '"dog": 13 asked, 12 there'),
        ([], "--train 1000"),
        (["--train", "-1"], "train = -1"),
        (["--train", "1", "--classes", "dgo"], 'Did you mean "dog"'),
        (["--train", "1", "--in-order", "--seed", "0"], "no effect"),
        (["--train", "1", "--label-from", "file"], "label-from"),
        (["--trian", "1"], "Did you mean --train"),
    ],
)
def test_mistakes_of_subset(
    pictures: Path, tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["subset", str(pictures), str(tmp_path / "few"), *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert not (tmp_path / "few").exists()


def test_data_shows_splits_classes_counts_and_one_batch(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["data", str(pictures), "--image-size", "180", "--batch-size", "8", "--validation", "0.25"]
    assert run([*arguments, "--test", "0"]) == 0
    text = capsys.readouterr().out
    assert f"{pictures}: 18 train, 6 validation; classification" in text
    assert ["고양이", "9", "3"] in [line.split() for line in text.splitlines()]
    assert "Batch    images (8, 180, 180, 3) uint8 · labels (8,) int64; 3 in train" in text
    assert run([*arguments, "--test", "0", "--split", "val", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["classes"] == ["dog", "고양이"]
    assert document["class_counts"]["validation"] == {"dog": 3, "고양이": 3}
    assert document["image"] == [180, 180, 3]
    assert document["batch"] == {
        "split": "validation",
        "size": 8,
        "batches": 1,
        "shapes": "images (6, 180, 180, 3) uint8 · labels (6,) int64",
    }


@pytest.mark.parametrize("ending", ["png", "html"])
def test_data_writes_a_sheet(pictures: Path, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"sheet.{ending}"
    plain = ["data", str(pictures), "--batch-size", "6"]
    assert run([*plain, "--sheet", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    before = path.read_bytes()
    assert run([*plain, "--sheet", str(path), "--flip", "horizontal", "--rotate", "40"]) == 0
    assert path.read_bytes() != before
    assert run([*plain, "--sheet", str(path), "--flip", "none", "--rotate", "0"]) == 0
    assert path.read_bytes() == before
    capsys.readouterr()
    assert run([*plain, "--sheet", str(path), "--json"]) == 0
    json.loads(capsys.readouterr().out)  # the note about the sheet is not in the way
    assert path.read_bytes() == before


def test_a_sheet_of_ones_own_augmentation(pictures: Path, tmp_path: Path) -> None:
    pieces = tmp_path / "my_pieces.py"
    pieces.write_text("def white(images, generator):\n    return images * 0 + 255\n", encoding="utf-8")
    plain, changed = tmp_path / "plain.png", tmp_path / "changed.png"
    arguments = ["data", str(pictures), "--batch-size", "6", "--sheet"]
    assert run([*arguments, str(plain)]) == 0
    assert run([*arguments, str(changed), "--custom", str(pieces), "--augment", "custom.white"]) == 0
    dark = [(np.asarray(Image.open(path).convert("L")) < 200).mean() for path in (plain, changed)]
    assert dark[1] < 0.2 * dark[0]
    assert run([*arguments, str(changed), "--custom", str(pieces)]) == 2
    assert run([*arguments, str(changed), "--augment", "custom.white"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rotate", "3"], "no effect"),
        (["--image-size", "big"], "180x240"),
        (["--split", "trian"], 'Did you mean "train"'),
        (["--batch-size", "0"], "batch_size = 0"),
        (["--sheet", "x.pdf"], ".png"),
    ],
)
def test_mistakes_of_data(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "digits", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert "Traceback" not in captured.err
