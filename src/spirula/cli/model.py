"""``spirula model show`` and ``spirula model list``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

model_app = App(name="model", help="Look at networks: show, list.", help_format="plaintext")


@model_app.command
def show(
    model: Annotated[str, Parameter(help="A catalogue name, timm/NAME, a .toml file, or layers: 'Conv2D(32, 3), …'.")],
    /,
    *,
    input: Annotated[
        str, Parameter(help="Height x width x channels, such as 28x28x1; one number for vectors.")
    ] = "28x28x1",
    classes: Annotated[int, Parameter(help="Outputs of the last layer.")] = 10,
    diagram: Annotated[Path | None, Parameter(help="Also draw the network into this .svg or .png file.")] = None,
    dpi: Annotated[int | None, Parameter(help="Resolution of a .png (default: 192).")] = None,
    json: Annotated[bool, Parameter(help="Print JSON instead of a table.", negative=())] = False,
) -> int:
    """Show a network layer by layer: output shape, parameters, multiply-adds, receptive field."""
    import json as json_format

    from ..api.verbs import diagram as draw
    from ..api.verbs import summary
    from ..errors import InputError

    sides = input.lower().replace("×", "x").split("x")
    if not all(side.strip().isdigit() and int(side) > 0 for side in sides) or len(sides) not in (1, 3):
        raise InputError(f'--input "{input}" is not a shape', "Write height x width x channels, such as 28x28x1.")
    if classes < 1:
        raise InputError(f"--classes {classes} is not possible", "A network has at least one output.")
    if dpi is not None and (diagram is None or diagram.suffix.lower() != ".png"):
        raise InputError(f"--dpi {dpi} would have no effect", "It needs --diagram FILE.png.")
    if diagram is not None and diagram.suffix.lower() not in (".svg", ".png"):
        raise InputError(f"--diagram {diagram} is neither an SVG nor a PNG", "End the name in .svg or .png.")
    shape = tuple(int(side) for side in sides)
    table = summary(model, shape, classes)
    print(json_format.dumps(table.to_dicts(), ensure_ascii=False, indent=1) if json else table)
    if diagram is not None:
        print(f"\nDiagram: {draw(model, shape, classes).save(diagram, dpi=dpi or 192)}")
    return 0


@model_app.command(name="list")
def list_models() -> int:
    """List the networks of the catalogue."""
    from ..models.catalogue import CATALOGUE

    width = max(len(name) for name in CATALOGUE)
    for name, entry in CATALOGUE.items():
        print(f"{name:{width}}  {entry.description}")
    print(f"{'timm/NAME':{width}}  any network of timm, such as timm/mobilenetv3_small_100")
    return 0
