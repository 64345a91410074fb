"""How many planted copies of photographs are found: ``--duplicates features`` beside the search that is always on.

    python -m benchmarks.copies.run [--count 100] [--data FOLDER] [--keep]

Of each kind of change so many photographs of ``cats_vs_dogs_originals`` (in the folder that SPIRULA_DATA names, or its
.tar) are changed, saved as JPEG again and laid beside the 2,002. What is counted is how many of them are grouped with
the photograph they came from, and how many pairs were grouped that nobody planted (the set has some copies of its own,
which both searches find). Needs the extra ``spirula[offline]``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import PIL
import torch
from PIL import Image, ImageOps

import spirula as sp
from benchmarks.harness import Result, Row, arguments, publish, typed
from benchmarks.input.run import photographs
from spirula.data.dataset import Dataset


def without_edges(picture: Image.Image, share: float) -> Image.Image:
    """Cut ``share`` of the width off the left and right, and of the height off the top and bottom."""
    width, height = picture.size
    return picture.crop((int(share * width), int(share * height), int((1 - share) * width), int((1 - share) * height)))


CHANGES: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "turned by 5°": lambda picture: picture.rotate(5, Image.Resampling.BICUBIC),
    "a tenth cut off each side": lambda picture: without_edges(picture, 0.1),
    "a fifth cut off each side": lambda picture: without_edges(picture, 0.2),
    "half as wide and high": lambda picture: picture.reduce(2),
}


def plant(source: Path, folder: Path, count: int) -> dict[str, list[tuple[str, str]]]:
    """Copy the photographs and lay changed ones beside them; return (id of the changed, id of the original) by kind."""
    shutil.copytree(source, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    chosen = np.random.default_rng(0).permutation(len(files))[: count * len(CHANGES)].reshape(len(CHANGES), count)
    planted: dict[str, list[tuple[str, str]]] = {}
    for number, (name, change) in enumerate(CHANGES.items()):
        for row in chosen[number].tolist():
            copy = files[row].with_name(f"planted-{number}-{files[row].stem}.jpg")
            with Image.open(files[row]) as picture:
                change(picture.convert("RGB")).save(copy, quality=90)
            ids = copy.relative_to(folder).as_posix(), files[row].relative_to(folder).as_posix()
            planted.setdefault(name, []).append(ids)
    return planted


def found(dataset: Dataset, planted: dict[str, list[tuple[str, str]]]) -> tuple[dict[str, int], int]:
    """Return how many planted copies of each kind share a group with their original, and the pairs nobody planted."""
    assert dataset.twins is not None
    places = {name: row for row, name in enumerate(dataset.manifest.ids)}
    groups = dataset.twins.groups
    counts = {
        name: sum(bool(groups[places[copy]] == groups[places[original]]) for copy, original in pairs)
        for name, pairs in planted.items()
    }
    known = {frozenset(pair) for pairs in planted.values() for pair in pairs}
    ids = dataset.manifest.ids
    others = [pair for pair in dataset.twins.pairs if frozenset((ids[pair[0]], ids[pair[1]])) not in known]
    return counts, len(others)


def row(name: str, usual: int, wide: int, count: int) -> Row:
    """Return one kind of change; one is added to both counts of the ratio, because none may be found."""
    better = (wide + 1) / (usual + 1)
    return Row(name, "--duplicates group", usual, wide, f"of {count}", better, better, better)


def main() -> None:
    parser = arguments(__doc__, turns=1)
    parser.add_argument("--data", type=Path, help="a folder of class folders, or its .tar")
    parser.add_argument("--count", type=int, default=100, help="copies of each kind (default: %(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        planted = plant(photographs(options.data, Path(folder, "unpacked")), Path(folder, "planted"), options.count)
        # As a pretrained network wants them, in both searches.
        sides = {"image_size": (224, 224), "resize": "crop", "validation": 0, "test": 0}
        usual, usual_others = found(sp.load(Path(folder, "planted"), **sides), planted)
        wide, wide_others = found(sp.load(Path(folder, "planted"), duplicates="features", **sides), planted)
    title = (
        "Planted copies of photographs that are found with --duplicates features; grouped though nobody planted them: "
        f"{usual_others} in the usual search, {wide_others} with the network"
    )
    rows = tuple(row(name, usual[name], wide[name], options.count) for name in planted)
    versions = {"torch": torch.__version__, "pillow": PIL.__version__}
    publish(Result("copies", title, typed(), 1, rows, versions), keep=options.keep)


if __name__ == "__main__":
    main()
