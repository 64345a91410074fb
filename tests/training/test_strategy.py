"""What ``auto`` stands for, rule by rule, and that it is never hidden."""

import tomllib

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

import spirula as sp
from spirula.data.samples import Request
from spirula.data.sources.glance import Glance, glance
from spirula.errors import ConfigError
from spirula.recipe import make_recipe
from spirula.training.transfer.strategy import Known, choose, offer, with_strategy

PHOTOS = Known(Glance(2000, True, 180), "tf_efficientnet_lite0", "package", False)


def chosen(known: Known = PHOTOS, **options: object) -> tuple[str, str]:
    return choose(make_recipe(source="x", strategy="auto", **options), known)


@pytest.mark.parametrize(
    ("known", "options", "strategy", "words"),
    [
        (Known(PHOTOS.seen, "resnet18", "", False), {}, "scratch", "resnet18 here; --weights FILE"),
        (PHOTOS, {}, "features", "2,000 training samples; seconds on a processor"),
        (PHOTOS, {"budget": "10m"}, "finetune", "enough for about 300 s"),
        (PHOTOS, {"budget": "1m"}, "features", "about 300 s, more than the budget"),
        (PHOTOS, {"epochs": 3}, "finetune", "epochs was asked for"),
        (PHOTOS, {"interpolate": True}, "finetune", "interpolate was asked for"),
        (Known(PHOTOS.seen, PHOTOS.model, "package", True), {}, "finetune", "and a GPU"),
        (Known(Glance(60, True, 180), PHOTOS.model, "cache", True), {}, "features", "60 training samples are too few"),
        (Known(PHOTOS.seen, PHOTOS.model, "", False), {}, "scratch", "no weights of tf_efficientnet_lite0 here"),
        (Known(PHOTOS.seen, None, "", False), {}, "scratch", "not a pretrained one"),
        (Known(Glance(60_000, True, 28), PHOTOS.model, "package", True), {}, "scratch", "28 pixels"),
        (Known(Glance(2000, False, None), PHOTOS.model, "package", False), {}, "scratch", "no pictures"),
        (Known(Glance(2000, True, None), PHOTOS.model, "file", False), {}, "features", "seconds"),
    ],
)
def test_the_first_rule_that_holds_decides(known, options, strategy, words):
    found, reason = chosen(known, **options)
    assert found == strategy
    assert reason.startswith("auto: ")
    assert words in reason


def test_other_strategies_are_left_alone():
    for strategy in (None, "scratch", "features", "finetune"):
        asked = make_recipe(source="nowhere", strategy=strategy)
        assert with_strategy(asked) == (asked, {})


def test_a_glance_counts_and_measures_without_decoding(tmp_path):
    for split, count in (("train", 7), ("test", 3)):
        for name in ("고양이", "dog"):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                Image.new("RGB", (120, 90 + number)).save(folder / f"{number}.png")
    seen = glance(str(tmp_path), Request())
    assert (seen.training, seen.pictures) == (14, True)
    assert seen.side is not None
    assert 90 <= seen.side <= 96
    assert glance(str(tmp_path / "train"), Request()).training == 10  # 14 less a tenth, and a fifth of the rest
    assert glance((np.zeros((50, 5)), np.arange(50) % 2), Request()) == Glance(36, False, None)
    assert glance((np.zeros((50, 28, 30, 1), np.uint8), np.arange(50) % 2), Request()).side == 28


def test_the_choice_is_stored_with_its_reason_and_announced(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.manual_seed(0)
    weights = tmp_path / "w.safetensors"
    save_file(timm.create_model("test_efficientnet", num_classes=3).state_dict(), weights)
    random = np.random.default_rng(0)
    data = (random.integers(0, 256, (60, 64, 64, 3)).astype(np.uint8), np.arange(60) % 2)
    options = {"model": "timm/test_efficientnet", "weights": str(weights), "threads": 1, "runs": str(tmp_path / "runs")}
    run = sp.train(data, strategy="auto", budget="20s", image_size=64, progress="lines", **options)
    text = (run.folder.path / "config.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["training"]["strategy"] == "features"
    assert 'strategy = "features" # auto: 43 training samples are too few' in text
    assert "features need no budget" in text
    assert "strategy = features (auto: 43 training samples" in capsys.readouterr().err
    assert run.folder.document()["derived"]["strategy"].startswith("auto: ")


def test_scratch_does_not_swallow_weights():
    asked = make_recipe(source="x", strategy="auto", weights="w.safetensors", model="timm/resnet18")
    with pytest.raises(ConfigError, match="no effect: auto takes scratch, because the samples are no pictures"):
        with_strategy(asked, source=(np.zeros((50, 5)), np.arange(50) % 2))


def test_who_did_not_ask_is_told_what_there_is(monkeypatch, tmp_path):
    monkeypatch.setattr("spirula.training.transfer.strategy.package_file", lambda: tmp_path)
    plain = make_recipe(source="x")
    assert "--strategy features" in offer(plain, (180, 180, 3), 2000)
    assert offer(plain, (28, 28, 1), 2000) == ""
    assert offer(plain, (180, 180, 3), 200_000) == ""
    assert offer(make_recipe(source="x", strategy="scratch"), (180, 180, 3), 2000) == ""
    monkeypatch.setattr("spirula.training.transfer.strategy.package_file", lambda: None)
    assert offer(plain, (180, 180, 3), 2000) == ""
