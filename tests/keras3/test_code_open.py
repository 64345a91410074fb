"""What Keras code leaves open or cannot say is named with its line; any text is read or refused, and none is run."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spirula.errors import ModelError
from spirula.models.keras.code import read_code
from spirula.models.notation import to_text

HEAD = "from tensorflow import keras\nfrom tensorflow.keras import layers\n"


def text_of(code: str, name: str | None = None) -> str:
    return to_text(read_code(textwrap.dedent(code), name).network)


def test_shapes_that_the_code_leaves_open() -> None:
    found = read_code("model = Sequential([\n  Input(shape=x.shape[1:]),\n  Dense(3)])")
    assert found.input_shape is None
    assert found.notes == (
        "Line 2: `x.shape[1:]` is known only when the code runs: the input shape comes from the data.",
    )
    assert read_code("model = Sequential([Conv2D(3, 3, input_shape=(None, None, 3))])").input_shape is None
    assert read_code("m = Sequential([Dense(3)])\nm.build((None, 7))").input_shape == (7,)
    assert read_code("m = Sequential([InputLayer(input_shape=(4, 5)), Flatten()])").input_shape == (4, 5, 1)
    assert read_code("m = Sequential([Input(batch_shape=(32, 4, 5, 3)), Flatten()])").input_shape == (4, 5, 3)
    assert read_code("m = Sequential([Reshape((4, 5, 3), input_shape=(60,)), Flatten()])").input_shape == (4, 5, 3)


def test_outputs_that_only_the_data_know() -> None:
    code = "classes = len(names)\nmodel = Sequential([\n  Flatten(),\n  Dense(classes, activation='softmax')])"
    found = read_code(code)
    assert to_text(found.network) == "Flatten()"
    assert found.notes == (
        "Line 4: classes is `len(names)` (line 1), which is known only when the code runs. "
        "The output layer comes from the data.",
    )
    with pytest.raises(ModelError, match="Line 4: classes is"):
        read_code(code.replace("softmax", "relu"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("m = Sequential([\n Dense(3),\n LSTM(4)])", r"Line 3: The layer LSTM of Keras has no counterpart here"),
        ("m = Sequential()\nm.add(layers.UpSampling2D(2))\nm.add(Flatten())", r"Line 2: The layer UpSampling2D"),
        ("m = Sequential([\n Lambda(lambda x: x)])", r"Line 2: The layer Lambda.*\n.*never executed"),
        ("m = Sequential([\n RandomFlip('horizontal')])", r"Line 2: The layer RandomFlip(.|\n)*--flip horizontal"),
        ("x = i = Input((3,))\nx = layers.LSTM(4)(x)\nm = Model(i, Dense(3)(x))", r"Line 2: The layer LSTM"),
        ("m = Sequential([\n Conv2D(3, 3,\n  padding='sme')])", r"Line 3: Conv2D: padding = 'sme'"),
        ("m = Sequential([Conv2D(3, 3, colour=2)])", r'Line 1: Conv2D has no argument "colour"'),
        ("m = Sequential([Conv2D(3)])", r"Line 1: Conv2D needs kernel_size"),
        ("m = Sequential([Dense(3, 'relu', activation='relu')])", r"Line 1: Dense: activation is given twice"),
        ("m = Sequential([\n Flatten\n])", r"Line 2: `Flatten` is not a layer.\n.*Flatten\(\)"),
        ("m = Sequential([\n Dense(3)\n Dense(4)])", r"Line 2: .*is not Python"),
        ("def soft(z):\n  return z\nm = Sequential([Dense(3, soft)])", r"Line 3: soft is a function of the code"),
        ("class Own(Layer):\n  pass\nm = Sequential([Own()])", r"Line 1: Own is a class of the code"),
        ("class Own(keras.Model):\n  pass\nmodel = Own()", r"Line 1: Own is a network written as a class"),
        ("base = tf.keras.applications.VGG16()\nm = Sequential([base, Dense(2)])", r"Line 1: VGG16 is.*\n.*timm"),
        ("import torch.nn as nn\nm = nn.Sequential(nn.Flatten())", r"Line 2: torch.nn.Sequential is not Keras"),
        ("d = Dense(3)\nm = Sequential([d, d])", r"Line 1: this layer is used twice"),
        ("a = Input((3,))\nb = Input((3,))\nm = Model([a, b], add([a, b]))", r"Line 3: This Model has 2 inputs"),
        ("m = Sequential([\n Dense(int(n))])", r"Line 2: n is not set|Line 2: `int\(n\)` is known only when"),
        ("m = Sequential([Dense(3)])\nif flag():\n  m.add(Dense(4))", r"Line 2: whether this runs"),
        ("m = Sequential([Conv2D(3, 3, data_format='channels_first')])", r"data_format = 'channels_first'"),
        ("m = Sequential([Dense(3, kernel_initializer=RandomNormal(stddev=0.01))])", r"RandomNormal\(stddev=0.01\)"),
        ("m = Sequential([Dense(3, trainable=False)])", r"trainable = False"),
        ("m = Sequential([Normalization(axis=None)])", r"axis = None"),
        ("m = Sequential([Dense(3, **options)])", r"Line 1: Dense: \*\* is not read"),
        ("x = Input((2, 3, 4, 5))\nm = Model(x, Flatten()(x))", r"Line 1: The input shape \(2, 3, 4, 5\)"),
        ("def f():\n  return f()\nm = Sequential([f()])", r"too deeply"),
        ("import numpy as np\nx = np.zeros(3)", r"There is no network in the code"),
        ("", r"There is no network in the code"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_line(code: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_code(code)


def test_what_is_no_part_of_the_network_does_not_matter() -> None:
    code = HEAD + textwrap.dedent("""
        from mylib import load
        data = load(x=layers.LSTM(3))
        layer = layers.GRU(4)
        with open("x") as file: pass
        try:
            y = undefined()
        except Exception as error:
            raise
        while True: break
        model = keras.Sequential([layers.Dense(3)])
        del data
        best = keras.models.load_model("best.keras")
        print(f"{best.evaluate(*data):.3f}")
    """)
    assert text_of(code) == "Dense(3)"


def test_nothing_is_executed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    touch = f"open({str(trap)!r}, 'w')"
    code = f"{touch}\nimport os\nos.system('touch {trap}')\nmodel = Sequential([Dense(len({touch}))])"
    with pytest.raises(ModelError):
        read_code(code + "\nmodel.add(Dense(3))")
    assert not trap.exists()


def test_sizes_are_bounded() -> None:
    for code in (
        "n = 9 ** 9 ** 9\nm = Sequential([Dense(n), Flatten()])",
        "m = Sequential()\nfor i in range(10 ** 9):\n  m.add(Dense(3))",
        "m = Sequential()\nfor i in range(2000):\n  for j in range(2000):\n    m.add(Dense(3))",
        "x = (1,) * 10 ** 9\nm = Sequential([Dense(x), Flatten()])",
        "m = Sequential([" + "(" * 300 + ")" * 300 + "])",
        "#" * 500_000,
    ):
        with pytest.raises(ModelError):
            read_code(code)


_WORDS = st.sampled_from(
    ["model", "=", "Sequential", "(", ")", "[", "]", "Dense", "3", ",", "\n", "Input", "x", "Conv2D", "for", "in", ":",
     "\n  ", "Model", "def", "return", ".add", "layers.", "'relu'", "+", "if", "None", "*", "/", "255", "activation=",
     "input_shape=", "lambda", "Reshape", "-1", "Flatten()", "class", "import", "from", ">>>", "```",
     "%", "!", ".", "x.y"]
)  # fmt: skip


@given(st.lists(_WORDS, max_size=40))
def test_any_text_is_read_or_refused(words: list[str]) -> None:
    try:
        read_code(" ".join(words))
    except ModelError as error:
        assert error.problem  # noqa: PT017 - either is fine, but never another exception
