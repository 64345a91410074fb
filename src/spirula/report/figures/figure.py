"""A finished drawing that can be put into the report's page or stand alone as a file."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from .style import stylesheet
from .svg import decimal, drawing, element

MARGIN = 12.0  # around a figure that stands alone


@dataclass(frozen=True)
class Figure:
    """Marks on a paper of width × height; title and description are read aloud by screen readers."""

    width: float
    height: float
    marks: tuple[Markup, ...]
    title: str
    description: str

    def inside(self, key: str) -> Markup:
        """Return the figure for a page that has the style sheet; ``key`` must be unique on it."""
        return drawing(self.width, self.height, *self.marks, key=key, title=self.title, description=self.description)

    def alone(self) -> str:
        """Return an SVG document with its own style and paper, light or dark as the system asks."""
        wide, high = self.width + 2 * MARGIN, self.height + 2 * MARGIN
        style = stylesheet(".spirula") + ".spirula.figure { font-family: system-ui, 'Noto Sans KR', sans-serif; }"
        return str(
            element(
                "svg",
                element("title", self.title),
                element("desc", self.description),
                element("style", Markup(style)),
                element("rect", x=-MARGIN, y=-MARGIN, width=wide, height=high, class_="paper"),
                *self.marks,
                xmlns="http://www.w3.org/2000/svg",
                viewBox=" ".join(decimal(value) for value in (-MARGIN, -MARGIN, wide, high)),
                width=wide,
                height=high,
                class_="spirula figure",
                role="img",
            )
        )
