"""``spirula import``: a trained network of Keras becomes a run."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from ..errors import InputError


def import_keras(
    file: Annotated[str, Parameter(help="A .keras file, as model.save('x.keras') of Keras 3 writes it.")],
    /,
    *,
    classes: Annotated[
        str | None, Parameter(help="Names of the classes in the order of the outputs: cat,dog (default: 0,1,…).")
    ] = None,
    normalize: Annotated[
        Literal["none", "unit"] | None,
        Parameter(help="What was done to the pixels outside of the network: unit divided them by 255, none nothing."),
    ] = None,
    image_size: Annotated[
        str | None, Parameter(help="Height and width, 180 or 180x240, for a network that was saved without them.")
    ] = None,
    runs: Annotated[str, Parameter(help="Folder that holds the run folders.")] = "runs",
    name: Annotated[str | None, Parameter(help="Name of the run folder (default: date, time and file).")] = None,
) -> int:
    """Turn a trained .keras file into a run that gives the same answers. Needs no Keras and executes nothing.

    spirula import best-cnn-model.keras --classes cat,dog
    """
    from ..api.importing import import_keras as import_verb
    from ..api.importing import imported_lines
    from ..wording import parse_image_size

    size: tuple[int, int] | None = None
    if image_size is not None:
        try:
            size = parse_image_size(image_size)  # type: ignore[assignment]  # of a text it makes a pair
        except ValueError as error:
            raise InputError(f"--image-size: {error}") from error
    names = None if classes is None else classes.split(",")
    run = import_verb(file, classes=names, normalize=normalize, image_size=size, runs=runs, name=name)
    print("\n".join(imported_lines(run)))
    return 0
