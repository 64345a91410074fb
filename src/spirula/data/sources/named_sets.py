"""Named public sets: a literal table of what they are, where they may lie, and where they are fetched from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ...errors import DataError, DownloadError
from ..cache import cache_folder
from ..samples import Progress, Samples
from . import cifar
from .archives import read_archive
from .arrays import from_parts
from .download import fetch
from .folders import read_folder
from .idx import find_idx, read_idx_folder

SYSTEM = Path("/usr/share/datasets")

_Parts = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class RemoteFile:
    """One file of a set: its name on every mirror, SHA-256 and size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class NamedSet:
    """description: one line. classes: official order. mirrors: prefixes of the files' addresses."""

    description: str
    classes: tuple[str, ...]
    mirrors: tuple[str, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    package: str = ""


_DIGITS = tuple("0123456789")

NAMED_SETS: dict[str, NamedSet] = {
    "digits": NamedSet("1,797 handwritten digits, 8×8 grey; comes with scikit-learn, always works offline", _DIGITS),
    "mnist": NamedSet(
        "70,000 handwritten digits, 28×28 grey (LeCun, Cortes, Burges; CC BY-SA 3.0)",
        _DIGITS,
        ("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
        (
            RemoteFile(
                "train-images-idx3-ubyte.gz",
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                9_912_422,
            ),
            RemoteFile(
                "train-labels-idx1-ubyte.gz",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                28_881,
            ),
            RemoteFile(
                "t10k-images-idx3-ubyte.gz",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                1_648_877,
            ),
            RemoteFile(
                "t10k-labels-idx1-ubyte.gz",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                4_542,
            ),
        ),
    ),
    "fashion-mnist": NamedSet(
        "70,000 pictures of clothing, 28×28 grey (Zalando Research; MIT)",
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        (
            RemoteFile(
                "train-images-idx3-ubyte.gz",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                26_421_880,
            ),
            RemoteFile(
                "train-labels-idx1-ubyte.gz",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                29_515,
            ),
            RemoteFile(
                "t10k-images-idx3-ubyte.gz",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                4_422_102,
            ),
            RemoteFile(
                "t10k-labels-idx1-ubyte.gz",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                5_148,
            ),
        ),
        "dataset-fashion-mnist",
    ),
    "cifar10": NamedSet(
        "60,000 photographs of 10 kinds of things, 32×32 colour (Krizhevsky)",
        cifar.CLASSES,
        ("https://www.cs.toronto.edu/~kriz/",),
        (
            RemoteFile(
                cifar.ARCHIVE,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                170_052_171,
            ),
        ),
    ),
}


def read_named(name: str, progress: Progress | None = None) -> Samples:
    """Read a named set from the first place that has it, or fetch it.

    Looked for in ``$SPIRULA_DATA/<name>``, ``/usr/share/datasets/<name>``, the cache; then downloaded into the cache.

    Raises :class:`DownloadError` that names the ways out, :class:`DataError` when files are there but damaged.
    """
    known = NAMED_SETS[name]
    if name == "digits":
        return _digits()
    places = _places(name)
    for place in places:
        found = _read_place(name, known, place)
        if found is not None:
            return found
    target = places[-1]
    try:
        target.mkdir(parents=True, exist_ok=True)
        for file in known.files:
            if not (target / file.name).exists():
                urls = [mirror + file.name for mirror in known.mirrors]
                fetch(urls, target / file.name, sha256=file.sha256, size=file.size, progress=progress)
    except (DownloadError, OSError) as error:
        reason = error.problem if isinstance(error, DownloadError) else str(error)
        pickled = [str(place / each) for place in places for each in cifar.PICKLED if (place / each).exists()]
        if pickled:
            reason += f". {pickled[0]} holds pickled Python objects, which spirula never opens"
        raise DownloadError(
            f"{name} is neither on this machine (looked in {', '.join(map(str, places))}) nor to be fetched: {reason}",
            _ways_out(name, known, target),
        ) from error
    found = _read_place(name, known, target)
    if found is None:
        raise DataError(f"{target} does not hold {name}", "Remove this folder and try again.")
    return found


def _places(name: str) -> list[Path]:
    chosen = os.environ.get("SPIRULA_DATA", "")
    return [*([Path(chosen) / name] if chosen else []), SYSTEM / name, cache_folder("sets") / name]


def _ways_out(name: str, known: NamedSet, target: Path) -> str:
    files = ", ".join(file.name for file in known.files)
    package = f"install the Debian package {known.package}, or " if known.package else ""
    return (
        f"(1) put {files} into a folder {name} and point SPIRULA_DATA to the folder above it; "
        f"(2) {package}download {known.mirrors[0]}{known.files[0].name}"
        f"{' and its siblings' if len(known.files) > 1 else ''} by hand into {target}; "
        "(3) use digits, which always works offline, or a folder of your own images."
    )


def _read_place(name: str, known: NamedSet, place: Path) -> Samples | None:
    """Read the set from one folder, or return ``None`` when it is not there."""
    if name == "cifar10":
        return _cifar10(place)
    files = find_idx(path.name for path in place.iterdir()) if place.is_dir() else {}
    if not {("train", "images"), ("train", "labels"), ("test", "images"), ("test", "labels")} <= files.keys():
        return None
    return _whole(name, known, read_idx_folder(place, files))


def _cifar10(place: Path) -> Samples | None:
    """Read CIFAR-10 from its binary archive, the unpacked archive, or class folders of images (also in one tar)."""
    known = NAMED_SETS["cifar10"]
    for folder in (place / cifar.FOLDER, place):
        if (folder / cifar.TEST_FILE).is_file():
            return _whole("cifar10", known, cifar.read_folder(folder))
    for archive in (place / cifar.ARCHIVE, place.parent / cifar.ARCHIVE):
        if archive.is_file():
            return _whole("cifar10", known, cifar.read_archive(archive))
    if (place / "train").is_dir():
        return replace(read_folder(place), source="cifar10")
    for archive in (place / "cifar10-jpeg.tar", place.parent / "cifar10-jpeg.tar"):
        if archive.is_file():
            samples = read_archive(archive)
            note = f"Read from {archive.name}: JPEG-compressed, so figures lie slightly below those on the original."
            return replace(samples, source="cifar10", notes=(*samples.notes, note))
    return None


def _whole(name: str, known: NamedSet, parts: _Parts) -> Samples:
    return _published(from_parts(parts, task="classification", source=name, names=known.classes))


def _published(samples: Samples) -> Samples:
    return replace(samples, derived={"task": "as the set is published"})


def _digits() -> Samples:
    """Read the file that comes with scikit-learn; to import it as well takes a second of processor time."""
    found = find_spec("sklearn")
    assert found is not None
    file = Path((found.submodule_search_locations or [""])[0], "datasets", "data", "digits.csv.gz")
    table = np.loadtxt(file, delimiter=",")
    # 64 pixels, which are counts 0…16, and the digit.
    images = np.rint(table[:, :64].reshape(-1, 8, 8) * (255.0 / 16.0)).astype(np.uint8)
    parts: _Parts = {"": (images, table[:, 64].astype(np.int64))}
    return _published(from_parts(parts, task="classification", source="digits", names=_DIGITS))
