"""From a recipe to a run folder that explains itself, on the digits that always are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_network import SMALL

import spirula as sp
from spirula.errors import InputError


def test_it_learns(run: sp.Run) -> None:
    assert run.status == "finished"
    assert run.results["test"]["accuracy"] > 0.9
    low, high = run.results["test"]["accuracy_interval"]
    assert low < run.results["test"]["accuracy"] < high
    assert [row["epoch"] for row in run.history] == list(range(1, 21))
    assert run.history[-1]["loss"] < run.history[0]["loss"]


def test_a_fresh_process_reproduced_the_numbers(run: sp.Run) -> None:
    verification = run.folder.document()["verification"]
    assert verification["status"] == "verified", verification
    assert run.verified
    assert verification["samples"] == len(run.folder.predictions("validation").ids)


def test_the_folder_is_complete(run: sp.Run) -> None:
    names = {path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file()}
    assert {
        "config.toml", "run.json", "manifest.csv", "classes.json", "metrics.jsonl", "predictions/validation.npz",
        "predictions/test.npz", "model.safetensors", "model.json", "insight/network.json", "insight/network.svg",
        "insight/samples.npz", "insight/inputs.npz", "insight/mistakes_test.npz", "report.html",
    } <= names  # fmt: skip
    assert not [name for name in names if name.endswith((".pkl", ".pt", ".pth", ".part", ".tmp"))]
    document = run.folder.document()
    assert document["data"]["counts"] == {"train": 1294, "validation": 323, "test": 180}
    assert document["model"]["parameters"] == 8 * 10 + (4 * 4 * 8 + 1) * 32 + 33 * 10
    assert document["timing"]["peak_memory_bytes"] > 1e6
    assert document["stopped"] == {"reason": "finished", "epoch": 20}
    assert document["best"]["monitor"] == "val_accuracy"
    assert document["versions"]["torch"]
    manifest = run.folder.manifest()
    assert len(manifest["id"]) == 1797
    assert run.classes == [str(digit) for digit in range(10)]


def test_best_epoch_is_what_was_saved(run: sp.Run) -> None:
    best = run.folder.document()["best"]
    logged = next(row for row in run.history if row["epoch"] == best["epoch"])
    assert logged["val_accuracy"] == max(row["val_accuracy"] for row in run.history)
    assert run.results["validation"]["accuracy"] == pytest.approx(logged["val_accuracy"], abs=0.01)


def test_the_config_trains_the_same_network_again(run: sp.Run, tmp_path: Path) -> None:
    again = sp.train(recipe=run.path / "config.toml", runs=tmp_path, name="again", progress="quiet")
    assert (again.path / "model.safetensors").read_bytes() == (run.path / "model.safetensors").read_bytes()
    assert again.results == run.results


def test_results_are_tables(run: sp.Run) -> None:
    import pandas

    frame = pandas.DataFrame(run.history)
    assert list(frame["epoch"]) == list(range(1, 21))
    assert run.history.to_pandas().equals(frame)
    confusion = run.confusion("test")
    matrix = np.array([[row[name] for name in run.classes] for row in confusion])
    stored = run.folder.predictions("test")
    from sklearn.metrics import confusion_matrix

    np.testing.assert_array_equal(matrix, confusion_matrix(stored.targets, stored.probabilities.argmax(axis=1)))
    wrong = stored.targets != stored.probabilities.argmax(axis=1)
    mistakes = run.mistakes("test")
    assert len(mistakes) == min(int(wrong.sum()), 48)
    assert [row["confidence"] for row in mistakes] == sorted((r["confidence"] for r in mistakes), reverse=True)
    assert all(row["label"] != row["predicted"] for row in mistakes)
    assert mistakes.images.shape == (len(mistakes), 8, 8, 1)
    for shown in (run, run.history, confusion, mistakes, run.curves()):
        html = shown._repr_svg_() if hasattr(shown, "_repr_svg_") else shown._repr_html_()
        assert "<" in html
    assert "test" in repr(run)


def test_evaluate_gives_the_stored_numbers_and_measures_other_data(run: sp.Run) -> None:
    stored = run.evaluate(split="test")
    assert stored["accuracy"] == run.results["test"]["accuracy"]
    assert len(stored.per_class) == 10
    assert [row["class"] for row in stored.per_class] == run.classes
    assert sum(row["support"] for row in stored.per_class) == 180
    data = sp.load("digits")
    rows = data.rows("test")
    names = np.array([data.manifest.classes[t] for t in data.manifest.targets[rows]])
    measured = run.evaluate((data.pixels[rows], names))
    assert measured["accuracy"] == pytest.approx(stored["accuracy"])
    assert measured["loss"] == pytest.approx(stored["loss"], rel=1e-4)
    assert measured.predictions[0].keys() == {"id", "label", "predicted", "probability"}
    with pytest.raises(InputError, match="train"):
        run.evaluate((data.pixels[rows], np.array(["무"] * len(rows))))


def test_mistakes_are_drawn_with_their_captions(run: sp.Run, tmp_path: Path) -> None:
    from xml.etree import ElementTree

    score = run.evaluate()
    assert (score.probabilities.argmax(axis=1) == score.targets).mean() == pytest.approx(score["accuracy"])
    mistakes = run.mistakes()
    path = mistakes.save(tmp_path / "틀린 것.svg", rows=1, columns=2)
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}image")) == min(2, len(mistakes)) > 0
    texts = [element.text for element in root.findall(f"{space}text")]
    assert texts[0] == f"{mistakes[0]['label']} | {mistakes[0]['predicted']}"
    with pytest.raises(InputError, match="svg"):
        mistakes.save(tmp_path / "x.bmp")


def test_opening_a_run_by_name_and_listing(run: sp.Run) -> None:
    assert sp.open_run("last", run.path.parent).path == run.path
    table = sp.list_runs(run.path.parent)
    assert table[0]["run"] == "digits"
    assert table[0]["value"] == run.results["test"]["accuracy"]


def test_every_augmentation_and_option_at_once(tmp_path: Path) -> None:
    run = sp.train(
        "digits", model=SMALL, epochs=3, runs=tmp_path, progress="quiet", crop=1, shift=0.1, rotate=10, zoom=0.1,
        brightness=0.1, contrast=0.1, erase=0.2, mixup=0.2, cutmix=0.5, ema=0.9, clip_norm=1.0, l1=1e-5, l2=1e-4,
        label_smoothing=0.1, sampling="balanced", optimizer="sgd", momentum=0.9, nesterov=True, schedule="cosine",
        warmup=0.5, learning_rate=0.05, batch_size=64, patience=2, min_delta=0.001, precision="float32", seed=3,
        monitor="val_loss", deterministic=True, channels_last=False, threads=1, resize=None, test=0.2, validation=0.25,
    )  # fmt: skip
    assert run.verified
    assert run.history[0]["penalty"] > 0
    assert run.folder.arrays("inputs")["images"].shape[1:] == (8, 8, 1)
    assert run.folder.document()["data"]["counts"] == {"train": 1078, "validation": 360, "test": 359}


def test_a_budget_shapes_the_run(tmp_path: Path) -> None:
    run = sp.train("digits", model=SMALL, budget="3s", runs=tmp_path, progress="quiet", threads=1)
    config = run.folder.config()["training"]
    assert "epochs" not in config
    assert run.folder.document()["stopped"]["reason"] == "budget"
    assert run.history[-1]["learning_rate"] < config["learning_rate"] / 100, "the schedule ended with the budget"


def test_measuring_on_the_training_data_is_said(run: sp.Run) -> None:
    notes = " ".join(run.evaluate("digits").notes)
    assert "1,294 of these 1,797 samples were trained on" in notes
    assert run.evaluate(split="test").notes == []


def test_other_values_than_the_training_saw_are_refused(run: sp.Run) -> None:
    data = sp.load("digits")
    with pytest.raises(InputError, match="float32"):
        run.evaluate((data.pixels.astype(np.float32) / 255, data.manifest.targets))


def test_a_wrong_regression_is_not_verified(tmp_path: Path) -> None:
    """Targets far from zero with a small spread: an error of ten spreads is one part in 20,000."""
    from spirula.evaluation.verify import compare

    rng = np.random.default_rng(6)
    x = rng.normal(size=(200, 3)).astype(np.float32)
    y = (2e6 + 10 * x[:, 0]).astype(np.float32)
    run = sp.train((x, y), task="regression", epochs=2, runs=tmp_path, progress="quiet", threads=1)
    assert run.verified
    stored = run.folder.predictions("validation").probabilities
    assert compare(run.folder, "validation", stored)["status"] == "verified"
    assert compare(run.folder, "validation", stored + 100)["status"] == "failed"


def test_one_sigmoid_is_two_classes_or_one_label() -> None:
    import torch

    from spirula.evaluation.predict import to_probabilities

    logits = torch.tensor([[0.0], [2.0]])
    assert to_probabilities(logits, "sigmoid", classes=1).tolist() == logits.sigmoid().tolist()
    assert to_probabilities(logits, "sigmoid", classes=2).sum(dim=1).tolist() == [1.0, 1.0]


def test_a_broken_file_with_a_name_in_no_encoding(tmp_path: Path) -> None:
    for name, level in (("a", 40), ("b", 200)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(25):
            Image.new("L", (8, 8), level).save(tmp_path / "data" / name / f"{number}.png")
    (tmp_path / "data" / "a" / os.fsdecode(b"\xff.png")).write_bytes(b"no picture")
    run = sp.train(tmp_path / "data", model="linear", epochs=1, runs=tmp_path / "runs", progress="quiet", threads=1)
    assert run.status == "finished"
    assert run.folder.document()["data"]["refused"][0]["id"] == "a/\\xff.png"
    assert (run.path / "report.html").exists()


def test_rescaling_is_seen_behind_what_only_moves_pixels() -> None:
    from spirula.models.adapt import begins_with_rescaling
    from spirula.models.build import build

    def begins(model: str) -> bool:
        return begins_with_rescaling(build(model, input_shape=(8, 8, 1), outputs=2, seed=0))

    assert begins("Rescaling(0.1), Flatten()")
    assert begins("Resizing(4, 4), Rescaling(0.1), Flatten()")
    assert begins("s = Rescaling(0.1)(input); f = Flatten()(s)")
    assert not begins("Flatten(), Dense(3), Rescaling(0.1)")
