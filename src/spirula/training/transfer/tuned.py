"""What fine-tuning gets where the recipe does not say: small steps, least of all in the lower layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...effects import changes_nothing

LEARNING_RATE = 5e-5  # of the output layer, at a batch of 32; the layers under it have less. 2e-4 only overfits
LAYER_DECAY = 0.8
EMA = 0.99
STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 400, 4, 20
WARMUP = 0.5
PATIENCE = 3
CROP = 0.6  # of the area: photographs of one thing, mostly in the middle
VIEWS = 4
SHARE = 2 / 3  # of the levels of a network stays as it is on a processor


@dataclass(frozen=True)
class Tunable:
    """What a pretrained network and the machine settle for its fine-tuning.

    lower: names of the lower layers, two thirds of them, if they can be run apart; else empty. several_levels: whether
    more than the output layer has parameters. statistics: whether it has BatchNorm layers. accelerated: a GPU.
    """

    lower: tuple[str, ...] = ()
    several_levels: bool = True
    statistics: bool = False
    accelerated: bool = False


def choices(
    given: Mapping[str, Any], known: Tunable, samples: int, batch_size: int, *, held_out: bool
) -> list[tuple[str, Any, str]]:
    """Return (option, value, reason) of what fine-tuning would have; options that were given are left to the caller.

    samples: of the training. held_out: whether there are others to validate on.
    """
    augmented = _augments(given) or given.get("flip") == "none"
    mixed = bool(given.get("mixup") or given.get("cutmix"))
    found: list[tuple[str, Any, str]] = [
        ("optimizer", "adamw", "does well without tuning"),
        ("schedule", "cosine", "small steps at the end"),
        ("ema", EMA, "an average of the weights judges better than the last ones"),
    ]
    if given.get("optimizer", "adamw") == "adamw":
        rate = float(f"{LEARNING_RATE * math.sqrt(batch_size / 32):.2g}")
        found.append(("learning_rate", rate, f"fine-tuning moves little: {LEARNING_RATE:g} · √(batch / 32)"))
    if given.get("schedule", "cosine") != "one-cycle":
        found.append(("warmup", WARMUP, "the first gradients are the least sure"))
    if "budget" not in given:
        wanted = math.ceil(STEPS / math.ceil(samples / batch_size))
        epochs = min(max(wanted, FEWEST_EPOCHS), MOST_EPOCHS)
        found.append(("epochs", epochs, f"about {STEPS} steps, {FEWEST_EPOCHS} to {MOST_EPOCHS} epochs"))
    if given.get("epochs", PATIENCE + 1) > PATIENCE:
        found.append(("patience", PATIENCE, "what no longer gets better is over"))
    if known.statistics:
        found.append(("keep_statistics", True, "those of many more pictures than these"))
    if not augmented:
        found.append(("flip", "horizontal", "most photographs may be mirrored; --flip none for others"))
        found.append(("resized_crop", CROP, "parts of a photograph show the same thing"))
    if known.lower and not known.accelerated and not mixed and "freeze" not in given:
        found.append(("freeze", known.lower, "the lower two thirds know pictures already; several times as fast"))
        shown = VIEWS if not augmented or _augments(given) else 1
        found.append(("views", shown, "versions of each image that the frozen layers look at, once"))
    if held_out:
        found.append(("interpolate", True, "what the network knew before is part of what it knows then"))
    if known.several_levels and given.get("freeze") != ("backbone",):
        found.append(("layer_decay", LAYER_DECAY, "lower layers know what all pictures have in common"))
    return found


_AUGMENTATIONS = (
    *("flip", "crop", "resized_crop", "shift", "rotate", "zoom", "brightness", "contrast", "saturation", "hue"),
    *("erase", "augment", "mixup", "cutmix"),
)


def _augments(given: Mapping[str, Any]) -> bool:
    return not all(changes_nothing(given.get(name)) for name in _AUGMENTATIONS)
