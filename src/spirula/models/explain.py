"""A network explained with its own numbers: one paragraph per layer, every formula worked out.

Torch-free: the numbers are those of :mod:`spirula.models.arithmetic`, the sentences those of
:mod:`spirula.models.explain_words`.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ModelError, did_you_mean
from ..layers import Dense, Residual
from .arithmetic import Pooling, Step, steps, without_pooling
from .explain_layers import sentences
from .explain_words import LANGUAGES, Language, say
from .head import Output
from .notation import layer_text
from .plan import Plan
from .shapes import Shape, shape_text

_MOST_TERMS = 16  # of a sum that is written out


@dataclass(frozen=True)
class Explained:
    """One layer: its name, what it is and makes of its input, and its sentences."""

    name: str
    title: str
    sentences: tuple[str, ...]
    level: int = 0


@dataclass(frozen=True)
class Explanation:
    """The layers in order, and the sentences about the whole. Shows itself as text and in notebooks."""

    layers: tuple[Explained, ...]
    closing: tuple[str, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one plain dict per layer, that JSON can hold."""
        return [
            {"name": layer.name, "title": layer.title, "explanation": list(layer.sentences)} for layer in self.layers
        ]

    def to_markdown(self) -> str:
        """Return the paragraphs as Markdown."""
        lines: list[str] = []
        for layer in self.layers:
            lines += [f"**`{layer.name}`** {layer.title}", "", *(f"- {text}" for text in layer.sentences), ""]
        return "\n".join([*lines, *(f"- {text}" for text in self.closing)]) + "\n"

    def __str__(self) -> str:
        parts = [
            "\n".join(
                ["  " * layer.level + f"{layer.name}  {layer.title}"]
                + ["  " * (layer.level + 1) + text for text in layer.sentences]
            )
            for layer in self.layers
        ]
        return "\n\n".join([*parts, *(["\n".join(self.closing)] if self.closing else [])])

    def _repr_html_(self) -> str:
        parts = [
            f"<p><b><code>{html.escape(layer.name)}</code></b> {html.escape(layer.title)}<br>"
            + "<br>".join(map(html.escape, layer.sentences))
            + "</p>"
            for layer in self.layers
        ]
        return "".join(parts) + f"<p>{'<br>'.join(map(html.escape, self.closing))}</p>"


def explain(plan: Plan, output: Output | None = None, language: str = "en") -> Explanation:
    """Explain a planned network.

    output: how its logits are read, for a sentence about that. language: "en" or "ko".

    Raises :class:`ModelError` for another language.
    """
    chosen = read_language(language)
    made = steps(plan)
    layers = [
        Explained(step.name, _title(step, chosen), tuple(sentences(step, plan.input_shape, chosen)), step.level)
        for step in made
    ]
    place = next((at for at, step in enumerate(made) if type(step.layer).__name__ == "Flatten"), None)
    if place is not None:
        more = _without_pooling(plan, made, chosen)
        layers[place] = Explained(layers[place].name, layers[place].title, (*layers[place].sentences, *more))
    return Explanation(tuple(layers), tuple(_closing(made, output, chosen)))


def read_language(language: str) -> Language:
    """Return the language; raises :class:`ModelError` for one that there is not."""
    found = next((known for known in LANGUAGES if known == language), None)
    if found is None:
        raise ModelError(
            f'There is no explanation in "{language}".{did_you_mean(language, LANGUAGES)}', "Choose en or ko."
        )
    return found


def _title(step: Step, language: Language) -> str:
    def text(shape: Shape) -> str:
        return shape_text(shape) if len(shape) > 1 else say("values", language, number=f"{shape[0]:,}")

    words = "Residual(…)" if isinstance(step.layer, Residual) else layer_text(step.layer)
    return f"{words}: {' + '.join(map(text, step.node.input_shapes))} → {text(step.output)}"


def _without_pooling(plan: Plan, made: Sequence[Step], language: Language) -> list[str]:
    """Say what the first Flatten of a chain would get without the pooling layers before it."""
    other = without_pooling(plan)
    if other is None:
        return []
    bare = steps(other)
    place = next(at for at, step in enumerate(made) if type(step.layer).__name__ == "Flatten")
    now, then = made[place], bare[-1]
    values = then.output[0]
    said = [
        say(
            "downsampling",
            language,
            pools=sum(isinstance(step.layer, Pooling) for step in made[:place]),
            shape=shape_text(then.shape),
            equation="·".join(f"{side:,}" for side in then.shape) + f" = {values:,}",
            values=f"{now.output[0]:,}",
        )
    ]
    after = made[place + 1].layer if place + 1 < len(made) else None
    if isinstance(after, Dense):
        bias = " + 1" if after.use_bias else ""
        count = f"({values:,}{bias})·{after.units:,} = {(values + after.use_bias) * after.units:,}"
        said.append(say("downsampling_dense", language, equation=count, now=f"{made[place + 1].parameters:,}"))
    small, large = (step.before.seen(plan.input_shape)[0] for step in (then, now))
    if small is not None and large is not None:
        words = {"small": "×".join(map(str, small)), "large": "×".join(map(str, large))}
        said.append(say("downsampling_field", language, **words))
    return said


def _closing(made: Sequence[Step], output: Output | None, language: Language) -> list[str]:
    said = [] if output is None else [say(f"output_{output}", language)]
    parameters = [step.parameters for step in made]
    work = [step.multiply_adds for step in made]
    if None not in parameters:
        said.append(say("total_parameters", language, equation=_sum([count or 0 for count in parameters])))
    if None not in work:
        said.append(say("total_work", language, equation=_sum([count or 0 for count in work])))
    return said


def _sum(numbers: Sequence[int]) -> str:
    terms = [f"{number:,}" for number in numbers if number]
    written = 1 < len(terms) <= _MOST_TERMS
    return f"{' + '.join(terms)} = {sum(numbers):,}" if written else f"{sum(numbers):,}"
