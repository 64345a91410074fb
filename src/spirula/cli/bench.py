"""``spirula bench``: which batch size, precision and memory format is fastest here?"""

from __future__ import annotations

import json as json_format
from typing import Annotated, Literal

from cyclopts import Parameter

from .results import Json
from .train import CustomOption


def bench(
    data: Annotated[str | None, Parameter(help="What train takes: a named set, a folder, a table, an .npz.")] = None,
    /,
    *,
    model: Annotated[str | None, Parameter(help="The network, as for train; chosen by the data without it.")] = None,
    recipe: Annotated[
        str | None, Parameter(help="A TOML file with options, or a name: everything else comes from it.")
    ] = None,
    seconds: Annotated[float, Parameter(help="How long to measure, in seconds, everything together.")] = 25.0,
    batch_size: Annotated[int | None, Parameter(help="Only this size; others are tried without it.")] = None,
    precision: Annotated[
        Literal["float32", "bfloat16", "float16"] | None,
        Parameter(help="Only this precision; without it float32 and what this machine computes faster are tried."),
    ] = None,
    channels_last: Annotated[bool | None, Parameter(help="Only this memory format; both are tried without it.")] = None,
    image_size: Annotated[str | None, Parameter(help="Height and width in pixels: 180 or 180x240.")] = None,
    optimizer: Annotated[str | None, Parameter(help="Update rule, as for train.")] = None,
    device: Annotated[str | None, Parameter(help="cpu, cuda, cuda:1 or mps; found by itself.")] = None,
    threads: Annotated[int | None, Parameter(help="CPU threads.")] = None,
    custom: CustomOption = None,
    json: Json = False,
) -> int:
    """Measure training steps on this machine: batch size by precision by memory format. Keeps nothing.

    spirula bench photos/ --model vgg-small
    """
    from ..api.bench import bench as bench_verb
    from ..progress import display

    asked = {
        "batch_size": batch_size,
        "precision": precision,
        "channels_last": channels_last,
        "image_size": image_size,
        "optimizer": optimizer,
        "device": device,
        "threads": threads,
    }
    options = {name: value for name, value in asked.items() if value is not None}
    with display("auto") as show:
        found = bench_verb(
            data, model=model, recipe=recipe, seconds=seconds, custom=custom, progress=show.loading, **options
        )
    print(json_format.dumps(found.to_dict(), ensure_ascii=False, indent=1) if json else found)
    return 0
