"""The pictures that ``spirula explain`` writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...runs.folder import ROBUSTNESS, UNITS, RunFolder
from ...runs.writer import RunWriter, safe_name
from ..picture_paths import picture_paths
from ..showing.tables import DrawnTable, Picture

if TYPE_CHECKING:
    from ..run import Run
    from .class_maps import ClassMaps
    from .neighbours import Neighbours
    from .robustness import Robustness
    from .walk import Walk


def explain(run: Run, images: Sequence[str], layers: Sequence[str] | None, folder: Path) -> list[Path]:
    """Write ``weights.svg``, ``kernels_<layer>.svg`` and ``maps_<layer>_<image>.svg`` into a folder; return the paths.

    layers: names of the summary; the first convolution when not given. Of those that convolve the kernels are drawn, of
    all the feature maps.

    The folder is made when everything is drawn.

    Raises :class:`InputError` for a layer of which there is nothing to draw and for a picture that cannot be read,
    before anything is written, and for a folder that cannot be made.
    """
    convolutions = run.convolutions
    layers = None if layers is None else list(dict.fromkeys(layers))
    for name in layers or []:
        if name not in convolutions and not images:
            raise InputError(
                f'There is nothing to draw of "{name}": it has no kernels, and no picture is given for feature maps',
                f"Convolutions: {', '.join(convolutions) or 'none'}; or name a picture.",
            )
    chosen = convolutions[:1] if layers is None else [name for name in layers if name in convolutions]
    figures: dict[str, Picture] = {"weights.svg": run.weight_histogram()}
    for name in chosen:
        figures[_free(f"kernels_{name}", figures)] = run.kernels(name, beside_initial=None)
    for picture in _pictures(images):
        for maps in [run.feature_maps(picture, layer) for layer in layers] if layers else [run.feature_maps(picture)]:
            figures[_free(f"maps_{maps.layer}_{Path(picture).stem}", figures)] = maps
    _make(folder)
    return [figure.save(folder / name) for name, figure in figures.items()]


def explain_cam(
    run: Run, images: Sequence[str], cam: str, layers: Sequence[str] | None, target: str | None, folder: Path
) -> tuple[ClassMaps, list[Path]]:
    """Write ``cam_<method>.svg`` and ``cam_<method>.npz`` of pictures into a folder; return the maps and the paths.

    ``layers``: at most one, where the maps are taken. The folder is made when everything is computed.

    Raises :class:`InputError` as :meth:`spirula.Run.explain`, and for several layers.
    """
    if layers is not None and len(set(layers)) > 1:
        raise InputError(f"A class-activation map is of one layer, not of {', '.join(layers)}", "Name one.")
    if not images:
        raise InputError(f"--cam {cam} needs pictures", "Name files or folders; the report shows those of the test.")
    maps = run.explain(_pictures(images), cam=cam, layer=layers[0] if layers else None, target=target)
    _make(folder)
    stem = safe_name(f"cam_{cam}")
    return maps, [maps.save(folder / f"{stem}.svg"), maps.save_arrays(folder / f"{stem}.npz")]


def explain_exciting(run: Run, layer: str, channel: int | None, folder: Path) -> tuple[DrawnTable, Path]:
    """Write ``exciting_<layer>.svg`` into a folder; return the table and the path."""
    found = run.exciting(layer, channel=channel)
    _make(folder)
    stem = safe_name(f"exciting_{layer}" if channel is None else f"exciting_{layer}_{channel}")
    return found, found.save(folder / f"{stem}.svg")


def explain_neighbours(run: Run, images: Sequence[str], folder: Path) -> tuple[Neighbours, list[Path]]:
    """Write ``neighbours.html`` into a folder; return the table and the paths, none where the run's data is gone.

    The folder is made when everything is computed.
    """
    if not images:
        raise InputError("--neighbours needs pictures", "Name files or folders.")
    found = run.neighbours(_pictures(images))
    _make(folder)
    return found, [found.save(folder / "neighbours.html")] if len(found.images) else []


def explain_robustness(
    run: Run, kinds: Sequence[str] | None, folder: Path, *, keep: bool
) -> tuple[Robustness, list[Path]]:
    """Write ``robustness.svg`` into a folder; return the table and the paths.

    ``keep``: whether the run's report shall show it, which takes all kinds: then also ``robustness.npz``.
    """
    found = run.robustness(kinds)
    _make(folder)
    files = [found.save(folder / "robustness.svg")]
    if keep and kinds is None:
        files.append(folder / f"{ROBUSTNESS}.npz")
        with closing(RunWriter.reopen(run.folder)) as writer:
            writer.write_insight_arrays(ROBUSTNESS, found.arrays)
            writer.made("robustness")
    return found, files


def explain_walk(run: Run, images: Sequence[str], lang: str | None, folder: Path) -> tuple[Walk, list[Path]]:
    """Write ``walk_<picture>.html`` and ``walk_<picture>.npz`` into a folder; return the walk and the paths.

    Raises :class:`InputError` unless exactly one picture is named, and as :meth:`spirula.Run.walk`.
    """
    if len(images) != 1:
        raise InputError(
            f"--walk follows one picture, but {len(images)} are named",
            "Name one file, or one id of the run's manifest.csv.",
        )
    found = run.walk(images[0], lang=lang)
    _make(folder)
    stem = safe_name(f"walk_{Path(found.name).stem}")
    return found, [found.save(folder / f"{stem}.html"), found.save(folder / f"{stem}.npz")]


def filter_lines(run: RunFolder) -> list[str]:
    """Return a line for each convolution with dead or similar filters; none where that was not looked at."""
    from ...report.inside.idle import idle_layers, idle_line
    from ...report.inside.words import WORDS
    from ...report.speech import speaker

    units, say = run.arrays(UNITS), speaker(WORDS, "en")
    idle = [entry for entry in (idle_layers(units) if units else []) if entry.dead or entry.pairs]
    return [f"{entry.layer}: {idle_line(entry, say)}" for entry in idle]


def _pictures(named: Sequence[str]) -> list[Path | str]:
    """Return the pictures that paths and folders name; what is neither may be an id of the run's own data."""
    return [one for name in named for one in (picture_paths(name) if Path(name).exists() else [name])]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} could not be made: {error.strerror}", "Choose another --out.") from error


def _free(name: str, taken: Collection[str]) -> str:
    """Return a file name that no other figure has: pictures of several folders may be called alike."""
    stem = safe_name(name)
    names = (f"{stem}.svg" if number == 1 else f"{stem}-{number}.svg" for number in count(1))
    return next(free for free in names if free not in taken)
