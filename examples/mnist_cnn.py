"""MNIST with two convolutions, five epochs: curves, evaluation, probabilities, and the pictures it gets wrong.

python examples/mnist_cnn.py            (or, on the command line: spirula train --recipe mnist-cnn)
"""

import numpy as np

import spirula as sp
from spirula.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

model = [
    Conv2D(32, kernel_size=(5, 5), strides=(1, 1), padding="same", activation="relu"),
    MaxPooling2D(pool_size=(2, 2), strides=(2, 2)),
    Conv2D(64, (2, 2), padding="same", activation="relu"),
    MaxPooling2D(pool_size=(2, 2)),
    Dropout(0.25),
    Flatten(),
    Dense(1000, activation="relu"),
    Dense(10, activation="softmax"),
]
print(sp.summary(model, (28, 28, 1)))  # 3,156,098 parameters

run = sp.train("mnist", model=model, recipe="mnist-cnn")
run.curves().save(run.path / "curves.svg")  # in a notebook, run.curves() shows itself

score = run.evaluate()
print(f"Test accuracy {score['accuracy']:.4f}, 95 % interval {score['accuracy_interval']}")

print(score.probabilities.shape)  # (10000, 10): one row per picture, one column per digit
predicted = score.probabilities.argmax(axis=1)
wrong = np.flatnonzero(predicted != score.targets)
print(f"{len(wrong)} wrong, the first ones: {wrong[:16]}")

mistakes = run.mistakes()  # a table with pictures, the most confident mistakes first
for row in mistakes[:16]:
    print(f"{row['file']}: label {row['label']} | predicted {row['predicted']} ({row['confidence']:.2f})")
mistakes.save(run.path / "mistakes.svg", rows=4, columns=4)
print(f"Curves, mistakes and the whole report are in {run.path}")
