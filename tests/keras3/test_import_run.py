"""An imported network is a run like any other: evaluate, predict, report, list, rebuild, train again."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import InputError, RunError
from spirula.models.card import load


@pytest.fixture
def imported(keras_folder: Path, tmp_path: Path) -> sp.Run:
    return sp.import_keras(keras_folder / "logits.keras", runs=tmp_path / "runs", name="taken", classes=["a", "b", "c"])


def test_facts_of_the_run(imported: sp.Run) -> None:
    document = imported.folder.document()
    assert imported.status == "finished"
    assert document["data"]["source"] == "imported"
    assert document["imported"]["file"] == "logits.keras"
    assert document["imported"]["from"].startswith("Keras 3.")
    assert len(document["imported"]["sha256"]) == 64
    assert imported.classes == ["a", "b", "c"]
    assert imported.history == []
    assert imported.folder.manifest()["id"] == []
    assert document["derived"]["normalize"] == "taken to be divided by 255 before the network"
    assert document["model"]["parameters"] == 36 * 3 + 3


def test_card_rebuilds_it_without_keras(imported: sp.Run) -> None:
    module, card = load(imported.path)
    assert card["spec"]["notation"] == "Flatten(), Dense(3)"
    assert not module.training


def test_evaluate_matches_classes_by_name(imported: sp.Run) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 6, 6, 1), dtype=np.uint8)
    probabilities = imported.predict_proba(pixels)
    chosen = probabilities.argmax(axis=1)
    labels = np.array(["a", "b", "c"])[chosen]
    assert imported.evaluate((pixels, labels))["accuracy"] == 1.0


def test_evaluate_without_data_says_what_to_do(imported: sp.Run) -> None:
    with pytest.raises(RunError, match=r"imported: no split.*\n.*evaluate .*taken DATA"):
        imported.evaluate()


def test_report_says_imported(imported: sp.Run) -> None:
    page = imported.report().read_text(encoding="utf-8")
    assert "logits was imported from Keras 3." in page
    assert "Not trained here" in page
    assert "spirula train DATA --recipe" in page
    assert "logits.keras" in page
    assert "learned imported" not in page


def test_listed_with_the_others(imported: sp.Run) -> None:
    rows = sp.list_runs(imported.path.parent)
    assert [(row["run"], row["status"], row["data"]) for row in rows] == [("taken", "finished", "imported")]


def test_config_trains_the_same_network(imported: sp.Run, tmp_path: Path) -> None:
    config = tomllib.loads((imported.path / "config.toml").read_text(encoding="utf-8"))
    assert config["model"] == {"model": "Flatten(), Dense(3)", "normalize": "unit"}
    generator = np.random.default_rng(0)
    data = (generator.integers(0, 256, (60, 6, 6, 1), dtype=np.uint8), np.repeat(["a", "b", "c"], 20))
    run = sp.train(data, recipe=imported.path / "config.toml", epochs=1, runs=tmp_path / "more", progress="quiet")
    assert run.folder.card()["spec"]["notation"] == "Flatten(), Dense(3)"


def test_command(keras_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(keras_folder / "tags.keras")
    options = ["--classes", "하나,둘,셋", "--normalize", "none", "--runs", str(tmp_path), "--name", "태그"]
    assert command(["import", file, *options]) == 0
    printed = capsys.readouterr().out
    assert "하나, 둘, 셋" in printed
    assert "normalize = none" in printed
    run = sp.open_run("태그", tmp_path)
    assert run.folder.card()["task"] == "multilabel"
    assert run.folder.card()["preprocessing"]["scale"] == 1.0
    assert command(["import", file, *options]) == 2  # runs are never overwritten
    assert "exists already" in capsys.readouterr().err


def test_tasks_follow_the_end_and_the_loss(keras_folder: Path, tmp_path: Path) -> None:
    read = {
        name: sp.import_keras(keras_folder / f"{name}.keras", runs=tmp_path).folder.card()
        for name in ("one_logit", "flattened_norms", "regression", "logits")
    }
    assert {name: (card["task"], card["output"], len(card["classes"])) for name, card in read.items()} == {
        "one_logit": ("classification", "sigmoid", 2),  # compiled with BinaryCrossentropy(from_logits=True)
        "flattened_norms": ("classification", "sigmoid", 2),
        "regression": ("regression", "linear", 0),
        "logits": ("classification", "softmax", 3),
    }


def test_scaling_follows_the_network(keras_folder: Path, tmp_path: Path) -> None:
    read = {
        name: sp.import_keras(keras_folder / f"{name}.keras", runs=tmp_path).folder.document()["derived"]["normalize"]
        for name in ("separable", "flattened_norms", "regression")
    }
    assert read == {
        "separable": "the network begins with Rescaling",
        "flattened_norms": "the network begins with Normalization of 0…255",
        "regression": "vectors are taken as they are",
    }


def test_precision_is_said(keras_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["import", str(keras_folder / "half.keras"), "--runs", str(tmp_path)]) == 0
    assert "note: Keras computed it in mixed_bfloat16; here it is float32" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("logits", {"classes": ["a", "b"]}, r"names 2 classes; the network has 3"),
        ("logits", {"classes": ["a", "b", "a"]}, r"names 2 classes"),
        ("regression", {"classes": ["a"]}, r"no effect: it predicts a value"),
        ("regression", {"normalize": "unit"}, r"no effect: the network takes vectors"),
        ("logits", {"image_size": (7, 7)}, r"made for 6×6×1, not for 7×7"),
        ("any_size", {}, r"does not say how large its pictures are"),
    ],
)
def test_options_that_do_not_fit(
    name: str, options: dict[str, object], message: str, keras_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        sp.import_keras(keras_folder / f"{name}.keras", runs=tmp_path, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
