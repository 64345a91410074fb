"""Which of the user's own pieces a recipe asks for, each found and tried before the training begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ...config import Recipe
from ...custom.blame import blaming_files, place_of
from ...custom.library import Library
from ...custom.piece import Piece, is_own, read_piece
from ...data.dataset import Dataset
from ...errors import ConfigError
from ...models.build import Network
from ...runs.own_pieces import record
from ...wording import LossName
from ..losses import paired
from ..own import Metric, metric, try_loss

# How the outputs of a network are compared where the loss is the user's own.
READING: dict[str, LossName] = {"softmax": "cross-entropy", "sigmoid": "binary-cross-entropy", "linear": "mse"}
TRIED = 64  # samples that a loss is tried on


@dataclass(frozen=True)
class OwnPieces:
    """The user's own pieces of a training, known; ``network`` are those inside the network."""

    library: Library
    loss: Piece | None = None
    schedule: Piece | None = None
    augment: Piece | None = None
    metrics: tuple[Metric, ...] = ()
    network: tuple[tuple[str, Piece], ...] = ()

    @property
    def used(self) -> list[tuple[str, Piece]]:
        """Every piece with its part in the training."""
        single = [("loss", self.loss), ("schedule", self.schedule), ("augment", self.augment)]
        given = [(part, piece) for part, piece in single if piece is not None]
        return [*given, *(("metric", own.piece) for own in self.metrics), *self.network]

    @property
    def record(self) -> dict[str, Any] | None:
        """What ``run.json`` says of them."""
        return record(self.used, self.library)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Say the user's own line where one of these fails in the middle of a training."""
        places = [place_of(piece.value) for _, piece in self.used]
        with blaming_files({place[0] for place in places if place}):
            yield


def own_pieces(recipe: Recipe, library: Library, network: Network) -> OwnPieces:
    """Find every piece that a recipe names; raises :class:`~spirula.errors.InputError` for a missing or unused one."""
    training = recipe.training
    for _, piece in network.pieces:
        if library.origin(piece) is None:  # a Python object among the layers
            library = library.with_object(piece.name, piece.value)

    def found(text: str | None) -> Piece | None:
        return library.bound(read_piece(text)) if text is not None and is_own(text) else None

    own = OwnPieces(
        library,
        found(training.loss),
        found(training.schedule),
        found(recipe.augmentation.augment),
        tuple(metric(name, library.bound(read_piece(text))) for name, text in (training.metrics or {}).items()),
        network.pieces,
    )
    if library.file is not None and not any(library.origin(piece) for _, piece in own.used):
        names = ", ".join(f"custom.{name}" for name in library.objects) or "nothing"
        raise ConfigError(
            [f"custom = {library.file.path.name!r} would have no effect: no option and no layer uses a piece of it."],
            f"It defines {names}: name one, as in --loss custom.NAME.",
        )
    return own


def direction(recipe: Recipe, own: OwnPieces) -> Literal["min", "max"] | None:
    """Return which way the monitored metric is better where that is the user's own, None for one of ours."""
    monitor, asked = recipe.training.monitor, recipe.training.monitor_mode
    watched = next((item for item in own.metrics if f"val_{item.name}" == monitor), None)
    if watched is None:
        if asked is not None:
            raise ConfigError(
                [f"monitor_mode = {asked!r} would have no effect: which way {monitor} is better is known."]
            )
        return None
    if asked is None and watched.larger is None:
        raise ConfigError(
            [f"Nobody says which way {monitor} is better."],
            f'Give --monitor-mode min or max, or write {watched.piece.name}.mode = "max" below its definition.',
        )
    return asked or ("max" if watched.larger else "min")


def try_pieces(own: OwnPieces, network: Network, dataset: Dataset, rows: np.ndarray, *, mixed: bool) -> float:
    """Call the loss and the metrics once, on real targets and made-up outputs; return the loss's slope (or 1).

    Outputs are random logits; for a regression, the targets and one standard deviation to either side.
    """
    name = READING[network.output]
    slope = 1.0
    if own.loss is not None:
        targets = _targets(dataset, rows[:TRIED])
        slope = try_loss(own.loss, *paired(name, _outputs(targets, network), targets)) or 1.0
        if mixed:
            soft = torch.eye(len(dataset.manifest.classes))[targets] if targets.ndim == 1 else targets
            try_loss(own.loss, *paired(name, _outputs(targets, network), soft))
    if own.metrics:
        targets = _targets(dataset, dataset.rows("validation"))
        outputs, wanted = paired(name, _outputs(targets, network), targets)
        for item in own.metrics:
            item(outputs, wanted)
    return slope


def _targets(dataset: Dataset, rows: np.ndarray) -> Tensor:
    return torch.from_numpy(dataset.manifest.targets[rows])


def _outputs(targets: Tensor, network: Network) -> Tensor:
    count, outputs = len(targets), network.spec.outputs
    if network.output == "linear":
        side = torch.ones(count).cumsum(0) % 2 * 2 - 1
        return (targets.reshape(count, -1).float().T + network.unit * side).T
    return torch.randn(count, outputs, generator=torch.Generator().manual_seed(0))
