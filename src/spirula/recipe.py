"""Making recipes: from flat options or TOML, every mistake named at once; and writing them back."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from pydantic import ValidationError

from .config import OPTION_SECTION, SECTIONS, Recipe
from .custom.piece import PREFIX, is_own, read_piece
from .effects import changes_nothing, without_effect
from .errors import ConfigError, did_you_mean

RECIPES = Path(__file__).parent / "recipes"

# What a recipe says of its own optimizer, schedule or network, and of no other.
BELONGS_TO = {
    "optimizer": ("learning_rate", "momentum", "nesterov", "weight_decay", "unit_filters"),
    "schedule": ("warmup", "decay_steps", "decay_rate"),
    "model": ("whitening", "dirac", "norm_bias_rate", "unit_filters"),
}

# What says more about other options, and goes when an override switches the last of them off.
GOES_WITH = {"train_size": ("resized_crop",), "fill_mode": ("crop", "shift", "rotate", "zoom")}

_FORMULA = re.compile(r"\s*([\w-]+)\s*\((.*)\)\s*", re.DOTALL)


def make_recipe(**options: object) -> Recipe:
    """Build a checked recipe from flat options: ``make_recipe(source="digits", epochs=3)``.

    Raises :class:`ConfigError` naming every mistake at once: unknown names (with the closest known
    one), values out of range, and options that would have no effect.
    """
    given = {name: value for name, value in options.items() if value is not None}
    return _checked(given)


def packaged_recipes() -> list[str]:
    """Return the names of the recipes that come with spirula; each file says what it reaches, where and how fast."""
    return sorted(file.stem for file in RECIPES.glob("*.toml"))


def recipe_summary(name: str) -> str:
    """Return the first line of a packaged recipe's header."""
    with (RECIPES / f"{name}.toml").open(encoding="utf-8") as file:
        return file.readline().strip("# \n")


def read_recipe(path: str | Path, **overrides: object) -> Recipe:
    """Read a recipe from TOML, a file or the name of one that comes with spirula; ``overrides`` win over it.

    With another optimizer the recipe's learning rate, momentum and decay go, too: they were chosen for its own; so do
    the warm-up with another schedule, and with another network what prepares the recipe's (:data:`BELONGS_TO`). 0, and
    ``none`` of flips, switches an augmentation off, with what says more about it.
    """
    known = packaged_recipes()
    of_the_set = f"{path}-{overrides.get('source')}"
    if path in ("fast", "best") and of_the_set in known and not Path(path).is_file():
        path = of_the_set  # measured on this very set
    if str(path) in known and not Path(path).is_file():
        path = RECIPES / f"{path}.toml"
    elif not Path(path).suffix and not Path(path).exists():
        raise ConfigError(
            [f'There is no recipe "{path}".{did_you_mean(str(path), known)}'],
            f"Give a TOML file, or one of: {', '.join(known)}.",
        )
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path} cannot be read: {getattr(error, 'strerror', error)}"], "Check the path.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path} is not TOML: {error}"], "Mend the line that it names.") from error
    flat: dict[str, object] = {}
    mistakes: list[str] = []
    for section, content in document.items():
        if section == "source":
            flat["source"] = content
            continue
        if section not in SECTIONS or not isinstance(content, Mapping):
            if section in OPTION_SECTION:
                mistakes.append(f"{path}: {section} belongs {_place(section)}, not above the sections.")
            else:
                mistakes.append(f"{path}: there is no section [{section}].{did_you_mean(section, SECTIONS)}")
            continue
        for name, value in content.items():
            if name in OPTION_SECTION and OPTION_SECTION[name] != section:
                mistakes.append(f"{path}: {name} belongs {_place(name)}, not in [{section}].")
            flat[name] = value
    if mistakes:
        raise ConfigError(mistakes)
    given = {name: value for name, value in overrides.items() if value is not None}
    if given.get("flip") == "none" and "flip" in flat:
        del given["flip"], flat["flip"]  # the recipe would mirror, and shall not
    for name, needed in GOES_WITH.items():
        switched_off = any(option in given and changes_nothing(given[option]) for option in needed)
        if switched_off and all(changes_nothing({**flat, **given}.get(option)) for option in needed):
            flat.pop(name, None)
    gone = {name for choice in BELONGS_TO if another(choice, given, flat) for name in BELONGS_TO[choice]}
    flat = {name: value for name, value in flat.items() if name not in gone}
    flat.update({**given, **_spread(given)})
    return _checked(flat)


def another(choice: str, given: Mapping[str, object], recipe: Mapping[str, object]) -> bool:
    """Return whether ``given`` options choose another optimizer, schedule or network than a recipe's."""
    return choice in given and given[choice] != recipe.get(choice)


def recipe_toml(asked: Recipe, reasons: Mapping[str, str] | None = None) -> str:
    """Write a recipe as TOML; ``reasons`` become comments beside the options they explain."""
    document = tomlkit.document()
    if asked.source is not None:
        document.add("source", tomlkit.item(asked.source))
    for section in SECTIONS:
        table = tomlkit.table()
        for name, value in getattr(asked, section):
            if value is None:
                continue
            item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
            if reasons and name in reasons and not isinstance(value, dict):
                item.comment(reasons[name])
            table.add(name, item)
        if len(table):
            document.add(section, table)
    return tomlkit.dumps(document)


def changed(asked: Recipe, **options: object) -> Recipe:
    """Return a recipe with some options changed (``None`` clears one), checked again."""
    return make_recipe(**{**asked.options(), **options, **_spread(options)})


def _nest(flat: Mapping[str, object]) -> dict[str, object]:
    nested: dict[str, object] = {"source": flat["source"]} if "source" in flat else {}
    for section in SECTIONS:
        nested[section] = {name: value for name, value in flat.items() if OPTION_SECTION[name] == section}
    return nested


def _place(name: str) -> str:
    section = OPTION_SECTION[name]
    return f"in [{section}]" if section else "above the sections"


def _checked(flat: Mapping[str, object]) -> Recipe:
    flat = {**flat, **_spread(flat)}
    unknown = [
        f'There is no option "{name}".{did_you_mean(name, OPTION_SECTION)}'
        for name in flat
        if name not in OPTION_SECTION
    ]
    known = {
        name: str(value) if isinstance(value, Path) else value for name, value in flat.items() if name in OPTION_SECTION
    }
    try:
        asked = Recipe.model_validate(_nest(known))
    except ValidationError as error:
        raise ConfigError([*unknown, *explain(error)]) from error
    mistakes = [*unknown, *without_effect(asked)]
    if mistakes:
        raise ConfigError(mistakes)
    return asked


# Options that may be written as a formula: what stands in its brackets is options of their own.
FORMULAS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "loss": {"huber": ("huber_delta",), "cross-entropy": ("label_smoothing",)},
    "schedule": {"exponential": ("decay_steps", "decay_rate")},
}


def _spread(flat: Mapping[str, object]) -> dict[str, object]:
    """Return ``loss="huber(2.0)"`` as ``loss="huber", huber_delta=2.0``; raises :class:`ConfigError`."""
    found: dict[str, object] = {}
    for option, formulas in FORMULAS.items():
        text = flat.get(option)
        match = _FORMULA.fullmatch(text) if isinstance(text, str) and not is_own(text) else None
        if match is None:
            continue
        name, inside = match[1], match[2]
        if name not in formulas:
            known = [f"{word}({', '.join(names)})" for word, names in formulas.items()]
            raise ConfigError(
                [f"{option} = {text!r}: {name} takes nothing in brackets.{did_you_mean(name, formulas)}"],
                f"With brackets there are: {', '.join(known)}.",
            )
        try:
            piece = read_piece(f"{PREFIX}formula({inside})")
            values = [*zip(formulas[name], piece.arguments, strict=False), *piece.keywords]
        except ValueError:
            piece, values = None, []
        words = dict(values)
        if piece is None or len(piece.arguments) > len(formulas[name]) or len(words) < len(values) or not words:
            raise ConfigError(
                [f"{option} = {text!r} cannot be read."], f"Write numbers: {name}({', '.join(formulas[name])})."
            )
        twice = [word for word in words if word not in formulas[name] or flat.get(word, words[word]) != words[word]]
        if twice:
            raise ConfigError([f"{option} = {text!r}: {twice[0]} is given twice, or not part of {name}."])
        found |= {option: name, **words}
    return found


def explain(error: ValidationError) -> list[str]:
    """Turn pydantic's findings into one sentence per option."""
    sentences: dict[str, str] = {}
    for finding in error.errors():
        name = next(
            (str(part) for part in reversed(finding["loc"]) if str(part) in OPTION_SECTION), str(finding["loc"])
        )
        message = finding["msg"].removeprefix("Value error, ")
        message = message[:1].lower() + message[1:] if not message.startswith('"') else message
        sentence = f"{name} = {finding['input']!r}: {message}."
        if finding["type"] in ("literal_error", "value_error"):
            sentence += did_you_mean(str(finding["input"]), re.findall(r"'([^']+)'", message))
        # A value that fits no member of a union is reported once per member: the last one says most, but of a number
        # not that a word would do.
        if not (finding["type"] == "literal_error" and name in sentences and not isinstance(finding["input"], str)):
            sentences[name] = sentence
    return list(sentences.values())
