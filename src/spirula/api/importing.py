"""The verb ``import``: a trained network of Keras becomes a run folder, as if it had been trained here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from ..recipe import make_recipe, recipe_toml
from ..runs import folder as layout
from ..runs.provenance import provenance
from ..runs.writer import RunWriter, check_free, timestamp
from .run import Run

if TYPE_CHECKING:
    from ..data.batching.preprocess import Preprocessing
    from ..models.keras.archive import Archive
    from ..models.keras.file import Rebuilt

SOURCE = "imported"  # what stands in place of the data's name


def import_keras(
    path: str | Path,
    *,
    classes: Sequence[str] | None = None,
    normalize: Literal["none", "unit"] | None = None,
    image_size: tuple[int, int] | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
) -> Run:
    """Turn a trained ``.keras`` file of Keras 3 into a finished run whose network gives the same answers.

    Keras is not needed, and nothing in the file is executed. What cannot be kept is an error that names the layer.

    Parameters
    ----------
    classes: names of the classes in the order of the network's outputs; "0", "1", … when not given.
    normalize: what was done to the pixels before they came to the network: ``"unit"`` divided them by 255, ``"none"``
        left them at 0…255. Derived when not given: ``"none"`` for a network that begins with ``Rescaling`` or with a
        ``Normalization`` that learned from 0…255, else ``"unit"``. Vectors are always taken as they are.
    image_size: (height, width), for a network that was saved without a size.
    runs, name: where the run folder goes; its name is derived when not given.

    Raises :class:`~spirula.errors.ModelError` for a file that cannot be rebuilt and
    :class:`~spirula.errors.InputError` for an option that does not fit it.
    """
    from ..models.keras.archive import open_archive
    from ..models.keras.file import rebuild

    if name:
        check_free(runs, name)
    archive = open_archive(path)
    rebuilt = rebuild(archive, Path(path).stem, image_size)
    names = _classes(rebuilt, classes)
    scaling, reason = _normalize(rebuilt, normalize)
    return _write(archive, rebuilt, names, scaling, {} if normalize else {"normalize": reason}, runs, name)


def _classes(rebuilt: Rebuilt, given: Sequence[str] | None) -> list[str]:
    spec, output = rebuilt.network.spec, rebuilt.network.output
    if spec.task == "regression":
        if given is not None:
            raise InputError(f"--classes {','.join(given)} would have no effect: it predicts a value", "Leave it out.")
        return []
    count = 2 if output == "sigmoid" and spec.task == "classification" and _units(rebuilt) == 1 else spec.outputs
    names = [str(number) for number in range(count)] if given is None else [word.strip() for word in given]
    if len(names) != count or len(set(names)) != count or not all(names):
        raise InputError(
            f"--classes {','.join(names)} names {len(set(names))} classes; the network has {count}",
            "Name each of its classes once, in the order of its outputs.",
        )
    return names


def _units(rebuilt: Rebuilt) -> int:
    plan = rebuilt.network.plan
    assert plan is not None
    return plan.output_shape[0]


def _normalize(rebuilt: Rebuilt, given: Literal["none", "unit"] | None) -> tuple[Literal["none", "unit"], str]:
    from ..models.adapt import begins_with_rescaling
    from ..models.modules import Normalization

    if len(rebuilt.shape) == 1:
        if given == "unit":
            raise InputError("--normalize unit would have no effect: the network takes vectors", "Leave it out.")
        return "none", "vectors are taken as they are"
    if given is not None:
        return given, ""
    if begins_with_rescaling(rebuilt.network):
        return "none", "the network begins with Rescaling"
    first = next(rebuilt.network.module.children(), None)
    if isinstance(first, Normalization) and float(first.variance.max()) > 1.0:
        return "none", "the network begins with Normalization of 0…255"
    return "unit", "taken to be divided by 255 before the network"


def _preprocessing(shape: tuple[int, ...], normalize: str) -> Preprocessing:
    from ..data.batching.preprocess import Preprocessing

    channels, pictures = shape[-1], len(shape) == 3
    return Preprocessing(
        height=shape[0] if pictures else None,
        width=shape[1] if pictures else None,
        channels=channels,
        resize="squash" if pictures else None,
        scale=1.0 / 255.0 if normalize == "unit" else 1.0,
        mean=(0.0,) * channels,
        std=(1.0,) * channels,
        dtype="uint8" if pictures else "float32",
    )


def _write(
    archive: Archive,
    rebuilt: Rebuilt,
    classes: list[str],
    normalize: Literal["none", "unit"],
    reasons: dict[str, str],
    runs: str | Path,
    name: str | None,
) -> Run:
    from ..insight.stored import weight_arrays
    from ..models.card import save
    from ..models.diagram import diagram_svg
    from ..models.summary import summarize

    network, shape = rebuilt.network, rebuilt.shape
    summary = summarize(network, shape)
    options: dict[str, Any] = {"task": network.spec.task, "model": network.spec.notation, "normalize": normalize}
    if len(shape) == 3:
        options["image_size"] = shape[:2]
        options |= {"channels": shape[2]} if shape[2] in (1, 3) else {}
    document = {
        "device": "cpu",
        "data": {
            "source": SOURCE,
            "task": network.spec.task,
            "fingerprint": "",
            "counts": {},
            "class_counts": {},
            "image": list(shape),
            "notes": [],
            "refused": [],
        },
        "derived": reasons,
        "model": {
            "name": network.spec.name,
            "notation": network.spec.notation,
            "head": network.spec.head,
            "output": network.output,
            "parameters": summary.parameters,
            "trainable": summary.trainable,
            "multiply_adds": summary.multiply_adds,
        },
        "imported": {
            "file": archive.path.name,
            "sha256": archive.sha256,
            "from": f"Keras {archive.keras_version}",
            "saved": archive.saved,
            "notes": list(rebuilt.notes),
        },
        **provenance(),
    }
    recipe = recipe_toml(make_recipe(**options), reasons)
    writer = RunWriter.create(runs, name, archive.path.stem, config=recipe, document=document)
    with closing(writer):
        writer.write_classes(classes)
        _write_empty_manifest(writer, network.spec.task, classes)
        writer.write_insight_json("network.json", summary.to_dicts())
        writer.write_insight_text("network.svg", diagram_svg(network))
        writer.write_insight_arrays("weights", weight_arrays(network, summary.rows))
        save(
            network,
            writer.path / layout.WEIGHTS,
            writer.path / layout.CARD,
            classes=classes,
            task=network.spec.task,
            preprocessing=_preprocessing(shape, normalize).to_dict(),
        )
        writer.update(status="finished", finished=timestamp())
    run = Run(writer.folder)
    run.report()
    return run


def _write_empty_manifest(writer: RunWriter, task: Any, classes: list[str]) -> None:
    import numpy as np

    from ..data.manifest import Manifest

    empty = Manifest(task, tuple(classes), (), np.zeros(0, np.int64), np.zeros(0, "<U10"), source=SOURCE)
    empty.write_csv(writer.path / layout.MANIFEST)


def imported_lines(run: Run) -> list[str]:
    """Return what is said when a network was imported: what it is, what was decided, how to go on."""
    document, card = run.folder.document(), run.folder.card()
    origin, model = document["imported"], document["model"]
    reasons = document.get("derived", {})
    sides = "×".join(map(str, card["spec"]["input_shape"]))
    scaling = f"normalize = {run.folder.config()['model']['normalize']}"
    why = f" ({reasons['normalize']})" if "normalize" in reasons else ""
    return [
        f"Imported {origin['file']} ({origin['from']}): {model['parameters']:,} parameters, input {sides}",
        *(f"         note: {note}" for note in origin["notes"]),
        f"Classes  {', '.join(run.classes)}" if run.classes else "Predicts one value",
        f"Pixels   {scaling}{why}",
        f"Run      {run.path}",
        f"Measure  spirula evaluate {run.path} DATA",
    ]
