"""``--recipe fast``: which of the measured recipes it is for which data, and what of it is taken over."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import spirula as sp
from spirula.config import Recipe
from spirula.data.batching.augmentation import Augmentation
from spirula.effects import augments
from spirula.errors import ConfigError, InputError
from spirula.recipe import changed, make_recipe, read_recipe
from spirula.training.deciding.measured import STRATEGIES, on_this_device, with_measured
from spirula.training.deciding.rules import augmentation_of

COLOUR, GREY = STRATEGIES["fast"].colour, STRATEGIES["fast"].grey
GREY_SHAPE, COLOUR_SHAPE = (28, 28, 1), (32, 32, 3)


def fast(shape: tuple[int, ...], samples: int, **options: object) -> Recipe:
    return with_measured(read_recipe("fast", **options), "classification", shape, samples)[0]


@pytest.mark.parametrize(
    ("base", "name"),
    [("fast", "mnist"), ("fast", "fashion-mnist"), ("fast", "cifar10"), ("best", "fashion-mnist"), ("best", "cifar10")],
)
def test_a_set_that_it_was_measured_on_has_its_own(base, name):
    assert read_recipe(base, source=name) == read_recipe(f"{base}-{name}")


@pytest.mark.parametrize("device", [None, "cuda", "cuda:0"])
def test_a_gpu_gets_the_recipe_that_is_made_for_it(device, monkeypatch):
    assert on_this_device("fast", "cifar10", "cpu") == "fast"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "a card")
    assert on_this_device("fast", "cifar10", device) == "fast-cifar10-gpu"
    assert on_this_device("fast", "cifar10", "cpu") == "fast"
    for base, source in (("fast", "mnist"), ("best", "cifar10"), ("cifar10-cnn", "cifar10"), ("fast-cifar10", "gpu")):
        assert on_this_device(base, source, device) == base


def test_a_file_of_that_name_wins_on_a_gpu_too(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "a card")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fast").write_text('source = "digits"')
    assert on_this_device("fast", "cifar10", None) == "fast"


def test_a_device_that_is_not_there_is_an_error_before_the_recipe_is_chosen():
    with pytest.raises(InputError, match="is not a device"):
        on_this_device("fast", "cifar10", "abacus")


def test_what_the_gpu_gets_trains_on_a_processor_too(tmp_path):
    generator = np.random.default_rng(0)
    labels = np.arange(64) % 2
    images = generator.integers(0, 120, (64, 32, 32, 3), dtype=np.uint8)
    images[labels == 1, :, :, 0] += 100
    options = {"epochs": 12, "batch_size": 16, "learning_rate": 0.05, "compile": False, "source": None, "test": 0.25}
    recipe = changed(read_recipe("fast-cifar10-gpu"), **options)
    run = sp.train((images, labels), recipe=recipe, runs=tmp_path, progress="quiet")
    assert run.results["test"]["accuracy"] > 0.9


def test_other_data_get_the_options_of_a_set_of_that_kind_without_its_flips():
    both = [
        (strategy, *pair)
        for strategy, of in STRATEGIES.items()
        for pair in ((GREY_SHAPE, of.grey), (COLOUR_SHAPE, of.colour))
    ]
    for strategy, shape, name in both:
        found, reasons = with_measured(read_recipe(strategy, source="photos/"), "classification", shape, 50_000)
        measured = read_recipe(name)
        assert found.model.model == measured.model.model
        assert found.training.learning_rate == measured.training.learning_rate
        assert found.training.whitening is True
        assert found.augmentation.flip is None
        assert found.augmentation.crop == measured.augmentation.crop
        assert found.data.validation is None
        assert reasons["optimizer"] == f"as in the recipe {name}"


def test_what_was_asked_for_stays_and_doing_it_again_changes_nothing():
    first = fast(COLOUR_SHAPE, 5_000, learning_rate=0.02, whitening=False, epochs=2, flip="horizontal")
    assert (first.training.learning_rate, first.training.whitening, first.training.epochs) == (0.02, False, 2)
    assert first.augmentation.flip == "horizontal"
    assert with_measured(first, "classification", COLOUR_SHAPE, 5_000) == (first, {})
    assert "epochs" not in fast(COLOUR_SHAPE, 5_000, budget="1m").options()


def test_smaller_batches_take_smaller_steps():
    measured = read_recipe(COLOUR).training
    assert fast(COLOUR_SHAPE, 50_000).training.learning_rate == measured.learning_rate
    for found in (fast(COLOUR_SHAPE, 300), fast(COLOUR_SHAPE, 50_000, batch_size=32)):
        assert found.training.batch_size == 32
        share = (32 / measured.batch_size) ** 0.5
        assert found.training.learning_rate == pytest.approx(share * measured.learning_rate, rel=0.05)
    assert fast(COLOUR_SHAPE, 300, learning_rate=0.2).training.learning_rate == 0.2


def test_another_optimizer_brings_its_own_rate():
    found = fast(COLOUR_SHAPE, 5_000, optimizer="adamw")
    assert (found.training.momentum, found.training.unit_filters, found.training.learning_rate) == (None, None, None)
    assert found.training.schedule == "linear"


@pytest.mark.parametrize("name", ["fast-mnist", "fast-cifar10"])
def test_another_schedule_brings_its_own_warm_up(name):
    assert read_recipe(name).training.warmup == 0.2
    assert read_recipe(name, schedule="one-cycle").training.warmup is None
    assert read_recipe(name, schedule="linear").training.warmup == 0.2
    assert read_recipe(name, schedule="constant", warmup=0.5).training.warmup == 0.5
    assert fast(COLOUR_SHAPE, 5_000).training.warmup == 0.2
    assert fast(COLOUR_SHAPE, 5_000, schedule="one-cycle").training.warmup is None


def test_another_network_than_the_recipes_is_not_prepared_as_that_one():
    kept, left = read_recipe("fast-cifar10", model="speed-cnn"), read_recipe("fast-cifar10", model="two-conv")
    assert kept == read_recipe("fast-cifar10")
    assert (left.model.model, left.training.epochs) == ("two-conv", kept.training.epochs)
    for option in ("whitening", "dirac", "norm_bias_rate", "unit_filters"):
        assert getattr(kept.training, option)
        assert getattr(left.training, option) is None
    assert read_recipe("fast-cifar10", model="two-conv", dirac=True).training.dirac


def test_a_network_of_the_users_own_takes_no_options_that_fit_another():
    found = fast(GREY_SHAPE, 5_000, model="two-conv")
    assert (found.model.model, found.training.whitening, found.training.dirac) == ("two-conv", None, None)
    assert found.training.schedule == "linear"
    asked = read_recipe("fast", source="digits")
    assert with_measured(asked, "classification", GREY_SHAPE, 500, own_model=True)[0].model.model is None


@pytest.mark.parametrize("samples", [300, 3_000, 30_000, 300_000])
def test_small_sets_take_the_steps_of_the_large_one(samples):
    measured, found = read_recipe(COLOUR).training, fast(COLOUR_SHAPE, samples).training
    steps = measured.epochs * 50_000 / measured.batch_size
    taken = found.epochs * samples / found.batch_size
    assert found.epochs <= 60
    assert samples / found.batch_size >= 30 or found.batch_size == 32
    assert taken >= 0.95 * steps or found.epochs == 60
    if samples < 50_000:
        assert taken <= 1.05 * max(steps, measured.epochs * samples / found.batch_size)


@pytest.mark.parametrize(
    ("task", "shape", "words"),
    [
        ("regression", COLOUR_SHAPE, "regression of samples of 32×32×3"),
        ("classification", (30,), "samples of 30"),
        ("classification", (32, 32, 4), "grey or colour"),
        ("classification", (180, 180, 3), "these are 180×180"),
        ("classification", (8, 8, 1), "these are 8×8"),
    ],
)
def test_data_that_it_is_not_made_for_are_refused(task, shape, words):
    with pytest.raises(ConfigError, match=words):
        with_measured(read_recipe("fast", source="x"), task, shape, 1_000)


def test_none_takes_the_flip_out_of_a_recipe():
    assert augmentation_of(read_recipe("fast", source="cifar10", flip="none", crop=0)) is None
    assert augmentation_of(read_recipe("fast-mnist", flip="none")) is None  # saying no to what is off is no mistake


CHANGES = (
    *("crop", "resized_crop", "shift", "rotate", "zoom", "brightness", "contrast", "saturation", "hue", "erase"),
    *("mixup", "cutmix"),
)


@pytest.mark.parametrize("name", CHANGES)
def test_zero_switches_a_change_of_the_pictures_off(name, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(
        f"[augmentation]\nflip = 'horizontal'\n{name} = {1 if name == 'crop' else 0.25}\n", encoding="utf-8"
    )
    assert augmentation_of(read_recipe(file)) != Augmentation(flip="horizontal")
    assert augmentation_of(read_recipe(file, **{name: 0})) == Augmentation(flip="horizontal")
    assert augmentation_of(make_recipe(**{name: 0})) is None
    assert not augments(make_recipe(**{name: 0}))


def test_zero_switches_off_what_a_strategy_would_take_over():
    asked = read_recipe("best", source="photos/", erase=0, crop=0)
    found, _ = with_measured(asked, "classification", GREY_SHAPE, 5_000)
    assert augmentation_of(found) is None
    written = make_recipe(**found.options())  # as a run's config.toml has it: training from that is the same
    assert with_measured(written, "classification", GREY_SHAPE, 5_000)[0] == found


def test_what_only_goes_with_a_change_that_is_switched_off_is_an_error():
    with pytest.raises(ConfigError, match=r"fill_mode .* would have no effect"):
        make_recipe(crop=0, fill_mode="reflect")
    with pytest.raises(ConfigError, match=r"train_size .* would have no effect"):
        make_recipe(resized_crop=0, train_size="24x24")


@pytest.mark.parametrize(
    ("name", "options"),
    [("photos-scratch", {"resized_crop": 0}), ("cats-and-dogs-180", {"rotate": 0, "zoom": 0})],
)
def test_what_says_more_about_a_change_goes_with_it(name, options):
    recipe = read_recipe(name)
    assert recipe.augmentation.train_size or recipe.augmentation.fill_mode
    changed_one = read_recipe(name, **options).augmentation
    assert changed_one.train_size is None
    assert changed_one.fill_mode is None
    assert changed_one.flip == recipe.augmentation.flip


def test_no_average_of_the_weights_with_a_decay_of_zero(tmp_path):
    words = {"epochs": 1, "runs": tmp_path, "progress": "quiet", "compile": False}
    plain = sp.train("digits", name="plain", **words)
    without = sp.train("digits", name="without", ema=0, **words)
    averaged = sp.train("digits", name="averaged", ema=0.9, **words)
    weights = [(run.folder.path / "model.safetensors").read_bytes() for run in (plain, without, averaged)]
    assert weights[0] == weights[1] != weights[2]


def test_every_trick_has_its_words_on_the_command_line():
    from spirula.cli.main import app

    words = "train mnist --recipe fast --no-whitening --no-dirac --norm-bias-rate 1 --flip alternating --optimizer muon"
    words += " --schedule linear --label-smoothing 0 --crop 0 --erase 0 --ema 0"
    _, bound, ignored = app.parse_args(words, exit_on_error=False)
    training = bound.arguments["training_options"]
    assert (training.whitening, training.dirac, training.norm_bias_rate) == (False, False, 1.0)
    assert (training.optimizer, training.schedule, training.label_smoothing) == ("muon", "linear", 0.0)
    assert training.ema == 0
    changes = bound.arguments["augmentation_options"]
    assert (changes.flip, changes.crop, changes.erase) == ("alternating", 0, 0)
    assert not ignored


def test_other_strategies_are_left_as_they_are():
    for asked in (make_recipe(source="digits"), make_recipe(source="digits", strategy="features")):
        assert with_measured(asked, "classification", GREY_SHAPE, 100) == (asked, {})


def test_small_pictures_learn_fast(tmp_path):
    generator = np.random.default_rng(0)
    labels = np.arange(600) % 3
    images = generator.integers(0, 120, (600, 14, 14, 1), dtype=np.uint8)
    for label in range(3):
        images[labels == label, 4 * label : 4 * label + 4] += 100  # a bright bar, at another height for each class
    run = sp.train((images, labels), recipe="fast", epochs=2, batch_size=64, runs=tmp_path, progress="quiet")
    assert run.results["test"]["accuracy"] > 0.95
    config = run.folder.config()
    assert config["model"]["model"] == "speed-cnn-grey"
    assert config["training"]["strategy"] == "fast"
    assert "whitening" in run.folder.document()["derived"]
    assert sp.open_run(run.folder.path).results == run.results
    assert changed(read_recipe(run.folder.path / "config.toml"), name=None).training.dirac is True
