"""Keras's layers in our words: names, argument order and defaults of Keras 2 and 3, from code or from a saved file.

Both readers, :mod:`spirula.models.keras.code` and :mod:`spirula.models.keras.file`, end here. What has
no counterpart raises :class:`~spirula.errors.ModelError` without a place; the reader knows the place and adds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from ...custom.piece import Piece
from ...errors import ModelError, did_you_mean
from ...layers import LAYERS, Activation, Layer
from ...layers.arguments import INITIALIZERS, L1, L1L2, L2, REGULARIZERS, read_activation

# What may stand without a name, in Keras's order. Convolutions: https://keras.io/api/layers/
_KERAS_ORDER = {
    "Activation": "activation",
    "Add": "",
    "AveragePooling2D": "pool_size strides padding data_format",
    "BatchNormalization": "axis momentum epsilon center scale beta_initializer gamma_initializer",
    "Concatenate": "axis",
    "Conv2D": "filters kernel_size strides padding data_format dilation_rate groups activation use_bias "
    "kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer",
    "Dense": "units activation use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer",
    "DepthwiseConv2D": "kernel_size strides padding depth_multiplier data_format dilation_rate activation use_bias "
    "depthwise_initializer bias_initializer depthwise_regularizer",
    "Dropout": "rate noise_shape seed",
    "ELU": "alpha",
    "Flatten": "data_format",
    "GlobalAveragePooling2D": "data_format keepdims",
    "GlobalMaxPooling2D": "data_format keepdims",
    "GroupNormalization": "groups axis epsilon center scale",
    "Identity": "",
    "LayerNormalization": "axis epsilon center scale",
    "LeakyReLU": "negative_slope",
    "MaxPooling2D": "pool_size strides padding data_format",
    "Normalization": "axis mean variance invert",
    "ReLU": "max_value negative_slope threshold",
    "Rescaling": "scale offset",
    "Resizing": "height width interpolation crop_to_aspect_ratio",
    "SeparableConv2D": "filters kernel_size strides padding data_format dilation_rate depth_multiplier activation "
    "use_bias depthwise_initializer pointwise_initializer bias_initializer depthwise_regularizer pointwise_regularizer",
    "Softmax": "axis",
    "SpatialDropout2D": "rate seed",
    "ZeroPadding2D": "padding data_format",
}
_SAME_LAYER = {
    "AvgPool2D": "AveragePooling2D",
    "Convolution2D": "Conv2D",
    "DepthwiseConvolution2D": "DepthwiseConv2D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "MaxPool2D": "MaxPooling2D",
    "SeparableConvolution2D": "SeparableConv2D",
}
# Keras's functions that join: layers.add([a, b]) is Add()([a, b]).
JOINING = {"add": "Add", "concatenate": "Concatenate"}

# What changes pictures or values only while training, and what does the same here.
_ONLY_TRAINING = {
    "RandomFlip": "--flip horizontal",
    "RandomRotation": "--rotate DEGREES --fill-mode reflect",
    "RandomZoom": "--zoom FRACTION --fill-mode reflect",
    "RandomTranslation": "--shift FRACTION --fill-mode reflect",
    "RandomCrop": "--crop PIXELS",
    "RandomContrast": "--contrast FRACTION",
    "RandomBrightness": "--brightness FRACTION",
    "GaussianNoise": "",
    "GaussianDropout": "",
    "AlphaDropout": "",
    "ActivityRegularization": "",
}

_NO_MATTER = {"name", "dtype", "autocast", "seed", "renorm_clipping", "renorm_momentum"}
_STATED_SHAPE = {"input_shape", "input_dim", "batch_input_shape", "batch_shape"}
_ONLY: dict[str, tuple[object, ...]] = {  # arguments of Keras that we do not have, and the values that change nothing
    "trainable": (True,),
    "data_format": (None, "channels_last"),
    "noise_shape": (None,),
    "rms_scaling": (False,),
    "synchronized": (False,),
    "renorm": (False,),
    "invert": (False,),
    "threshold": (0,),
    "alpha": (1,),
    "crop_to_aspect_ratio": (False,),
    "pad_to_aspect_ratio": (False,),
    "fill_mode": ("constant",),
    "fill_value": (0,),
    "quantization_config": (None,),
    "lora_rank": (None,),
    "axis": (-1, 3, (-1,), (3,)),
    "beta_initializer": ("zeros",),
    "gamma_initializer": ("ones",),
    "moving_mean_initializer": ("zeros",),
    "moving_variance_initializer": ("ones",),
}
_SAME_INITIALIZER = {"zero": "zeros", "one": "ones", "normal": "random_normal", "uniform": "random_uniform"}
_INITIALIZER_DEFAULTS = {"mean": 0.0, "stddev": 0.05, "minval": -0.05, "maxval": 0.05, "gain": 1.0}


@dataclass(frozen=True)
class Made:
    """A regularizer or initializer of Keras: its class and arguments."""

    kind: str
    named: Mapping[str, Any] = field(default_factory=dict)


def layer_kind(name: str) -> str:
    """Return Keras's main name of a layer (``MaxPool2D`` is ``MaxPooling2D``)."""
    return _SAME_LAYER.get(name, name)


def is_layer(name: str) -> bool:
    """Whether we know what a layer of this name does."""
    return layer_kind(name) in _KERAS_ORDER or name in _ONLY_TRAINING


def named_arguments(name: str, positional: list[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return all arguments of a layer by name; raises :class:`ModelError` for too many or for one given twice."""
    order = _KERAS_ORDER.get(layer_kind(name), "").split()
    if name in _ONLY_TRAINING:
        return dict(named)
    if len(positional) > len(order):
        remedy = f"{name} takes {', '.join(order)}." if order else f"Write {name}()."
        raise ModelError(f"{name} is given {len(positional)} arguments without a name.", remedy)
    twice = [word for word in order[: len(positional)] if word in named]
    if twice:
        raise ModelError(f"{name}: {twice[0]} is given twice.", "Give it once.")
    return {**dict(zip(order, positional, strict=False)), **named}


def layers_of(name: str, named: Mapping[str, Any], *, trained: bool = False) -> tuple[Layer, ...]:
    """Return what a layer of Keras is here: one layer; two where its activation is a layer; none for ``Identity``.

    Parameters
    ----------
    name: the class in Keras.
    named: its arguments. Regularizers and initializers may be :class:`Made`, an activation may be a tuple of layers.
    trained: the weights are given, so that initializers, regularizers and constraints no longer matter, and layers
        that only act while training do nothing.

    Raises :class:`ModelError` for a layer, an argument or a value that has no counterpart.
    """
    kind = layer_kind(name)
    if name in _ONLY_TRAINING and trained:
        return ()
    if kind not in _KERAS_ORDER:
        raise lacking(name)
    if kind == "Identity":
        return ()
    given = _translated(kind, named, trained)
    if kind == "ELU":
        return (Activation("elu"),)
    own = LAYERS[kind]
    known = {f.name for f in fields(own)}
    for word in given:
        if word not in known:
            raise ModelError(f'{kind} has no argument "{word}".', f"Use a known one.{did_you_mean(word, known)}")
    missing = [f.name for f in fields(own) if f.name not in given and f.name in _required(own)]
    if missing:
        raise ModelError(f"{kind} needs {' and '.join(missing)}.", f"Write {kind}({', '.join(missing)}).")
    after = given.get("activation")
    if isinstance(after, tuple):  # Dense(64, activation=LeakyReLU(0.1)): the activation becomes a layer
        del given["activation"]
        return (own(**given), *after) if kind != "Activation" else after
    return (own(**given),)


def _required(kind: type[Layer]) -> set[str]:
    return {f.name for f in fields(kind) if f.default is MISSING}


def lacking(name: str) -> ModelError:
    """Return the error for a layer of Keras that we do not have."""
    if name == "Lambda":
        remedy = "Its function is code, and code is never executed here: use layers, such as Rescaling or Activation."
    elif name in _ONLY_TRAINING:
        option = _ONLY_TRAINING[name]
        remedy = f"Leave it out and train with {option}." if option else "Leave it out: it only acts while training."
    else:
        known = sorted(set(_KERAS_ORDER) - {"Identity"})
        remedy = f"Use what there is.{did_you_mean(name, known)} Known: {', '.join(known)}."
    return ModelError(f"The layer {name} of Keras has no counterpart here.", remedy)


def _translated(kind: str, named: Mapping[str, Any], trained: bool) -> dict[str, Any]:
    given: dict[str, Any] = {}
    own = {f.name for f in fields(LAYERS[kind])} if kind in LAYERS else set()
    for word, value in named.items():
        plain = tuple(value) if isinstance(value, list) else value
        if word in _NO_MATTER or word in _STATED_SHAPE:
            continue
        if trained and (word == "trainable" or word.endswith(("_initializer", "_regularizer", "_constraint"))):
            continue
        if kind == "LeakyReLU" and word == "alpha":  # its name until Keras 2.15
            given["negative_slope"] = plain
        elif word == "activation":
            layers = isinstance(plain, tuple) and all(isinstance(part, Layer) for part in plain)
            given[word] = plain if layers else activation_name(plain)
        elif word.endswith("_initializer"):
            found = initializer_name(plain)
            if word in own:
                given[word] = found
            elif word not in _ONLY or found not in _ONLY[word]:
                raise ModelError(f"{kind}: {word} = {found!r} has no counterpart here.", "Leave it out.")
        elif word.endswith("_regularizer") and word in own:
            given[word] = regularizer(plain)
        elif word.endswith(("_regularizer", "_constraint")):
            if plain is not None:
                raise ModelError(f"{kind}: {word} has no counterpart here.", "Leave it out, or use kernel_regularizer.")
        elif word in own:
            given[word] = plain
        elif trained and kind == "Normalization" and word == "axis" and plain in (None, ()):
            continue  # one mean and variance for all channels: spread when the weights are read
        elif word in _ONLY:
            if plain not in _ONLY[word]:
                good = " or ".join(repr(value) for value in _ONLY[word][:2])
                raise ModelError(f"{kind}: {word} = {value!r} has no counterpart here.", f"Only {good} is known.")
        else:
            given[word] = plain  # refused by name, with its nearest neighbour
    return given


def activation_name(value: Any) -> str | Piece | None:
    """Return our word for an activation of Keras; raises :class:`ModelError` for one of the user's own."""
    if value is None or value == "linear":
        return None
    if isinstance(value, Made):
        value = value.kind
    try:
        return str(read_activation(value))
    except (ValueError, TypeError):
        known = "relu, sigmoid, softmax, tanh, elu, selu, gelu, silu, softplus, leaky_relu, …"
        raise ModelError(
            f"The activation {value} is none that is known here.",
            f"Use one of {known} (log(1 + exp(x)) is softplus).{did_you_mean(str(value), known.split(', '))}",
        ) from None


def initializer_name(value: Any) -> str:
    """Return our word for an initializer of Keras ("he_normal", HeNormal()); its seed is the run's own."""
    made = value if isinstance(value, Made) else Made(str(value))
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", made.kind).lower()
    word = _SAME_INITIALIZER.get(word, word)
    if word not in INITIALIZERS:
        hint = did_you_mean(word, INITIALIZERS)
        raise ModelError(
            f"The initializer {made.kind} is none that is known here.", f"Use one of {', '.join(INITIALIZERS)}.{hint}"
        )
    for name, number in made.named.items():
        if name != "seed" and number is not None and number != _INITIALIZER_DEFAULTS.get(name):
            raise ModelError(
                f"The initializer {made.kind}({name}={number!r}) has no counterpart here.", f'Write "{word}" alone.'
            )
    return word


def regularizer(value: Any) -> L1 | L2 | L1L2 | str | None:
    """Return our record for a regularizer of Keras."""
    if not isinstance(value, Made):
        if value is not None and value not in REGULARIZERS:
            raise ModelError(f"The regularizer {value} is none that is known here.", 'Use "l1", "l2" or L2(0.001).')
        return value if value is None else REGULARIZERS[value]()
    kind = REGULARIZERS.get(value.kind)
    if kind is None:
        raise ModelError(f"The regularizer {value.kind} is none that is known here.", "Use L1, L2 or L1L2.")
    known = [f.name for f in fields(kind)]
    named = {known[0] if word == "l" else word: number for word, number in value.named.items()}
    unknown = [word for word in named if word not in known]
    if unknown:
        raise ModelError(f"{value.kind} has no argument {unknown[0]}.", f"It has: {', '.join(known)}.")
    return kind(**named)
