"""How options may be written: the words, numbers and short forms that each kind of option takes."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from .custom.piece import PREFIX, is_own, read_piece

Task = Literal["classification", "multilabel", "regression"]
Precision = Literal["float32", "bfloat16", "float16"]
Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Side = Annotated[int, Field(ge=1)]

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def parse_duration(text: str | float) -> float:
    """Return seconds for ``"90"``, ``"45s"``, ``"5m"``, ``"1h30m"``; raises ``ValueError``."""
    if isinstance(text, int | float):
        seconds = float(text)
    else:
        match = _DURATION.fullmatch(text.strip().lower())
        if match is None or not any(match.groups()):
            raise ValueError(f'"{text}" is not a duration; write 45s, 5m or 1h30m')
        hours, minutes, rest = (float(part) if part else 0.0 for part in match.groups())
        seconds = hours * 3600 + minutes * 60 + rest
    if not 0 < seconds < 366 * 86400:
        raise ValueError(f'"{text}" is not a duration between 0 seconds and a year')
    return seconds


def parse_image_size(value: object) -> object:
    """Return ``(height, width)`` for ``180``, ``"180"``, ``"180x240"`` or a pair."""
    if isinstance(value, str):
        parts = value.lower().replace("×", "x").split("x")
        if len(parts) not in (1, 2) or not all(part.strip().isdigit() for part in parts):
            raise ValueError(f'"{value}" is not a size; write 180 or 180x240 (height x width)')
        numbers = [int(part) for part in parts]
    elif isinstance(value, int):
        numbers = [value]
    else:
        return value
    if min(numbers) < 1:
        raise ValueError(f"{value} is not a size; height and width are 1 or more")
    return (numbers[0], numbers[-1])


def parse_class_weights(value: object) -> object:
    """Return ``"auto"`` or a dict for ``"cat=2,dog=1"``."""
    if not isinstance(value, str) or value == "auto":
        return value
    weights: dict[str, float] = {}
    for part in value.split(","):
        name, separator, number = part.rpartition("=")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            separator = ""
        if not separator or not name.strip():
            raise ValueError(f'"{value}" is neither "auto" nor weights by name such as cat=2,dog=1')
    return weights


def _seconds_text(value: object) -> object:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        parse_duration(value)
        return str(value)
    return value


LossName = Literal["cross-entropy", "binary-cross-entropy", "mse", "mae", "huber"]
ScheduleName = Literal["constant", "linear", "exponential", "cosine", "one-cycle"]


def _named(*known: str) -> BeforeValidator:
    """A built-in name, or a piece of the user's own."""

    def check(value: object) -> object:
        if isinstance(value, str) and is_own(value):
            return str(read_piece(value))
        if value not in known:
            names = ", ".join(f"'{name}'" for name in known)
            raise ValueError(f"input should be {names + ', or ' if names else ''}your own, {PREFIX}NAME")
        return value

    return BeforeValidator(check)


def parse_layer_names(value: object) -> object:
    """Return the names in ``"blocks.0, blocks.1"``, or a list as it is."""
    if not isinstance(value, str):
        return value
    names = tuple(part.strip() for part in value.split(","))
    if not all(names):
        raise ValueError(f'"{value}" is no list of layer names; write backbone or blocks.0,blocks.1')
    return names


def parse_files(value: object) -> object:
    """Return the files in ``"a.csv,b.csv"``, one file or several, as texts."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    elif isinstance(value, PurePath):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    files = tuple(str(part) if isinstance(part, PurePath) else part for part in value)
    if not files or any(part == "" for part in files):
        raise ValueError("it names no file; write patch.csv or first.csv,second.csv")
    return files


_CODE = re.compile(r"[DTE]\d{3}")


def parse_codes(value: object) -> object:
    """Return the codes of checks in ``"T003, D002"``, or a list as it is; in capitals."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        return value
    codes = tuple(str(item).strip().upper() for item in items)
    for code in codes:
        if not _CODE.fullmatch(code):
            raise ValueError(f'"{code}" is no code of a check; write T003 or T003,D002')
    return codes


def parse_metrics(value: object) -> object:
    """Return name → piece for ``"custom.top2"``, ``["custom.top2", "f2=custom.f_beta(2)"]`` or a dict of that kind."""
    items = [value] if isinstance(value, str) else value
    if isinstance(items, list | tuple):
        pairs = [("", text) if is_own(text) else str(text).partition("=")[::2] for text in items]
    elif isinstance(items, dict):
        pairs = [(str(name), text) for name, text in items.items()]
    else:
        return value
    metrics: dict[str, str] = {}
    for given, text in pairs:
        if not is_own(text):
            raise ValueError(f'"{text or given}" is no metric of your own; write {PREFIX}NAME, or name={PREFIX}NAME(…)')
        piece = read_piece(text)
        name = given.strip() or piece.name
        if name in metrics or name in MEASURED or not name.isidentifier():
            raise ValueError(f'"{name}" cannot be the name of a metric here; write another one as NAME={text.strip()}')
        metrics[name] = str(piece)
    return metrics


TestViews = Literal["none", "flip", "shift", "flip-shift", "flip-unsure", "shift-unsure", "flip-shift-unsure"]


def test_views_words(name: str) -> str:
    """Return what a set of test views is averaged over."""
    views = {
        "flip": "each picture and its mirror image",
        "shift": "each picture and two others, moved a little",
        "flip-shift": "each picture and five others, mirrored and moved a little",
    }.get(name.removesuffix("-unsure"), "several views of each picture")
    return f"{views}, where the picture alone leaves doubt" if name.endswith("-unsure") else views


# What every training measures by itself.
MEASURED = ("loss", "accuracy", "mae", "rmse", "penalty", "learning_rate", "seconds", "step", "epoch", "data_wait")

LossOption = Annotated[str, _named(*get_args(LossName))]
ScheduleOption = Annotated[str, _named(*get_args(ScheduleName))]
OwnPiece = Annotated[str, _named()]
Metrics = Annotated[dict[str, str], BeforeValidator(parse_metrics)]
CheckCodes = Annotated[tuple[str, ...], BeforeValidator(parse_codes), Field(min_length=1)]
PatchFiles = Annotated[tuple[str, ...], BeforeValidator(parse_files)]
LayerNames = Annotated[tuple[str, ...], BeforeValidator(parse_layer_names), Field(min_length=1)]
Duration = Annotated[str, BeforeValidator(_seconds_text)]
ImageSize = Annotated[tuple[Side, Side], BeforeValidator(parse_image_size)]
ClassWeights = Annotated[Literal["auto"] | dict[str, Positive], BeforeValidator(parse_class_weights)]
