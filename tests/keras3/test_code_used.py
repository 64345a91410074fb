"""Keras code where a network is named: model show, train, the Python verbs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from keras_networks import CODE
from PIL import Image

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import ModelError
from spirula.models.description import read_description
from spirula.models.keras.code import read_code
from spirula.models.notation import parse

SMALL = """
!pip install tensorflow
from tensorflow.keras import layers, models
model = models.Sequential([
    layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
    layers.Flatten(),
    layers.Dense(10, activation="softmax"),
])
model.fit(x, y, epochs=5)
"""


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    path = tmp_path / "셀.py"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_show_takes_shape_and_outputs_from_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, total in (("CATS_DOGS", "991,041"), ("FUNCTIONAL", "104,202"), ("REGRESSION", "901")):
        (tmp_path / f"{name}.py").write_text(CODE[name], encoding="utf-8")
        options = ["--input", "28"] if name == "REGRESSION" else []
        assert command(["model", "show", str(tmp_path / f"{name}.py"), *options]) == 0
        printed = capsys.readouterr()
        assert f"{total} parameters" in printed.out  # the regression of 28 values: (28 + 1) × 30 + 31
        assert ("comes from the data" in printed.err) == (name == "REGRESSION")


def test_show_names_which_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.py"
    path.write_text(CODE["FASHION_DENSE"] + CODE["FASHION_CNN"], encoding="utf-8")
    assert command(["model", "show", str(path)]) == 0
    assert "mnn_model (line 4), cnn_model (line 13). The last one was taken" in capsys.readouterr().err
    assert command(["model", "show", f"{path}:mnn_model"]) == 0
    printed = capsys.readouterr()
    assert "103,851 parameters" in printed.out
    assert "The code defines" not in printed.err


def test_show_says_when_input_and_code_disagree(cell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["model", "show", str(cell), "--input", "9x9x1"]) == 2
    assert "Input((8, 8, 1)), cannot work" in capsys.readouterr().err


def test_training_stores_our_notation(cell: Path, tmp_path: Path) -> None:
    run = sp.train("digits", model=cell, epochs=1, runs=tmp_path / "runs", progress="quiet")
    stored = tomllib.loads((run.path / "config.toml").read_text(encoding="utf-8"))["model"]["model"]
    assert stored.startswith("Input((8, 8, 1))")
    assert "tensorflow" not in stored
    assert run.folder.document()["model"]["name"] == "셀"
    assert parse(stored) == read_code(SMALL).network  # config.toml trains it again without the file


def test_text_of_a_cell_works_in_python() -> None:
    summary = sp.summary(SMALL, (8, 8, 1))
    assert summary.parameters == 4 * 10 + (6 * 6 * 4 + 1) * 10


def test_pictures_of_a_folder_get_the_size_of_the_code(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(12):
            pixels = generator.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{number}.png")
    code = SMALL.replace("(8, 8, 1)", "(12, 10, 3)").replace('Dense(10, activation="softmax")', 'Dense(1, "sigmoid")')
    (tmp_path / "cell.py").write_text(code, encoding="utf-8")
    options = {"epochs": 1, "runs": tmp_path / "runs", "progress": "quiet"}
    run = sp.train(str(tmp_path / "data"), model=tmp_path / "cell.py", **options)  # type: ignore[arg-type]
    assert run.folder.document()["data"]["image"] == [12, 10, 3]
    assert run.folder.document()["derived"]["image_size"] == "what the network's Input states"
    assert run.folder.card()["output"] == "sigmoid"
    with pytest.raises(ModelError, match=r"Input\(\(12, 10, 3\)\), cannot work on its input of 16×16×3"):
        sp.train(str(tmp_path / "data"), model=tmp_path / "cell.py", image_size=16, **options)  # type: ignore[arg-type]


def test_outputs_that_disagree_with_the_data_are_the_usual_error(cell: Path, tmp_path: Path) -> None:
    """Dense(10, softmax) on two classes, as in the notes on cats and dogs."""
    data = (np.zeros((8, 8, 8, 1), np.uint8), ["cat", "dog"] * 4)
    with pytest.raises(ModelError, match="The last layer has 10 outputs, but the data has 2 classes"):
        sp.train(data, model=cell, epochs=1, runs=tmp_path / "runs", progress="quiet")


def test_python_of_the_guide_runs() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "keras.md").read_text(encoding="utf-8")
    first, second = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", first], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(re.findall(r"sp\.(\w+)", first + second)) <= set(sp.__all__)


def test_missing_file_is_named() -> None:
    with pytest.raises(ModelError, match=r"The network nowhere\.py cannot be read"):
        sp.summary("nowhere.py", (8, 8, 1))


def test_a_notebook_is_read_as_it_is(tmp_path: Path) -> None:
    """Code cells only, in order; their source is a list of lines or one text, and magics are passed over."""
    cells = [
        {"cell_type": "markdown", "source": ["# 합성곱\n", "model.add(nothing)"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "from tensorflow import keras\n"], "outputs": []},
        {"cell_type": "code", "source": "model = keras.Sequential()\nmodel.add(keras.layers.Flatten())"},
        {
            "cell_type": "code",
            "source": ["model.add(keras.layers.Dense(10))\n", "model.summary()"],
        },
    ]
    path = tmp_path / "수업.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    described = read_description(path)
    assert described.name == "수업"
    assert [type(layer).__name__ for layer in described.network.layers] == ["Flatten", "Dense"]
    assert read_description(f"{path}:model").name == "model"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="not a Jupyter notebook"):
        read_description(path)
