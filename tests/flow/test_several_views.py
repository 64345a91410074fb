"""--test-views: one way of asking, from the end of a training to everything that is asked of the run later."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

import spirula as sp
from spirula.api.session import judged as judged_module
from spirula.api.session.judged import judge
from spirula.errors import ConfigError, RunError
from spirula.evaluation.evaluate import evaluate_split
from spirula.evaluation.predict import predict
from spirula.evaluation.reload import TrainedNetwork, reload
from spirula.evaluation.views import UNSURE_SHARE
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble

NETWORK = 'Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(16, activation="relu")'


def pictures(number: int = 120, side: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Bright on the left or on the right, half hidden by noise: a mirror image would have the other label."""
    random = np.random.default_rng(4)
    labels = np.arange(number) % 3
    images = random.integers(0, 200, (number, side, side, 3))
    for row, label in enumerate(labels):
        images[row, :, 4 * label : 4 * label + 4] += 40
    return images.clip(0, 255).astype(np.uint8), labels


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    return sp.train(
        pictures(), model=NETWORK, epochs=4, test_views="flip-shift-unsure", validation=0.3, test=0.3,
        runs=str(tmp_path_factory.mktemp("runs")), name="views", progress="quiet", threads=1,
    )  # fmt: skip


def test_a_run_says_so_and_is_verified(run: sp.Run) -> None:
    card = json.loads((run.path / "model.json").read_text(encoding="utf-8"))
    assert card["test_views"]["name"] == "flip-shift-unsure"
    assert 0 < card["test_views"]["unsure_below"] < 1
    assert run.verified
    assert tomllib.loads((run.path / "config.toml").read_text(encoding="utf-8"))["model"]["test_views"]
    assert "Averaged over each picture and five others" in (run.path / "report.html").read_text(encoding="utf-8")
    assert any("each picture and five others" in note for note in run.evaluate().notes)


def test_unsure_is_a_quarter_of_the_validation_samples(run: sp.Run) -> None:
    network = reload(run.folder)
    assert network.views is not None
    images, _ = pictures()
    columns = run.folder.manifest()
    held = [row for row, split in enumerate(columns["split"]) if split == "validation"]
    with torch.inference_mode():
        alone = replace(network, views=None)
        sure = alone.probabilities(images[held]).max(axis=1)
    assert network.views.unsure_below == pytest.approx(np.quantile(sure, UNSURE_SHARE), abs=1e-5)


def test_every_way_of_asking_gives_the_stored_answers(run: sp.Run) -> None:
    images, labels = pictures()
    stored = run.folder.predictions("test")
    columns = run.folder.manifest()
    rows = [columns["id"].index(name) for name in stored.ids]
    np.testing.assert_allclose(run.predict_proba(images[rows]), stored.probabilities, atol=1e-4)
    one_by_one = np.concatenate([run.predict_proba(images[row : row + 1]) for row in rows])
    np.testing.assert_allclose(one_by_one, stored.probabilities, atol=1e-4)
    again = run.evaluate({"x_test": images[rows], "y_test": labels[rows]}, split="test")
    assert again["accuracy"] == pytest.approx(run.results["test"]["accuracy"])
    assert again["loss"] == pytest.approx(run.results["test"]["loss"], abs=1e-4)
    assert any("each picture and five others" in note for note in again.notes)


def test_a_damaged_card_is_said(run: sp.Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in run.path.iterdir():
        if file.is_file():
            (copy / file.name).write_bytes(file.read_bytes())
    card = json.loads((copy / "model.json").read_text(encoding="utf-8"))
    (copy / "model.json").write_text(json.dumps({**card, "test_views": {"name": "turn"}}), encoding="utf-8")
    with pytest.raises(RunError, match="test views that are not known"):
        sp.open_run(copy).predict(pictures()[0][:2])


def test_what_is_unsure_is_settled_on_some_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counting(*args: Any, **options: Any) -> Any:
        found = predict(*args, **options)
        asked.append(len(found[0]))
        return found

    monkeypatch.setattr(judged_module, "predict", counting)
    options = {"test_views": "flip-unsure", "threads": 1, "epochs": 1, "validation": 0.0, "model": NETWORK}
    assembly = assemble(make_recipe(**options), source=pictures(300))
    _, _, every = judge(assembly)
    monkeypatch.setattr(judged_module, "SETTLED_ON", 60)
    _, _, some = judge(assembly)
    assert asked[0] == len(assembly.dataset.rows("train"))
    assert 60 <= asked[1] < 120
    assert every is not None
    assert some is not None
    assert some.unsure_below == pytest.approx(every.unsure_below, abs=0.05)


def assert_answers_are_means(source: Any, **options: Any) -> None:
    """By the definition: what is judged at the end is the mean of what the network says of both."""
    assembly = assemble(make_recipe(test_views="flip", threads=1, test=0.3, **options), source=source)
    for _ in assembly.fit(None):
        pass
    judged, batches, views = judge(assembly)
    manifest, output = assembly.dataset.manifest, assembly.network.output
    found = evaluate_split(judged, assembly.dataset, batches("test"), output=output, views=views)
    plain = TrainedNetwork(
        assembly.network.module, manifest.task, tuple(manifest.classes), assembly.preprocessing, output
    )
    images = np.asarray(assembly.dataset.pixels)[found.rows]
    one, other = plain.probabilities(images), plain.probabilities(np.ascontiguousarray(images[:, :, ::-1]))
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(found.probabilities, (one + other) / 2, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("task", ["multilabel", "regression", "two classes, one output"])
def test_every_task(task: str) -> None:
    images, labels = pictures(60)
    hot = np.eye(3, dtype=np.uint8)[labels]
    targets: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "multilabel": (np.maximum(hot, hot[::-1]), {"task": "multilabel"}),
        "regression": (labels * 100.0 + 7, {"task": "regression"}),
        "two classes, one output": (labels % 2, {"loss": "binary-cross-entropy"}),
    }
    values, options = targets[task]
    assert_answers_are_means((images, values), model=NETWORK, epochs=2, **options)


@pytest.mark.parametrize("strategy", ["features", "finetune"])
def test_every_strategy(strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.manual_seed(0)
    weights = tmp_path / "tiny.safetensors"
    save_file(timm.create_model("test_efficientnet", num_classes=5).state_dict(), weights)
    more = {"epochs": 1, "batch_size": 16} if strategy == "finetune" else {}
    network = {"model": "timm/test_efficientnet", "weights": str(weights), "image_size": 32}
    assert_answers_are_means(pictures(90, 32), strategy=strategy, **network, **more)


def test_scikit_learn_asks_the_same_way() -> None:
    images, labels = pictures(60)
    plain, both = (
        sp.ImageClassifier(model=NETWORK, epochs=2, random_state=0, options={"test_views": views, "threads": 1})
        .fit(images, labels)
        .predict_proba
        for views in ("none", "flip")
    )
    np.testing.assert_allclose(both(images), (plain(images) + plain(images[:, :, ::-1])) / 2, atol=1e-5)


@pytest.mark.parametrize("asked", [None, "none"])
def test_without_views_nothing_changes(asked: str | None) -> None:
    assembly = assemble(make_recipe(test_views=asked, model=NETWORK, threads=1), source=pictures(60))
    judged, batches, views = judge(assembly)
    assert views is None
    assert judged is assembly.network.module
    assert batches == assembly.batches


def test_where_it_cannot_work_it_is_refused(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32), np.arange(40) % 2
    with pytest.raises(ConfigError, match="test_views = 'flip' cannot work on vectors"):
        sp.train(numbers, test_views="flip", runs=str(tmp_path), progress="quiet")
    images, labels = pictures(40)
    with pytest.raises(ConfigError, match="flip-unsure' would have no effect: it needs a classification task"):
        sp.train(
            (images, labels * 0.5), task="regression", test_views="flip-unsure", runs=str(tmp_path), progress="quiet"
        )
    with pytest.raises(ConfigError, match="test_views"):
        make_recipe(source="digits", test_views="mirror")
    assert not list(tmp_path.iterdir())
