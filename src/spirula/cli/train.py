"""``spirula train`` and ``spirula demo``."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Group, Parameter
from pydantic import Field

from .. import config
from ..config import MachineOptions, ModelOptions
from ..errors import DownloadError
from ..wording import Positive
from .data import AugmentationFlags

ProgressOption = Annotated[
    Literal["auto", "bar", "lines", "json", "quiet"],
    Parameter(help="A live bar, plain lines, JSON lines on stdout, or nothing; auto chooses by the terminal."),
]


CustomOption = Annotated[
    str | None,
    Parameter(help="Your Python file: its functions and classes are named custom.NAME. It is run; see docs/custom.md."),
]
TrustOption = Annotated[
    str | None, Parameter(help="In place of --custom: the SHA-256 of the copy of that file in the run, which is run.")
]


class DataFlags(config.DataOptions):
    """The same options, with what the shell gives as one word left as that word: the recipe reads it."""

    image_size: str | None = Field(None, description=config.DataOptions.model_fields["image_size"].description)  # type: ignore[assignment]
    labels: str | None = Field(None, description=config.DataOptions.model_fields["labels"].description)  # type: ignore[assignment]


class TrainingFlags(config.TrainingOptions):
    learning_rate: Annotated[Positive | Literal["find"] | None, Parameter(alias="--lr")] = Field(
        None, description=config.TrainingOptions.model_fields["learning_rate"].description
    )
    loss: str | None = Field(None, description=config.TrainingOptions.model_fields["loss"].description)
    schedule: str | None = Field(None, description=config.TrainingOptions.model_fields["schedule"].description)
    metrics: list[str] | None = Field(  # type: ignore[assignment]
        None, description=config.TrainingOptions.model_fields["metrics"].description
    )
    freeze: str | None = Field(None, description=config.TrainingOptions.model_fields["freeze"].description)  # type: ignore[assignment]
    class_weights: str | None = Field(  # type: ignore[assignment]
        None, description=config.TrainingOptions.model_fields["class_weights"].description
    )


class RunFlags(config.RunOptions):
    mute: str | None = Field(None, description=config.RunOptions.model_fields["mute"].description)  # type: ignore[assignment]


def _section(title: str, order: int) -> Parameter:
    return Parameter(name="*", group=Group(title, sort_key=order), negative_iterable=())


def train(
    data: Annotated[
        str | None,
        Parameter(
            help="A named set (mnist, fashion-mnist, cifar10, digits), a folder of class folders, a CSV/Parquet table, "
            "an .npz or a folder of IDX files."
        ),
    ] = None,
    /,
    *,
    recipe: Annotated[
        str | None,
        Parameter(
            help="A TOML file with options, such as a run's config.toml, or a name (see: spirula recipes); "
            "options given here win."
        ),
    ] = None,
    resume: Annotated[str | None, Parameter(help="A run folder to go on with.")] = None,
    custom: CustomOption = None,
    trust: TrustOption = None,
    progress: ProgressOption = "auto",
    data_options: Annotated[DataFlags, _section("Data", 1)] = DataFlags(),  # noqa: B008 (frozen)
    model_options: Annotated[ModelOptions, _section("Network", 2)] = ModelOptions(),  # noqa: B008
    training_options: Annotated[TrainingFlags, _section("Training", 3)] = TrainingFlags(),  # noqa: B008
    augmentation_options: Annotated[AugmentationFlags, _section("Augmentation", 4)] = AugmentationFlags(),  # noqa: B008
    machine_options: Annotated[MachineOptions, _section("Machine", 5)] = MachineOptions(),  # noqa: B008
    run_options: Annotated[RunFlags, _section("Run", 6)] = RunFlags(),  # noqa: B008
) -> int:
    """Train a network on images; leaves a run folder with a report.

    spirula train fashion-mnist --model two-conv --epochs 10

    spirula train photos/ --budget 5m
    """
    from ..api.train import train as train_verb

    sections = (data_options, model_options, training_options, augmentation_options, machine_options, run_options)
    options = {name: value for section in sections for name, value in section if value is not None}
    run = train_verb(data, recipe=recipe, resume=resume, custom=custom, trust=trust, progress=progress, **options)
    return _exit_code(run.status)


def demo(
    *,
    progress: ProgressOption = "auto",
    epochs: Annotated[
        int | None, Parameter(help="Passes over the training images (default: 5, or 20 on digits).")
    ] = None,
    runs: Annotated[str, Parameter(help="Folder that holds the run folders.")] = "runs",
) -> int:
    """Train the two-conv network on Fashion-MNIST, or on digits where that cannot be had, as a first look."""
    from ..api.train import train as train_verb

    try:
        run = train_verb("fashion-mnist", model="two-conv", epochs=epochs or 5, runs=runs, progress=progress)
    except DownloadError as error:
        print(f"Fashion-MNIST cannot be had here, so the demo uses digits instead.\n  {error.problem}", file=sys.stderr)
        run = train_verb("digits", model="two-conv", epochs=epochs or 20, runs=runs, progress=progress)
    return _exit_code(run.status)


def _exit_code(status: str) -> int:
    return {"finished": 0, "interrupted": 130}.get(status, 1)
