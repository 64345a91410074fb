"""From photographs in a folder to float batches of 180 pixels: ours against torchvision and Keras, side by side.

    python benchmarks/input/run.py [--rounds 5] [--data FOLDER] [--no-keras]

Four questions, each answered by contestants that take turns (A B A B …) on the same files:

- *first epoch*: from nothing to the end of an epoch with crop and flip. Ours begins with an empty cache: every file is
  read, checked, decoded and stored on the way. The peer builds its ImageFolder and DataLoader.
- *resized crop + flip + colour*, *crop + flip*: later epochs. Ours come from the store, the peer decodes again.
- *no augmentation*: beside ``keras.utils.image_dataset_from_directory``, first and later epochs, in processes of their
  own. Keras gets an environment in ``benchmarks/.environments/keras``; where that cannot be made, it is left out.

torchvision is used as its documentation advises: ImageFolder with Pillow, v2 transforms on uint8 tensors, 2 workers
that persist and prefetch, batches of 32. Both sides deliver shuffled, normalised float32. All files are read once
before anything is timed. Wants the folder ``cats_vs_dogs_originals`` (or its .tar) in ``$SPIRULA_DATA``, or any
folder of classes. Prints a Markdown table, and the same numbers as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torchvision
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

import spirula as sp
from spirula.data.batching.augment import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".environments" / "keras"
SIDE, BATCH, WORKERS = 180, 32, 2
CROP = SIDE // 20
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
COLOUR = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2}
GOALS = {"first epoch, crop + flip": 3, "resized crop + flip + colour": 8, "crop + flip": 25}

OURS = {
    "resized crop + flip + colour": Augmentation(flip="horizontal", resized_crop=0.25, **COLOUR),
    "crop + flip": Augmentation(flip="horizontal", crop=CROP),
    "none": None,
}
SIZED = v2.Resize((SIDE, SIDE), antialias=True)
THEIRS = {
    "resized crop + flip + colour": [
        v2.RandomResizedCrop(SIDE, scale=(0.25, 1.0), antialias=True),
        v2.RandomHorizontalFlip(),
        v2.ColorJitter(**COLOUR),
    ],
    "crop + flip": [SIZED, v2.RandomCrop(SIDE, padding=CROP), v2.RandomHorizontalFlip()],
}


def loaded(folder: Path) -> Dataset:
    return sp.load(folder, image_size=SIDE, validation=0, test=0)


def our_batches(dataset: Dataset, augmentation: Augmentation | None) -> Batches:
    rows = dataset.rows("train")
    return Batches(
        dataset,
        rows,
        batch_size=BATCH,
        preprocessing=fit_preprocessing(dataset, rows, "standardize"),
        shuffle=True,
        augmentation=augmentation,
        channels_last=True,  # as they are trained on a CPU
    )


def their_batches(folder: Path, changes: list[v2.Transform]) -> DataLoader[object]:
    transform = v2.Compose(
        [v2.PILToTensor(), *changes, v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, DEVIATION)]
    )
    images = ImageFolder(str(folder), transform)
    return DataLoader(images, batch_size=BATCH, shuffle=True, num_workers=WORKERS, persistent_workers=True)


def counted(batches: Iterable[object]) -> int:
    return sum(1 for _ in batches)


@contextmanager
def empty_cache() -> Iterator[None]:
    """Use a cache folder of its own, which is empty before and gone afterwards."""
    before = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        try:
            yield
        finally:
            if before is None:
                del os.environ["XDG_CACHE_HOME"]
            else:
                os.environ["XDG_CACHE_HOME"] = before


def first_epoch(folder: Path) -> int:
    with empty_cache():
        return counted(our_batches(loaded(folder), OURS["crop + flip"]).epoch(0))


def two_epochs(folder: Path) -> tuple[float, float]:
    """Return our seconds for everything up to the end of the first epoch, and for the second."""
    with empty_cache():
        began = time.perf_counter()
        batches = our_batches(loaded(folder), OURS["none"])
        counted(batches.epoch(0))
        between = time.perf_counter()
        counted(batches.epoch(1))
        return between - began, time.perf_counter() - between


def seconds(act: Callable[[], int]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def in_turn(ours: Callable[[], int], theirs: Callable[[], int], rounds: int) -> list[tuple[float, float]]:
    """Return (our seconds, their seconds) of each round; the round that warms up comes before and does not count."""
    return [(seconds(ours), seconds(theirs)) for _ in range(rounds + 1)][1:]


def beside_torchvision(folder: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    found = {}
    first, *later = GOALS
    found[first] = in_turn(
        lambda: first_epoch(folder),
        lambda: counted(their_batches(folder, THEIRS["crop + flip"])),
        rounds,
    )
    dataset = loaded(folder)
    for name in later:
        batches, loader = our_batches(dataset, OURS[name]), their_batches(folder, THEIRS[name])
        epochs = iter(range(rounds + 1))
        found[name] = in_turn(
            lambda b=batches, e=epochs: counted(b.epoch(next(e))), lambda x=loader: counted(x), rounds
        )  # type: ignore[misc]
    return found


def peer_python() -> Path | None:
    """Make Keras's environment once; None, with a sentence, where that is not possible."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / ".ready").exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        wanted = [str(python), "-m", "pip", "install", "--quiet", "keras", "tensorflow-cpu", "numpy"]
        if subprocess.run(wanted, check=False).returncode:
            print("Keras is left out: its environment could not be installed (see above).", file=sys.stderr)
            return None
        (ENVIRONMENT / ".ready").touch()
    return python


def beside_keras(
    python: Path, folder: Path, rounds: int, threads: int
) -> tuple[dict[str, list[tuple[float, float]]], dict[str, str]]:
    """Return (our seconds, their seconds) of first and later epochs, and the peer's versions."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    found: dict[str, list[tuple[float, float]]] = {"first epoch, no augmentation": [], "no augmentation": []}
    versions: dict[str, str] = {}
    for _ in range(rounds):
        ours = two_epochs(folder)
        done = subprocess.run(
            [str(python), str(HERE / "keras_side.py"), str(folder), str(SIDE), str(BATCH), "2", str(threads)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"keras_side.py failed:\n{done.stderr[-2000:]}")
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        versions = answer["versions"]
        for name, mine, other in zip(found, ours, answer["seconds"], strict=True):
            found[name].append((mine, other))
    return found, versions


def photographs(asked: Path | None, scratch: Path) -> Path:
    """Return a folder of class folders; an archive is unpacked into ``scratch``."""
    places = [asked] if asked else [Path(os.environ.get("SPIRULA_DATA", "."), "cats_vs_dogs_originals")]
    for place in (*places, *(place.with_name(place.name + ".tar") for place in places)):
        if place.is_dir():
            return place
        if place.is_file():
            with tarfile.open(place) as archive:
                archive.extractall(scratch, filter="data")
            inside = list(scratch.iterdir())
            return inside[0] if len(inside) == 1 else scratch
    raise SystemExit(f"There are no photographs at {places[0]}: set SPIRULA_DATA, or give --data FOLDER.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--no-keras", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    versions = {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__}
    with tempfile.TemporaryDirectory() as scratch:
        folder = photographs(options.data, Path(scratch))
        files = [path for path in folder.rglob("*") if path.is_file()]
        for path in files:
            path.read_bytes()
        found = beside_torchvision(folder, options.rounds)
        peers = dict.fromkeys(found, f"torchvision {torchvision.__version__}, {WORKERS} workers")
        python = None if options.no_keras else peer_python()
        if python is not None:
            more, others = beside_keras(python, folder, options.rounds, options.threads)
            versions |= others
            peers |= dict.fromkeys(more, f"Keras {others['keras']}, TensorFlow {others['tensorflow']}")
            found |= more

    print(f"{len(files):,} photographs to {SIDE}×{SIDE}, batches of {BATCH}, {options.threads} threads\n")
    print("| what | beside | theirs, images/s | ours, images/s | ratio: median (min–max) | goal |")
    print("|---|---|---:|---:|---:|---:|")
    for name, turns in found.items():
        mine, other = (len(files) / statistics.median(side) for side in zip(*turns, strict=True))
        ratios = [theirs / ours for ours, theirs in turns]
        spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"
        print(f"| {name} | {peers[name]} | {other:,.0f} | {mine:,.0f} | {spread} | {GOALS.get(name, 1)} |")
    measured = {name: [{"ours": ours, "theirs": theirs} for ours, theirs in turns] for name, turns in found.items()}
    row = {"benchmark": "input", "images": len(files), "threads": options.threads, "machine": platform.machine()}
    print("\n" + json.dumps({**row, "versions": versions, "seconds": measured}, ensure_ascii=False))


if __name__ == "__main__":
    main()
