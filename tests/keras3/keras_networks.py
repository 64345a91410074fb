"""The networks of the study notes as they were written there, with the parameter counts that were printed."""

from __future__ import annotations

MNIST = """
import tensorflow as tf
from tensorflow.keras import layers, models

model = models.Sequential([
    layers.Conv2D(32, kernel_size=(5, 5), strides=(1, 1),
                 padding="same", activation="relu", input_shape=(28, 28, 1)),
    layers.MaxPooling2D(pool_size=(2, 2), strides=(2, 2)),
    layers.Conv2D(64, (2, 2), padding="same", activation="relu"),
    layers.MaxPooling2D(pool_size=(2, 2)),
    layers.Dropout(0.25),
    layers.Flatten(),
    layers.Dense(1000, activation="relu"),
    layers.Dense(10, activation="softmax")

])
"""

TEETH = """
import tensorflow as tf
from tensorflow import keras

model = keras.Sequential([
    keras.layers.Conv2D(4, kernel_size=(9,9), padding='same', activation='relu',
                        input_shape=(256,256,3)), # 256-9+1=248
    keras.layers.MaxPooling2D(pool_size=(2,2)),
    keras.layers.Conv2D(8, kernel_size=(5,5), padding='same', activation='relu'),
    keras.layers.MaxPooling2D(pool_size=(2,2)),
    keras.layers.Conv2D(16, kernel_size=(5,5), padding='same', activation='relu'),
    keras.layers.MaxPooling2D(pool_size=(2,2)),
    keras.layers.Conv2D(32, kernel_size=(3,3), padding='same', activation='relu'),
    keras.layers.MaxPooling2D(pool_size=(2,2)),
    keras.layers.Flatten(), # 16x16x32 = 8192
    keras.layers.Dense(2048, activation='relu'),
    keras.layers.Dense(1024, activation='relu')
])
"""

AVERAGE_POOLING = """
from tensorflow import keras
model = keras.Sequential()

# 합성곱층
model.add(keras.layers.Conv2D(32, kernel_size = 3, activation = 'relu',
                              padding = 'same', input_shape = (28, 28, 1)))
model.add(keras.layers.AveragePooling2D(3))  # 1/3
model.add(keras.layers.Conv2D(32, kernel_size=(3,3), activation='relu',
                              padding='same'))
model.add(keras.layers.AveragePooling2D(3))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(100, activation='relu'))
model.add(keras.layers.Dropout(0.4))
model.add(keras.layers.Dense(10, activation='softmax'))
"""

MAX_POOLING = """
from tensorflow import keras
model = keras.Sequential()
model.add(keras.layers.Conv2D(32, kernel_size = 3, activation = 'relu',
                              padding = 'same', input_shape = (28, 28, 1)))
model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Conv2D(64, kernel_size=(3,3), activation='relu',
                              padding='same'))
model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(100, activation='relu'))
model.add(keras.layers.Dropout(0.4))
model.add(keras.layers.Dense(10, activation='softmax'))
"""

FUNCTIONAL = """
from tensorflow import keras
from tensorflow.keras import layers

inputs = keras.Input(shape = (28, 28, 1))
x = layers.Conv2D(filters = 32, kernel_size = 3 , activation = 'relu')(inputs)
x = layers.MaxPooling2D(pool_size = 2)(x)
x = layers.Conv2D(filters = 64, kernel_size = 3 , activation = 'relu')(x)
x = layers.MaxPooling2D(pool_size = 2)(x)
x = layers.Conv2D(filters = 128, kernel_size = 3 , activation = 'relu')(x)
x = layers.Flatten()(x)
outputs = layers.Dense(10, activation = 'softmax')(x)

model = keras.Model(inputs = inputs, outputs = outputs)
"""

CATS_DOGS = """
from tensorflow import keras
from tensorflow.keras import layers

inputs = keras.Input(shape = (180, 180, 3)) # RGB
x = layers.Rescaling(1./255)(inputs)
x = layers.Conv2D(filters = 32, kernel_size = 3, activation = 'relu')(x)
x = layers.MaxPooling2D(pool_size = 2)(x)
x = layers.Conv2D(filters = 64, kernel_size = 3, activation = 'relu')(x)
x = layers.MaxPooling2D(pool_size = 2)(x)
x = layers.Conv2D(filters = 128, kernel_size = 3, activation = 'relu')(x)
x = layers.MaxPooling2D(pool_size = 2)(x)
x = layers.Conv2D(filters = 256, kernel_size = 3, activation = 'relu')(x)
x = layers.MaxPooling2D(pool_size = 2)(x)
x = layers.Conv2D(filters = 256, kernel_size = 3, activation = 'relu')(x)
x = layers.Flatten()(x)
outputs = layers.Dense(1, activation = 'sigmoid')(x)

model = keras.Model(inputs = inputs, outputs = outputs)
"""

FASHION_DENSE = """
import tensorflow as tf
from tensorflow.keras import layers
mnn_model = tf.keras.Sequential()
mnn_model.add(layers.Flatten(input_shape=(28, 28)))
mnn_model.add(layers.Normalization())
mnn_model.add(layers.Dense(128, activation='relu'))
mnn_model.add(layers.BatchNormalization())
mnn_model.add(layers.Dense(10, activation='softmax'))
"""

FASHION_CNN = """
import tensorflow as tf
from tensorflow.keras import layers
cnn_model = tf.keras.Sequential()
cnn_model.add(layers.Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1)))
cnn_model.add(layers.MaxPooling2D((2, 2)))
cnn_model.add(layers.Conv2D(64, (3, 3), activation='relu'))
cnn_model.add(layers.MaxPooling2D((2, 2)))
# FC
cnn_model.add(layers.Flatten())
cnn_model.add(layers.Normalization())
cnn_model.add(layers.Dense(64, activation='relu'))
cnn_model.add(layers.BatchNormalization())
cnn_model.add(layers.Dense(10, activation='softmax'))
"""

CIFAR = """
import tensorflow as tf
from tensorflow.keras import models
from tensorflow.keras import layers
cnn_model = tf.keras.Sequential()
cnn_model.add(layers.Normalization(input_shape=(32, 32, 3)))
cnn_model.add(layers.Conv2D(32, (3, 3), activation='relu'))
cnn_model.add(layers.MaxPooling2D((2, 2)))
cnn_model.add(layers.Conv2D(64, (3, 3), activation='relu'))
cnn_model.add(layers.MaxPooling2D((2, 2)))
cnn_model.add(layers.Flatten())
cnn_model.add(layers.Dense(128, activation='relu'))
cnn_model.add(layers.BatchNormalization())
cnn_model.add(layers.Dense(10, activation='softmax'))
"""

FOLDER = """
import tensorflow as tf
cnn_model = tf.keras.Sequential()
cnn_model.add(tf.keras.layers.Input(shape=(128, 128, 3)))
cnn_model.add(tf.keras.layers.Rescaling(1./255))
cnn_model.add(tf.keras.layers.Normalization())
cnn_model.add(tf.keras.layers.Conv2D(32, (3, 3), activation='relu'))
cnn_model.add(tf.keras.layers.MaxPooling2D((2, 2)))
cnn_model.add(tf.keras.layers.Conv2D(64, (3, 3), activation='relu'))
cnn_model.add(tf.keras.layers.MaxPooling2D((2, 2)))
cnn_model.add(tf.keras.layers.Flatten())
cnn_model.add(tf.keras.layers.Dense(128, activation='relu'))
cnn_model.add(tf.keras.layers.BatchNormalization() )
cnn_model.add(tf.keras.layers.Dense(10, activation='softmax'))
"""

REGRESSION = """
import tensorflow as tf
model = tf.keras.models.Sequential([
  tf.keras.layers.Input(shape=x_train.shape[1:]),
  tf.keras.layers.Dense(30, activation='relu'),
  tf.keras.layers.Dense(1)
])
"""

RESIDUAL = """
import tensorflow as tf
from tensorflow.keras.layers import Activation, Add, BatchNormalization, Conv2D, Dense
from tensorflow.keras import layers as L, Input, Model
filters = 8
inputs = Input(shape=(16, 16, 3), name="pictures")
x = Conv2D(filters, 3, padding="same", use_bias=False)(inputs)
x = BatchNormalization()(x)
x = Activation("relu")(x)
for size in [filters, 2 * filters]:
    shortcut = x
    x = L.SeparableConv2D(size, 3, padding="same", activation="relu")(x)
    x = L.Conv2D(size, 3, padding="same")(x)
    shortcut = L.Conv2D(size, 1)(shortcut)
    x = Add()([x, shortcut])
left = L.GlobalAveragePooling2D()(x)
right = L.GlobalMaxPooling2D()(x)
x = L.concatenate([left, right])
outputs = Dense(4, activation="softmax")(x)
model = Model(inputs, outputs)
"""

# What model.summary() printed in the notes, layer by layer; the total where the layers were printed as a picture.
PRINTED = {
    "TEETH": [976, 0, 808, 0, 3216, 0, 4640, 0],
    "AVERAGE_POOLING": [320, 0, 9248, 0, 0, 28900, 0, 1010],
    "MAX_POOLING": [320, 0, 18496, 0, 0, 313700, 0, 1010],
    "FUNCTIONAL": [320, 0, 18496, 0, 73856, 0, 11530],
}
TOTALS = {"AVERAGE_POOLING": 39_478, "MAX_POOLING": 333_526, "FUNCTIONAL": 104_202, "CATS_DOGS": 991_041}
SHAPES = {
    "MNIST": (28, 28, 1),
    "TEETH": (256, 256, 3),
    "AVERAGE_POOLING": (28, 28, 1),
    "MAX_POOLING": (28, 28, 1),
    "FUNCTIONAL": (28, 28, 1),
    "CATS_DOGS": (180, 180, 3),
    "FASHION_DENSE": (28, 28, 1),
    "FASHION_CNN": (28, 28, 1),
    "CIFAR": (32, 32, 3),
    "FOLDER": (128, 128, 3),
    "REGRESSION": None,
    "RESIDUAL": (16, 16, 3),
}
CODE: dict[str, str] = {name: globals()[name] for name in SHAPES}
