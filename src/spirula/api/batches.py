"""``spirula.batches``: look at what a network is fed, and feed a loop of your own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from ..effects import changes_nothing
from ..errors import InputError, did_you_mean
from ..wording import parse_image_size
from .showing.batch_view import BatchView, Layout
from .verbs import with_embedding

if TYPE_CHECKING:
    from ..custom.piece import Piece
    from ..data.batching.augmentation import Augmentation
    from ..data.batching.preprocess import Normalize
    from ..data.dataset import Dataset


def batches(
    source: Any,
    split: str = "train",
    *,
    batch_size: int | None = 32,
    shuffle: bool = False,
    augment: Mapping[str, Any] | Augmentation | None = None,
    normalize: Normalize = "none",
    layout: Layout = "NHWC",
    seed: int = 0,
    custom: Any = None,
    **options: Any,
) -> BatchView:
    """Return the batches of a split: an iterable of ``(images, labels)``, both torch tensors on the CPU.

    Parameters
    ----------
    source: what :func:`spirula.load` returns or reads; arrays ``(x, y)``, of which nothing is held out unless
        ``validation`` or ``test`` say so; or one array without labels, which gives ``images`` alone.
    split: "train", "validation", "test", or "all".
    batch_size: samples per batch; ``None`` gives samples one by one.
    shuffle: in random order, a function of ``seed`` and the epoch.
    augment: random changes as training makes them: ``{"flip": "horizontal", "rotate": 10}``; under ``"augment"`` a
        function of your own, or ``"custom.NAME"``.
    normalize: "none" gives the pixels as they are (uint8, or float32 where the source holds floats); "unit" 0…1;
        "standardize" mean 0 and deviation 1 per channel over the training samples.
    layout: "NHWC" as Keras has it, (batch, height, width, channels); "NCHW" as torch layers take it.
    seed: of the division of the data, the order and the augmentation.
    custom: the Python file in which ``custom.NAME`` is found; it is run.
    options: those of :func:`spirula.load`: image_size (a number will do), channels, resize, validation, test, …

    >>> for images, labels in sp.batches("cats_vs_dogs_small", image_size=180, shuffle=True):
    ...     print(images.shape, labels.shape)
    ...     break

    Raises :class:`InputError` for a split without samples and for options that cannot work.
    """
    from ..data.batching.augmentation import Augmentation
    from ..data.splits.split import split_name

    if layout not in ("NHWC", "NCHW"):
        raise InputError(f'layout = "{layout}" is unknown', "Choose NHWC or NCHW.")
    if not isinstance(augment, Augmentation | Mapping | None):
        raise InputError(f"augment = {augment!r} names no changes", 'Give words: {"flip": "horizontal", "rotate": 10}.')
    dataset, labelled = _dataset(source, options, seed)
    words = {} if augment is None or isinstance(augment, Augmentation) else dict(augment)
    own = _own_piece(words, custom)
    changes = augment if isinstance(augment, Augmentation) else _augmentation(words) if words else None
    split = split_name(split) or split  # "val" and "valid" too
    rows = np.arange(len(dataset)) if split == "all" else _rows(dataset, split)
    return BatchView(dataset, split, rows, batch_size, shuffle, seed, changes, normalize, layout, labelled, own)


def _dataset(source: Any, options: dict[str, Any], seed: int) -> tuple[Dataset, bool]:
    from ..data.dataset import Dataset, load

    if isinstance(source, Dataset):
        if options:
            raise InputError(f"{', '.join(options)} would have no effect: the data are loaded", "Give them to load().")
        return source, True
    if "image_size" in options:
        try:
            options["image_size"] = parse_image_size(options["image_size"])
        except ValueError as error:
            raise InputError(f"image_size: {error}", "Give 180, or (180, 240) for height and width.") from error
    labelled = not (isinstance(source, np.ndarray) or hasattr(source, "detach"))
    if not labelled:
        source, options = (source, np.zeros(len(source))), {"task": "regression", **options}
    if isinstance(source, tuple):
        options = {"validation": 0.0, "test": 0.0, **options}
    known = [name for name in signature(load).parameters if name not in ("source", "seed", "to_look", "offer", "embed")]
    for name in options:
        if name not in known:
            raise InputError(f'There is no option "{name}".{did_you_mean(name, known)}', f"Known: {', '.join(known)}.")
    return load(source, seed=seed, **with_embedding(options)), labelled


def _rows(dataset: Dataset, split: str) -> np.ndarray:
    rows = dataset.rows(split)
    if not len(rows):
        there = ", ".join(f"{name} ({number:,})" for name, number in dataset.manifest.counts().items())
        hint = did_you_mean(split, dataset.manifest.counts())
        raise InputError(f'There is no sample in the split "{split}".{hint}', f"There are: {there}; or all.")
    return rows


def _own_piece(words: dict[str, Any], custom: Any) -> Piece | None:
    """Take the augmentation of the user's own out of the words; return it with its function."""
    from ..custom.piece import read_piece
    from .pieces import in_words

    own = words.pop("augment", None)
    if own is None:
        if custom is not None:
            raise InputError(
                f"custom = {custom} would have no effect",
                'Name what it defines: --augment custom.NAME, in Python augment={"augment": "custom.NAME"}.',
            )
        return None
    named, found = in_words({"augment": own}, custom)
    try:
        return found.bound(read_piece(str(named["augment"])))
    except ValueError as error:
        raise InputError(f"augment: {error}", "Give a function, or custom.NAME with custom=FILE.") from error


def _augmentation(words: Mapping[str, Any]) -> Augmentation:
    from ..data.batching.augmentation import Augmentation

    known = [field.name for field in fields(Augmentation)]
    for name in words:
        if name not in known:
            raise InputError(
                f'There is no augmentation "{name}".{did_you_mean(name, known)}', f"Known: {', '.join(known)}."
            )
    wanted = {name: value for name, value in words.items() if not changes_nothing(value)}
    try:
        sizes = {name: parse_image_size(value) for name, value in wanted.items() if name == "train_size"}
        return Augmentation(**{**wanted, **sizes})
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"augment = {words} cannot be understood: {error}", "Give numbers as numbers.") from error
