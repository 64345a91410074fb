"""The notation: what it reads, what it refuses, and that it never runs anything."""

from __future__ import annotations

import builtins

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stacks import stacks

from spirula import layers as L  # noqa: N812
from spirula.errors import ModelError
from spirula.models.notation import parse, to_text

MNIST = (
    L.Conv2D(32, 5, padding="same", activation="relu"),
    L.MaxPooling2D(2),
    L.Dropout(0.25),
    L.Flatten(),
    L.Dense(1000, activation="relu"),
)


@pytest.mark.parametrize(
    "text",
    [
        'Conv2D(32, 5, padding="same", activation="relu"), MaxPooling2D(2), Dropout(0.25), Flatten(), '
        'Dense(1000, "relu")',
        'Conv2D(32, 5, padding="same", activation="relu"),\n  MaxPooling2D(2),\nDropout(0.25)\n\nFlatten()\n'
        'Dense(1000, "relu"),',
        "[layers.Conv2D(32, kernel_size=(5, 5), strides=(1, 1), padding='same', activation='relu'),\n"
        " layers.MaxPooling2D(pool_size=(2, 2)), layers.Dropout(rate=.25), layers.Flatten(),\n"
        " layers.Dense(units=1000, activation='relu'),]  # as in Keras",
        "tf.keras.Sequential([keras.layers.Conv2D(filters=32, kernel_size=5, padding='same', activation='relu'), "
        "keras.layers.MaxPooling2D(), Dropout(1/4), Flatten(), Dense(1000, activation='relu')])",
    ],
)
def test_reads_what_keras_users_type(text: str) -> None:
    assert parse(text) == L.Stack(MNIST)


def test_reads_graphs_in_the_functional_style() -> None:
    graph = parse("inputs = keras.Input(shape=(8, 8, 1)); x = Flatten()(inputs)\nx = Dense(3)(x)")
    assert graph == L.Graph(
        (
            L.Statement("inputs", L.Input((8, 8, 1))),
            L.Statement("x", L.Flatten(), ("inputs",)),
            L.Statement("x", L.Dense(3), ("x",)),
        )
    )
    assert parse("a = Conv2D(3, 1)(input); b = Add()([a, Conv2D(3, 3, padding='same')(input)])") == L.Graph(
        (
            L.Statement("a", L.Conv2D(3, 1), ("input",)),
            L.Statement("_1", L.Conv2D(3, 3, padding="same"), ("input",)),
            L.Statement("b", L.Add(), ("a", "_1")),
        )
    )


def test_regularizers_have_keras_factors() -> None:
    (one, two, three, four) = parse(
        'Dense(1, kernel_regularizer="l2"), Dense(1, kernel_regularizer=keras.regularizers.l1(0.5)), '
        "Dense(1, kernel_regularizer=L1L2(l1=0.1, l2=0.2)), Dense(1, kernel_regularizer=L2())"
    ).layers
    assert [layer.kernel_regularizer for layer in (one, two, three, four)] == [
        L.L2(0.01),
        L.L1(0.5),
        L.L1L2(0.1, 0.2),
        L.L2(0.01),
    ]


@given(stacks)
@settings(max_examples=150, deadline=None)
def test_round_trip(stack: L.Stack) -> None:
    text = to_text(stack)
    assert parse(text) == stack
    assert to_text(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "Repeat(2, Residual(Conv2D(8, 3, padding='same'), BatchNormalization(momentum=0.9), activation='relu'), "
        "Dropout(.1))",
        "ResidualBlock(64, strides=2), Normalization(mean=(1, 2), variance=0.5), ReLU(negative_slope=0.1), LeakyReLU()",
        "stem = Conv2D(3, 3)(input)\nb = Conv2D(3, 3)(input)\n합 = Add()(stem, b)",
        "x = Flatten()(input)\nx = Dense(4)(x)",
    ],
)
def test_round_trip_of_blocks_and_graphs(text: str) -> None:
    assert parse(to_text(parse(text))) == parse(text)


HOSTILE = [
    "__import__('os').system('touch /tmp/x')",
    "canary()",
    "Conv2D(canary(), 3)",
    "Conv2D(32, kernel_size=canary())",
    "lambda: canary()",
    "(lambda: canary())()",
    "Dense((lambda: 3)())",
    "[canary() for _ in (1,)]",
    "Dense([canary() for _ in (1,)])",
    "Dense({canary()})",
    "Dense({1: canary()})",
    "Dense(f'{canary()}')",
    "Flatten().__class__",
    "Flatten().__class__.__mro__[1].__subclasses__()",
    "Dense(().__class__)",
    "Dense(L.__dict__)",
    "os.system('x')",
    "Dense(x := canary())",
    "(x := canary())",
    "Dense(*canary())",
    "Dense(*[3])",
    "Dense(**{'units': 3})",
    "Dense(b'3')",
    "Dense(3 if canary() else 4)",
    "Dense(canary() or 3)",
    "Dense(2 ** 9999999)",
    "Dense(9 ** 9 ** 9)",
    "Dense('a' * 999999999)",
    "Dense(1 + 1)",
    "Dense(1 << 99)",
    "Dense(3j)",
    "Dense(...)",
    "Dense([1][0])",
    "Dense(not 1)",
    "Dense(~1)",
    "Dense(-True)",
    "Dense(1 / canary())",
    "Dense(await canary())",
    "import os",
    "from os import system",
    "def f(): pass",
    "class A: pass",
    "x = canary()",
    "x = Flatten()(canary())",
    "x.y = Flatten()(input)",
    "x, y = Flatten()(input)",
    "del Dense",
    "exec('canary()')",
    "eval('canary()')",
    "Dense(0x" + "f" * 5000 + ")",
    "Dense(" + "9" * 5000 + ")",
    "Dense(1e999)",
    "Rescaling(1/0)",
    "(" * 5000,
    "Residual(" * 300 + "Flatten()" + ")" * 300,
    "-" * 15000 + "1",
    "Dense(" + "-" * 9000 + "1)",
    "1" + "+1" * 9000,
    "Flatten" + "()" * 5000,
    "a" + ".a" * 8000,
    "x = " * 4000 + "Flatten()(input)",
    "Flatten()," * 30000,
    "Repeat(1000, Repeat(1000, Repeat(1000, Flatten())))",
    "Conv2D(1000001, 3)",
    "Conv2D(32, 3)\\\n",
    "Conv2D(32, '\\x41')",
    "Flatten()\0",
    "\ud800",
    "while True: canary()",
    "assert canary()",
    "yield canary()",
    "Dense(`canary`)",
    "@canary\ndef f(): pass",
    "if canary(): Flatten()",
    "with canary(): Flatten()",
    "Dense(print)",
    "print(1)",
    "globals()",
    "Dense(units='__import__(\"os\")')",
    "Sequential(canary())",
    "",
    "   \n  ",
    "# nothing",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_and_never_run(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []
    monkeypatch.setattr(builtins, "canary", lambda *_: ran.append(1), raising=False)
    monkeypatch.setattr("os.system", lambda *_: ran.append(2))
    with pytest.raises(ModelError) as refusal:
        parse(text)
    assert not ran
    assert len(str(refusal.value)) < 1000


_PIECES = st.sampled_from(
    [
        *(*L.LAYERS, "input", "x", "(", ")", "[", "]", ",", "=", "\n", ";", " ", "3", "-1", ".5", "'same'", "padding="),
        *(
            "**",
            "*",
            "L2(",
            "None",
            "True",
            ":",
            "{",
            "}",
            "lambda",
            "/",
            "한글",
            "#",
            '"',
            "'",
            "f'",
            "\\",
            "tf.",
            "@",
        ),
        *(":=", "\t", "\r"),
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=25).map("".join)))
@example("Dense(3\x0c)")
@example("0_7")
@example("Dense('\u2028')")
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused_with_a_message(text: str) -> None:
    refusal = None
    try:
        network = parse(text)
    except ModelError as error:
        refusal = error
    if refusal is None:
        assert parse(to_text(network)) == network
    else:
        assert refusal.problem
        assert refusal.remedy


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Conv2d(3, 3)", ['"Conv2d"', "Conv2D"]),
        ("Flatten(), Conv2D(32)", ["Conv2D needs kernel_size", "Column 12"]),
        ("Conv2D(32, 3, pading='same')", ['"pading"', '"padding"']),
        ("Conv2D(32, 3, padding='some')", ["padding = 'some'", '"same"']),
        ("Conv2D(0, 3)", ["Conv2D", "filters = 0"]),
        ("Conv2D(3, 3, filters=3)", ["filters is given twice"]),
        ("Conv2D(3, 3, 1, 'same', None, 2)", ["6 arguments", "Name the others"]),
        ("Conv2D(3, 3, groups=2)", ["groups = 2", "filters = 3"]),
        ("Conv2D(3, 3, input_shape=(28, 28, 1))", ["input_shape", "Leave it out"]),
        ("Flatten(),\nConv2D(3, 3", ["line 2"]),
        ("Flatten\n", ["Flatten()"]),
        ("Flatten()\nDens(3)", ["Line 2", "Dense"]),
        ("x = Conv2D(3, 3)", ["input"]),
        ("Flatten()(input)", ["x = Conv2D(32, 3)(input)"]),
        ("x = Flatten()(y)", ['"y"']),
        ("x = Flatten()(input); y = Flatten()(input)", ['"x"', "never used"]),
        ("x = Flatten()(input); x = Dense(3)(input)", ['"x"', "never used"]),
        ("Dense(3, kernel_regularizer=L2(l3=1))", ["L2", "l3"]),
        ("Dense(3, kernel_regularizer='l3')", ["kernel_regularizer", "L2(0.001)"]),
        ("Normalization(mean=1.0)", ["variance = None", "Give both"]),
        ("한글(3), 합(3)", ['"한글"', "Column 1"]),
        ("Activation('ReLU6')", ["activation", '"relu6"']),
        ("Residual(Add())", ["Add", "one input"]),
        ("Dropout(1.0)", ["rate = 1.0", "from 0"]),
        ("Residual(" * 25 + "Flatten()" + ")" * 25, ["20 brackets"]),
        ("Flatten()," * 2001, ["20,010 characters"]),
    ],
)
def test_messages_name_the_mistake_and_the_remedy(text: str, names: list[str]) -> None:
    with pytest.raises(ModelError) as refusal:
        parse(text)
    for name in names:
        assert name in str(refusal.value)


def test_columns_count_letters_not_bytes() -> None:
    with pytest.raises(ModelError, match="Column 15"):
        parse("층 = Flatten()(없는)")
