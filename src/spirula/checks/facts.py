"""What is in a run folder, read once for all checks."""

from __future__ import annotations

import json
import math
import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import RunError
from ..metrics.classification import confusion_matrix
from ..metrics.paired import right
from ..runs.folder import BASELINES, CUSTOM, HEALTH, OUT_OF_FOLD, SURVEY, Predictions, RunFolder

# The split that the network has never influenced comes first.
HELD_OUT = ("test", OUT_OF_FOLD, "validation")
PYTHON_OBJECT = "<Python object: "  # how config.toml names data that only Python held


@dataclass(frozen=True, eq=False)
class RunFacts:
    """A run folder with memory: each file is read when a check first asks for it.

    address: the run as commands name it. Raises :class:`RunError` for a file that is damaged; what is not there yet is
    empty.
    """

    run: RunFolder
    address: str

    @cached_property
    def document(self) -> dict[str, Any]:
        return self.run.document()

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """The epochs, oldest first."""
        return self.run.history()

    @cached_property
    def options(self) -> dict[str, Any]:
        """Every option by name, whatever section it stands in."""
        flat: dict[str, Any] = {}
        for name, value in self.run.config().items():
            flat |= value if isinstance(value, dict) else {name: value}
        return flat

    @cached_property
    def data(self) -> dict[str, Any]:
        return dict(self.document.get("data") or {})

    @property
    def task(self) -> str:
        return str(self.data.get("task", "classification"))

    @property
    def finished(self) -> bool:
        return self.document.get("status") == "finished"

    @cached_property
    def counts(self) -> dict[str, int]:
        """Samples by split."""
        return {str(split): int(number) for split, number in (self.data.get("counts") or {}).items()}

    @cached_property
    def class_counts(self) -> dict[str, int]:
        """Training samples by class, of those that have any."""
        found = (self.data.get("class_counts") or {}).get("train") or {}
        return {str(name): int(number) for name, number in found.items() if number}

    @cached_property
    def chance_loss(self) -> float | None:
        """Nats that a network loses that knows no more than how frequent each class is; None without single classes."""
        counts = np.array(list(self.class_counts.values()), dtype=np.float64)
        if self.task != "classification" or len(counts) < 2:
            return None
        shares = counts / counts.sum()
        return float(-(shares * np.log(shares)).sum())

    @cached_property
    def survey(self) -> dict[str, Any]:
        return self._object(f"{SURVEY}.json")

    @cached_property
    def health(self) -> dict[str, Any]:
        """Gradients, units and input, as measured while training; empty for a run of before that."""
        return self._object(HEALTH)

    @cached_property
    def baselines(self) -> dict[str, Any]:
        """How well the classes are told apart without looking at what is on the pictures."""
        return self._object(BASELINES)

    @cached_property
    def layers(self) -> list[dict[str, Any]]:
        """The rows of the network's summary."""
        found = self._insight("network.json")
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    @cached_property
    def judged(self) -> str | None:
        """The held-out split whose figures count most, if it was evaluated and has samples."""
        present = self.run.splits_with_predictions()
        return next((split for split in HELD_OUT if split in present and len(self.predictions(split).ids)), None)

    def predictions(self, split: str) -> Predictions:
        """Return what the network said of a split. Raises :class:`RunError` when it does not fit the task."""
        if split not in self._predictions:
            self._predictions[split] = self._sound(self.run.predictions(split), split)
        return self._predictions[split]

    @cached_property
    def _predictions(self) -> dict[str, Predictions]:
        return {}

    def _sound(self, found: Predictions, split: str) -> Predictions:
        single = self.task == "classification"
        fits = found.probabilities.ndim == 2 and len(found.ids) == len(found.targets) == len(found.probabilities)
        if fits and single and len(found.targets):
            fits = found.targets.ndim == 1 and 0 <= found.targets.min() <= found.targets.max() < len(self.names)
            fits = fits and found.probabilities.shape[1] == len(self.names)
        if not fits:
            raise RunError(
                f"The predictions of {split} do not fit a {self.task} run",
                "Its files were changed: copy the run again.",
            )
        return found

    @cached_property
    def names(self) -> list[str]:
        return self.run.classes()

    @cached_property
    def confusion(self) -> np.ndarray | None:
        """int64 (K, K), true class down, of the judged split; None without single classes or held-out samples."""
        if self.task != "classification" or self.judged is None:
            return None
        held = self.predictions(self.judged)
        return confusion_matrix(held.targets, held.probabilities.argmax(axis=1), len(self.names))

    @cached_property
    def correct(self) -> np.ndarray | None:
        """Which judged samples are right, bool (N,); None for a regression and without held-out samples."""
        if self.task == "regression" or self.judged is None:
            return None
        held = self.predictions(self.judged)
        return right(held.targets, held.probabilities)

    def column(self, name: str) -> list[float]:
        """Return a metric of every epoch; empty when an epoch lacks it or it is no number."""
        values = [row.get(name) for row in self.history]
        if not values or any(not isinstance(value, int | float) or not math.isfinite(value) for value in values):
            return []
        return [float(value) for value in values if value is not None]

    @property
    def source(self) -> str | None:
        """The data as a command names them; None for a Python object."""
        source = str(self.options.get("source") or "")
        return None if not source or source.startswith(PYTHON_OBJECT) else source

    @property
    def custom_words(self) -> list[str]:
        """What a command says of the user's own Python file, if there is one."""
        own = (self.document.get("custom") or {}).get("file")
        return ["--custom", f"{self.address}/{CUSTOM}"] if own else []

    def train_again(self, **options: object) -> str:
        """Return the command that trains the same with other options; DATA stands for what only Python held."""
        words = ["spirula", "train", *([] if self.source else ["DATA"]), "--recipe", f"{self.address}/config.toml"]
        words += self.custom_words
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join(words)

    def command(self, verb: str, *words: str) -> str:
        """Return ``spirula VERB RUN WORDS…``."""
        return shlex.join(["spirula", verb, self.address, *words])

    def look_at_data(self, *words: str) -> str:
        """Return the command that inspects the run's data."""
        return shlex.join(["spirula", "inspect", self.source or "DATA", *words, "--out", "inspection.html"])

    def _object(self, filename: str) -> dict[str, Any]:
        found = self._insight(filename)
        return found if isinstance(found, dict) else {}

    def _insight(self, filename: str) -> Any:
        path = self.run.insight_path(filename)
        if not path.is_file():
            return {}
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} cannot be read: {error}", "Its file was changed or damaged.") from error
