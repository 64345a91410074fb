"""Networks that real Keras saves, with random weights and random statistics, for spirula to import."""

from __future__ import annotations

from typing import Any

import numpy as np


def shaken(model: Any, generator: np.random.Generator) -> Any:
    """Give every weight a value of its own: what is swapped or forgotten must show."""
    for layer in model._flatten_layers(include_self=False):
        if layer._layers:
            continue
        for weight in layer.weights:
            if "seed" in weight.path:
                continue
            shape, name = tuple(weight.shape), weight.name
            if "variance" in name:
                weight.assign(generator.uniform(0.5, 2.0, shape))
            elif name == "count":
                weight.assign(7)
            else:
                weight.assign(generator.normal(1.0 if name == "gamma" else 0.0, 0.3, shape))
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model


def saved(keras: Any) -> dict[str, tuple[Any, np.ndarray]]:
    """Return name → (model, inputs (N, H, W, C) or (N, F) float32)."""
    made = _models(keras, keras.layers)
    generator = np.random.default_rng(5)
    found = {}
    for name, model in made.items():
        shape = tuple(side or 9 for side in model.input_shape[1:])
        inputs = generator.uniform(0.0, 1.0, (5, *shape)).astype(np.float32)
        found[name] = (shaken(model, generator), inputs)
    return found


def _models(keras: Any, layers: Any) -> dict[str, Any]:
    sequential = keras.Sequential
    made = {
        "flattened": sequential(
            [
                keras.Input((12, 10, 3)),
                layers.Conv2D(6, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(2),
                layers.Dropout(0.25),
                layers.Conv2D(5, (3, 2), strides=2, padding="same", use_bias=False),
                layers.Flatten(),
                layers.Dense(16, activation="gelu", kernel_regularizer=keras.regularizers.L2(0.01)),
                layers.Dense(4, activation="softmax"),
            ]
        ),
        "flattened_norms": sequential(
            [
                keras.Input((6, 5, 2)),
                layers.Normalization(),
                layers.Flatten(),
                layers.Normalization(),
                layers.BatchNormalization(epsilon=1e-5),
                layers.LayerNormalization(),
                layers.Activation("tanh"),
                layers.Dense(7),
                layers.BatchNormalization(scale=False, center=False),
                layers.Dense(1, activation="sigmoid"),
            ]
        ),
        "separable": sequential(
            [
                keras.Input((13, 11, 4)),
                layers.Rescaling(2.0, offset=-1.0),
                layers.ZeroPadding2D(((1, 0), (2, 1))),
                layers.SeparableConv2D(6, 3, depth_multiplier=2, activation="silu"),
                layers.BatchNormalization(center=False),
                layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2),
                layers.GroupNormalization(4),
                layers.LeakyReLU(0.1),
                layers.SpatialDropout2D(0.1),
                layers.LayerNormalization(epsilon=1e-4),
                layers.Conv2D(8, 3, dilation_rate=2, padding="same", groups=4),
                layers.ReLU(max_value=6.0),
                layers.AveragePooling2D(2),
                layers.GlobalAveragePooling2D(),
                layers.Dense(4),
                layers.Softmax(),
            ]
        ),
        "pooling": sequential(
            [
                keras.Input((9, 10, 3)),
                layers.MaxPooling2D(2, strides=2, padding="same"),
                layers.Conv2D(4, 2, padding="same"),
                layers.AveragePooling2D(3, strides=2, padding="same"),
                layers.Resizing(6, 7),
                layers.GlobalMaxPooling2D(keepdims=True),
                layers.Flatten(),
                layers.Dense(3, activation=keras.activations.softmax),
            ]
        ),
        "regression": sequential(
            [
                keras.Input((8,)),
                layers.Normalization(axis=None),
                layers.Dense(30, activation=layers.LeakyReLU(0.2)),
                layers.Dense(1),
            ]
        ),
        "logits": sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3)]),
        "one_logit": sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(1)]),
        "tags": sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3, activation="sigmoid")]),
        "any_size": sequential(
            [
                keras.Input((None, None, 3)),
                layers.Conv2D(4, 3),
                layers.GlobalMaxPooling2D(),
                layers.Dense(2),
                layers.Softmax(),
            ]
        ),
    }
    made["logits"].compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), optimizer="sgd")
    made["one_logit"].compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), optimizer="sgd")
    built = sequential([layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(2, activation="softmax")])
    built(np.zeros((1, 5, 4, 2), np.float32))
    made["built_by_use"] = built
    pixels = keras.Input((30,))
    x = layers.Conv2D(2, 2)(layers.Reshape((5, 3, 2))(pixels))
    x = keras.ops.relu(x - 0.1) * 3.0
    made["operations"] = keras.Model(pixels, layers.Dense(2)(layers.Flatten()(inputs=x)))
    made["operations"].compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    half = sequential([keras.Input((4,)), layers.Dense(1, dtype="mixed_bfloat16")])
    made["half"] = half
    chain = [keras.Input((10,)), layers.Dense(8)]
    words = "relu elu selu softplus softsign sigmoid hard_sigmoid mish leaky_relu relu6 celu hard_silu log_sigmoid"
    for word in [*words.split(), "hard_tanh", "softmax"]:
        chain += [layers.Activation(word), layers.Dense(8)]
    made["activations"] = sequential([*chain, layers.Dense(2, activation="softmax")])
    inputs = keras.Input((8, 7, 3))
    x = sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)], name="augmentation")(inputs)
    x = x / 2.0
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(4, 1, name="쪽")(x)
    x = layers.Add()([a, b]) + a
    x = sequential([layers.Conv2D(6, 3), layers.BatchNormalization(), layers.ReLU()])(x)
    inner = keras.Input((6, 5, 6))
    block = keras.Model(inner, layers.Concatenate()([layers.Conv2D(3, 1)(inner), layers.Conv2D(2, 1)(inner)]))
    x = block(x)
    flat, mean = layers.Flatten()(x), layers.GlobalAveragePooling2D()(x)
    x = layers.Concatenate()([mean, flat])
    x = layers.BatchNormalization()(x)
    made["branches"] = keras.Model(inputs, layers.Dense(5, activation="softmax")(x))
    made["branches"].compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    return made
