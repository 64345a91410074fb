"""``spirula model show`` and ``spirula model list``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from .train import CustomOption

model_app = App(name="model", help="Look at networks: show, list.", help_format="plaintext")


@model_app.command
def show(
    model: Annotated[
        str,
        Parameter(
            help="A catalogue name, timm/NAME, a .toml file, Keras code (FILE.py, FILE.ipynb or FILE.py:NAME), "
            "or layers: 'Conv2D(32, 3), …'."
        ),
    ],
    /,
    *,
    input: Annotated[
        str | None,
        Parameter(
            help="Height x width x channels, such as 28x28x1; one number for vectors "
            "(default: what the network states, or 28x28x1)."
        ),
    ] = None,
    classes: Annotated[
        int | None, Parameter(help="Outputs of the last layer (default: what the network states, or 10).")
    ] = None,
    diagram: Annotated[Path | None, Parameter(help="Also draw the network into this .svg or .png file.")] = None,
    dpi: Annotated[int | None, Parameter(help="Resolution of a .png (default: 192).")] = None,
    explain: Annotated[
        bool, Parameter(help="Work out every formula with the network's own numbers, below the table.", negative=())
    ] = False,
    lang: Annotated[Literal["en", "ko"] | None, Parameter(help="Language of --explain (default: en).")] = None,
    json: Annotated[bool, Parameter(help="Print JSON instead of a table.", negative=())] = False,
    custom: CustomOption = None,
) -> int:
    """Show a network layer by layer: output shape, parameters, multiply-adds, receptive field."""
    import json as json_format
    import sys

    from ..api.verbs import described, summary
    from ..api.verbs import diagram as draw
    from ..custom.library import library
    from ..errors import InputError

    shape = None if input is None else _shape(input)
    if classes is not None and classes < 1:
        raise InputError(f"--classes {classes} is not possible", "A network has at least one output.")
    if dpi is not None and (diagram is None or diagram.suffix.lower() != ".png"):
        raise InputError(f"--dpi {dpi} would have no effect", "It needs --diagram FILE.png.")
    if lang is not None and not explain:
        raise InputError(f"--lang {lang} would have no effect", "It needs --explain.")
    if diagram is not None and diagram.suffix.lower() not in (".svg", ".png"):
        raise InputError(f"--diagram {diagram} is neither an SVG nor a PNG", "End the name in .svg or .png.")
    stated, outputs, notes = described(model)
    shape = shape or stated or (28, 28, 1)
    classes = classes or outputs or 10
    pieces = library(custom)
    table = summary(model, shape, classes, custom=pieces)
    explained = table.explain(lang or "en") if explain else None
    if json:
        rows = explained.to_dicts() if explained else table.to_dicts()
        print(json_format.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print(table if explained is None else f"{table}\n\n{explained}")
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)
    if diagram is not None:
        print(f"\nDiagram: {draw(model, shape, classes, custom=pieces).save(diagram, dpi=dpi or 192)}")
    return 0


def _shape(text: str) -> tuple[int, ...]:
    from ..errors import InputError

    sides = text.lower().replace("×", "x").split("x")
    if not all(side.strip().isdigit() and int(side) > 0 for side in sides) or len(sides) not in (1, 3):
        raise InputError(f'--input "{text}" is not a shape', "Write height x width x channels, such as 28x28x1.")
    return tuple(int(side) for side in sides)


@model_app.command(name="list")
def list_models() -> int:
    """List the networks of the catalogue."""
    from ..models.catalogue import BACKBONES, CATALOGUE

    width = max(len(name) for name in CATALOGUE)
    for name, entry in CATALOGUE.items():
        print(f"{name:{width}}  {entry.description}")
    for name, network in BACKBONES.items():
        print(f"{name:{width}}  timm/{network}, for --strategy features and finetune: its weights need no hub")
    print(f"{'timm/NAME':{width}}  any network of timm, such as timm/mobilenetv3_small_100")
    return 0


def recipes() -> int:
    """List the recipes that come with spirula: spirula train --recipe NAME."""
    from ..recipe import packaged_recipes, recipe_summary

    names = packaged_recipes()
    width = max(map(len, names))
    for name in names:
        print(f"{name:{width}}  {recipe_summary(name)}")
    return 0
