"""What cannot be imported is refused with its name and a remedy; nothing is ever executed."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

import spirula as sp
from spirula.errors import InputError, ModelError

Config = dict[str, Any]


def tampered(source: Path, target: Path, change: Callable[[Config], None], **parts: bytes) -> Path:
    """Copy a .keras file with its configuration changed and other parts exchanged."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            content = parts.get(name.replace(".", "_"), content)
            if content:
                new.writestr(name, content)
    return target


def layer(config: Config, kind: str) -> Config:
    return next(entry for entry in config["config"]["layers"] if entry["class_name"] == kind)


def keep(_: Config) -> None:
    """Change nothing."""


def lambda_layer(config: Config) -> None:
    layer(config, "Flatten")["class_name"] = "Lambda"


def own_layer(config: Config) -> None:
    layer(config, "Flatten").update(module="my_layers", class_name="Squeeze", registered_name="mine>Squeeze")


def own_activation(config: Config) -> None:
    dense = layer(config, "Dense")["config"]
    dense["activation"] = {"module": "builtins", "class_name": "function", "config": "soft_relu"}


def unknown_layer(config: Config) -> None:
    layer(config, "MaxPooling2D")["class_name"] = "UpSampling2D"


def channels_first(config: Config) -> None:
    layer(config, "Conv2D")["config"]["data_format"] = "channels_first"


def own_model(config: Config) -> None:
    config.update(class_name="MyModel", module="__main__", registered_name="MyModel")


def other_kernel(config: Config) -> None:
    layer(config, "Conv2D")["config"]["filters"] = 7


def no_bias(config: Config) -> None:
    layer(config, "Dense")["config"]["use_bias"] = False


def ends_hidden(config: Config) -> None:
    config["config"]["layers"].pop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda_layer, r"Lambda of Keras has no counterpart here.\n.*never executed"),
        (own_layer, r"Squeeze \(mine>Squeeze\) is a class of your own"),
        (own_activation, r"soft_relu, a function of your own"),
        (unknown_layer, r"UpSampling2D of Keras has no counterpart"),
        (channels_first, r"data_format = 'channels_first' has no counterpart"),
        (own_model, r"MyModel, a class of your own"),
        (other_kernel, r"do not fit|holds an array of shape"),
        (no_bias, r"holds 2 arrays, not 1"),
        (ends_hidden, r"gives neither classes nor a value"),
    ],
)
def test_layers_without_counterpart(
    change: Callable[[Config], None], message: str, keras_folder: Path, tmp_path: Path
) -> None:
    file = tampered(keras_folder / "flattened.keras", tmp_path / "x.keras", change)
    with pytest.raises(ModelError, match=message):
        sp.import_keras(file, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def second_use(config: Config) -> None:
    nodes = layer(config, "Conv2D")["inbound_nodes"]
    nodes.append(nodes[0])


def two_outputs(config: Config) -> None:
    config["config"]["output_layers"] = [config["config"]["output_layers"], ["add", 0, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [(second_use, r"is used 2 times, with the same weights"), (two_outputs, r"1 inputs and 2 outputs")],
)
def test_graphs_that_are_not_known(
    change: Callable[[Config], None], message: str, keras_folder: Path, tmp_path: Path
) -> None:
    file = tampered(keras_folder / "branches.keras", tmp_path / "x.keras", change)
    with pytest.raises(ModelError, match=message):
        sp.import_keras(file, runs=tmp_path / "runs")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"metadata_json": b'{"keras_version": "2.13.1"}'}, r"written by Keras 2\.13\.1.*\n.*load_model\('x\.keras'\)"),
        ({"config_json": b"{"}, r"config\.json cannot be read"),
        ({"config_json": b"[]"}, r"config\.json is not an object"),
        ({"config_json": b""}, r"it has no config\.json"),
        ({"model_weights_h5": b"\x89HDF\r\n\x1a\n damaged"}, r"the weights cannot be read"),
        ({"model_weights_h5": b""}, r"has no model\.weights\.h5"),
    ],
)
def test_damaged_files(parts: dict[str, bytes], message: str, keras_folder: Path, tmp_path: Path) -> None:
    file = tampered(keras_folder / "flattened.keras", tmp_path / "x.keras", keep, **parts)
    with pytest.raises(ModelError, match=message):
        sp.import_keras(file, runs=tmp_path / "runs")


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Sequential"},
        {"class_name": "Sequential", "module": "keras", "config": {"layers": [3]}},
        {"class_name": "Functional", "module": "keras", "config": {"layers": [{}]}},
    ],
)
def test_configurations_of_another_form(config: Config, keras_folder: Path, tmp_path: Path) -> None:
    parts = {"config_json": json.dumps(config).encode()}
    file = tampered(keras_folder / "flattened.keras", tmp_path / "x.keras", keep, **parts)
    with pytest.raises(ModelError):
        sp.import_keras(file, runs=tmp_path / "runs")


def test_old_formats_say_how_to_convert(tmp_path: Path) -> None:
    old, weights, folder = tmp_path / "best-cnn-model.h5", tmp_path / "model.weights.h5", tmp_path / "saved"
    for path in (old, weights):
        h5py.File(path, "w").close()
    folder.mkdir()
    with pytest.raises(
        ModelError, match=r"old format.\n.*load_model\('best-cnn-model.h5'\).save\('best-cnn-model.keras'\)"
    ):
        sp.import_keras(old)
    with pytest.raises(ModelError, match=r"weights without their network"):
        sp.import_keras(weights)
    with pytest.raises(ModelError, match=r"is a folder"):
        sp.import_keras(folder)
    with pytest.raises(ModelError, match=r"cannot be read: No such file"):
        sp.import_keras(tmp_path / "nowhere.keras")


def test_links_to_other_files_are_refused(keras_folder: Path, tmp_path: Path) -> None:
    """A weight that lies in another file could carry that file's content into the run."""
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["value"] = [1.0, 2.0]
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_group("layers/conv2d/vars")["0"] = h5py.ExternalLink(str(secret), "value")
    parts = {"model_weights_h5": content.getvalue()}
    file = tampered(keras_folder / "flattened.keras", tmp_path / "x.keras", keep, **parts)
    with pytest.raises(ModelError, match=r"layers/conv2d/vars/0 points outside of the file"):
        sp.import_keras(file, runs=tmp_path / "runs")


def test_without_h5py_the_extra_is_named(keras_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"pip install 'spirula\[keras\]'"):
        sp.import_keras(keras_folder / "flattened.keras", runs=tmp_path)
