"""Imported networks answer as real Keras answers: to 1e-5."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

import spirula as sp

NETWORKS = (
    *("flattened", "flattened_norms", "separable", "pooling", "regression", "logits", "one_logit", "tags"),
    *("activations", "branches", "any_size", "built_by_use", "operations"),
)
LOGITS = ("logits", "one_logit", "operations")


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_agree(name: str, keras_folder: Path, tmp_path: Path) -> None:
    size = (9, 9) if name == "any_size" else None
    run = sp.import_keras(keras_folder / f"{name}.keras", runs=tmp_path, image_size=size)
    stored = np.load(keras_folder / f"{name}.npz")
    inputs = torch.from_numpy(stored["inputs"])
    with torch.no_grad():
        inputs = inputs.reshape(-1, 5, 3, 2) if name == "operations" else inputs  # it begins with Reshape
        answer = run.network()(inputs.permute(0, 3, 1, 2) if inputs.ndim == 4 else inputs)
    output = run.folder.card()["output"]
    if name not in LOGITS:
        answer = {"softmax": lambda x: x.softmax(1), "sigmoid": torch.sigmoid, "linear": lambda x: x}[output](answer)
    assert stored["outputs"].std() > 1e-3  # an answer that says something
    np.testing.assert_allclose(answer.numpy(), stored["outputs"], atol=1e-5, rtol=1e-5)


def test_every_weight_of_the_file_is_used(keras_folder: Path, tmp_path: Path) -> None:
    run = sp.import_keras(keras_folder / "branches.keras", runs=tmp_path, name="브랜치")
    ours = sum(value.numel() for value in run.network().state_dict().values() if value.dtype == torch.float32)
    with zipfile.ZipFile(keras_folder / "branches.keras") as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    sizes: list[int] = []

    def add(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            sizes.append(item.size)

    with h5py.File(content, "r") as weights:
        weights["layers"].visititems(add)
    assert ours == sum(sizes)


def test_run_predicts_pictures_as_keras_does(keras_folder: Path, tmp_path: Path) -> None:
    """Bytes 0…255 are divided by 255, as the network was fed; class names and runners-up are there."""
    run = sp.import_keras(keras_folder / "flattened.keras", runs=tmp_path, classes=["고양이", "개", "새", "말"])
    pixels = np.random.default_rng(1).integers(0, 256, (3, 12, 10, 3), dtype=np.uint8)
    with torch.no_grad():
        wanted = run.network()(torch.from_numpy(pixels / np.float32(255)).permute(0, 3, 1, 2)).softmax(1).numpy()
    np.testing.assert_allclose(run.predict_proba(pixels), wanted, atol=1e-6)
    Image.fromarray(pixels[0]).save(tmp_path / "그림.png")
    row = sp.predict(run, tmp_path / "그림.png", top=2)[0]
    assert row["predicted"] == ["고양이", "개", "새", "말"][int(wanted[0].argmax())]
    assert row["probability"] == pytest.approx(float(wanted[0].max()), abs=1e-6)
