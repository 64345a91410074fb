"""What usually helps when a number stops being finite: one rule per cause, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .values import number

if TYPE_CHECKING:
    from .culprit import Culprit, Moment

LARGE_INPUT = 30.0  # standardised inputs hardly ever reach 10
LARGE_WEIGHT = 1e3
LARGE_GRADIENT = 1e4
LARGE_FACTOR = 1e12
LARGEST = "3.4e38"
LARGEST_EXPONENT = 88.7  # ln of the largest float32

# Where what was rounded away makes a zero or a negative number of a small one.
ROUNDED = ("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "pow", "division", "reciprocal", "norm", "acos", "asin")

LOWER_RATE = "Lower the learning rate (to a tenth), or bound the gradient with clip_norm = 1."
SCALE = 'Scale the inputs: normalize = "standardize", or Normalization() as the first layer.'


def advise(culprit: Culprit, moment: Moment) -> list[str]:
    """Return sentences, the likeliest help first; never empty."""
    found = list(dict.fromkeys([*_on_the_operation(culprit, moment), *_on_the_surroundings(culprit, moment)]))
    return found or [LOWER_RATE, SCALE]


def _on_the_operation(culprit: Culprit, moment: Moment) -> Iterator[str]:
    operation = culprit.operation
    low = min((values.low for values in culprit.inputs), default=0.0)
    high = max((values.high for values in culprit.inputs), default=0.0)
    exploded = _exploded(moment)
    if exploded:
        yield LOWER_RATE
    match culprit.where:
        case "data":
            yield "Clean these samples, or look at the augmentation: it made infinite or missing values of finite ones."
        case "targets":
            yield "Correct or remove these targets: a missing or infinite one breaks every weight at once."
        case "weights":
            yield "Look where it comes from: pretrained weights, an initializer, or code that writes into the network."
        case "update":
            yield LOWER_RATE
        case "unknown":
            yield "What no checkpoint holds decided it: random numbers of your own, or a GPU's order of additions."
            yield LOWER_RATE
        case "gradient":
            yield from _on_a_gradient(operation, culprit)
        case _:
            yield from _on_a_value(operation, low, high, culprit)
    if culprit.output is not None and culprit.output.dtype == "float16" and culprit.output.infinities:
        yield "float16 ends at 65,504: train with precision = bfloat16 or float32, or scale what comes in."
    if operation in ROUNDED and "bfloat16" in {values.dtype for values in culprit.inputs}:
        yield "bfloat16 has three digits: compute this in float32 (x.float()), or train with precision = float32."


def _on_a_value(operation: str, low: float, high: float, culprit: Culprit) -> Iterator[str]:
    """Forward: by operation, and by what it was given."""
    nans = culprit.output is not None and culprit.output.nans > 0
    if operation in ("exp", "expm1", "exp2", "sinh", "cosh") and high > LARGEST_EXPONENT - 1:
        yield (
            f"exp(x) is infinite above {LARGEST_EXPONENT}, and x reached {number(high)}. For "
            'log(1 + exp(x)) write softplus (activation="softplus", torch.nn.functional.softplus(x)); '
            "for exp(x) / sum write softmax."
        )
    elif operation in ("log", "log2", "log10", "log1p"):
        word = "a negative number is nan" if nans else "0 is minus infinity"
        yield (
            f"The logarithm of {word}: keep x away from it, log(x.clamp_min(1e-7)). A loss of probabilities is safer "
            "on logits: cross-entropy, binary-cross-entropy, log_softmax, logsigmoid."
        )
    elif operation in ("sqrt", "rsqrt", "pow"):
        word = "A root of a negative number is nan" if low < 0 else "1 / sqrt(0) is infinite"
        yield f"{word}: clamp first, (x.clamp_min(0) + 1e-8).sqrt()."
    elif operation in ("division", "reciprocal", "remainder"):
        yield "A division by zero: add a small number below the line, x / (y + 1e-7), or y.clamp_min(1e-7)."
    elif "normalisation" in operation or operation in ("standard deviation", "variance"):
        if operation == "batch normalisation" and culprit.batch_size == 1:
            yield "One sample has no spread: use a batch size of 2 or more, or GroupNormalization()."
        yield "Values that are all equal have variance 0: leave epsilon at its default (0.001), never 0."
    elif operation in ("softmax", "log_softmax"):
        yield "A softmax over nothing but minus infinities is nan: leave at least one entry of each row unmasked."
    elif culprit.output is not None and culprit.output.infinities and max(-low, high) > LARGE_FACTOR:
        yield f"The result is beyond {LARGEST}, the end of float32: see what made its inputs as large as that."


def _on_a_gradient(operation: str, culprit: Culprit) -> Iterator[str]:
    if operation in ("sqrt", "rsqrt", "pow", "norm", "standard deviation"):
        yield "The slope of a root is infinite at 0: add a small number under it, (x + 1e-8).sqrt()."
    elif operation in ("log", "division", "reciprocal", "log1p", "log2", "log10"):
        yield (
            "The slope is infinite at 0. torch.where chooses only after both sides were computed, and 0 times infinity "
            "is nan: guard the input instead, log(x.clamp_min(1e-7))."
        )
    elif "normalisation" in operation:
        yield "Values that are all equal have variance 0: leave epsilon at its default (0.001), never 0."
    elif operation in ("asin", "acos", "atanh", "acosh"):
        yield "Its slope is infinite at the ends of its range: clamp its input a little inside."
    else:
        yield "Bound the gradient with clip_norm = 1, and lower the learning rate (to a tenth)."


def _on_the_surroundings(culprit: Culprit, moment: Moment) -> Iterator[str]:
    images, targets = moment.images, moment.targets
    if culprit.where in ("data", "targets", "weights"):
        return
    if images is not None and images.largest > LARGE_INPUT:
        yield f"The inputs go up to {number(images.largest)}. {SCALE}"
    if culprit.where == "loss" and targets is not None and targets.largest > 1e6:
        yield f"The targets go up to {number(targets.largest)}: predict them in a larger unit, or their logarithm."
    if culprit.where in ("network", "loss", "penalty") and not _exploded(moment) and moment.before:
        yield "If it goes on: lower the learning rate (to a tenth), or bound the gradient with clip_norm = 1."


def _exploded(moment: Moment) -> bool:
    """Whether the weights or the last gradients are so large that the update rule is to blame."""
    norms = [step.gradient_norm for step in moment.before]
    weight = moment.largest_weight[1] if moment.largest_weight is not None else 0.0
    return weight > LARGE_WEIGHT or (len(norms) > 1 and norms[-1] > LARGE_GRADIENT and norms[-1] > 100 * min(norms))
