"""A trained network read back from its run folder, with everything that prediction needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from ..data.batching.preprocess import Preprocessing, apply
from ..data.batching.sizes import samples_at_once
from ..errors import RunError
from ..metrics.refusal import Refusal
from ..metrics.temperature import Temperature
from ..models.card import load
from ..runs.folder import CARD, RunFolder, finished_runs
from .predict import Output, answers
from .views import ViewSet

_CHANNELS_LAST = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]  # its convolutions' layout


def _batch_size(preprocessing: Preprocessing) -> int:
    return samples_at_once((preprocessing.height or 1, preprocessing.width or 1))


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """Network, labels, preprocessing and test views, as they were saved. The module returns logits."""

    module: nn.Module
    task: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    output: Output
    views: ViewSet | None = None
    temperature: Temperature | None = None
    refusal: Refusal | None = None

    def probabilities(self, pixels: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """Return float32 (N, K) for raw samples (N, H, W, C) uint8 or (N, F) float32, on the CPU, in float32."""
        parts = list(self.parts(pixels, batch_size=batch_size))
        columns = 1 if self.task == "regression" else len(self.classes)
        return np.concatenate(parts) if parts else np.zeros((0, columns), np.float32)

    def parts(self, pixels: np.ndarray, *, batch_size: int | None = None) -> Iterator[np.ndarray]:
        """Yield :meth:`probabilities` batch by batch."""
        self.module.eval()
        size = batch_size or _batch_size(self.preprocessing)
        with torch.inference_mode():
            for start in range(0, len(pixels), size):
                images = self.prepared(pixels[start : start + size])
                yield answers(self.module, images, self.output, len(self.classes), self.views).numpy()

    def prepared(self, pixels: np.ndarray) -> torch.Tensor:
        """Return raw samples as the network takes them, (N, C, H, W) or (N, F) float32."""
        return apply(torch.from_numpy(np.array(pixels)), self.preprocessing, channels_last=_CHANNELS_LAST)


def reload(run: RunFolder, module: nn.Module | None = None) -> TrainedNetwork:
    """Read the network of a run. ``module`` is the user's own class where the card cannot rebuild it."""
    require_card(run)
    loaded, card = load(run.path, module=module, custom=run.pieces)
    return from_card(loaded, card)


def require_card(run: RunFolder) -> None:
    """Raise :class:`RunError`, with what to do, for a run that has no trained network yet."""
    if not (run.path / CARD).exists():
        document = run.document()
        if "folds" in document:
            raise RunError(
                f"{run.path} is a cross-validation: it has a network for each fold, and none of its own",
                f"Use the network of a fold, {run.path / 'folds' / '1'}, or train one on all: spirula train DATA",
            )
        status = document["status"]
        others = finished_runs(run.path.parent)
        use = f", or use {others[-1].path}, the newest finished run here" if others else ""
        raise RunError(
            f"{run.path} has no trained network: the run is {status}",
            f"Go on with: spirula train --resume {run.path}{use}",
        )


def from_card(module: nn.Module, card: dict[str, Any]) -> TrainedNetwork:
    return TrainedNetwork(
        module,
        card["task"],
        tuple(card["classes"]),
        Preprocessing.from_dict(card["preprocessing"]),
        cast(Output, card["output"]),
        ViewSet.from_dict(card.get("test_views")),
        Temperature.from_dict(card.get("temperature")),
        Refusal.from_dict(card.get("refusal")),
    )
