"""``spirula inspect``: look at data before anything is trained on them."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from .data import AugmentationFlags, DataFlags, Json, section


def inspect(
    source: Annotated[str, Parameter(help="What train takes: a folder, a table, an .npz, a named set.")],
    /,
    *,
    out: Annotated[Path | None, Parameter(help="Also write a page with the pictures: one .html file.")] = None,
    json: Json = False,
    lang: Annotated[Literal["en", "ko"], Parameter(help="Language of the sentences: en or ko.")] = "en",
    seed: Annotated[int, Parameter(help="Of the division and the augmentation, as in train.")] = 0,
    custom: Annotated[
        Path | None, Parameter(help="Your Python file, for --augment custom.NAME. It is run; see docs/custom.md.")
    ] = None,
    data_options: Annotated[DataFlags, section("Data", 1)] = DataFlags(),  # noqa: B008 (frozen)
    augmentation_options: Annotated[AugmentationFlags, section("Augmentation", 2)] = AugmentationFlags(),  # noqa: B008
) -> int:
    """Look at data: counts, files, copies and leaks, sizes, light, and what the network will get.

    spirula inspect photos/

    spirula inspect photos/ --image-size 180 --resize crop --out inspection.html

    Leaves with 1 when a training would refuse the data.
    """
    from ..api.inspect import inspect as inspect_verb
    from ..errors import InputError
    from ..progress import display

    augment = {name: value for name, value in augmentation_options if value is not None}
    if augment and out is None:
        raise InputError(f"{', '.join(augment)} would have no effect", "Augmentation shows in --out FILE.html.")
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {out} is no HTML file", "End the name in .html.")
    options = {name: value for name, value in data_options if value is not None}
    with display("auto") as show:
        found = inspect_verb(
            source, augment=augment or None, custom=custom, seed=seed, lang=lang, progress=show.loading, **options
        )
    written = None if out is None else found.save(out)
    print(json_format.dumps(found.to_dict(), ensure_ascii=False, indent=1) if json else found)
    if written is not None:
        print(f"\nPage: {written}", file=sys.stderr if json else sys.stdout)
    return 0 if found.usable else 1
