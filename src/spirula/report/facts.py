"""What is in a run folder, read once for the whole report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np

from ..errors import RunError, SpirulaError
from ..metrics.score import Task, evaluate
from ..runs.folder import NOT_FINITE, OUT_OF_FOLD, SURVEY, Predictions, RunFolder
from .speech import LANGUAGES, speaker
from .words.samples import WORDS

# The split that the network has never influenced comes first.
SPLIT_ORDER = ("test", OUT_OF_FOLD, "validation", "train")


@dataclass(frozen=True, eq=False)
class Facts:
    """A run folder with memory. Each part is read when a section first asks for it.

    A damaged file raises :class:`spirula.errors.RunError` then, so that only the sections that need
    it are affected.
    """

    run: RunFolder
    language: str = "en"
    _memory: dict[str, tuple[Predictions, dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def document(self) -> dict[str, Any]:
        return self.run.document()

    @cached_property
    def config(self) -> dict[str, Any]:
        return self.run.config()

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        return self.run.history()

    @cached_property
    def classes(self) -> list[str]:
        return self.run.classes()

    @cached_property
    def survey(self) -> dict[str, Any]:
        """What the data looked like when the training began; empty for a run without a survey."""
        path = self.run.insight_path(f"{SURVEY}.json")
        if not path.is_file():
            return {}
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(document, dict):
                raise ValueError("it is not an object")
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path.name} cannot be read: {error}", "Its file was changed or damaged.") from error
        return document

    @cached_property
    def survey_pictures(self) -> dict[str, list[np.ndarray]]:
        """Pictures of the survey by what they show, in the order in which they were stored."""
        found: dict[str, list[np.ndarray]] = {}
        for name, image in sorted(self.run.arrays(SURVEY).items()):
            found.setdefault(name.partition("-")[0], []).append(image)
        return found

    @cached_property
    def splits(self) -> list[str]:
        """The splits that have predictions, in the order in which the report speaks of them."""
        present = self.run.splits_with_predictions()
        return [split for split in SPLIT_ORDER if split in present]

    @cached_property
    def evaluated(self) -> list[str]:
        """The splits that hold samples and can be read. A damaged one is named in its own section."""
        readable = []
        for split in self.splits:
            try:
                if self.evaluation(split)["count"]:
                    readable.append(split)
            except SpirulaError:
                continue
        return readable

    @property
    def address(self) -> str:
        """The run as seen from beside the folder that holds it: ``runs/NAME``. No path of this machine."""
        folder = self.run.path.resolve()
        return f"{folder.parents[self.run.name.count('/')].name}/{self.run.name}"

    @property
    def task(self) -> Task:
        return cast(Task, str(self.document.get("data", {}).get("task", "classification")))

    @property
    def imported(self) -> dict[str, Any]:
        """Where the network was imported from; empty for one that was trained here."""
        return dict(self.document.get("imported") or {})

    @property
    def status(self) -> str:
        return str(self.document.get("status", "running"))

    @property
    def not_finite(self) -> bool:
        """Whether the run failed because a loss, a gradient or a weight was no longer a number."""
        return self.status == "failed" and self.run.insight_path(NOT_FINITE).exists()

    @property
    def noun(self) -> str:
        """What a sample is called: a picture, or a row of numbers."""
        return "images" if len(self.document.get("data", {}).get("image") or ()) == 3 else "samples"

    def predictions(self, split: str) -> Predictions:
        return self._remembered(split)[0]

    def evaluation(self, split: str) -> dict[str, Any]:
        """Return :func:`spirula.metrics.score.evaluate` of one split, computed from its predictions.

        Raises :class:`RunError` when the predictions cannot be read or do not fit the task.
        """
        return self._remembered(split)[1]

    def _remembered(self, split: str) -> tuple[Predictions, dict[str, Any]]:
        if split not in self._memory:
            try:
                stored = self.run.predictions(split)
                known = evaluate(self.task, stored.targets, stored.probabilities, stored.together)
                self._memory[split] = (stored, known)
            except (KeyError, ValueError, IndexError) as error:
                raise RunError(
                    f"The predictions of {split} do not fit a {self.task} run: {error}",
                    "Its files were changed, or another program wrote them.",
                ) from error
        return self._memory[split]

    def names(self, count: int) -> Sequence[str]:
        """Return ``count`` class names; numbers stand in for names that the run does not have.

        The section on the data says so when the file of the names is damaged.
        """
        try:
            known = self.classes
        except RunError:
            known = []
        say = speaker(WORDS, self.language)
        return [*known[:count], *(say("class", n=index) for index in range(len(known), count))]

    def pictures(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays of ``insight/<name>.npz`` if they hold at least one image, else nothing."""
        arrays = self.run.arrays(name)
        return arrays if len(arrays.get("images", ())) else {}


def own_language(run: RunFolder) -> str:
    """Return the language that a run was asked to report in; English where that is not known."""
    try:
        asked = (run.config().get("run") or {}).get("lang")
    except SpirulaError:
        return "en"  # the section on the options names the damage
    return str(asked) if asked in LANGUAGES else "en"
