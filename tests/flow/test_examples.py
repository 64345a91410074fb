"""Every example runs as it stands, on small stand-ins for its data and with one epoch."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import spirula as sp
from spirula.recipe import read_recipe

EXAMPLES = Path(__file__).parents[2] / "examples"
SHAPES = {"mnist": (28, 28, 1), "fashion-mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
# What would have no effect, or nothing to do, in one epoch.
LONG = ("patience", "min_delta")


def stand_in(name: str, folder: Path) -> Path:
    """Write a named set's stand-in: real digits in the middle of pictures of the set's shape."""
    height, width, channels = SHAPES[name]
    pixels, targets = load_digits(return_X_y=True)
    images = np.zeros((500, height, width, channels), np.uint8)
    enlarged = pixels[:500].reshape(-1, 8, 8).repeat(3, axis=1).repeat(3, axis=2) * 15
    images[:, 2:26, 2:26] = enlarged[..., None].astype(np.uint8)
    path = folder / f"{name}.npz"
    parts = {"x_train": images[:400], "y_train": targets[:400], "x_test": images[400:], "y_test": targets[400:500]}
    np.savez(path, **parts)
    return path


def pets(folder: Path) -> Path:
    """Write pictures named as Kaggle names them."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for kind, tint in (("cat", (90, 40, 0)), ("dog", (0, 40, 90))):
        for number in range(12):
            noise = rng.integers(0, 100, (40 + number, 52, 3))
            Image.fromarray((noise + np.array(tint)).astype(np.uint8)).save(folder / f"{kind}.{number}.jpg")
    return folder


@pytest.fixture
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the verbs of the examples work on stand-ins; what they are asked for stays what the example says."""
    monkeypatch.chdir(tmp_path)
    verbs: dict[str, Any] = {name: getattr(sp, name) for name in ("train", "load", "subset")}

    def placed(source: Any) -> Any:
        return stand_in(source, tmp_path) if isinstance(source, str) and source in SHAPES else source

    def train(source: Any = None, *, recipe: str | None = None, **options: Any) -> sp.Run:
        asked = {} if recipe is None else read_recipe(recipe).options()
        given = {name: value for name, value in {**asked, **options}.items() if name not in LONG}
        given["epochs"] = 1
        named = given.pop("source", None)
        run: sp.Run = verbs["train"](placed(named if source is None else source), progress="quiet", **given)
        return run

    def subset(source: Any, place: Any, **options: Any) -> Any:
        return verbs["subset"](source, place, **{**options, "train": 6, "validation": 3, "test": 3})

    monkeypatch.setattr(sp, "train", train, raising=False)
    monkeypatch.setattr(sp, "load", lambda source, **options: verbs["load"](placed(source), **options), raising=False)
    monkeypatch.setattr(sp, "subset", subset, raising=False)
    return tmp_path


def test_every_example_is_tested() -> None:
    tested = {"mnist_cnn", "fashion_cnn", "fashion_two_conv", "mnist_functional", "cats_and_dogs", "cats_dogs_folder"}
    tested |= {"dense_against_cnn", "cifar10_cnn", "housing", "own_pieces", "output_sizes"}
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tested


@pytest.mark.parametrize(
    ("name", "words", "files"),
    [
        ("mnist_cnn", "3,156,098", {"curves.svg", "mistakes.svg"}),
        ("fashion_cnn", "accuracy", {"mistakes.svg"}),
        ("fashion_two_conv", "333,526 parameters", {"network.png", "histogram.svg", "kernels.svg", "maps-1.svg"}),
        ("mnist_functional", "61952", {"shifts.svg"}),
        ("dense_against_cnn", "McNemar", set()),
        ("output_sizes", "(9·9·3 + 1)·4 = 976", set()),
        ("cifar10_cnn", "accuracy", {"curves.svg", "mistakes.svg"}),
    ],
)
def test_example(name: str, words: str, files: set[str], small_world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert words in capsys.readouterr().out
    written = {path.name for path in small_world.rglob("*") if path.is_file()}
    assert files <= written


def test_cats_and_dogs(small_world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["cats_and_dogs.py", str(pets(small_world / "train"))])
    runpy.run_path(str(EXAMPLES / "cats_and_dogs.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "180, 180, 3" in printed
    assert "Test accuracy" in printed
    folders = small_world / "cats_vs_dogs_small"
    assert len(list((folders / "train" / "cat").iterdir())) == 6
    monkeypatch.setattr(sys, "argv", ["cats_dogs_folder.py", str(folders / "train")])
    runpy.run_path(str(EXAMPLES / "cats_dogs_folder.py"), run_name="__main__")
    assert "128, 128, 3" in capsys.readouterr().out


def test_housing(small_world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The real columns, of made-up districts: populations in the thousands, a price, an empty cell."""
    rng = np.random.default_rng(0)
    columns = ["longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population"]
    columns += ["households", "median_income", "median_house_value", "ocean_proximity"]
    scale = np.array([-120, 36, 30, 2600, 540, 1400, 500, 4, 200_000])
    rows = [[f"{value:.2f}" for value in row] + ["INLAND"] for row in scale * rng.uniform(0.5, 1.5, (200, 9))]
    rows[3][4] = ""
    path = small_world / "california_housing.csv"
    path.write_text("\n".join(",".join(row) for row in [columns, *rows]) + "\n")
    monkeypatch.setattr(sys, "argv", ["housing.py", str(path)])
    runpy.run_path(str(EXAMPLES / "housing.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed.count("mean absolute error") >= 5
    assert "exp in dense" in printed
    assert "write softplus" in printed
