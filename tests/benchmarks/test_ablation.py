"""What is switched off for the ablation table, and its arithmetic."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from benchmarks.ablation import run as ablation  # noqa: E402
from spirula.models.catalogue import CATALOGUE  # noqa: E402


@pytest.mark.parametrize("name", ablation.RECIPES)
def test_each_variant_lacks_its_trick_and_nothing_else(name: str) -> None:
    found = ablation.variants(name, list(ablation.TRICKS), None)
    whole = found[""].options()
    assert {"whitening", "dirac", "label smoothing", "pooling first"} <= set(found)
    for trick, recipe in found.items():
        option = ablation.TRICKS[trick].option if trick else ""
        differing = {key for key in {*whole, *recipe.options()} if whole.get(key) != recipe.options().get(key)}
        allowed = {option, *ablation.TRICKS[trick].off} if trick else set()
        assert differing <= allowed, trick
        assert not trick or option in differing, trick


def test_pooling_comes_after_normalisation_and_activation_without_that_trick() -> None:
    recipe = ablation.variants("fast-mnist", ["pooling first"], None)["pooling first"]
    notation = " ".join(str(recipe.model.model).split())
    before = " ".join(CATALOGUE["speed-cnn-grey"].notation.split())
    assert notation.count("MaxPooling2D") == before.count("MaxPooling2D")
    assert "MaxPooling2D(2), BatchNormalization" in before
    assert "MaxPooling2D(2), BatchNormalization" not in notation
    assert 'Activation("gelu"), MaxPooling2D(2)' in notation


def test_a_trick_without_which_there_are_more_mistakes_is_better_above_one() -> None:
    found = {"": [(0.01, 5.0), (0.02, 5.0)], "whitening": [(0.02, 4.0), (0.04, 4.0)]}
    mistakes, seconds = ablation.rows_of("fast-mnist", found)
    assert (mistakes.theirs, mistakes.ours, mistakes.ratio, mistakes.unit) == (3.0, 1.5, 2.0, "% wrong")
    assert (seconds.theirs, seconds.ours, seconds.ratio, seconds.unit) == (4.0, 5.0, 0.8, "s")
