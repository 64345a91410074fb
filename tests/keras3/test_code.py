"""Keras code is read as Python would run it, as far as the network goes; what cannot be read is named with its line."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from spirula.errors import ModelError
from spirula.models.description import is_written_for_keras, read_description
from spirula.models.keras.code import read_code, read_code_file
from spirula.models.notation import to_text

HEAD = "from tensorflow import keras\nfrom tensorflow.keras import layers\n"


def text_of(code: str, name: str | None = None) -> str:
    return to_text(read_code(textwrap.dedent(code), name).network)


@pytest.mark.parametrize(
    "written",
    [
        "keras.layers.Conv2D(8, 3)",
        "tf.keras.layers.Conv2D(8, (3, 3), (1, 1), 'valid')",
        "layers.Conv2D(filters=8, kernel_size=[3, 3], name='stem', data_format='channels_last', bias_constraint=None)",
        "layers.Convolution2D(n, k)",
        "layers.Conv2D(2 ** 3, 9 // k, activation=None, kernel_initializer=initializers.GlorotUniform(seed=1))",
        "layers.Conv2D(sizes[0], k, 1, 'valid', None, 1, 1, None, True)",
    ],
)
def test_one_layer_in_many_spellings(written: str) -> None:
    code = f"n = 8\nk = 3\nsizes = [n, 2 * n]\nmodel = keras.Sequential([{written}])"
    assert text_of(code) == "Conv2D(8, 3)"


@pytest.mark.parametrize(
    ("head", "written"),
    [
        ("import tensorflow as tf", "tf.keras.Sequential([tf.keras.layers.Flatten()])"),
        ("from tensorflow.keras.models import Sequential as S\nfrom keras.layers import Flatten as F", "S([F()])"),
        ("import keras.layers as L, keras", "keras.models.Sequential(layers=[L.Flatten()])"),
        ("from keras import *", "Sequential([layers.Flatten()])"),
        ("", "models.Sequential([Flatten()])"),
    ],
)
def test_imports_and_prefixes(head: str, written: str) -> None:
    assert text_of(f"{head}\nmodel = {written}") == "Flatten()"


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("Rescaling(1./255)", "Rescaling(0.00392156862745098)"),
        ("Rescaling(scale=1/127.5, offset=-1)", "Rescaling(0.00784313725490196, offset=-1.0)"),
        ("Dense(3, tf.nn.relu)", 'Dense(3, activation="relu")'),
        ("Dense(3, activation=keras.activations.swish)", 'Dense(3, activation="silu")'),
        ("Dense(3, activation=layers.LeakyReLU(0.1))", "Dense(3), LeakyReLU(0.1)"),
        ("LeakyReLU(alpha=0.2)", "LeakyReLU(0.2)"),
        ("Dense(3, kernel_regularizer=keras.regularizers.l2(0.001))", "Dense(3, kernel_regularizer=L2(0.001))"),
        ("Dense(3, kernel_regularizer=reg.l1_l2(l1=0.1, l2=0.2))", "Dense(3, kernel_regularizer=L1L2(0.1, l2=0.2))"),
        ("Dense(3, kernel_regularizer='l2')", "Dense(3, kernel_regularizer=L2())"),
        ("Dense(3, kernel_initializer=tf.keras.initializers.HeNormal())", 'Dense(3, kernel_initializer="he_normal")'),
        ("Dense(3, kernel_initializer='normal')", 'Dense(3, kernel_initializer="random_normal")'),
        ("MaxPool2D((2, 2), 2, 'same')", 'MaxPooling2D(2, strides=2, padding="same")'),
        ("BatchNormalization(axis=-1, momentum=0.9, trainable=True)", "BatchNormalization(momentum=0.9)"),
        ("ELU()", 'Activation("elu")'),
        ("Dropout(rate=.5, seed=3)", "Dropout(0.5)"),
        ("ZeroPadding2D(((1, 0), (2, 1)))", "ZeroPadding2D(((1, 0), (2, 1)))"),
        ("experimental.preprocessing.Rescaling(2)", "Rescaling(2.0)"),
    ],
)  # fmt: skip
def test_arguments(written: str, ours: str) -> None:
    prefix = "" if written.startswith("experimental") else "layers."
    code = f"import tensorflow as tf\n{HEAD}model = keras.Sequential([\n  layers.{written.removeprefix(prefix)},\n])"
    assert text_of(code) == ours


def test_branches_and_operators() -> None:
    code = HEAD + textwrap.dedent("""
        inputs = keras.Input((8, 8, 3))
        x = inputs / 255.0
        a = layers.Conv2D(4, 1, name="a")(x)
        b = layers.Conv2D(4, 3, padding="same")(x)
        x = layers.add([a, b])
        x = x + a
        x = layers.concatenate([x, a], axis=-1)
        x = layers.GlobalAveragePooling2D()(x)
        model = keras.Model(inputs=[inputs], outputs=[layers.Dense(2)(x)])
        model.compile("adam", loss=my_loss)
    """)
    assert text_of(code) == textwrap.dedent("""\
        inputs = Input((8, 8, 3))
        rescaling = Rescaling(0.00392156862745098)(inputs)
        conv2d = Conv2D(4, 1)(rescaling)
        conv2d_1 = Conv2D(4, 3, padding="same")(rescaling)
        add = Add()(conv2d, conv2d_1)
        add_1 = Add()(add, conv2d)
        concatenate = Concatenate()(add_1, conv2d)
        global_average_pooling2d = GlobalAveragePooling2D()(concatenate)
        dense = Dense(2)(global_average_pooling2d)""")


def test_loops_functions_conditions_and_nested_networks() -> None:
    code = HEAD + textwrap.dedent('''
        """Train a model."""
        SHAPE, CLASSES = (32, 32, 3), 2
        def block(x, filters, pool=True):
            x = layers.Conv2D(filters, 3, padding="same")(x)
            if pool:
                x = layers.MaxPooling2D()(x)
            return x
        def make_model(shape, num_classes):
            inputs = keras.Input(shape=shape)
            x = keras.Sequential([layers.Rescaling(1 / 255)])(inputs)
            for i, size in enumerate([4, 8]):
                x = block(x, size, pool=i != 1)
            if num_classes == 2:
                units = 1
            else:
                units = num_classes
            activation = "sigmoid" if num_classes == 2 else "softmax"
            x = layers.Flatten()(x)
            return keras.Model(inputs, layers.Dense(units, activation=activation)(x))
        if __name__ == "__main__":
            model = make_model(SHAPE, num_classes=CLASSES)
            history = model.fit(train, epochs=3)
    ''')
    assert text_of(code) == textwrap.dedent("""\
        Input((32, 32, 3)),
        Rescaling(0.00392156862745098),
        Conv2D(4, 3, padding="same"),
        MaxPooling2D(2),
        Conv2D(8, 3, padding="same"),
        Flatten(),
        Dense(1, activation="sigmoid")""")


def test_notebook_noise_is_passed_over() -> None:
    code = """\
# 합성곱 신경망
!pip install tensorflow
%matplotlib inline
In [1]:
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(3, input_dim=4)])
model.summary()

>>>

Model: "sequential"
_________________________________________________________________
dense (Dense)                (None, 3)       15
313/313 [==============================] - 4s 12ms/step - loss: 0.0237
Test loss : 0.0237
plt.plot(history.history["loss"]) ; plt.show() ;
"""
    found = read_code(code)
    assert to_text(found.network) == "Input((4,)), Dense(3)"


def test_markdown_and_sessions() -> None:
    markdown = (
        "# 제목\n`Dense` is a layer(\n```sh\n$ ls layers.\n```\n```python\nmodel = Sequential([Dense(3)])\n```\n- end ("
    )
    assert text_of(markdown) == "Dense(3)"
    session = ">>> model = Sequential([\n...     Dense(3),\n... ])\n>>> model.count_params()\n15 layers (\n"
    assert text_of(session) == "Dense(3)"


def test_last_network_is_taken_unless_named(tmp_path: Path) -> None:
    file = tmp_path / "노트.py"
    file.write_text(
        "a = Sequential([Dense(3)])\nb = Sequential([Dense(4)])\nview = Model(b.input, b.layers[0].output)\n", "utf-8"
    )
    last, named = read_code_file(file), read_code_file(f"{file}:a")
    assert (last.name, to_text(last.network)) == ("b", "Dense(4)")
    assert last.notes == (
        "The code defines 2 networks: a (line 1), b (line 2). The last one was taken; FILE.py:NAME takes another.",
    )
    assert (named.name, to_text(named.network), named.notes) == ("a", "Dense(3)", ())
    with pytest.raises(ModelError, match=r'노트.py: The code defines no network "c".\n.*It defines: a, b'):
        read_code_file(f"{file}:c")
    assert read_description(f"{file}:a").name == "a"
    assert read_description(file).name == "노트"


def test_networks_that_build_on_another() -> None:
    base = "base = Sequential([Dense(3, input_dim=4)])\n"
    head = "m = Model(inputs=base.input, outputs=Dense(2)(base.output))"
    assert text_of(base + head) == "Input((4,)), Dense(3), Dense(2)"
    assert text_of(base + "i = Input((4,))\nbase = Model(i, base(i))\n" + head) == "Input((4,)), Dense(3), Dense(2)"
    found = read_code(base + head + "\nfeature = Model(m.input, m.get_layer('dense').output)")
    assert found.name == "m"


def test_code_without_a_model_or_a_call() -> None:
    assert text_of("x = i = Input((4,))\nx = Dense(3)(x)\nx = Dense(2)(x)") == "Input((4,)), Dense(3), Dense(2)"
    assert text_of("def build(n=3):\n    m = Sequential()\n    m.add(Dense(n))\n    return m") == "Dense(3)"
    assert (
        text_of("def build(n=3):\n    return Sequential([Dense(n)])\nmodel = Sequential([Flatten()])", "build")
        == "Dense(3)"
    )


def test_what_is_code_and_what_is_notation() -> None:
    assert is_written_for_keras("cell.py")
    assert is_written_for_keras("cell.py:model")
    assert is_written_for_keras("from keras import layers\nmodel = Sequential()")
    assert is_written_for_keras("x = layers.Input((3,))\ny = layers.Dense(3)(x)")
    assert not is_written_for_keras("Conv2D(32, 3), Flatten()")
    assert not is_written_for_keras("stem = Conv2D(16, 3)(input)\nout = Flatten()(stem)")
    assert not is_written_for_keras("two-conv")
