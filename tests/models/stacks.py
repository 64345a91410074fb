"""Random layers for the property tests, and Keras's formulas written down a second time."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from spirula import layers as L  # noqa: N812 - as Keras people write it

SIDES = st.integers(1, 3)
PADDINGS = st.sampled_from(["valid", "same"])
PAIRS = st.one_of(SIDES, st.tuples(SIDES, SIDES))
ACTIVATIONS = st.sampled_from([None, "relu", "tanh", "silu", "leaky_relu", "hard_silu"])

convolutions = st.builds(
    L.Conv2D,
    st.sampled_from([2, 4, 6]),
    PAIRS,
    PAIRS,
    PADDINGS,
    dilation_rate=st.sampled_from([1, 1, 2]),
    groups=st.sampled_from([1, 1, 2]),
    activation=ACTIVATIONS,
    use_bias=st.booleans(),
)
separable = st.builds(
    L.SeparableConv2D,
    st.integers(1, 5),
    PAIRS,
    SIDES,
    PADDINGS,
    depth_multiplier=st.integers(1, 2),
    use_bias=st.booleans(),
)
depthwise = st.builds(
    L.DepthwiseConv2D, PAIRS, SIDES, PADDINGS, st.integers(1, 2), activation=ACTIVATIONS, use_bias=st.booleans()
)
pools = st.one_of(
    st.builds(L.MaxPooling2D, PAIRS, st.one_of(st.none(), SIDES), PADDINGS),
    st.builds(L.AveragePooling2D, PAIRS, st.one_of(st.none(), SIDES), PADDINGS),
)
norms = st.one_of(
    st.builds(L.BatchNormalization, center=st.booleans(), scale=st.booleans()),
    st.builds(L.LayerNormalization, center=st.booleans(), scale=st.booleans()),
    st.builds(L.GroupNormalization, st.sampled_from([1, 2, -1])),
    st.builds(L.Normalization),
)
quiet = st.one_of(
    st.builds(L.Activation, st.sampled_from(["relu", "sigmoid", "gelu", "swish"])),
    st.just(L.ReLU(6.0)),
    st.just(L.SpatialDropout2D(0.2)),
    st.builds(L.Rescaling, st.floats(0.1, 2.0)),
    st.builds(L.ZeroPadding2D, st.tuples(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))),
    st.builds(L.Resizing, st.integers(3, 9), st.integers(3, 9)),
)
simple = st.one_of(convolutions, separable, depthwise, pools, norms, quiet)
residual = st.one_of(
    st.builds(L.ResidualBlock, st.sampled_from([2, 4]), st.integers(1, 2)),
    st.builds(
        lambda filters, norm, activation: L.Residual(
            L.Conv2D(filters, 3, padding="same"), *([L.BatchNormalization()] if norm else []), activation=activation
        ),
        st.sampled_from([2, 4]),
        st.booleans(),
        ACTIVATIONS,
    ),
)
map_layers = st.lists(st.one_of(simple, simple, residual), min_size=1, max_size=4)
endings = st.sampled_from(
    [
        (L.Flatten(),),
        (L.GlobalAveragePooling2D(), L.Dropout(0.1)),
        (L.GlobalMaxPooling2D(), L.Dense(5, "relu", kernel_regularizer="l2")),
        (L.Flatten(), L.Dense(7, use_bias=False, activation="tanh"), L.BatchNormalization()),
    ]
)
stacks = st.builds(lambda body, end: L.Stack((*body, *end)), map_layers, endings)
shapes = st.tuples(st.integers(4, 13), st.integers(4, 13), st.integers(1, 4))


def keras_parameters(layer: L.Layer, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (trainable, not trainable) for an input of (H, W, C), from Keras's documentation, not from our code."""
    channels = shape[-1]
    match layer:
        case L.Conv2D():
            kernel = math.prod(layer.kernel_size) * channels // layer.groups * layer.filters
            return kernel + layer.use_bias * layer.filters, 0
        case L.SeparableConv2D():
            middle = channels * layer.depth_multiplier
            depth = math.prod(layer.kernel_size) * middle
            return depth + middle * layer.filters + layer.use_bias * layer.filters, 0
        case L.DepthwiseConv2D():
            middle = channels * layer.depth_multiplier
            return math.prod(layer.kernel_size) * middle + layer.use_bias * middle, 0
        case L.Dense():
            return channels * layer.units + layer.use_bias * layer.units, 0
        case L.BatchNormalization():
            return channels * (layer.center + layer.scale), 2 * channels
        case L.LayerNormalization() | L.GroupNormalization():
            return channels * (layer.center + layer.scale), 0
        case L.Normalization():
            return 0, 2 * channels + 1
    return 0, 0
