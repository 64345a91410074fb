"""From photographs in a folder to float batches of 180 pixels: ours against torchvision, timm and Keras, side by side.

    python -m benchmarks.input.run [--turns 5] [--data FOLDER] [--no-keras]

Four questions, each answered by contestants that take turns on the same files:

- *first epoch*: from nothing to the end of an epoch with crop and flip. Ours begins with an empty cache: every file is
  read, checked, decoded and stored on the way. The peer builds its ImageFolder and DataLoader.
- *resized crop + flip + colour*, *crop + flip*: later epochs. Ours come from the store, the peer decodes again. The
  former also beside the loader of timm's training script.
- *no augmentation*: beside ``keras.utils.image_dataset_from_directory``, first and later epochs, in processes of their
  own. Keras gets an environment of its own.

torchvision is used as its documentation advises: ImageFolder with Pillow, v2 transforms on uint8 tensors, 2 workers
that persist and prefetch, batches of 32. timm's loader gets the same from its own transforms, and leaves the last,
smaller batch out. All sides deliver shuffled, normalised float32. All files are read once before anything is timed, and
the first turn warms up and does not count. Wants the folder ``cats_vs_dogs_originals`` (or its .tar) in
``$SPIRULA_DATA``, or any folder of classes.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import timm
import torch
import torchvision
from timm.data import create_dataset, create_loader
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

import spirula as sp
from benchmarks.harness import Result, Row, answer, arguments, more_per_second, peer, publish, take_turns, typed
from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset
from spirula.memory import keep_freed_memory

HERE = Path(__file__).parent
SIDE, BATCH, WORKERS = 180, 32, 2
CROP = SIDE // 20
SHARE, COLOUR_SHARE = 0.25, 0.2
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
COLOUR = {"brightness": COLOUR_SHARE, "contrast": COLOUR_SHARE, "saturation": COLOUR_SHARE}
HARDEST = "resized crop + flip + colour"
GOALS = {"first epoch, crop + flip": 3, HARDEST: 8, "crop + flip": 25}

OURS = {
    HARDEST: Augmentation(flip="horizontal", resized_crop=SHARE, **COLOUR),
    "crop + flip": Augmentation(flip="horizontal", crop=CROP),
    "none": None,
}
SIZED = v2.Resize((SIDE, SIDE), antialias=True)
THEIRS = {
    HARDEST: [
        v2.RandomResizedCrop(SIDE, scale=(SHARE, 1.0), antialias=True),
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


def timm_batches(folder: Path) -> Iterable[object]:
    loader: Iterable[object] = create_loader(
        create_dataset("", root=str(folder)),
        input_size=(3, SIDE, SIDE),
        batch_size=BATCH,
        is_training=True,
        scale=(SHARE, 1.0),
        color_jitter=COLOUR_SHARE,  # brightness, contrast and saturation
        mean=MEAN,
        std=DEVIATION,
        num_workers=WORKERS,
        device=torch.device("cpu"),
    )
    return loader


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


def counted_turns(ours: Callable[[int], float], theirs: Callable[[int], float], turns: int) -> list[list[float]]:
    """Return our seconds and theirs; the turn that warms up comes before and does not count."""
    found = take_turns({"ours": ours, "theirs": theirs}, turns + 1)
    return [found["ours"][1:], found["theirs"][1:]]


def beside_torchvision(folder: Path, turns: int) -> dict[str, list[list[float]]]:
    """Return case → our seconds and theirs."""
    first, *later = GOALS
    cold = their_batches(folder, THEIRS["crop + flip"])
    found = {
        first: counted_turns(
            lambda _: seconds(lambda: first_epoch(folder)), lambda _: seconds(lambda: counted(cold)), turns
        )
    }
    dataset = loaded(folder)
    for name in later:
        batches, loader = our_batches(dataset, OURS[name]), their_batches(folder, THEIRS[name])
        found[name] = counted_turns(
            lambda turn, b=batches: seconds(lambda: counted(b.epoch(turn))),
            lambda _, x=loader: seconds(lambda: counted(x)),
            turns,
        )
    return found


def beside_timm(folder: Path, turns: int) -> dict[str, list[list[float]]]:
    """Return the same for the loader of timm's training script, later epochs."""
    batches, loader = our_batches(loaded(folder), OURS[HARDEST]), timm_batches(folder)
    ours = counted_turns(
        lambda turn: seconds(lambda: counted(batches.epoch(turn))), lambda _: seconds(lambda: counted(loader)), turns
    )
    return {HARDEST: ours}


def beside_keras(folder: Path, turns: int, threads: int) -> tuple[dict[str, list[list[float]]], dict[str, str]]:
    """Return case → our seconds and theirs of first and later epochs, and the peer's versions."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    python = peer("keras", "keras", "tensorflow-cpu", "numpy")
    command = [python, HERE / "keras_side.py", folder, SIDE, BATCH, 2, threads]
    ours = take_turns({"ours": lambda _: two_epochs(folder), "theirs": lambda _: answer(command, environment)}, turns)
    found = {
        name: [[turn[place] for turn in ours["ours"]], [turn["seconds"][place] for turn in ours["theirs"]]]
        for place, name in enumerate(("first epoch, no augmentation", "no augmentation"))
    }
    return found, ours["theirs"][0]["versions"]


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


def rows_of(found: dict[str, list[list[float]]], files: int, name: str) -> list[Row]:
    return [
        more_per_second(
            what, name, *([files / taken for taken in side] for side in (theirs, ours)), goal=GOALS.get(what, 1)
        )
        for what, (ours, theirs) in found.items()
    ]


def main() -> None:
    parser = arguments(__doc__, turns=5)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--no-keras", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_freed_memory()  # as a training does; the DataLoader's batches come from its workers' memory
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__}
    with tempfile.TemporaryDirectory() as scratch:
        folder = photographs(options.data, Path(scratch))
        files = [path for path in folder.rglob("*") if path.is_file()]
        for path in files:
            path.read_bytes()
        name = f"torchvision {torchvision.__version__}, {WORKERS} workers"
        rows = rows_of(beside_torchvision(folder, options.turns), len(files), name)
        rows += rows_of(beside_timm(folder, options.turns), len(files), f"timm {timm.__version__}, {WORKERS} workers")
        if not options.no_keras:
            found, others = beside_keras(folder, options.turns, options.threads)
            versions |= others
            rows += rows_of(found, len(files), f"Keras {others['keras']}, TensorFlow {others['tensorflow']}")
    title = f"{len(files):,} photographs to {SIDE}×{SIDE}, batches of {BATCH}, {options.threads} threads"
    result = Result("input", title, typed(), options.turns, tuple(rows), versions)
    publish(result, keep=options.keep)


if __name__ == "__main__":
    main()
