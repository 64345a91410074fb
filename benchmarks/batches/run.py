"""How fast batches are made: ours against PyTorch's DataLoader, with crop and flip.

Both start from the same uint8 images in memory and end with the same thing: shuffled float32
batches, each image randomly cropped after padding by 4, mirrored with probability 1/2, and
normalised. The DataLoader does it as its tutorials do, a sample at a time with torchvision's v2
transforms, in the training process and in 2 workers. The contestants take turns within one process,
so that a busy moment of the machine hits them alike; the medians are compared.

    python benchmarks/batches/run.py [--samples 20000] [--rounds 5] [--threads 2]

Prints a Markdown table, and the same numbers as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torchvision.transforms import v2

from spirula.data.batching.augment import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest

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
    ours = Batches(
        dataset,
        rows,
        batch_size=batch_size,
        preprocessing=preprocessing,
        shuffle=True,
        augmentation=Augmentation(flip="horizontal", crop=4),
    )
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
        "spirula": ours.epoch,
        "DataLoader, 0 workers": lambda _: loaders[0],
        "DataLoader, 2 workers": lambda _: loaders[2],
    }


def seconds(batches: Iterable[object]) -> float:
    began = time.perf_counter()
    for _ in batches:
        continue
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    results: dict[str, dict[str, float]] = {}
    for title, side, channels, batch_size in CASES:
        field = contestants(side, channels, batch_size, options.samples)
        times: dict[str, list[float]] = {name: [] for name in field}
        for turn in range(options.rounds + 1):
            for name, batches in field.items():
                taken = seconds(batches(turn))
                if turn:  # the first round warms up: worker processes start, memory is touched
                    times[name].append(taken)
        results[title] = {name: options.samples / statistics.median(taken) for name, taken in times.items()}

    names = list(next(iter(results.values())))
    print(f"Images per second, crop + flip + normalise, median of {options.rounds} rounds, {options.threads} threads\n")
    print(f"| images | {' | '.join(names)} | against the faster loader |")
    print("|---|" + "---:|" * (len(names) + 1))
    for title, speeds in results.items():
        ratio = speeds["spirula"] / max(speed for name, speed in speeds.items() if name != "spirula")
        print(f"| {title} | {' | '.join(f'{speeds[name]:,.0f}' for name in names)} | {ratio:.1f}× |")
    machine = {"machine": platform.machine(), "torch": torch.__version__, "python": platform.python_version()}
    print(
        "\n"
        + json.dumps(
            {"benchmark": "batches", **vars(options), **machine, "images_per_second": results}, ensure_ascii=False
        )
    )


if __name__ == "__main__":
    main()
