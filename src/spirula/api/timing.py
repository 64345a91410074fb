"""Where a run's time went: what ``run.json`` has as ``timing``, and how it is said in a line and a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..config import Recipe
from ..effects import changes_nothing
from ..runs.provenance import machine, peak_memory_bytes
from ..training.records import TimeRecord

if TYPE_CHECKING:
    from ..data.dataset import Dataset

COMPILING = "compiling"
PARTS = ("data", "forward", "backward", "update", "rest")

# What is less than this share of the time, or less than a second, nobody needs to hear about.
STARVING = {"data": 0.2, "update": 0.4, "rest": 0.25, "validation": 0.4, "checkpoints": 0.1, "stage": 0.3}
LEAST_SECONDS = 1.0


class Stages:
    """Passes the progress of stages on and adds up how long each took; ``seconds`` by the name of the stage."""

    def __init__(self, told: Callable[[str, int, int], None], clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._told, self._clock = told, clock
        self._stage, self._last = "", 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        if stage == self._stage:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._stage, self._last = stage, now
        self._told(stage, done, total)


class RunClock:
    """Knows when a run's stages ended; ``spent``: what the training loop says of itself."""

    def __init__(self, told: Callable[[str, int, int], None]) -> None:
        self.stages = Stages(told)
        self.spent: TimeRecord | None = None
        self._began = time.perf_counter()
        self._loading = self._trained = self._evaluation = 0.0

    def loaded(self) -> None:
        self._loading = time.perf_counter() - self._began

    def trained(self) -> None:
        self._trained = time.perf_counter()

    def compiled(self, seconds: float) -> None:
        self.stages.seconds[COMPILING] = seconds

    def evaluated(self) -> None:
        self._evaluation = time.perf_counter() - self._trained

    def timing(self, history: Sequence[Mapping[str, Any]], recipe: Recipe, dataset: Dataset) -> dict[str, Any]:
        """Return the field ``timing`` of ``run.json``: seconds, shares of the time of all steps, bytes, sentences.

        Of a training that goes step by step, ``shares`` has data, forward, backward, update and the rest (records,
        checkpoints), 0…1; they are there if at least one step was timed. ``loading_seconds``, ``stages``,
        ``evaluation_seconds`` and ``total_seconds`` are of this process, the others over all sessions of a resumed run.
        """
        known: dict[str, Any] = {
            **speed(history),
            "loading_seconds": self._loading,
            "stages": {name: seconds for name, seconds in self.stages.seconds.items() if seconds >= LEAST_SECONDS},
            "training_seconds": sum(row["seconds"] for row in history),
            "evaluation_seconds": self._evaluation,
            "total_seconds": time.perf_counter() - self._began,
            "peak_memory_bytes": peak_memory_bytes(),
            **({} if self.spent is None else _steps(self.spent)),
        }
        memory = machine().get("memory_bytes")
        crowded = memory is not None and dataset.pixels.nbytes > memory / 2
        around = Circumstances(recipe, crowded, str(recipe.machine.device).startswith(("cuda", "mps")))
        return {**known, "starving": starving(known, around)}


def _steps(spent: TimeRecord) -> dict[str, Any]:
    known: dict[str, Any] = {"validation_seconds": spent.validation, "checkpoint_seconds": spent.checkpoints}
    if spent.peak_device_bytes is not None:
        known["peak_device_memory_bytes"] = spent.peak_device_bytes
    if spent.timed_steps:
        shares = {part: getattr(spent, part) / max(spent.training, 1e-9) for part in PARTS[:-1]}
        known |= {
            "steps": spent.steps,
            "timed_steps": spent.timed_steps,
            "step_seconds": spent.training,
            "shares": {**shares, "rest": max(1.0 - sum(shares.values()), 0.0)},
        }
    return known


def speed(history: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the run's mean training speed and data wait; the first epoch counts when it is the only one."""
    rows = history[1:] or history
    if not rows:
        return {}
    return {
        "images_per_second": sum(row["images_per_second"] for row in rows) / len(rows),
        "data_wait_share": sum(row["data_wait"] for row in rows) / len(rows),
    }


def speed_lines(known: Mapping[str, Any]) -> list[str]:
    """Say where the time went: one line, and one for each thing that starves."""
    parts = []
    if known.get("images_per_second"):
        parts.append(f"{known['images_per_second']:,.0f} images/s")
    if known.get("shares"):
        said = ", ".join(f"{part} {100 * known['shares'][part]:.0f} %" for part in PARTS)
        parts.append(f"{said} of the steps' time ({known['timed_steps']:,} of {known['steps']:,} timed)")
    if known.get("peak_memory_bytes"):
        device = known.get("peak_device_memory_bytes")
        on_device = f", {size(device)} on the GPU" if device else ""
        parts.append(f"memory up to {size(known['peak_memory_bytes'])}{on_device}")
    lines = [f"Speed      {'; '.join(parts)}"] if parts else []
    return [*lines, *(f"           {sentence}" for sentence in known.get("starving") or [])]


@dataclass(frozen=True)
class Circumstances:
    """What the remedy depends on. ``crowded``: the decoded images take more than half of the memory."""

    recipe: Recipe
    crowded: bool = False
    on_gpu: bool = False


def starving(known: Mapping[str, Any], around: Circumstances) -> list[str]:
    """Return a sentence for each thing that takes too much of the time, with what helps."""
    sentences: list[str] = []

    def say(kind: str, seconds: float, whole: float, words: str) -> None:
        if seconds >= LEAST_SECONDS and seconds >= STARVING[kind] * max(whole, 1e-9):
            sentences.append(f"{100 * seconds / whole:.0f} % of {words}")

    steps = known.get("step_seconds", 0.0)
    stage, slowest = max(known.get("stages", {}).items(), key=lambda item: item[1], default=("", 0.0))
    say("stage", slowest, known["total_seconds"], f"the whole time went into one stage: {stage}.{_again(stage)}")
    for part, share in known.get("shares", {}).items():
        if part in STARVING:
            say(part, share * steps, steps, _WORDS[part](around))
    judged = known.get("validation_seconds", 0.0)
    say("validation", judged, judged + steps, "the training judges validation samples: fewer of them would do.")
    saved, training = known.get("checkpoint_seconds", 0.0), known["training_seconds"]
    say("checkpoints", saved, saved + training, "the training writes checkpoints: are the disk and the runs far away?")
    return sentences


def _again(stage: str) -> str:
    if stage == COMPILING:
        return " What was compiled is kept: the next run of this network finds it."
    return " The images are kept: the next run finds them decoded." if stage.startswith("decoding") else ""


_SLOW = ("rotate", "shift", "zoom", "resized-crop", "brightness", "contrast", "saturation", "hue")


def _waiting(around: Circumstances) -> str:
    augmentation, machine = around.recipe.augmentation, around.recipe.machine
    begins = "the steps' time waits for batches: "
    if augmentation.augment is not None:
        return f"{begins}your own {augmentation.augment} makes them. Let it change the whole batch at once."
    if around.crowded:
        return f"{begins}the decoded images do not fit into memory beside the rest. A smaller --image-size helps."
    changes = [name.replace("_", "-") for name, value in augmentation if not changes_nothing(value)]
    slow = [name for name in changes if name in _SLOW]
    if slow:
        smaller = "a smaller --train-size" if augmentation.resized_crop else "a smaller --image-size"
        return f"{begins}they are changed by {', '.join(slow)}. Fewer of these, or {smaller}, help."
    if around.on_gpu:
        return f"{begins}the GPU idles between steps. A larger --batch-size gives it more to do at once."
    threads = f"more than {machine.threads} --threads" if machine.threads else "more --threads"
    return f"{begins}the network is faster than its input. A smaller --image-size, or {threads}, help."


_WORDS: Mapping[str, Callable[[Circumstances], str]] = {
    "data": _waiting,
    "update": lambda _: "the steps' time updates the weights: a larger --batch-size needs fewer updates.",
    "rest": lambda _: "the steps' time lies between them: steps are so short that a larger --batch-size pays.",
}


def size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
