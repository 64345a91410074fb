"""What a sliding window does to a map, in sentences: the size of the output, the padding, the receptive field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..layers import AveragePooling2D, MaxPooling2D
from ..layers.arguments import both
from .arithmetic import Pooling, Step, Windowed, window_of
from .explain_words import Language, say
from .field import Span
from .shapes import Shape, window

_LARGEST_EXAMPLE = 9  # values of a window that are written out


def sizes(step: Step, layer: Windowed, language: Language) -> Iterator[str]:
    """Say how large the output is, what is padded and what falls away."""
    kernel, strides, dilation = window_of(layer)
    lines = list(zip(step.shape, kernel, strides, dilation, strict=False))[:2]
    reaches = [(k - 1) * d + 1 for _, k, _, d in lines]
    if max(dilation) > 1:
        parts = [f"({k} − 1)·{d} + 1 = {reach}" for (_, k, _, d), reach in zip(lines, reaches, strict=True)]
        yield say("dilation", language, sides=two_sides(parts, language))
    found = [window(size, k, s, layer.padding, d) for size, k, s, d in lines]
    if layer.padding == "valid":
        parts = [
            f"floor(({size:,} − {reach}) / {s}) + 1 = {output:,}"
            for (size, _, s, _), reach, (output, _, _) in zip(lines, reaches, found, strict=True)
        ]
        yield say("size_valid", language, sides=two_sides(parts, language))
        left = [
            (size - reach) - (output - 1) * s
            for (size, _, s, _), reach, (output, _, _) in zip(lines, reaches, found, strict=True)
        ]
        if any(left):
            parts = [
                f"({size:,} − {reach}) − ({output:,} − 1)·{s} = {rest}"
                for (size, _, s, _), reach, (output, _, _), rest in zip(lines, reaches, found, left, strict=True)
            ]
            yield say("unused", language, sides=two_sides(parts, language))
        return
    parts = [f"ceil({size:,} / {s}) = {output:,}" for (size, _, s, _), (output, _, _) in zip(lines, found, strict=True)]
    yield say("size_same", language, sides=two_sides(parts, language))
    if not any(before + after for _, before, after in found):
        return
    parts = [
        say(
            "padding_part",
            language,
            equation=f"max(({output:,} − 1)·{s} + {reach} − {size:,}, 0) = {before + after}",
            before=before,
            after=after,
        )
        for (size, _, s, _), reach, (output, before, after) in zip(lines, reaches, found, strict=True)
    ]
    kind = {MaxPooling2D: "padding_max", AveragePooling2D: "padding_average"}.get(type(layer), "padding_conv")
    odd = f" {say('padding_odd', language)}" if any(before != after for _, before, after in found) else ""
    yield f"{say('padding', language, sides=two_sides(parts, language))} {say(kind, language)}{odd}"


def receptive_field(step: Step, layer: Windowed, input_shape: Shape, language: Language) -> Iterator[str]:
    """Say how far a position sees after this layer."""
    size, _ = step.after.seen(input_shape)
    if size is None:
        return
    if step.after.whole:
        yield say("field_whole", language)
        return
    before, after = (step.before.rows, step.before.columns), (step.after.rows, step.after.columns)
    if any(not _exact(span) for span in (*before, *after)):
        yield say("field_is", language, field="×".join(map(str, size)))
        return
    kernel, strides, dilation = window_of(layer)
    grown, moved = [], []
    for old, new, k, s, d in zip(before, after, kernel, strides, dilation, strict=True):
        holes = f"·{d}" if d > 1 else ""
        grown.append(f"{old.size} + ({k} − 1){holes}·{old.stride:g} = {new.size}")
        moved.append(f"{old.stride:g}·{s} = {new.stride:g}")
    yield say("field", language, sides=two_sides(grown, language))
    yield say("step", language, sides=two_sides(moved, language))


def _exact(span: Span) -> bool:
    return span.stride == int(span.stride) and span.end - span.start == int(span.end - span.start)


def example(layer: Pooling, language: Language) -> str:
    """Say what both kinds of pooling make of one small window."""
    height, width = both(layer.pool_size)
    if height * width > _LARGEST_EXAMPLE:
        height = width = 2
    values = [(7 * place + 1) % 10 for place in range(height * width)]
    block = " | ".join(" ".join(map(str, values[row * width : (row + 1) * width])) for row in range(height))
    largest = f"max({', '.join(map(str, values))}) = {max(values)}"
    mean = f"({' + '.join(map(str, values))}) / {len(values)} = {real(sum(values) / len(values))}"
    key = "max_pool" if isinstance(layer, MaxPooling2D) else "average_pool"
    return say(key, language, block=f"[{block}]", largest=largest, mean=mean)


def two_sides(parts: Sequence[str], language: Language) -> str:
    """Join what is said of height and width; once where it is the same."""
    if parts[0] == parts[1]:
        return say("both", language, one=parts[0])
    return f"{say('height', language, one=parts[0])}; {say('width', language, one=parts[1])}"


def real(number: float) -> str:
    """Write a number that need not be whole with four digits at most."""
    return f"{number:.4g}".replace("-", "−")
