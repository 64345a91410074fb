"""``spirula explain``: what a network has learned, as tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..errors import InputError
from .results import RunName, RunsFolder, write_csv
from .train import CustomOption, TrustOption

if TYPE_CHECKING:
    from ..api.run import Run

# What is shown in place of weights, kernels and maps, and what may be said beside it.
BESIDE: Mapping[str, tuple[str, ...]] = {
    "--map": (),
    "--neighbours": ("A picture", "--out"),
    "--robustness": ("--out",),
    "--exciting": ("--channel", "--out"),
    "--walk": ("A picture", "--lang", "--out"),
    "--cam": ("A picture", "--layer", "--target", "--out"),
}
NEEDS: Mapping[str, str] = {"--channel": "--exciting", "--lang": "--walk", "--target": "--cam"}


def explain(
    run: RunName,
    images: Annotated[
        list[str] | None, Parameter(help="Pictures to look at: files, folders, or ids of the run's manifest.csv.")
    ] = None,
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
    walk: Annotated[
        bool,
        Parameter(negative="", help="Follow one picture through the network: a page that takes every number apart."),
    ] = False,
    lang: Annotated[
        Literal["en", "ko"] | None, Parameter(help="With --walk: the language of the page; the run's own without it.")
    ] = None,
    exciting: Annotated[
        str | None, Parameter(help="A convolution: the pictures of the training data that its filters answer most.")
    ] = None,
    channel: Annotated[
        int | None, Parameter(help="With --exciting: one filter, from 0. The most active ones without it.")
    ] = None,
    robustness: Annotated[
        list[str] | None,
        Parameter(
            consume_multiple=True,
            negative="",
            help="Measure accuracy, or error, when pictures change: shift, rotate, blur, contrast, "
            "brightness, noise; all of them without a name.",
        ),
    ] = None,
    neighbours: Annotated[
        bool, Parameter(negative="", help="Show the training pictures that the network finds most like the pictures.")
    ] = False,
    map: Annotated[
        bool,
        Parameter(negative="", help="Make the report's map of the pictures anew, as large as it gets."),
    ] = False,
    custom: CustomOption = None,
    trust: TrustOption = None,
    runs: RunsFolder = "runs",
) -> int:
    """Draw a network's kernels and weights beside those before training, and what it makes of pictures."""
    from ..api.run import open_run
    from ..runs.folder import INSIGHT

    options = {
        "--map": map or None,
        "--neighbours": neighbours or None,
        "--robustness": robustness,
        "--exciting": exciting,
        "--walk": walk or None,
        "--cam": cam,
        "A picture": images or None,
        "--layer": layer,
        "--target": target,
        "--channel": channel,
        "--lang": lang,
        "--out": out,
    }
    shown = _shown([name for name, value in options.items() if value is not None])
    opened = open_run(run, runs, custom=custom, trust=trust)
    folder = out if out is not None else opened.path / INSIGHT
    if shown == "--map":
        return _map(opened)
    if shown == "--neighbours":
        return _neighbours(opened, images or [], folder)
    if robustness is not None:
        return _robustness(opened, robustness, folder, out is None)
    if exciting is not None:
        return _exciting(opened, exciting, channel, folder)
    if shown == "--walk":
        return _walk(opened, images or [], lang, folder)
    if cam is not None:
        return _cam(opened, images or [], cam, layer, target, folder)
    return _weights(opened, images or [], layer, folder)


def _shown(given: Sequence[str]) -> str | None:
    """Return what is asked for in place of weights, kernels and maps.

    Raises :class:`InputError` for an option that would have no effect beside it, or without another one.
    """
    shown = next((name for name in BESIDE if name in given), None)
    if shown is None:
        alone = next((name for name in given if name in NEEDS), None)
        if alone is not None:
            raise InputError(f"{alone} would have no effect without {NEEDS[alone]}", f"Add {NEEDS[alone]}.")
        return None
    useless = next((name for name in given if name != shown and name not in BESIDE[shown]), None)
    if useless is not None:
        raise InputError(f"{useless} would have no effect with {shown}", "Leave one of them out.")
    return shown


def _weights(run: Run, images: list[str], layer: list[str] | None, folder: Path) -> int:
    from ..api.insight.explain import explain as explain_run
    from ..api.insight.explain import filter_lines

    table = run.weights()
    written = explain_run(run, images, layer, folder)
    write_csv(folder / "weights.csv", list(table))
    print(table)
    print(*filter_lines(run.folder), folder / "weights.csv", *written, sep="\n")
    return 0


def _cam(run: Run, images: list[str], cam: str, layer: list[str] | None, target: str | None, folder: Path) -> int:
    from ..api.insight.explain import explain_cam

    maps, files = explain_cam(run, images, cam, layer, target, folder)
    print(maps)
    print(maps.verdict, *files, sep="\n")
    return 0


def _map(run: Run) -> int:
    from ..api.keeping.embedding import embed

    embed(run.folder, run.module)
    print(run.report().resolve())
    return 0


def _neighbours(run: Run, images: list[str], folder: Path) -> int:
    from ..api.insight.explain import explain_neighbours

    found, files = explain_neighbours(run, images, folder)
    write_csv(folder / "neighbours.csv", list(found))
    print(found, folder / "neighbours.csv", *files, sep="\n")
    return 0


def _exciting(run: Run, layer: str, channel: int | None, folder: Path) -> int:
    from ..api.insight.explain import explain_exciting

    found, file = explain_exciting(run, layer, channel, folder)
    write_csv(file.with_suffix(".csv"), list(found))
    print(found, file.with_suffix(".csv"), file, sep="\n")
    return 0


def _robustness(run: Run, kinds: list[str], folder: Path, keep: bool) -> int:
    from ..api.insight.explain import explain_robustness

    names = [name for given in kinds for name in given.split(",")]
    found, files = explain_robustness(run, names or None, folder, keep=keep)
    write_csv(folder / "robustness.csv", list(found))
    print(found)
    print(found.verdict, folder / "robustness.csv", *files, sep="\n")
    return 0


def _walk(run: Run, images: list[str], lang: str | None, folder: Path) -> int:
    from ..api.insight.explain import explain_walk

    found, files = explain_walk(run, images, lang, folder)
    print(found, *files, sep="\n")
    return 0
