"""The peer: the same network, batch and optimizer in Keras on TensorFlow. Prints one line of JSON."""

import json
import sys
import time

import keras
import numpy as np
import tensorflow as tf

pixels, labels, batch, epochs, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
keras.utils.set_random_seed(0)
x = np.load(pixels).astype("float32") / 255.0
y = np.load(labels)
layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dropout(0.4),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])


class Clock(keras.callbacks.Callback):
    """Seconds of each epoch; the first one, which compiles, is not counted."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.began)


clock = Clock()
history = model.fit(x, y, batch_size=batch, epochs=epochs + 1, verbose=0, callbacks=[clock])
print(
    json.dumps(
        {
            "images_per_second": len(x) * epochs / sum(clock.seconds[1:]),
            "accuracy": history.history["accuracy"][-1],
            "parameters": model.count_params(),
            "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        }
    )
)
