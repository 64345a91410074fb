"""The peers: what a step costs in Lightning's Trainer and in Keras on PyTorch, beside the loop written by hand.

    loops_side.py lightning|keras PIXELS LABELS BATCH THREADS

The network, optimizer, loss and batches are those of run.py, in float32. Lightning gets batches that are ready, which
favours it: how they are made is another question. Accuracy is measured and a checkpoint written, as everybody does.
Each loop trains once to warm up, then three times; the last line is JSON with the median microseconds per step.
"""

import json
import os
import statistics
import sys
import tempfile
import time
import warnings

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import torch
from torch.nn import functional
from two_conv import network

warnings.filterwarnings("ignore")
name, pixels, labels, batch, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
torch.set_num_threads(threads)
x = np.load(pixels).astype("float32") / 255.0  # (N, 28, 28, 1)
y = np.load(labels).astype("int64")
steps = len(x) // batch
images, targets = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(y)
batches = [(images[at * batch : (at + 1) * batch], targets[at * batch : (at + 1) * batch]) for at in range(steps)]


class Ready:
    """The batches as one loader: a list would be taken for many."""

    def __iter__(self):
        return iter(batches)

    def __len__(self) -> int:
        return len(batches)


def by_hand() -> float:
    """Train for an epoch with the shortest loop there is; return its seconds."""
    module = network(1, 28, 10).train()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    began = time.perf_counter()
    for inputs, wanted in batches:
        loss = functional.cross_entropy(module(inputs), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - began


def lightning() -> float:
    """Train for an epoch with Lightning; return the seconds between the first batch and the last."""
    import logging

    import lightning as pl
    import torchmetrics

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Classifier(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network(1, 28, 10)
            self.accuracy = torchmetrics.classification.MulticlassAccuracy(10, average="micro")
            self.began = self.ended = 0.0

        def training_step(self, batch, index):
            inputs, wanted = batch
            logits = self.network(inputs)
            loss = functional.cross_entropy(logits, wanted)
            self.accuracy(logits, wanted)
            self.log("accuracy", self.accuracy, on_step=False, on_epoch=True)
            self.log("loss", loss, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=1e-3)

        def on_train_epoch_start(self) -> None:
            self.began = time.perf_counter()

        def on_train_epoch_end(self) -> None:
            self.ended = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        module = Classifier()
        trainer = pl.Trainer(
            max_epochs=1,
            accelerator="cpu",
            devices=1,
            logger=False,
            default_root_dir=folder,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, train_dataloaders=Ready())
        return module.ended - module.began


def keras_on_torch() -> float:
    """Train for an epoch with Keras's fit on the PyTorch backend; return its seconds."""
    import keras

    keras.utils.set_random_seed(0)
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
            layers.Dense(10),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    began = time.perf_counter()
    model.fit(x[: steps * batch], y[: steps * batch], batch_size=batch, epochs=1, verbose=0, shuffle=False)
    return time.perf_counter() - began


framework = {"lightning": lightning, "keras": keras_on_torch}[name]
seconds = {"by_hand": [], "framework": []}
for _ in range(4):
    for side, act in (("by_hand", by_hand), ("framework", framework)):
        seconds[side].append(act())
per_step = {side: 1e6 * statistics.median(times[1:]) / steps for side, times in seconds.items()}
version = __import__("lightning" if name == "lightning" else "keras").__version__
print(json.dumps({**per_step, "versions": {name: version, "torch": torch.__version__}}))
