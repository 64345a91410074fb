"""``spirula subset`` and ``spirula data``: data sets made smaller, and looked at as the network gets them."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter
from pydantic import Field

from ..config import AugmentationOptions, DataOptions

if TYPE_CHECKING:
    from ..api.showing.batch_view import BatchView

Source = Annotated[
    str, Parameter(help="A folder of images, a .tar or .zip of one, or a named set (mnist, fashion-mnist, cifar10, …).")
]
Json = Annotated[bool, Parameter(help="Print JSON instead of a table.", negative=())]


class DataFlags(DataOptions):
    """The same options, with the image size left as the one word that the shell gives."""

    image_size: str | None = Field(None, description=DataOptions.model_fields["image_size"].description)  # type: ignore[assignment]
    labels: str | None = Field(None, description=DataOptions.model_fields["labels"].description)  # type: ignore[assignment]


class AugmentationFlags(AugmentationOptions):
    """The same for augmentation."""

    train_size: str | None = Field(None, description=AugmentationOptions.model_fields["train_size"].description)  # type: ignore[assignment]


def section(title: str, order: int) -> Parameter:
    return Parameter(name="*", group=Group(title, sort_key=order), negative_iterable=())


def subset(
    source: Source,
    out: Annotated[Path, Parameter(help="Folder to write; it must not exist, or be empty.")],
    /,
    *,
    train: Annotated[int, Parameter(help="Training pictures per class.")] = 0,
    validation: Annotated[int, Parameter(help="Validation pictures per class.")] = 0,
    test: Annotated[int, Parameter(help="Test pictures per class.")] = 0,
    classes: Annotated[str | None, Parameter(help="Only these, such as cat,dog.")] = None,
    seed: Annotated[int | None, Parameter(help="Of the draw (default: 0).")] = None,
    in_order: Annotated[
        bool, Parameter(help="Take them in their natural order (cat.2 before cat.10), not drawn.", negative=())
    ] = False,
    link: Annotated[bool, Parameter(help="Symbolic links instead of copies.", negative=())] = False,
    label_from: Annotated[
        Literal["folder", "name"] | None,
        Parameter(help="Where the class stands: the folder, or the file name as in cat.0.jpg; found out by itself."),
    ] = None,
    json: Json = False,
) -> int:
    """Write a smaller data set: so many pictures per class, in split folders, with a subset.csv.

    spirula subset train.zip cats_vs_dogs_small --train 1000 --validation 500 --test 1000

    spirula subset mnist few/ --train 20 --test 10 --in-order
    """
    from ..api.subset import subset as subset_verb
    from ..progress import display

    with display("auto") as show:
        made = subset_verb(
            source,
            out,
            train=train,
            validation=validation,
            test=test,
            classes=classes,
            seed=seed,
            in_order=in_order,
            link=link,
            label_from=label_from,
            progress=show.loading,
        )
    if json:
        from ..runs.files import finite

        document = {"folder": str(made.folder), "classes": list(made.table), "notes": list(made.notes)}
        print(json_format.dumps(finite(document), ensure_ascii=False, indent=1))
    else:
        print(made)
    return 0


def data(
    source: Annotated[str, Parameter(help="What train takes: a folder, a table, an .npz, a named set.")],
    /,
    *,
    split: Annotated[str, Parameter(help="Whose batch to show: train, validation, test or all.")] = "train",
    batch_size: Annotated[int, Parameter(help="Samples per batch.")] = 32,
    shuffle: Annotated[bool, Parameter(help="In random order, as training draws them.", negative=())] = False,
    seed: Annotated[int, Parameter(help="Of the division, the order and the augmentation.")] = 0,
    sheet: Annotated[
        Path | None, Parameter(help="Also write the pictures of the first batch into this .png, .svg or .html file.")
    ] = None,
    custom: Annotated[
        Path | None, Parameter(help="Your Python file, for --augment custom.NAME. It is run; see docs/custom.md.")
    ] = None,
    json: Json = False,
    data_options: Annotated[DataFlags, section("Data", 1)] = DataFlags(),  # noqa: B008 (frozen)
    augmentation_options: Annotated[AugmentationFlags, section("Augmentation", 2)] = AugmentationFlags(),  # noqa: B008
) -> int:
    """Look at data as a network gets them: splits, classes, counts, and one batch.

    spirula data photos/ --image-size 180 --sheet batch.png

    spirula data photos/ --flip horizontal --rotate 15 --sheet augmented.html
    """
    from ..api.batches import batches
    from ..api.verbs import load
    from ..errors import InputError
    from ..progress import display

    augment = {name: value for name, value in augmentation_options if value is not None}
    if augment and sheet is None:
        raise InputError(f"{', '.join(augment)} would have no effect", "Augmentation shows in --sheet FILE.png.")
    options = {name: value for name, value in data_options if value is not None}
    with display("auto") as show:
        dataset = load(source, seed=seed, progress=show.loading, **options)
    view = batches(
        dataset, split, batch_size=batch_size, shuffle=shuffle, seed=seed, augment=augment or None, custom=custom
    )
    written = None if sheet is None else view.sheet(sheet)
    print(_json_of(view) if json else _words_of(view))
    if written is not None:
        print(f"Sheet    {written}", file=sys.stderr if json else sys.stdout)
    return 0


def _words_of(view: BatchView) -> str:
    from ..api.showing.tables import Table

    manifest = view.dataset.manifest
    counts = ", ".join(f"{number:,} {split}" for split, number in manifest.counts().items())
    lines = [
        f"Data     {manifest.source}: {counts}; {manifest.task}",
        *(f"         note: {note}" for note in manifest.notes),
        *(
            f"         {name} = {_shown(view.dataset.settings[name])}: {why}"
            for name, why in view.dataset.derived.items()
        ),
    ]
    of_class = manifest.class_counts()
    if of_class:
        rows = ({"class": name, **{split: of_class[split][name] for split in of_class}} for name in manifest.classes)
        lines += ["", str(Table(rows)), ""]
    lines.append(f"Batch    {view.shapes}; {len(view):,} in {view.split}")
    return "\n".join(lines)


def _json_of(view: BatchView) -> str:
    from ..runs.files import finite

    manifest = view.dataset.manifest
    document = {
        "source": manifest.source,
        "task": manifest.task,
        "classes": manifest.classes,
        "counts": manifest.counts(),
        "class_counts": manifest.class_counts(),
        "image": view.dataset.input_shape,
        "settings": view.dataset.settings,
        "derived": view.dataset.derived,
        "batch": {"split": view.split, "size": view.batch_size, "batches": len(view), "shapes": view.shapes},
        "notes": manifest.notes,
        "refused": [{"id": name, "reason": reason} for name, reason in manifest.verdicts],
    }
    return json_format.dumps(finite(document), ensure_ascii=False, indent=1)


def _shown(value: object) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
