"""Which pretrained network a strategy builds on, and what that settles for the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...config import Recipe
from ...errors import ConfigError
from ...models.backbones import DEFAULT, Seen, backbone_name, check_weights, seen_by
from ...models.catalogue import BACKBONES
from ...models.pretrained import Weights, find_weights
from ...recipe import changed

PRETRAINED = ("features", "finetune", "auto")  # strategies that begin with weights learned elsewhere

Loading = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Backbone:
    """A pretrained network of timm: its name there, how its pictures looked, and its weights."""

    name: str
    seen: Seen
    weights: Weights

    @property
    def offer(self) -> dict[str, Any]:
        """Options of the data that give the backbone the pictures it knows, unless the user asked for others."""
        seen = self.seen
        return {
            "image_size": seen.image_size,
            "resize": "crop",
            "interpolation": seen.interpolation,
            "crop_share": seen.crop_share,
        }

    def reasons(self, settled: Mapping[str, Any], asked: Recipe) -> dict[str, str]:
        """Return the reasons of those options of the data that came from the backbone."""
        given = asked.options()
        return {name: "as the backbone was trained" for name in self.offer if name in settled and name not in given}

    def record(self) -> dict[str, Any]:
        """Return what a run says of it."""
        return self.weights.record(self.name)


def with_backbone(
    asked: Recipe, model: Any = None, progress: Loading | None = None
) -> tuple[Recipe, Backbone | None, dict[str, str]]:
    """Return the recipe with the name of its pretrained network, that network, and the reasons; None for scratch.

    ``model`` is a Python object that wins over the recipe's word. Raises :class:`ConfigError` for a network that has no
    pretrained weights, and what :func:`~spirula.models.pretrained.find_weights` and
    :func:`~spirula.models.backbones.check_weights` raise.
    """
    strategy = asked.training.strategy
    if strategy not in PRETRAINED:
        return asked, None, {}
    word, reasons = asked.model.model if model is None else model, {}
    if word is None:
        word, reasons = DEFAULT, {"model": "small, fast on a processor, and its weights need no hub"}
        asked = changed(asked, model=word)
    name = backbone_name(word)
    if name is None:
        shown = f"'{word}'" if isinstance(word, str) else f"a {type(word).__name__}"
        raise ConfigError(
            [f"strategy = '{strategy}' needs a pretrained network, and {shown} is none."],
            f"Use --model {', '.join(BACKBONES)} or timm/NAME; or --strategy scratch.",
        )

    def say(text: str) -> None:
        if progress is not None:
            progress(text, 0, 0)

    weights = find_weights(name, asked.model.weights, say=say)
    if asked.model.weights is not None:  # those of another network are told now, not when all pictures are decoded
        check_weights(name, weights)
    return asked, Backbone(name, seen_by(name), weights), reasons
