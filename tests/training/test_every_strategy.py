"""Grey pictures, pictures of many channels, uneven classes and several labels: in every strategy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from spirula.recipe import make_recipe
from spirula.training.assemble import assemble
from spirula.training.assembly import Assembly

STRATEGIES: dict[str, dict[str, Any]] = {
    "scratch": {
        "model": "Conv2D(8, 3), GlobalAveragePooling2D()",
        "epochs": 12,
        "batch_size": 16,
        "monitor": "val_loss",
    },
    "features": {"model": "timm/test_efficientnet"},
    "finetune": {"model": "timm/test_efficientnet", "epochs": 2, "batch_size": 16, "views": 1, "monitor": "val_loss"},
}
pytestmark = pytest.mark.parametrize("strategy", STRATEGIES)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "임의.safetensors"
    save_file(timm.create_model("test_efficientnet", num_classes=5).state_dict(), path)
    return str(path)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def pictures(bright: np.ndarray, channels: int, by: float) -> np.ndarray:
    """Noise, uint8 (N, 32, 32, channels); the bright ones, bool (N,), are brighter by so much on average."""
    rng = np.random.default_rng(1)
    level = 100 + by * bright + 20 * rng.normal(size=len(bright))
    noise = 30 * rng.normal(size=(len(bright), 32, 32, channels))
    return (level[:, None, None, None] + noise).clip(0, 255).astype(np.uint8)


def trained(strategy: str, weights: str, source: Any, **options: Any) -> Assembly:
    usual = {"image_size": 32, "validation": 0.4, "test": 0.0, "threads": 1, "precision": "float32"}
    words = {**usual, **STRATEGIES[strategy], **options}
    words |= {} if strategy == "scratch" else {"weights": weights}
    words |= {"learning_rate": 0.02} if strategy == "scratch" else {}
    assembly = assemble(make_recipe(strategy=strategy, **words), source=source)
    for _ in assembly.fit(None):
        pass
    return assembly


@torch.no_grad()
def said(assembly: Assembly) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of the validation samples and the network's outputs."""
    batches = assembly.batches("validation")
    assembly.network.module.eval()
    parts = [(batch.targets.numpy(), assembly.network.module(batch.images).numpy()) for batch in batches.epoch(0)]
    targets, outputs = zip(*parts, strict=True)
    return np.concatenate(targets), np.concatenate(outputs)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_any_number_of_channels(strategy: str, channels: int, weights: str) -> None:
    labels = np.arange(120) % 2
    assembly = trained(strategy, weights, (pictures(labels == 1, channels, by=90.0), labels))
    assert assembly.dataset.input_shape == (32, 32, channels)
    targets, outputs = said(assembly)
    assert (outputs.argmax(1) == targets).mean() > 0.85


def test_a_rare_class_is_found_more_often_when_it_weighs_more(strategy: str, weights: str) -> None:
    labels = (np.arange(300) % 10 == 0).astype(np.int64)
    source = pictures(labels == 1, 3, by=30.0), labels
    found = {}
    for weighed in (None, "auto"):
        options = {} if weighed is None else {"class_weights": weighed}
        targets, outputs = said(trained(strategy, weights, source, **options))
        found[weighed] = (outputs.argmax(1) == 1)[targets == 1].mean()
    assert found["auto"] > found[None] + 0.2


def test_several_labels(strategy: str, weights: str) -> None:
    bright = np.arange(120) % 2
    labels = np.stack([bright, 1 - bright, np.arange(120) % 3 == 0], axis=1).astype(np.float32)
    assembly = trained(strategy, weights, (pictures(bright == 1, 3, by=90.0), labels), task="multilabel")
    targets, outputs = said(assembly)
    assert ((outputs > 0) == (targets > 0))[:, :2].mean() > 0.85
