"""A wrong --weights file is told before a single picture is decoded, with what helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

import spirula as sp
from spirula.errors import SpirulaError


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty pictures that nobody may decode."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("pictures were decoded before the weights were looked at")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("spirula.data.contents.decoded", fail)
    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            Image.fromarray(np.full((80, 80), 20 * number, np.uint8)).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def other_network(path: Path) -> None:
    save_file(timm.create_model("test_vit", num_classes=3).state_dict(), path)


def cut_off(path: Path) -> None:
    save_file({"head.weight": torch.zeros(3, 3)}, path)
    path.write_bytes(path.read_bytes()[:-5])


def missing(path: Path) -> None:
    """No file at all."""


def pickled(path: Path) -> None:
    torch.save({"state_dict": object()}, path)


@pytest.mark.parametrize(
    ("write", "problem", "remedy"),
    [
        (other_network, "are not those of test_efficientnet: missing: conv_stem", "--model timm/NAME"),
        (cut_off, "not a sound safetensors file", "fetch it again"),
        (missing, "cannot be read: No such file", "Check the path of --weights"),
        (pickled, "neither a safetensors file nor a checkpoint of plain tensors", "Nothing in it was executed"),
    ],
)
@pytest.mark.parametrize("strategy", ["features", "finetune", "auto"])
def test_a_wrong_file_is_told_before_anything_is_decoded(
    photos: Path, write: Callable[[Path], None], problem: str, remedy: str, strategy: str
) -> None:
    file = photos.parent / "가중치.safetensors"
    write(file)
    with pytest.raises(SpirulaError, match=problem) as told:
        sp.train(
            photos, strategy=strategy, model="timm/test_efficientnet", weights=str(file), runs=photos.parent / "runs"
        )
    assert remedy in str(told.value)
    assert file.name in str(told.value)
    assert not (photos.parent / "runs").exists()


@pytest.mark.parametrize(
    "weights", ["https://example.org/models/w.safetensors", "http:/example.org/models/w.safetensors"]
)
def test_an_address_is_no_file(photos: Path, weights: str) -> None:
    """Also one that lost a slash as a Path."""
    with pytest.raises(SpirulaError, match="is an address, and weights are read from a file") as told:
        sp.train(photos, strategy="features", model="timm/test_efficientnet", weights=weights, runs=photos / "runs")
    assert "curl -L -O" in str(told.value)
    assert "--weights w.safetensors" in str(told.value)
