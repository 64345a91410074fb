"""``spirula explain``: the files it writes and the mistakes it explains."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spirula.cli.main import run

MODEL = "합성곱 = Conv2D(3, 3, activation='relu')(input); 둘 = Conv2D(4, 3)(합성곱); 끝 = Flatten()(둘)"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    arguments = ["train", "digits", "--model", MODEL, "--epochs", "1", "--runs", str(folder), "--name", "첫째"]
    assert run([*arguments, "--progress", "quiet"]) == 0
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        pixels = np.random.default_rng(len(folder)).integers(0, 255, (20, 30, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / folder / "고양이.png")
    return tmp_path


def test_it_writes_what_it_says(runs: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = pictures / "밖" / "here"
    images = [str(pictures / "a" / "고양이.png"), str(pictures / "b")]
    assert run(["explain", "첫째", *images, "--out", str(out), "--runs", str(runs)]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {
        *("weights.csv", "weights.svg", "kernels_합성곱.svg", "maps_합성곱_고양이.svg", "maps_합성곱_고양이-2.svg"),
    }
    text = capsys.readouterr().out
    assert "(3, 3, 1, 3)" in text
    assert all(str(out / name) in text for name in names)
    for name in names - {"weights.csv"}:
        ET.parse(out / name)
    assert "before training" in (out / "kernels_합성곱.svg").read_text(encoding="utf-8")
    with (out / "weights.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["layer"] for row in rows[:4]] == ["합성곱", "합성곱", "둘", "둘"]


def test_layers_can_be_named_and_the_run_takes_the_files(runs: Path, pictures: Path) -> None:
    image = str(pictures / "a" / "고양이.png")
    assert run(["explain", "첫째", image, "--layer", "둘", "--layer", "합성곱", "--runs", str(runs)]) == 0
    names = {path.name for path in (runs / "첫째" / "insight").glob("*_*.svg")}
    assert names == {"kernels_둘.svg", "kernels_합성곱.svg", "maps_둘_고양이.svg", "maps_합성곱_고양이.svg"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none-such"], "none-such"),
        (["첫째", "nowhere.png"], "nowhere.png"),
        (["첫째", "--layer", "끝"], "합성곱, 둘"),
        (["첫째", "--layer", "하나"], "nothing to draw"),
        (["첫째", "--out", "/dev/null/x"], "could not be made"),
    ],
)
def test_mistakes_are_one_message(
    runs: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", *arguments, "--runs", str(runs)]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_what_fails_leaves_no_folder_behind(runs: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pictures / "a" / "노트.png").write_text("no picture", encoding="utf-8")
    for arguments in (["--layer", "끝"], [str(pictures / "a")], [str(pictures / "b"), "--layer", "nothing"]):
        assert run(["explain", "첫째", *arguments, "--out", str(pictures / "out"), "--runs", str(runs)]) == 2
        told = capsys.readouterr().err
        assert told.count("→") == 1, told
        assert not (pictures / "out").exists()


def test_a_layer_named_twice_is_drawn_once(runs: Path, tmp_path: Path) -> None:
    arguments = ["explain", "첫째", "--layer", "합성곱", "--layer", "합성곱", "--out", str(tmp_path / "out")]
    assert run([*arguments, "--runs", str(runs)]) == 0
    assert {path.name for path in (tmp_path / "out").glob("kernels*")} == {"kernels_합성곱.svg"}
