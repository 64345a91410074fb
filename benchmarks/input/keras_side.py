"""The peer: ``image_dataset_from_directory`` as Keras's guides use it. Prints the seconds of some epochs as JSON."""

import json
import sys
import time

import keras
import tensorflow as tf

folder, side, batch, epochs, threads = sys.argv[1], *map(int, sys.argv[2:6])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
seconds = []
began = time.perf_counter()
data = keras.utils.image_dataset_from_directory(
    folder, image_size=(side, side), batch_size=batch, seed=0, label_mode="int", verbose=False
).prefetch(tf.data.AUTOTUNE)
for _ in range(epochs):
    count = sum(len(images) for images, _ in data)
    seconds.append(time.perf_counter() - began)
    began = time.perf_counter()
versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
print(json.dumps({"seconds": seconds, "images": count, "versions": versions}))
