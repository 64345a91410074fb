"""The recipes that come with spirula: readable, effective, and of the networks that the study notes print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import ConfigError
from spirula.recipe import RECIPES, packaged_recipes, read_recipe

# Input shape, classes and the parameters that the notes print (None: they print none).
PRINTED = {
    "best": ((28, 28, 1), 10, None),
    "best-cifar10": ((32, 32, 3), 10, None),
    "best-fashion-mnist": ((28, 28, 1), 10, None),
    "cats-and-dogs": ((180, 180, 3), 2, 991_041),
    "cats-and-dogs-180": ((180, 180, 3), 2, 991_041),
    "cats-and-dogs-features": ((224, 224, 3), 2, None),
    "cifar10-cnn": ((32, 32, 3), 10, None),
    "fast": ((28, 28, 1), 10, None),
    "fast-cifar10": ((32, 32, 3), 10, None),
    "fast-cifar10-gpu": ((32, 32, 3), 10, None),
    "fast-fashion-mnist": ((28, 28, 1), 10, None),
    "fast-mnist": ((28, 28, 1), 10, None),
    "fashion-average-pooling": ((28, 28, 1), 10, 39_478),
    "fashion-cnn": ((28, 28, 1), 10, None),
    "fashion-dense": ((28, 28, 1), 10, None),
    "fashion-normalized": ((28, 28, 1), 10, None),
    "fashion-two-conv": ((28, 28, 1), 10, 333_526),
    "mnist-cnn": ((28, 28, 1), 10, None),
    "mnist-functional": ((28, 28, 1), 10, 104_202),
    "photos-scratch": ((192, 192, 3), 2, None),
    "two-classes-128": ((128, 128, 3), 2, None),
}
# Those for folders of the user's own.
WITHOUT_A_SOURCE = {
    *("cats-and-dogs", "cats-and-dogs-180", "cats-and-dogs-features", "photos-scratch", "two-classes-128"),
    *("best", "fast"),
}


def test_all_are_known_here() -> None:
    assert packaged_recipes() == sorted(PRINTED)


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_recipe(name: str) -> None:
    recipe = read_recipe(name)
    shape, classes, parameters = PRINTED[name]
    table = sp.summary(recipe.model.model or "speed-cnn-grey", shape, classes)
    if parameters is not None:
        assert table.parameters == parameters
    text = (RECIPES / f"{name}.toml").read_text(encoding="utf-8")
    assert re.search(rf"^# spirula train .*--recipe {name}$", text, re.MULTILINE)
    assert re.search(r"^# Measured.*: .*\d", text, re.MULTILINE), "a recipe states what it reaches"
    assert (recipe.source is None) == (name in WITHOUT_A_SOURCE)


def test_a_recipe_is_trained_by_its_name_and_options_win(tmp_path: Path) -> None:
    run = sp.train("digits", recipe="mnist-functional", epochs=1, model="linear", runs=tmp_path, progress="quiet")
    assert run.folder.config()["training"]["optimizer"] == "rmsprop"
    assert run.folder.config()["source"] == "digits"


def test_a_file_of_that_name_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mnist-cnn").write_text('source = "digits"\n')
    assert read_recipe("mnist-cnn").source == "digits"


def test_an_unknown_name_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match='Did you mean "mnist-cnn"'):
        read_recipe("mnist-cn")
    assert command(["recipes"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in PRINTED)
