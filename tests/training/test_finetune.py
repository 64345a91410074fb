"""Probe first, then the layers under it: a whole run, resumed runs, and what the probe is worth."""

import itertools
import tomllib

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

import spirula as sp
from spirula.config import Recipe
from spirula.errors import ConfigError
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble
from spirula.training.assembly import Assembly
from spirula.training.checkpoints import load_checkpoint
from spirula.training.records import EpochRecord, HeadRecord, StartRecord, StoppedRecord


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "임의.safetensors"
    save_file(timm.create_model("test_efficientnet", num_classes=5).state_dict(), path)
    return str(path)


@pytest.fixture(scope="module")
def pictures():
    """Striped ones and others, in noise that makes some hard."""
    random = np.random.default_rng(0)
    labels = np.arange(90) % 2
    images = random.integers(0, 256, (90, 32, 32, 3))
    images[labels == 1, ::2] -= 30
    return {
        "x_train": images[:50].clip(0, 255).astype(np.uint8), "y_train": labels[:50],
        "x_validation": images[50:].clip(0, 255).astype(np.uint8), "y_validation": labels[50:],
    }  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def recipe(weights: str, **options: object) -> Recipe:
    asked: dict[str, object] = {
        "strategy": "finetune", "model": "timm/test_efficientnet", "weights": weights, "image_size": 32,
        "epochs": 2, "batch_size": 16, "precision": "float32", "threads": 1, "test": None,
    }  # fmt: skip
    return make_recipe(**{**asked, **options})


def assembled(pictures, weights, **options) -> Assembly:
    return assemble(recipe(weights, **options), source=pictures)


def test_the_probe_comes_first_and_is_what_the_training_begins_with(pictures, weights, tmp_path):
    assembly = assembled(pictures, weights)
    records = list(assembly.fit(tmp_path))
    kinds = [type(record) for record in records]
    assert kinds.index(HeadRecord) < kinds.index(StartRecord) < kinds.index(EpochRecord)
    start = next(record for record in records if isinstance(record, StartRecord))
    features = list(assemble(features_recipe(weights), source=pictures).fit(None))
    fitted = next(record for record in features if isinstance(record, EpochRecord))
    assert start.metrics["val_accuracy"] == pytest.approx(fitted.metrics["val_accuracy"])
    assert start.metrics["val_loss"] == pytest.approx(fitted.metrics["val_loss"], rel=1e-3)


def features_recipe(weights):
    return make_recipe(
        strategy="features",
        model="timm/test_efficientnet",
        weights=weights,
        image_size=32,
        precision="float32",
        threads=1,
    )


@pytest.mark.parametrize("rate", [0.001, 0.2])
def test_it_is_never_worse_on_validation_than_the_probe(pictures, weights, rate):
    assembly = assembled(pictures, weights, learning_rate=rate, ema=0.5, patience=1)
    records = list(assembly.fit(None))
    start = next(record for record in records if isinstance(record, StartRecord)).metrics["val_accuracy"]
    later = [record.metrics["val_accuracy"] for record in records if isinstance(record, EpochRecord)]
    stopped = records[-1]
    assert isinstance(stopped, StoppedRecord)
    assert stopped.best_value == max(start, *later)
    if max(later) < start:
        assert stopped.best_epoch == 0
    assert validated(assembly) == pytest.approx(stopped.best_value)


def validated(assembly: Assembly) -> float:
    module, batches = assembly.judge()
    with torch.no_grad():
        right = [module(batch.images).argmax(1) == batch.targets for batch in batches("validation").epoch(0)]
    return float(torch.cat(right).float().mean())


def test_defaults_say_why_and_a_stored_recipe_trains_the_same_again(pictures, weights):
    assembly = assembled(pictures, weights)
    training = assembly.recipe.training
    assert training.freeze == ("conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2")
    assert (training.views, training.layer_decay, training.keep_statistics) == (4, 0.8, True)
    assert (assembly.recipe.augmentation.flip, assembly.recipe.augmentation.resized_crop) == ("horizontal", 0.6)
    assert {"freeze", "views", "layer_decay", "keep_statistics", "ema", "flip", "warmup"} <= set(assembly.reasons)
    again = assemble(assembly.recipe, source=pictures)
    assert again.recipe == assembly.recipe
    frozen = {name for name, value in again.network.module.named_parameters() if not value.requires_grad}
    assert all(name.startswith(("conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2")) for name in frozen)


def test_frozen_layers_stay_and_the_others_learn(pictures, weights, tmp_path):
    assembly = assembled(pictures, weights, learning_rate=0.003, patience=None)
    before = {name: value.clone() for name, value in assembly.network.module.state_dict().items()}
    list(assembly.fit(tmp_path))
    after = assembly.network.module.state_dict()
    frozen = ("conv_stem.", "bn1.", "blocks.0.", "blocks.1.", "blocks.2.")
    for name, value in before.items():
        if name.startswith(frozen) or "running_" in name:
            assert torch.equal(after[name], value), name
    assert not torch.equal(after["classifier.weight"], before["classifier.weight"])


@pytest.mark.parametrize("options", [{"views": 1, "freeze": "conv_stem,bn1,blocks.0"}, {"freeze": "none"}])
def test_interrupted_and_resumed_it_ends_the_same(pictures, weights, tmp_path, options):
    options = {**options, "learning_rate": 0.003, "patience": None, "epochs": 2}
    list(assembled(pictures, weights, **{**options, "epochs": 1}).fit(None))  # leaves the features in the cache
    unbroken = assembled(pictures, weights, **options)
    polls = itertools.count()
    records = list(unbroken.fit(tmp_path / "unbroken", interrupted=lambda: next(polls) < 0))
    total = next(polls)
    expected = unbroken.network.module.state_dict()
    for stop_at in (0, total // 2, total - 3):
        folder, calls = tmp_path / str(stop_at), itertools.count()
        broken = assembled(pictures, weights, **options)
        some = list(broken.fit(folder, interrupted=lambda c=calls, k=stop_at: next(c) == k))
        assert some[-1].reason == "interrupted"
        resume = load_checkpoint(folder) if folder.is_dir() and any(folder.glob("*.json")) else None
        resumed = assembled(pictures, weights, **options)
        rest = list(resumed.fit(folder, resume=resume))
        assert rest[-1] == records[-1]
        for name, value in resumed.network.module.state_dict().items():
            assert torch.equal(value, expected[name]), (stop_at, name)


def test_views_and_no_views_train_alike_when_nothing_is_random(pictures, weights, tmp_path):
    plain = {
        "freeze": "conv_stem,bn1,blocks.0,blocks.1", "flip": "none", "learning_rate": 0.003, "ema": 0.5,
    }  # fmt: skip
    once, always = (assembled(pictures, weights, **plain, **more) for more in ({"views": 1}, {}))
    for assembly in (once, always):
        list(assembly.fit(None))
    assert always.finetuning is not None
    assert always.finetuning.views is None
    for name, value in once.network.module.state_dict().items():
        torch.testing.assert_close(value, always.network.module.state_dict()[name], rtol=2e-2, atol=2e-3, msg=name)


def test_a_run_is_verified_and_says_what_it_did(pictures, weights, tmp_path):
    run = sp.train(pictures, recipe=recipe(weights), runs=str(tmp_path), progress="quiet")
    document = run.folder.document()
    assert document["verification"]["status"] == "verified"
    assert document["start"]["val_accuracy"] <= document["best"]["value"]
    assert document["head"]["strength"] > 0
    chosen = document["interpolation"]
    assert chosen["value"] == max(value for _, value in chosen["tried"]) >= document["best"]["value"]
    assert dict(chosen["tried"])[0.0] == document["start"]["val_accuracy"]
    assert "The saved weights were chosen between" in run.report().read_text(encoding="utf-8")
    stored = tomllib.loads((run.folder.path / "config.toml").read_text(encoding="utf-8"))
    assert stored["training"]["strategy"] == "finetune"
    assert "Before the first step, on validation" in run.report().read_text(encoding="utf-8")


def test_a_budget_holds_both_stages(pictures, weights, tmp_path):
    assembly = assembled(pictures, weights, epochs=None, budget="6s", checkpoint_every="1h")
    records = list(assembly.fit(tmp_path))
    assert isinstance(records[-1], StoppedRecord)
    assert records[-1].reason in ("budget", "patience")


def test_a_budget_that_is_gone_leaves_the_probe(pictures, weights, tmp_path):
    assembly = assembled(pictures, weights, epochs=None, budget="0.05s")
    records = list(assembly.fit(tmp_path))
    start = next(record for record in records if isinstance(record, StartRecord)).metrics["val_accuracy"]
    assert not any(isinstance(record, EpochRecord) for record in records)
    assert records[-1] == StoppedRecord("budget", 0, 0, 0, "val_accuracy", start)
    assert validated(assembly) == pytest.approx(start)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"views": 2, "freeze": "none"}, "no layers are frozen"),
        ({"views": 2, "mixup": 0.2}, "mixup or cutmix"),
        ({"views": 2, "flip": "none", "freeze": "conv_stem"}, "all be the same"),
        ({"freeze": "none,conv_stem"}, "cannot stand beside"),
        ({"freeze": "blocks.3", "views": 2}, "cannot: they are not the first ones"),
    ],
)
def test_what_cannot_work_is_told(pictures, weights, options, words):
    with pytest.raises(ConfigError, match=words):
        list(assembled(pictures, weights, **options).fit(None))


def test_what_would_have_no_effect_is_told():
    with pytest.raises(ConfigError, match="features or finetune"):
        make_recipe(source="x", views=2, flip="horizontal")


def test_regression_and_several_labels_are_fine_tuned_too(pictures, weights):
    random = np.random.default_rng(1)
    shown = pictures["x_train"]
    many = np.stack([np.arange(50) % 2, random.integers(0, 2, 50)], 1).astype(np.float32)
    for targets, task in ((many, "multilabel"), (shown.mean((1, 2, 3)).astype(np.float32), "regression")):
        assembly = assemble(recipe(weights, task=task, validation=0.2, epochs=1), source=(shown, targets))
        records = list(assembly.fit(None))
        assert isinstance(records[-1], StoppedRecord)
        assert records[-1].best_epoch is not None
