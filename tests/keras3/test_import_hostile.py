"""A .keras file that was made to harm is refused in a moment, whatever it would unpack to."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import spirula as sp
from spirula.errors import ModelError

WEIGHTS = "model.weights.h5"


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def pack(path: Path, parts: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def with_weights(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    parts = parts_of(source)
    content = io.BytesIO(parts[WEIGHTS])
    with h5py.File(content, "a") as file:
        change(file)
    return pack(target, {**parts, WEIGHTS: content.getvalue()})


def empty_but_large(file: Any) -> None:
    """32 GiB that take no room: none of its pieces was ever written."""
    file.create_dataset("layers/more/vars/0", shape=(1 << 33,), dtype="f4", chunks=(1 << 20,))


def two_ways_to_each_place(file: Any) -> None:
    """2³⁰ paths in 30 groups."""
    for level in range(30):
        file.create_group(f"layers/level_{level + 1}")
        group = file.require_group(f"layers/level_{level}")
        group["a"] = group["b"] = file[f"layers/level_{level + 1}"]


def circle(file: Any) -> None:
    file["layers/again"] = file["layers"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (empty_but_large, "arrays are larger than the file"),
        (two_ways_to_each_place, "has another name already"),
        (circle, "has another name already"),
    ],
)
def test_weights_that_grow_without_end(
    change: Callable[[Any], None], words: str, keras_folder: Path, tmp_path: Path
) -> None:
    file = with_weights(keras_folder / "flattened.keras", tmp_path / "x.keras", change)
    with pytest.raises(ModelError, match=words):
        sp.import_keras(file, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_zip_that_unpacks_to_far_more_than_weights(keras_folder: Path, tmp_path: Path) -> None:
    parts = parts_of(keras_folder / "flattened.keras")
    parts[WEIGHTS] += bytes(80 << 20)
    file = pack(tmp_path / "x.keras", parts, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match="unpacks to far more"):
        sp.import_keras(file, runs=tmp_path / "runs")


def test_more_layers_than_any_network(keras_folder: Path, tmp_path: Path) -> None:
    parts = parts_of(keras_folder / "flattened.keras")
    dropout = {"module": "keras.layers", "class_name": "Dropout", "registered_name": None}
    layers = [{**dropout, "config": {"name": f"d{n}", "rate": 0.1}} for n in range(6_000)]
    config = {"module": "keras", "class_name": "Sequential", "registered_name": "Sequential"}
    parts["config.json"] = json.dumps({**config, "config": {"name": "long", "layers": layers}}).encode()
    with pytest.raises(ModelError, match="more than 5,000 layers"):
        sp.import_keras(pack(tmp_path / "x.keras", parts), runs=tmp_path / "runs")


def test_names_that_only_look_like_numbers(keras_folder: Path, tmp_path: Path) -> None:
    def odd(file: Any) -> None:
        for name in [path for path in _vectors(file) if path.endswith("vars/0")]:
            file[name.removesuffix("0") + "²"] = np.zeros(1)

    file = with_weights(keras_folder / "flattened.keras", tmp_path / "x.keras", odd)
    assert sp.import_keras(file, runs=tmp_path / "runs", name="odd").path.is_dir()


def test_weights_that_are_not_finite_are_told(keras_folder: Path, tmp_path: Path) -> None:
    def broken(file: Any) -> None:
        for path in _vectors(file):
            file[path][...] = np.nan

    file = with_weights(keras_folder / "flattened.keras", tmp_path / "x.keras", broken)
    run = sp.import_keras(file, runs=tmp_path / "runs", name="broken")
    assert "weights that are not finite numbers" in (run.path / "run.json").read_text(encoding="utf-8")


def _vectors(file: Any) -> list[str]:
    found: list[str] = []
    file["layers"].visititems(lambda name, item: found.append(f"layers/{name}") if hasattr(item, "dtype") else None)
    return found
