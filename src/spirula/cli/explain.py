"""``spirula explain``: what a network has learned, as tables and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ..errors import InputError
from .results import RunName, RunsFolder, write_csv
from .train import CustomOption, TrustOption


def explain(
    run: RunName,
    images: Annotated[list[str] | None, Parameter(help="Pictures to look at, layer by layer.")] = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="Folder for the pictures; the run's insight/ without it.")] = None,
    layer: Annotated[
        list[str] | None,
        Parameter(help="A layer's name in the summary; may be given several times. The first convolution without it."),
    ] = None,
    cam: Annotated[
        Literal["gradcam", "gradcam++", "layercam", "occlusion"] | None,
        Parameter(help="Draw where in the pictures the evidence for a class lies, in place of kernels and maps."),
    ] = None,
    target: Annotated[
        str | None, Parameter(help="With --cam: the class to ask about. Each picture's most probable one without it.")
    ] = None,
    custom: CustomOption = None,
    trust: TrustOption = None,
    runs: RunsFolder = "runs",
) -> int:
    """Draw a network's kernels and weights beside those before training, and what it makes of pictures."""
    from ..api.explain import explain as explain_run
    from ..api.explain import explain_cam
    from ..api.run import open_run
    from ..runs.folder import INSIGHT

    opened = open_run(run, runs, custom=custom, trust=trust)
    folder = out if out is not None else opened.path / INSIGHT
    if cam is not None:
        maps, files = explain_cam(opened, images or [], cam, layer, target, folder)
        print(maps)
        print(maps.verdict, *files, sep="\n")
        return 0
    if target is not None:
        raise InputError(f"--target {target} would have no effect without --cam", "Add --cam gradcam.")
    table = opened.weights()
    written = explain_run(opened, images or [], layer, folder)
    write_csv(folder / "weights.csv", list(table))
    print(table)
    print(folder / "weights.csv", *written, sep="\n")
    return 0
