"""The data that a run was trained on, read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import Recipe
from ..data.sources.patch import require_same
from ..errors import InputError, RunError
from ..recipe import changed, read_recipe
from ..runs.folder import CONFIG, RunFolder

if TYPE_CHECKING:
    from ..data.dataset import Dataset


def recipe_of(run: RunFolder) -> Recipe:
    """Return what a run was asked; one from before copies were looked for divided its samples one by one.

    Raises :class:`RunError` when a patch of labels that it was trained with is another file now.
    """
    recipe, data = read_recipe(run.path / CONFIG), run.document()["data"]
    for file, done in zip(recipe.data.labels or (), data.get("labels", ()), strict=False):
        require_same(file, done["sha256"], run.path)
    if "twins" in data or recipe.data.duplicates is not None:
        return recipe
    return changed(recipe, duplicates="ignore")


def own_data(run: RunFolder) -> Dataset:
    """Load a run's data as its training did: the same samples in the same rows and splits.

    Raises :class:`InputError` when it was a Python object, which the folder does not hold, and :class:`RunError` when
    the files have changed since.
    """
    from ..training.assemble import load_data
    from ..training.deciding.objects import OBJECT

    recipe = recipe_of(run)
    if recipe.source is None or recipe.source.startswith(OBJECT):
        raise InputError(
            f"{run.path} was trained on a Python object, which its folder does not hold", "Pass the data itself."
        )
    dataset = load_data(recipe)
    if dataset.manifest.fingerprint != run.document()["data"]["fingerprint"]:
        raise RunError(
            f"The data of {run.path} has changed since it was trained", "Pass the data itself, or put the files back."
        )
    return dataset
