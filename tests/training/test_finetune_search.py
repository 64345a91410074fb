"""``--lr find`` and ``--batch-size auto`` in the second stage of fine-tuning."""

from __future__ import annotations

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from spirula.recipe import make_recipe
from spirula.training.assemble import assemble
from spirula.training.records import EpochRecord, HeadRecord, RateRecord


def test_the_rate_is_found_after_the_output_layer_is_fitted(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.manual_seed(0)
    path = tmp_path / "weights.safetensors"
    save_file(timm.create_model("test_efficientnet", num_classes=5).state_dict(), path)
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (90, 32, 32, 3)), np.arange(90) % 2
    images[labels == 1, ::2] -= 60
    source = {
        "x_train": images[:50].clip(0, 255).astype(np.uint8), "y_train": labels[:50],
        "x_validation": images[50:].clip(0, 255).astype(np.uint8), "y_validation": labels[50:],
    }  # fmt: skip
    recipe = make_recipe(
        strategy="finetune", model="timm/test_efficientnet", weights=str(path), image_size=32, epochs=1,
        batch_size="auto", learning_rate="find", precision="float32", threads=1,
    )  # fmt: skip
    assembly = assemble(recipe, source=source)
    assert assembly.recipe.training.batch_size == 32
    assert assembly.settings.halves
    kinds = [type(record) for record in assembly.fit(None) if isinstance(record, HeadRecord | RateRecord | EpochRecord)]
    assert kinds == [HeadRecord, RateRecord, EpochRecord]
