"""Cats and dogs from few pictures: make the subset, look at a batch, train from scratch, reload, test.

    python examples/cats_and_dogs.py FOLDER

FOLDER holds the pictures of Kaggle's competition (cat.0.jpg, dog.0.jpg, …), or class folders, or is a .tar of them.
On the command line:

    spirula subset FOLDER cats_vs_dogs_small --train 1000 --validation 500 --test 1000 --in-order
    spirula train cats_vs_dogs_small --recipe cats-and-dogs
"""

import sys
from pathlib import Path

import spirula as sp

source = sys.argv[1]
small = Path("cats_vs_dogs_small")
if not small.exists():
    print(sp.subset(source, small, train=1000, validation=500, test=1000, in_order=True))

batches = sp.batches(small, split="train", image_size=180, batch_size=32)
for images, labels in batches:
    print("a batch of images:", images.shape, "and of labels:", labels.shape)
    break

run = sp.train(small, recipe="cats-and-dogs")
run.curves().save(run.path / "curves.svg")  # validation turns up while training goes down: it memorises

best = sp.open_run(run.path)  # the weights of the epoch with the smallest validation loss
print(f"Test accuracy {best.evaluate()['accuracy']:.3f}")
