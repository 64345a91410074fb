"""MNIST with three convolutions; why downsample; and translation invariance, measured beside a dense network.

python examples/mnist_functional.py     (or: spirula train --recipe mnist-functional)
"""

import spirula as sp

run = sp.train(recipe="mnist-functional")  # 104,202 parameters, RMSprop, batches of 64
print(f"Test accuracy {run.evaluate()['accuracy']:.4f}")

with_pooling = (
    'Conv2D(32, 3, activation="relu"), MaxPooling2D(2), Conv2D(64, 3, activation="relu"), MaxPooling2D(2), '
    'Conv2D(128, 3, activation="relu"), Flatten(), Dense(10, activation="softmax")'
)
without = with_pooling.replace("MaxPooling2D(2), ", "")
print(sp.summary(with_pooling, (28, 28, 1)))  # Flatten gives 1,152 values; the last convolution sees 18×18 pixels
print(sp.summary(without, (28, 28, 1)))  # Flatten gives 61,952 values; the last convolution sees 7×7 pixels

dense = sp.train("mnist", model='Flatten(), Dense(512, activation="relu")', epochs=5, validation=0.1)
shifts = sp.shift_invariance({"CNN": run, "dense": dense}, shifts=range(-6, 7))
print(shifts)  # accuracy against the shift in pixels
shifts.picture().save(run.path / "shifts.svg")
