"""The verb ``bench``: which batch size, precision and memory format trains this network fastest on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Recipe
from ..errors import ConfigError, InputError
from ..memory import available_bytes, keep_freed_memory
from ..recipe import changed
from ..start import uncollected
from ..threads import share_the_processor
from .asked import asked_recipe
from .pieces import in_words
from .showing.tables import Table

if TYPE_CHECKING:
    from ..training.assembly import Assembly
    from ..training.searching.trials import Trial

SECONDS = 25.0
SMALLEST, LARGEST_CPU, LARGEST_GPU = 32, 512, 2048
# Outputs of all layers are kept for the backward pass, and each has a gradient of its size for a while.
BYTES_PER_OUTPUT = 8
SHARE_OF_MEMORY = 0.5

ROUNDS = 3

SPEED_ONLY = (
    "Speed only: with a larger batch an epoch has fewer steps, and the best learning rate and the accuracy may change."
)
UNCOMPILED = (
    "Measured without compiling, which the recipe asks for: train for two epochs with --compile and with --no-compile, "
    "both print their images/s."
)


class Bench(Table):
    """One row per way to train, the fastest first.

    Columns: ``batch_size``, ``precision``, ``channels_last``, ``images_per_second`` (median of the turns), ``lowest``,
    ``highest``, ``ms_per_step``, ``turns``, ``note``. What failed has no figures, and the reason in ``note``.

    Attributes
    ----------
    options: of the suggestion, as :func:`spirula.train` takes them. line: the same for the command line.
    words: what was found, in sentences. threads: CPU threads that were used. device: where it was measured.
    """

    options: dict[str, Any]
    line: str
    words: tuple[str, ...]
    threads: int
    device: str

    def __str__(self) -> str:
        shown = Table(
            {
                "batch": row["batch_size"],
                "precision": row["precision"],
                "format": "channels last" if row["channels_last"] else "channels first",
                "images/s": _figure(row["images_per_second"]),
                "lowest–highest": f"{_figure(row['lowest'])}–{_figure(row['highest'])}",
                "ms/step": _figure(row["ms_per_step"], 2),
                "turns": row["turns"],
                "note": row["note"],
            }
            for row in self
        )
        return "\n".join([self.title, "", str(shown), "", *self.words])

    def to_dict(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        return {
            "title": self.title,
            "device": self.device,
            "threads": self.threads,
            "rows": list(self),
            "suggestion": self.options,
            "line": self.line,
            "words": list(self.words),
        }


def bench(
    source: Any = None,
    *,
    model: Any = None,
    recipe: str | Path | Recipe | None = None,
    seconds: float = SECONDS,
    custom: Any = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    **options: Any,
) -> Bench:
    """Measure training steps, optimizer included, of other batch sizes, precisions and memory formats, in turns.

    Nothing is kept: no run folder, no weights. What ``options`` (or the recipe) say of ``batch_size``, ``precision`` or
    ``channels_last`` is taken as given, and the others are tried. A size that runs out of memory ends the growth.

    Parameters
    ----------
    source, model, recipe, custom, options: as in :func:`spirula.train`.
    seconds: for all the measuring; reading the data is not counted.

    Raises :class:`ConfigError` for a strategy without steps and for folds, :class:`InputError` where not one way can be
    measured.
    """
    share_the_processor()
    keep_freed_memory()
    if not 1.0 <= seconds <= 3600.0:
        raise InputError(f"seconds = {seconds:g} cannot work", "Give it 1 to 3600 seconds.")
    words, library = in_words({**options, "model": model}, custom)
    model = words.pop("model")
    asked = asked_recipe(source, model, recipe, words, verb="bench")
    if asked.training.strategy == "features":
        raise ConfigError(
            ["strategy = 'features' has no steps to measure: its output layer is fitted at once."],
            "Bench the network as it would be trained in steps: --model NAME, without that recipe.",
        )
    if asked.data.folds is not None:
        raise ConfigError(
            [f"folds = {asked.data.folds} would have no effect: a step takes as long in every fold."], "Leave it out."
        )
    if words.get("compile"):
        raise ConfigError(
            ["compile = true cannot be measured here: every size would be compiled first, for longer than this takes."],
            "Leave it out; train for two epochs with --compile and without: both print their images/s.",
        )
    compiles = bool(asked.machine.compile)
    asked = changed(asked, compile=None)
    with uncollected():
        from ..training.assemble import assemble
        from ..training.searching.trials import measure

    named = {"source": None if isinstance(source, str | Path) else source}
    named["model"] = None if isinstance(model, str | Path) else model
    assembly = assemble(asked, **named, custom=library, progress=progress)
    trials = _trials(asked, assembly)
    measure(
        assembly.network.module,
        assembly.settings,
        trials,
        lambda size, last: assembly.sized(size, channels_last=last),
        seconds=seconds,
        fits=_fits(assembly),
        told=progress,
    )
    found = _told(trials, assembly)
    if compiles:
        found.words = (*found.words, UNCOMPILED)
    return found


def _trials(asked: Recipe, assembly: Assembly) -> list[Trial]:
    """Return every way to try, small batches first: where memory ends, larger ones are not begun."""
    from ..training.device import Machine, worth_trying
    from ..training.searching.trials import Trial

    device, given = assembly.machine.device, asked.machine
    precisions = worth_trying(device) if given.precision is None else [assembly.machine.precision]
    images = len(assembly.dataset.input_shape) == 3
    formats = [True, False] if given.channels_last is None and images else [assembly.machine.channels_last]
    most = min(LARGEST_CPU if device.type == "cpu" else LARGEST_GPU, max(assembly.train.samples, 1))
    size = asked.training.batch_size
    sizes = [size] if isinstance(size, int) else _doubling(SMALLEST, most)
    return [Trial(size, Machine(device, p, last)) for size in sizes for p in precisions for last in formats]


def _doubling(first: int, most: int) -> list[int]:
    sizes = [min(first, most)]
    while 2 * sizes[-1] <= most:
        sizes.append(2 * sizes[-1])
    return sizes


def _fits(assembly: Assembly) -> Callable[[int], bool]:
    """Return whether a batch is far enough from all memory: a system that runs out ends processes without a word."""
    from ..data.batching.residence import free_bytes
    from ..models.summary import summarize

    device = assembly.machine.device
    free = available_bytes() if device.type == "cpu" else free_bytes(device)
    rows = summarize(assembly.network, assembly.dataset.input_shape).rows
    outputs = 0
    for row in rows:
        count = 1
        for side in row.output_shape:
            count *= side
        outputs += count
    per_sample = BYTES_PER_OUTPUT * outputs
    return lambda size: free is None or size * per_sample <= SHARE_OF_MEMORY * free


def _told(trials: Sequence[Trial], assembly: Assembly) -> Bench:
    done = sorted((trial for trial in trials if trial.speeds), key=lambda trial: -trial.median)
    if not done:
        why = next((trial.failed for trial in trials if trial.failed), "the time ended before the first step")
        raise InputError(f"No batch size could be measured: {why}", "Give it more --seconds, or a smaller network.")
    best = done[0]
    near = [trial for trial in done if trial is best or max(trial.speeds) >= min(best.speeds)]
    # Of those that noise cannot tell apart, the smallest batch changes the training least.
    chosen = min(near, key=lambda trial: (trial.batch_size, -trial.median))
    rows = [_row(trial, trial in near) for trial in done]
    rows += [_row(trial, False) for trial in trials if not trial.speeds]
    threads, device = assembly.recipe.machine.threads or 1, str(assembly.machine.device)
    source, network = assembly.dataset.manifest.source, assembly.network.spec.name
    title = f"{network} on {source}: training steps on {device}, {threads} thread{'' if threads == 1 else 's'}"
    found = Bench(rows, title)
    found.threads, found.device = threads, device
    found.options = {
        "batch_size": chosen.batch_size,
        "precision": chosen.machine.precision,
        "channels_last": chosen.machine.channels_last,
    }
    found.line = f"--batch-size {chosen.batch_size} --precision {chosen.machine.precision} "
    found.line += "--channels-last" if chosen.machine.channels_last else "--no-channels-last"
    found.words = (*_words(best, near, chosen), f"Use: {found.line}", SPEED_ONLY)
    return found


def _words(best: Trial, near: Sequence[Trial], chosen: Trial) -> list[str]:
    words = [f"Fastest: {_named(best)}, {best.median:,.0f} images/s."]
    if any(len(trial.speeds) < ROUNDS for trial in near):
        words.append(f"With fewer than {ROUNDS} turns the noise is not known: give it more --seconds.")
    elif len(near) > 1:
        words.append(f"{len(near) - 1} other{'s lie' if len(near) > 2 else ' lies'} within noise of it (marked ≈).")
    if chosen is not best:
        words.append(f"Suggested: {_named(chosen)}, as fast as far as can be told, with the smallest batch.")
    return words


def _named(trial: Trial) -> str:
    layout = "channels last" if trial.machine.channels_last else "channels first"
    return f"batch {trial.batch_size}, {trial.machine.precision}, {layout}"


def _row(trial: Trial, near: bool) -> dict[str, Any]:
    speeds = trial.speeds
    return {
        "batch_size": trial.batch_size,
        "precision": trial.machine.precision,
        "channels_last": trial.machine.channels_last,
        "images_per_second": trial.median if speeds else None,
        "lowest": min(speeds, default=None),
        "highest": max(speeds, default=None),
        "ms_per_step": 1000 * trial.batch_size / trial.median if speeds else None,
        "turns": len(speeds),
        "note": trial.failed or ("≈" if near else "") or ("" if speeds else "the time ended before"),
    }


def _figure(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
