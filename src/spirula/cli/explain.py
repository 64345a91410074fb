"""``spirula explain``: what a network has learned, as tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..errors import InputError
from .results import RunName, RunsFolder, write_csv
from .train import CustomOption, TrustOption

if TYPE_CHECKING:
    from ..api.run import Run


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
    walk: Annotated[
        bool,
        Parameter(negative="", help="Follow one picture through the network: a page that takes every number apart."),
    ] = False,
    lang: Annotated[
        Literal["en", "ko"] | None, Parameter(help="With --walk: the language of the page; English without it.")
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
            help="Measure what is left of the accuracy when pictures change: shift, rotate, blur, contrast, "
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
    from ..api.explain import explain as explain_run
    from ..api.explain import explain_cam, filter_lines
    from ..api.run import open_run
    from ..runs.folder import INSIGHT

    opened = open_run(run, runs, custom=custom, trust=trust)
    folder = out if out is not None else opened.path / INSIGHT
    if channel is not None and exciting is None:
        raise InputError(f"--channel {channel} would have no effect without --exciting", "Add --exciting LAYER.")
    useless = {"A picture": images, "--layer": layer, "--cam": cam, "--target": target, "--walk": walk, "--lang": lang}
    if map or neighbours:
        asked = {**useless, "--exciting": exciting, "--robustness": robustness is not None}
        if map:
            return _map(opened, {**asked, "--neighbours": neighbours, "--out": out})
        return _neighbours(opened, images or [], folder, {**asked, "A picture": None})
    if robustness is not None:
        return _robustness(opened, robustness, folder, out is None, {**useless, "--exciting": exciting})
    if exciting is not None:
        return _exciting(opened, exciting, channel, folder, useless)
    if walk:
        return _walk(opened, images or [], lang, folder, {"--layer": layer, "--cam": cam, "--target": target})
    if lang is not None:
        raise InputError(f"--lang {lang} would have no effect without --walk", "Add --walk.")
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
    print(*filter_lines(opened.folder), folder / "weights.csv", *written, sep="\n")
    return 0


def _map(run: Run, others: dict[str, object]) -> int:
    from ..api.embedding import embed

    _alone("--map", others)
    embed(run.folder, run.module)
    print(run.report().resolve())
    return 0


def _neighbours(run: Run, images: list[str], folder: Path, others: dict[str, object]) -> int:
    from ..api.explain import explain_neighbours

    _alone("--neighbours", others)
    found, files = explain_neighbours(run, images, folder)
    write_csv(folder / "neighbours.csv", list(found))
    print(found, folder / "neighbours.csv", *files, sep="\n")
    return 0


def _exciting(run: Run, layer: str, channel: int | None, folder: Path, others: Mapping[str, object]) -> int:
    from ..api.explain import explain_exciting

    _alone("--exciting", others)
    found, file = explain_exciting(run, layer, channel, folder)
    write_csv(file.with_suffix(".csv"), list(found))
    print(found, file.with_suffix(".csv"), file, sep="\n")
    return 0


def _robustness(run: Run, kinds: list[str], folder: Path, keep: bool, others: Mapping[str, object]) -> int:
    from ..api.explain import explain_robustness

    _alone("--robustness", others)
    names = [name for given in kinds for name in given.split(",")]
    found, files = explain_robustness(run, names or None, folder, keep=keep)
    write_csv(folder / "robustness.csv", list(found))
    print(found)
    print(found.verdict, folder / "robustness.csv", *files, sep="\n")
    return 0


def _alone(option: str, others: Mapping[str, object]) -> None:
    """Raise :class:`InputError` for what is given beside an option that leaves it without effect."""
    useless = next((name for name, value in others.items() if value not in (None, False, [])), None)
    if useless is not None:
        raise InputError(f"{useless} would have no effect with {option}", "Leave one of them out.")


def _walk(run: Run, images: list[str], lang: str | None, folder: Path, others: dict[str, object]) -> int:
    from ..api.walk import explain_walk

    useless = next((name for name, value in others.items() if value is not None), None)
    if useless is not None:
        raise InputError(f"{useless} would have no effect with --walk", "Leave one of them out.")
    found, files = explain_walk(run, images, lang or "en", folder)
    print(found, *files, sep="\n")
    return 0
