"""The peer of the study notes: their network in Keras on TensorFlow, Adam, batch 32. Prints one line of JSON.

    keras_side.py FOLDER EPOCHS TARGET THREADS SEED

FOLDER holds train_x.npy, train_y.npy, test_x.npy, test_y.npy. The test set is looked at after each epoch, and those
seconds are not counted; the training ends with the first epoch that reaches TARGET, or after EPOCHS.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from until import until

folder, epochs, target, threads, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *map(int, sys.argv[4:6])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
keras.utils.set_random_seed(seed)
train_x, train_y, test_x, test_y = (
    np.load(f"{folder}/{part}.npy") for part in ("train_x", "train_y", "test_x", "test_y")
)
train_x, test_x = (x.astype("float32") / 255.0 for x in (train_x, test_x))
layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 2, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(1000, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
until(
    lambda: model.fit(train_x, train_y, batch_size=32, epochs=1, verbose=0),
    lambda: float((model.predict(test_x, batch_size=256, verbose=0).argmax(axis=1) == test_y).mean()),
    epochs=epochs,
    target=target,
    versions=versions,
)
