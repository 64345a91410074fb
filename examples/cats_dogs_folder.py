"""A folder of class folders at 128×128: a validation share with a seed, two classes, one batch shown, early stopping.

python examples/cats_dogs_folder.py FOLDER
"""

import sys

import spirula as sp

folder = sys.argv[1]
batches = sp.batches(folder, split="train", image_size=128, batch_size=32, validation=0.1, seed=42, shuffle=True)
images, labels = next(iter(batches))
print(images.shape, labels.shape, labels[:5])

run = sp.train(
    folder,
    image_size=128,
    validation=0.1,
    seed=42,
    model='Rescaling(1/255), Normalization(), Conv2D(32, 3, activation="relu"), MaxPooling2D(2), '
    'Conv2D(64, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(128, activation="relu"), '
    'BatchNormalization(), Dense(1, activation="sigmoid")',
    optimizer="adam",
    learning_rate=0.01,
    schedule="exponential",
    batch_size=32,
    epochs=200,
    patience=5,
    monitor="val_loss",
)
print(run.evaluate())
