"""The sentences of one layer, with its formulas worked out."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ..layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Custom,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    Normalization,
    ReLU,
    Rescaling,
    Residual,
    Resizing,
    SeparableConv2D,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from ..layers.arguments import both
from .arithmetic import Step
from .explain_windows import example, real, receptive_field, sizes, two_sides
from .explain_words import Language, say
from .notation import value_text
from .shapes import Shape, sides


def sentences(step: Step, input_shape: Shape, language: Language) -> Iterator[str]:
    """Yield the sentences of a layer."""
    layer, shape = step.layer, step.shape
    match layer:
        case Conv2D() | SeparableConv2D() | DepthwiseConv2D():
            yield from sizes(step, layer, language)
            yield from _convolution(step, language)
            yield from receptive_field(step, layer, input_shape, language)
            yield from _activation(layer.activation, language)
        case MaxPooling2D() | AveragePooling2D():
            yield from sizes(step, layer, language)
            yield example(layer, language)
            yield say("none", language)
            yield from receptive_field(step, layer, input_shape, language)
        case Dense():
            weights = f"({shape[0]:,} + 1)" if layer.use_bias else f"{shape[0]:,}"
            yield say(
                "dense" if layer.use_bias else "dense_no_bias",
                language,
                units=f"{layer.units:,}",
                features=f"{shape[0]:,}",
                equation=f"{weights}·{layer.units:,} = {step.weights:,}",
            )
            yield say("work", language, equation=f"{shape[0]:,}·{layer.units:,} = {step.multiply_adds:,}")
            yield from _activation(layer.activation, language)
        case Flatten():
            yield (
                say("flatten_row", language)
                if len(shape) == 1
                else say("flatten", language, equation=f"{_times(shape)} = {prod(shape):,}")
            )
            yield say("none", language)
        case GlobalMaxPooling2D() | GlobalAveragePooling2D():
            key = "global_max" if isinstance(layer, GlobalMaxPooling2D) else "global_average"
            map_values = f"{_times(shape[:2])} = {prod(shape[:2]):,}"
            yield say(key, language, equation=map_values, flat=f"{_times(shape)} = {prod(shape):,}")
            yield say("none", language)
        case BatchNormalization() | LayerNormalization() | GroupNormalization() | Normalization():
            yield from _norm(step, language)
        case _:
            yield from _plain(step, language)


def _plain(step: Step, language: Language) -> Iterator[str]:
    """Yield the sentences of layers without weights that fit into one or two."""
    layer, shape = step.layer, step.shape
    match layer:
        case Dropout() | SpatialDropout2D():
            key = "dropout" if isinstance(layer, Dropout) else "spatial_dropout"
            equation = f"1 / (1 − {real(layer.rate)}) = {real(1 / (1 - layer.rate))}"
            yield say(key, language, rate=real(layer.rate), equation=equation)
        case Rescaling():
            result = f"255·{real(layer.scale)} + {real(layer.offset)} = {real(255 * layer.scale + layer.offset)}"
            yield say("rescaling", language, scale=real(layer.scale), offset=real(layer.offset), equation=result)
        case Resizing():
            yield say("resizing", language, size=f"{layer.height}×{layer.width}", how=layer.interpolation)
        case ZeroPadding2D():
            parts = [
                f"{side} + {before} + {after} = {side + before + after}"
                for side, (before, after) in zip(shape, sides(layer), strict=False)
            ]
            yield say("zero_padding", language, sides=two_sides(parts, language))
        case Add():
            yield say("add", language, count=len(step.node.input_shapes))
        case Residual():
            yield say("residual", language)
            yield from _activation(layer.activation, language)
        case Concatenate():
            axis = {-1: -1, 3: -1, 1: 0, 2: 1, -2: 1, -3: 0}[layer.axis] if len(shape) == 3 else -1
            terms = " + ".join(f"{given[axis]:,}" for given in step.node.input_shapes)
            yield say("concatenate", language, equation=f"{terms} = {step.output[axis]:,}")
        case Activation():
            yield from _activation(layer.activation, language)
        case ReLU() if layer.max_value is None and not layer.negative_slope:
            yield say("relu", language)
        case ReLU() | LeakyReLU():
            yield say("activation", language, name=type(layer).__name__)
        case Softmax():
            yield say("softmax", language)
    if not step.parameters:
        yield say("own" if isinstance(layer, Custom) else "none", language)


def _convolution(step: Step, language: Language) -> Iterator[str]:
    """Say how many weights a convolution has, and how often it multiplies."""
    layer, channels, positions = step.layer, step.shape[-1], _times(step.output[:2])
    if isinstance(layer, Conv2D):
        kernel, seen = _times(both(layer.kernel_size)), channels // layer.groups
        if layer.groups > 1:
            groups = f"{channels} / {layer.groups} = {seen}"
            yield say("groups", language, groups=layer.groups, equation=groups)
        weights = f"({kernel}·{seen:,} + 1)" if layer.use_bias else f"{kernel}·{seen:,}"
        yield say(
            "conv" if layer.use_bias else "conv_no_bias",
            language,
            filters=f"{layer.filters:,}",
            equation=f"{weights}·{layer.filters:,} = {step.weights:,}",
        )
        work = f"{positions}·{layer.filters:,}·({kernel}·{seen:,})"
        yield say("work", language, equation=f"{work} = {step.multiply_adds:,}")
    elif isinstance(layer, DepthwiseConv2D):
        kernel, outputs = _times(both(layer.kernel_size)), f"{channels:,}·{layer.depth_multiplier}"
        weights = f"({kernel} + 1)" if layer.use_bias else kernel
        yield say("depthwise", language, equation=f"{weights}·{outputs} = {step.weights:,}")
        yield say("work", language, equation=f"{positions}·{outputs}·{kernel} = {step.multiply_adds:,}")
    elif isinstance(layer, SeparableConv2D):
        kernel, area = _times(both(layer.kernel_size)), prod(both(layer.kernel_size))
        middle = channels * layer.depth_multiplier
        first, second = area * middle, (middle + layer.use_bias) * layer.filters
        mixing = f"({middle:,} + 1)" if layer.use_bias else f"{middle:,}"
        ordinary = f"({kernel}·{channels:,} + 1)" if layer.use_bias else f"{kernel}·{channels:,}"
        yield say(
            "separable",
            language,
            depth=f"{kernel}·{channels:,}·{layer.depth_multiplier} = {first:,}",
            point=f"{mixing}·{layer.filters:,} = {second:,}",
            equation=f"{first:,} + {second:,} = {step.weights:,}",
            ordinary=f"{ordinary}·{layer.filters:,} = {(area * channels + layer.use_bias) * layer.filters:,}",
        )
        work = f"{positions}·{middle:,}·{kernel} + {positions}·{middle:,}·{layer.filters:,}"
        yield say("work", language, equation=f"{work} = {step.multiply_adds:,}")


def _norm(step: Step, language: Language) -> Iterator[str]:
    layer, channels = step.layer, step.shape[-1]
    if isinstance(layer, Normalization):
        yield say("normalization", language)
        if step.parameters:
            equation = f"2·{channels:,} + 1 = {step.parameters:,}"
            yield say("normalization_parameters", language, equation=equation)
        else:
            yield say("none", language)
        return
    assert isinstance(layer, BatchNormalization | LayerNormalization | GroupNormalization)
    on = layer.center + layer.scale
    if isinstance(layer, BatchNormalization):
        yield say("batch_norm", language, channels=f"{channels:,}")
        yield say(
            "batch_norm_parameters",
            language,
            learned=f"{on}·{channels:,} = {step.trainable:,}",
            kept=f"2·{channels:,} = {step.frozen:,}",
            equation=f"{step.trainable:,} + {step.frozen:,} = {step.parameters:,}",
        )
        return
    if isinstance(layer, GroupNormalization):
        groups = channels if layer.groups == -1 else layer.groups
        yield say("group_norm", language, equation=f"{channels:,} / {groups:,} = {channels // groups:,}")
    else:
        yield say("layer_norm", language)
    yield say("norm_parameters", language, equation=f"{on}·{channels:,} = {step.parameters:,}")


def _activation(activation: object, language: Language) -> Iterator[str]:
    if activation in ("relu", "sigmoid", "softmax"):
        yield say(str(activation), language)
    elif activation == "prelu":
        yield say("prelu", language)
    elif activation is not None:
        yield say("activation", language, name=activation if isinstance(activation, str) else value_text(activation))


def _times(numbers: Shape) -> str:
    return "·".join(f"{number:,}" for number in numbers)
