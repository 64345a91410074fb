"""Pieces in words: read without running anything, written so that they are read again as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spirula.custom.piece import Piece, read_piece
from spirula.errors import ConfigError, ModelError
from spirula.layers import Conv2D, Custom, Dense, Residual, Stack
from spirula.models.notation import parse, to_text
from spirula.recipe import make_recipe, recipe_toml

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-1e6, 1e6, allow_nan=False) | st.text(max_size=5),
    lambda inner: st.tuples(inner, inner),
    max_leaves=3,
)


@given(st.sampled_from(["f", "부드러운", "Make_2"]), st.lists(plain, max_size=3), st.dictionaries(st.just("k"), plain))
def test_words_are_read_as_they_were_written(name: str, arguments: list[object], keywords: dict[str, object]) -> None:
    piece = Piece(name, tuple(arguments), tuple(keywords.items()), called=True)
    assert read_piece(str(piece)) == piece
    assert read_piece(f"custom.{name}") == Piece(name) != piece


@pytest.mark.parametrize(
    "text",
    [
        *("custom.f(open('x'))", "custom.f(*a)", "custom.f(**a)", "custom.f.g", "custom.f(1)(2)", "f(1)", "custom."),
        *("custom.f(1", "custom.f({})", "custom.f(lambda: 1)", "custom.f(__import__('os'))", "custom.f; 1"),
    ],
)
def test_only_plain_values_are_read(text: str) -> None:
    with pytest.raises(ValueError):
        read_piece(text)


NOTATION = """Dense(30, activation=custom.soft_relu, kernel_regularizer=custom.MyL1Regularizer(0.01)),
custom.Scale(5, factor=0.5),
Residual(Dense(5), activation=custom.Learned(0.1)),
Dense(1)"""


def test_pieces_stand_in_a_network_and_are_written_back() -> None:
    network = parse(NOTATION)
    assert isinstance(network, Stack)
    assert network.layers[0] == Dense(30, "custom.soft_relu", kernel_regularizer="custom.MyL1Regularizer(0.01)")
    assert network.layers[1] == Custom("custom.Scale(5, factor=0.5)")
    assert to_text(network) == NOTATION
    assert parse(to_text(network)) == network


def test_the_network_of_python_objects_is_that_of_words() -> None:
    def soft_relu(z: object) -> object:
        return z

    class Scale:
        pass

    given_objects = Stack((Conv2D(4, 3, activation=soft_relu), Custom(Scale, 5, [1, 2], factor=0.5)))  # type: ignore[arg-type]
    assert to_text(given_objects) == "Conv2D(4, 3, activation=custom.soft_relu), custom.Scale(5, (1, 2), factor=0.5)"
    assert parse(to_text(given_objects)) == given_objects
    assert isinstance(given_objects.layers[0], Conv2D)
    assert isinstance(given_objects.layers[0].activation, Piece)
    assert given_objects.layers[0].activation.value is soft_relu


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Dense(3, activation=lambda x: x), "lambda"),  # type: ignore[arg-type, return-value]
        (lambda: Dense(3, activation="soft_rely"), "custom.NAME"),
        (lambda: parse("custom.Scale(open('x'))"), "not a plain value"),
        (lambda: Custom(object()), "Custom"),
        (lambda: Custom(Dense, object()), "not a plain value"),
        (lambda: Residual(Dense(3), activation=3), "cannot work"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_a_piece_is_refused(make: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()  # type: ignore[operator]


def test_formulas_are_options() -> None:
    assert make_recipe(loss="huber(2.0)") == make_recipe(loss="huber", huber_delta=2.0)
    assert make_recipe(loss="huber(huber_delta=2)").training.huber_delta == 2
    assert make_recipe(loss="cross-entropy(0.1)") == make_recipe(loss="cross-entropy", label_smoothing=0.1)
    decayed = make_recipe(schedule="exponential(1000, decay_rate=0.9)").training
    assert (decayed.schedule, decayed.decay_steps, decayed.decay_rate) == ("exponential", 1000, 0.9)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"loss": "mse(2.0)"}, "takes nothing in brackets"),
        ({"loss": "huber()"}, "cannot be read"),
        ({"loss": "huber(1, 2)"}, "cannot be read"),
        ({"loss": "huber(x)"}, "cannot be read"),
        ({"loss": "huber(2.0)", "huber_delta": 1.0}, "given twice"),
        ({"loss": "huber(-1)"}, "huber_delta"),
        ({"loss": "hubr"}, 'Did you mean "huber"'),
        ({"loss": "custom.f("}, "does not name a piece"),
        ({"schedule": "cosin"}, 'Did you mean "cosine"'),
        ({"augment": "noise"}, "custom.NAME"),
        ({"metrics": "accuracy"}, "no metric of your own"),
        ({"metrics": "loss=custom.f"}, "cannot be the name"),
        ({"metrics": ["custom.f", "custom.f(2)"]}, "cannot be the name"),
        ({"loss": "custom.f", "class_weights": "auto"}, "a loss of ours"),
        ({"loss": "custom.f", "label_smoothing": 0.1}, "no effect"),
    ],
)
def test_mistakes_in_options_are_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_recipe(**options)


def test_pieces_survive_toml() -> None:
    import tomllib

    asked = make_recipe(loss="custom.f(2.0)", metrics=["custom.top", "top3=custom.top(3)"], augment="custom.noise")
    again = tomllib.loads(recipe_toml(asked))
    assert again["training"]["metrics"] == {"top": "custom.top", "top3": "custom.top(3)"}
    assert make_recipe(**again["training"], **again["augmentation"]) == asked


def test_a_bare_name_in_a_network_says_how_to_mean_ones_own() -> None:
    with pytest.raises(ModelError, match=r"custom\.NAME"):
        parse('Dense(3, activation="soft_relu")')
