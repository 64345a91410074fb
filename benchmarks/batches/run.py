"""How fast batches are made: ours against PyTorch's DataLoader, with crop and flip.

Both start from the same uint8 images in memory and end with the same thing: shuffled float32
batches, each image randomly cropped after padding by 4, mirrored with probability 1/2, and
normalised. The DataLoader does it as its tutorials do, a sample at a time with torchvision's v2
transforms, in the training process and in 2 workers. Ours come in the order in memory that a training
on a CPU asks for (channels last), and once more in the DataLoader's (a plane per channel). The contestants
take turns within one process, so that a busy moment of the machine hits them alike; the medians are compared.

    python -m benchmarks.batches.run [--samples 10000] [--turns 5] [--threads 2]
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np
import torch
import torchvision
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torchvision.transforms import v2

from benchmarks.harness import Result, arguments, more_per_second, publish, take_turns, typed
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.memory import keep_freed_memory

CASES = (("28×28×1, batch 32", 28, 1, 32), ("32×32×3, batch 128", 32, 3, 128), ("96×96×3, batch 64", 96, 3, 64))


class Transformed(TensorDataset):
    """A TensorDataset whose images go through a transform, as in PyTorch's tutorials."""

    def __init__(self, images: Tensor, labels: Tensor, transform: Callable[[Tensor], Tensor]) -> None:
        super().__init__(images, labels)
        self.transform = transform

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image, label = super().__getitem__(index)
        return self.transform(image), label


def contestants(
    side: int, channels: int, batch_size: int, samples: int
) -> dict[str, Callable[[int], Iterable[object]]]:
    """Return name → what gives the batches of an epoch."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (samples, side, side, channels), dtype=np.uint8)
    labels = rng.integers(0, 10, samples)
    ids = tuple(f"train/{row:06d}" for row in range(samples))
    classes = tuple("0123456789")
    dataset = Dataset(Manifest("classification", classes, ids, labels, np.full(samples, "train")), pixels)
    rows = np.arange(samples)
    preprocessing = fit_preprocessing(dataset, rows, "standardize")
    ours = {
        last: Batches(
            dataset,
            rows,
            batch_size=batch_size,
            preprocessing=preprocessing,
            shuffle=True,
            augmentation=Augmentation(flip="horizontal", crop=4),
            channels_last=last,
        )
        for last in (True, False)
    }
    transform = v2.Compose(
        [
            v2.RandomCrop(side, padding=4),
            v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(list(preprocessing.mean), list(preprocessing.std)),
        ]
    )
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    theirs = Transformed(images, torch.from_numpy(labels), transform)
    loaders = {
        workers: DataLoader(
            theirs, batch_size=batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0
        )
        for workers in (0, 2)
    }
    return {
        "channels last": ours[True].epoch,
        **({"planes": ours[False].epoch} if channels > 1 else {}),
        "DataLoader, 0 workers": lambda _: loaders[0],
        "DataLoader, 2 workers": lambda _: loaders[2],
    }


def seconds(batches: Iterable[object]) -> float:
    began = time.perf_counter()
    for _ in batches:
        continue
    return time.perf_counter() - began


def main() -> None:
    parser = arguments(__doc__, turns=5)
    parser.add_argument("--samples", type=int, default=10_000)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_freed_memory()  # as a training does; the DataLoader's process is this one, too
    rows = []
    for title, side, channels, batch_size in CASES:
        field = contestants(side, channels, batch_size, options.samples)
        acts = {name: lambda turn, epoch=epoch: seconds(epoch(turn)) for name, epoch in field.items()}
        # The first turn warms up: worker processes start, memory is touched.
        found = {name: times[1:] for name, times in take_turns(acts, options.turns + 1).items()}
        speeds = {name: [options.samples / taken for taken in times] for name, times in found.items()}
        rows += [
            more_per_second(f"{title}, {order}" if channels > 1 else title, name, speeds[name], ours, goal=50)
            for order, ours in speeds.items()
            for name in speeds
            if name.startswith("DataLoader") and not order.startswith("DataLoader")
        ]
    title = f"Batches from memory: crop + flip + normalise, {options.samples:,} images, {options.threads} threads"
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    result = Result("batches", title, typed(), options.turns, tuple(rows), versions)
    publish(result, keep=options.keep)


if __name__ == "__main__":
    main()
