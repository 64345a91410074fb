"""Options: every mistake named at once, nothing without effect, and a recipe that survives its own TOML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spirula.config import OPTION_SECTION, SECTIONS, Recipe
from spirula.errors import ConfigError, InputError, did_you_mean
from spirula.recipe import changed, make_recipe, read_recipe, recipe_toml
from spirula.training.deciding.defaults import Known, default_model, fill_defaults
from spirula.wording import parse_duration


def test_option_names_are_unique_across_sections() -> None:
    names = [name for section in SECTIONS for name in type(getattr(Recipe(), section)).model_fields]
    assert len(names) == len(set(names)) == len(OPTION_SECTION) - 1


def test_every_option_says_what_it_is() -> None:
    for section in SECTIONS:
        for name, field in type(getattr(Recipe(), section)).model_fields.items():
            assert field.description, name


def test_all_mistakes_at_once_with_the_closest_name() -> None:
    with pytest.raises(ConfigError) as caught:
        make_recipe(epoch=3, epochs=0, optimizer="adm", budget="5 parsecs", image_size="big")
    text = str(caught.value)
    assert caught.value.exit_code == 2
    assert len(caught.value.mistakes) == 5
    for piece in ('Did you mean "epochs"', "epochs = 0", 'Did you mean "adam"', "5 parsecs", "180x240"):
        assert piece in text


@pytest.mark.parametrize(
    ("options", "needs"),
    [
        ({"momentum": 0.9}, "--optimizer sgd"),
        ({"nesterov": True, "optimizer": "sgd", "momentum": 0.0}, "--momentum"),
        ({"weight_decay": 0.1, "optimizer": "adam"}, "adamw, sgd or muon"),
        ({"unit_filters": True, "optimizer": "sgd"}, "--optimizer muon"),
        ({"decay_rate": 0.9, "schedule": "cosine"}, "exponential"),
        ({"decay_steps": 10}, "exponential"),
        ({"warmup": 1.0, "schedule": "one-cycle"}, "one-cycle has its own"),
        ({"huber_delta": 2.0, "loss": "mse"}, "huber"),
        ({"label_smoothing": 0.1, "task": "regression"}, "cross-entropy"),
        ({"class_weights": "auto", "task": "regression"}, "classification"),
        ({"mixup": 0.2, "task": "regression"}, "classification"),
        ({"min_delta": 0.1}, "--patience"),
        ({"patience": 5, "epochs": 5}, "there are 5 epochs"),
        ({"class_weights": "auto", "sampling": "balanced"}, "choose one"),
        ({"validation": 0.6, "test": 0.5}, "no sample to train on"),
    ],
)
def test_an_option_without_effect_is_an_error(options: dict[str, object], needs: str) -> None:
    with pytest.raises(ConfigError, match=needs):
        make_recipe(**options)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("45s", 45), ("5m", 300), ("1h30m", 5400), ("1.5h", 5400), ("2m30s", 150), (7, 7)]
)
def test_durations(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "-5", "0", "5d", "m5", "9999999h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


def test_words_from_a_shell_become_values() -> None:
    recipe = make_recipe(image_size="180x240", class_weights="cat=2, dog=0.5", epochs="7")
    assert recipe.data.image_size == (180, 240)
    assert recipe.training.class_weights == {"cat": 2.0, "dog": 0.5}
    assert recipe.training.epochs == 7
    assert make_recipe(image_size=64).data.image_size == (64, 64)
    for wrong in ("cat:2", "cat=nan", "cat=-1"):
        with pytest.raises(ConfigError, match="class_weights"):
            make_recipe(class_weights=wrong)
    assert make_recipe(optimizer="sgd", nesterov=True).training.nesterov, "momentum is derived for it"


def test_recipes_are_frozen() -> None:
    recipe = make_recipe(epochs=3)
    with pytest.raises(ValueError, match="frozen"):
        recipe.training.epochs = 4  # type: ignore[misc]
    assert changed(recipe, epochs=4).training.epochs == 4
    assert changed(recipe, epochs=None) == make_recipe()


@given(
    epochs=st.none() | st.integers(1, 1000),
    source=st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool),
    weights=st.none()
    | st.just("auto")
    | st.dictionaries(st.sampled_from(["고양이", "a=b", "dog"]), st.floats(0.1, 9), min_size=1),
    size=st.none() | st.tuples(st.integers(1, 500), st.integers(1, 500)),
    smoothing=st.none() | st.floats(0, 0.9),
)
def test_toml_round_trip(tmp_path_factory: pytest.TempPathFactory, **options: object) -> None:
    names = ("epochs", "source", "class_weights", "image_size", "label_smoothing")
    recipe = make_recipe(**dict(zip(names, options.values(), strict=True)))
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(recipe_toml(recipe, {"epochs": "asked"}), encoding="utf-8")
    assert read_recipe(path) == recipe


def test_toml_mistakes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text("[trainig]\nepochs = 3\n[data]\nepochs = 3\n")
    with pytest.raises(ConfigError) as caught:
        read_recipe(path)
    assert 'Did you mean "training"' in str(caught.value)
    assert "belongs in [training]" in str(caught.value)
    path.write_text("not = = toml")
    with pytest.raises(ConfigError, match="not TOML"):
        read_recipe(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_recipe(tmp_path / "missing.toml")


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text('source = "mnist"\n[training]\nepochs = 3\nbatch_size = 8\n')
    recipe = read_recipe(path, epochs=5)
    assert (recipe.source, recipe.training.epochs, recipe.training.batch_size) == ("mnist", 5, 8)


def test_errors_are_one_tree_and_value_errors_to_python() -> None:
    assert issubclass(ConfigError, InputError)
    assert issubclass(InputError, ValueError)
    assert did_you_mean("fashon-mnist", ["mnist", "fashion-mnist"]) == ' Did you mean "fashion-mnist"?'
    assert did_you_mean("zzz", ["mnist"]) == ""


def known(**changes: object) -> Known:
    return Known(
        **{"task": "classification", "input_shape": (28, 28, 1), "training_samples": 48_000,
           "has_validation": True, **changes}  # type: ignore[arg-type]
    )  # fmt: skip


@given(
    task=st.sampled_from(["classification", "multilabel", "regression"]),
    shape=st.sampled_from([(28, 28, 1), (180, 180, 3), (13,)]),
    samples=st.integers(1, 10**6),
    validation=st.booleans(),
    rescales=st.booleans(),
    optimizer=st.sampled_from([None, "sgd", "adam", "adamw", "rmsprop"]),
    schedule=st.sampled_from([None, "constant", "exponential", "cosine", "one-cycle"]),
    patience=st.sampled_from([None, 2]),
    budget=st.sampled_from([None, "5m"]),
)
def test_filling_in_defaults_twice_changes_nothing(
    task: str, shape: tuple[int, ...], samples: int, validation: bool, rescales: bool, **options: object
) -> None:
    facts = known(
        task=task, input_shape=shape, training_samples=samples, has_validation=validation, rescales=rescales,
        output={"regression": "linear", "multilabel": "sigmoid"}.get(task, "softmax"),
    )  # fmt: skip
    asked = make_recipe(source="x", **options)
    recipe, reasons = fill_defaults(asked, facts)
    assert asked.options().items() <= recipe.options().items(), "what was asked stays"
    assert set(reasons) == set(recipe.options()) - set(asked.options()), "every derived value has its reason"
    assert fill_defaults(recipe, facts) == (recipe, {})


@pytest.mark.parametrize(
    ("options", "facts", "message"),
    [
        ({"loss": "mse"}, {}, "cannot train a classification"),
        ({"loss": "cross-entropy"}, {"task": "regression", "output": "linear"}, "cannot train a regression"),
        ({"loss": "cross-entropy"}, {"output": "sigmoid"}, "softmax"),
        ({"sampling": "balanced"}, {"task": "multilabel", "output": "sigmoid"}, "one class per sample"),
        ({"label_smoothing": 0.1}, {"task": "multilabel", "output": "sigmoid"}, "no effect"),
        ({"flip": "horizontal"}, {"input_shape": (4,)}, "vectors"),
    ],
)
def test_options_that_do_not_fit_the_data(options: dict[str, object], facts: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        fill_defaults(make_recipe(**options), known(**facts))


def test_saying_no_to_what_is_off_is_no_mistake() -> None:
    off = {"flip": "none", "crop": 0, "mixup": 0, "label_smoothing": 0, "ema": 0}
    assert fill_defaults(make_recipe(**off), known())[0].training.label_smoothing == 0
    fill_defaults(make_recipe(**off), known(task="regression", output="linear"))
    fill_defaults(make_recipe(flip="none", crop=0), known(input_shape=(4,)))
    # A strategy that adds something where pictures are changed adds nothing for these.
    assert fill_defaults(make_recipe(strategy="features", flip="none", crop=0), known())[0].training.views is None


def test_default_networks_fit_the_shape() -> None:
    assert default_model((8, 8, 1))[0] == "two-conv"
    assert default_model((13,))[0] == "dense"
    assert default_model((180, 180, 3))[0] == "vgg-small"


def test_another_optimizer_takes_nothing_that_was_chosen_for_the_recipes_own() -> None:
    own, other = read_recipe("fast-cifar10").training, read_recipe("fast-cifar10", optimizer="adamw").training
    assert (own.optimizer, own.momentum) == ("muon", 0.6)
    assert (other.momentum, other.unit_filters, other.learning_rate) == (None, None, None), "its defaults"
    assert other.schedule == own.schedule
    assert read_recipe("fast-cifar10", optimizer="muon").training == own
    assert read_recipe("fast-cifar10", optimizer="sgd", momentum=0.8).training.momentum == 0.8
