"""A folder of class folders at 128×128: a validation share with a seed, two classes, one batch shown, early stopping.

python examples/cats_dogs_folder.py FOLDER
"""

import sys

import spirula as sp

folder = sys.argv[1]
batches = sp.batches(folder, split="train", image_size=128, batch_size=32, validation=0.1, seed=42, shuffle=True)
images, labels = next(iter(batches))
print(images.shape, labels.shape, labels[:5])

run = sp.train(folder, recipe="two-classes-128")
print(run.evaluate())
