"""The networks that come with spirula: a literal table, in the notation that users write themselves.

The output layer is missing on purpose: it is added from the data.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One network. ``smallest`` is the least height and width in pixels that it can work on."""

    description: str
    notation: str
    smallest: int = 1


# Names of our own for networks of timm, as they are typed after --model.
BACKBONES: dict[str, str] = {"efficientnet-lite0": "tf_efficientnet_lite0"}

# What follows the first layer of airbench94 (Jordan 2024, arXiv:2404.00498).
_AIRBENCH = """
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2), BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Conv2D(256, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2), BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Conv2D(256, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Conv2D(256, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2), BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Conv2D(256, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        GlobalMaxPooling2D()
        """

CATALOGUE: dict[str, Entry] = {
    "linear": Entry(
        "softmax regression: one Dense layer on the pixels; the floor that any network must beat",
        "Flatten()",
    ),
    "dense": Entry(
        "two hidden Dense layers; for vectors and very small images",
        """
        Flatten(),
        Dense(256, activation="relu", kernel_initializer="he_uniform"),
        Dropout(0.2),
        Dense(128, activation="relu", kernel_initializer="he_uniform"),
        Dropout(0.2)
        """,
    ),
    "lenet5": Entry(
        "LeNet-5 for 28×28 digits (LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86)",
        """
        Conv2D(6, 5, padding="same", activation="tanh"),
        AveragePooling2D(2),
        Conv2D(16, 5, activation="tanh"),
        AveragePooling2D(2),
        Flatten(),
        Dense(120, activation="tanh"),
        Dense(84, activation="tanh")
        """,
        smallest=12,
    ),
    "two-conv": Entry(
        "the teaching network: two convolutions with max pooling, one hidden layer",
        """
        Conv2D(32, 3, padding="same", activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, padding="same", activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(100, activation="relu"),
        Dropout(0.4)
        """,
        smallest=4,
    ),
    "two-conv-average": Entry(
        "two convolutions with 3×3 average pooling: eight times fewer parameters than two-conv",
        """
        Conv2D(32, 3, padding="same", activation="relu"),
        AveragePooling2D(3),
        Conv2D(32, 3, padding="same", activation="relu"),
        AveragePooling2D(3),
        Flatten(),
        Dense(100, activation="relu"),
        Dropout(0.4)
        """,
        smallest=9,
    ),
    "mnist-cnn": Entry(
        "two convolutions and a wide hidden layer: 0.99 on MNIST in five epochs",
        """
        Conv2D(32, 5, padding="same", activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 2, padding="same", activation="relu"),
        MaxPooling2D(2),
        Dropout(0.25),
        Flatten(),
        Dense(1000, activation="relu")
        """,
        smallest=4,
    ),
    "three-conv": Entry(
        "three convolutions without padding, no hidden layer",
        """
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(128, 3, activation="relu"),
        Flatten()
        """,
        smallest=18,
    ),
    "vgg-small": Entry(
        "pairs of 3×3 convolutions with batch normalization (after VGG, Simonyan & Zisserman 2015), global pooling",
        """
        Repeat(2,
            Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            BatchNormalization(momentum=0.9),
            ReLU()),
        MaxPooling2D(2),
        SpatialDropout2D(0.1),
        Repeat(2,
            Conv2D(128, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            BatchNormalization(momentum=0.9),
            ReLU()),
        MaxPooling2D(2),
        SpatialDropout2D(0.1),
        Repeat(2,
            Conv2D(256, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            BatchNormalization(momentum=0.9),
            ReLU()),
        GlobalAveragePooling2D(),
        Dropout(0.3)
        """,
        smallest=4,
    ),
    "resnet18": Entry(
        "ResNet-18 (He, Zhang, Ren, Sun 2016, arXiv:1512.03385) for large images",
        """
        ZeroPadding2D(3),
        Conv2D(64, 7, strides=2, use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9, epsilon=1e-5),
        ReLU(),
        ZeroPadding2D(1),
        MaxPooling2D(3, strides=2),
        Repeat(2, ResidualBlock(64)),
        ResidualBlock(128, strides=2),
        ResidualBlock(128),
        ResidualBlock(256, strides=2),
        ResidualBlock(256),
        ResidualBlock(512, strides=2),
        ResidualBlock(512),
        GlobalAveragePooling2D()
        """,
    ),
    "resnet34": Entry(
        "ResNet-34 (He, Zhang, Ren, Sun 2016, arXiv:1512.03385) for large images",
        """
        ZeroPadding2D(3),
        Conv2D(64, 7, strides=2, use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9, epsilon=1e-5),
        ReLU(),
        ZeroPadding2D(1),
        MaxPooling2D(3, strides=2),
        Repeat(3, ResidualBlock(64)),
        ResidualBlock(128, strides=2),
        Repeat(3, ResidualBlock(128)),
        ResidualBlock(256, strides=2),
        Repeat(5, ResidualBlock(256)),
        ResidualBlock(512, strides=2),
        Repeat(2, ResidualBlock(512)),
        GlobalAveragePooling2D()
        """,
    ),
    "resnet18-small": Entry(
        "ResNet-18 with a 3×3 stem, for images of about 32×32",
        """
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9, epsilon=1e-5),
        ReLU(),
        Repeat(2, ResidualBlock(64)),
        ResidualBlock(128, strides=2),
        ResidualBlock(128),
        ResidualBlock(256, strides=2),
        ResidualBlock(256),
        ResidualBlock(512, strides=2),
        ResidualBlock(512),
        GlobalAveragePooling2D()
        """,
    ),
    "resnet34-small": Entry(
        "ResNet-34 with a 3×3 stem, for images of about 32×32",
        """
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9, epsilon=1e-5),
        ReLU(),
        Repeat(3, ResidualBlock(64)),
        ResidualBlock(128, strides=2),
        Repeat(3, ResidualBlock(128)),
        ResidualBlock(256, strides=2),
        Repeat(5, ResidualBlock(256)),
        ResidualBlock(512, strides=2),
        Repeat(2, ResidualBlock(512)),
        GlobalAveragePooling2D()
        """,
    ),
    "fast-resnet": Entry(
        "a residual network of nine layers that learns fast (the DAWNBench ResNet-9 design), for images of about 32×32",
        """
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9), ReLU(),
        Conv2D(128, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9), ReLU(),
        MaxPooling2D(2, padding="same"),
        Residual(
            Conv2D(128, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            BatchNormalization(momentum=0.9), ReLU(),
            Conv2D(128, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            BatchNormalization(momentum=0.9), ReLU()),
        Conv2D(256, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9), ReLU(),
        MaxPooling2D(2, padding="same"),
        Conv2D(512, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9), ReLU(),
        MaxPooling2D(2, padding="same"),
        Residual(
            Conv2D(512, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            BatchNormalization(momentum=0.9), ReLU(),
            Conv2D(512, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            BatchNormalization(momentum=0.9), ReLU()),
        GlobalMaxPooling2D()
        """,
    ),
    "speed-cnn": Entry(
        "for colour images of about 32×32, learned in minutes (that of airbench94, Jordan 2024, arXiv:2404.00498)",
        """
        Conv2D(24, 2, use_bias=False), Activation("gelu"),
        """
        + _AIRBENCH,
        smallest=9,
    ),
    "speed-cnn-grey": Entry(
        "for grey images of about 28×28, learned in seconds on a CPU: every layer works on maps of 13×13 and less",
        """
        Conv2D(32, 4, strides=2, use_bias=False), Activation("gelu"),
        Conv2D(32, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2), BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2), BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False), Activation("gelu"),
        Flatten()
        """,
        smallest=10,
    ),
    "wide-cnn-grey": Entry(
        "for grey images of about 28×28, learned well in minutes: the design of speed-cnn behind patches of 3×3",
        """
        Conv2D(18, 3, use_bias=False), Activation("gelu"),
        """
        + _AIRBENCH,
        smallest=10,
    ),
    "photo-resnet": Entry(
        "a small residual network for photographs of 128×128 to 224×224: from scratch, on a CPU, from a few thousand",
        """
        Conv2D(32, 5, strides=2, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2, padding="same"), BatchNormalization(momentum=0.9), ReLU(),
        Conv2D(64, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2, padding="same"), BatchNormalization(momentum=0.9), ReLU(),
        ResidualBlock(64),
        Conv2D(128, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2, padding="same"), BatchNormalization(momentum=0.9), ReLU(),
        ResidualBlock(128),
        Conv2D(256, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
        MaxPooling2D(2, padding="same"), BatchNormalization(momentum=0.9), ReLU(),
        ResidualBlock(256),
        GlobalAveragePooling2D(),
        Dropout(0.3)
        """,
    ),
}
