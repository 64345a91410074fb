"""Which colours and widths the figures' style sheet gives to an element: the part of CSS that it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .style import STYLE

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """How one element is painted; colours that are None are not painted at all."""

    fill: Colour | None
    fill_opacity: float
    stroke: Colour | None
    stroke_width: float
    dashes: tuple[float, ...]
    font_size: float
    bold: bool


@dataclass(frozen=True)
class _Rule:
    """``.figure .bar.right`` as its last part: the element's name (or none) and its classes."""

    element: str
    classes: frozenset[str]
    values: dict[str, str]

    @property
    def weight(self) -> tuple[int, int]:
        return len(self.classes), int(bool(self.element))

    def fits(self, element: str, classes: frozenset[str]) -> bool:
        return self.element in ("", element) and self.classes <= classes


@dataclass(frozen=True)
class Cascade:
    """The rules of ``figures.css``, those that win last, with the colours of one theme."""

    rules: tuple[_Rule, ...]
    colours: dict[str, str]

    @classmethod
    @cache
    def light(cls) -> Cascade:
        """Return the style sheet with the light colours, for paper."""
        rules = (STYLE / "figures.css").read_text(encoding="utf-8")
        colours = dict(re.findall(r"(--[\w-]+): ([^;]+);", (STYLE / "light.css").read_text(encoding="utf-8")))
        # Python's sort is stable: of two rules of one weight the later one wins, as in CSS.
        return cls(tuple(sorted(_rules(rules), key=lambda rule: rule.weight)), colours)

    def look(self, element: str, classes: str) -> Look:
        """Return how an element with these classes looks."""
        own = frozenset(classes.split())
        values = {"fill": "#000000"}
        for rule in self.rules:
            if rule.fits(element, own):
                values |= rule.values
        return Look(
            self._colour(values["fill"]),
            float(values.get("fill-opacity", "1")),
            self._colour(values.get("stroke", "none")),
            float(values.get("stroke-width", "1")),
            tuple(float(length) for length in values.get("stroke-dasharray", "").split()),
            float(values.get("font-size", "12px").removesuffix("px")),
            int(values.get("font-weight", "400")) >= 600,
        )

    def _colour(self, value: str) -> Colour | None:
        name = re.fullmatch(r"var\((--[\w-]+)\)", value)
        code = self.colours[name[1]] if name else value
        if code in ("none", "transparent"):
            return None
        return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def _rules(sheet: str) -> list[_Rule]:
    found = []
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        values = dict(re.findall(r"([\w-]+): ([^;]+);", body))
        for selector in selectors.split(","):
            parts = selector.split()
            if len(parts) == 2 and ":" not in parts[1]:  # hovering has no meaning on paper
                name, *classes = parts[1].split(".")
                found.append(_Rule(name, frozenset(classes), values))
    return found
