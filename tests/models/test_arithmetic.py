"""The explained numbers are those that torch counts; every printed equation is true."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from stacks import convolutions, depthwise, pools, separable, shapes, stacks
from torch import nn
from true_equations import equations

from spirula import layers as L  # noqa: N812
from spirula.errors import ModelError
from spirula.models.arithmetic import steps, without_pooling
from spirula.models.build import Network, build
from spirula.models.explain import Explanation, explain
from spirula.models.explain_words import LANGUAGES
from spirula.models.notation import parse
from spirula.models.plan import plan
from spirula.models.summary import summarize

NOTES_256 = """
Conv2D(4, kernel_size=(9,9), padding='same', activation='relu'), MaxPooling2D(pool_size=(2,2)),
Conv2D(8, kernel_size=(5,5), padding='same', activation='relu'), MaxPooling2D(pool_size=(2,2)),
Conv2D(16, kernel_size=(5,5), padding='same', activation='relu'), MaxPooling2D(pool_size=(2,2)),
Conv2D(32, kernel_size=(3,3), padding='same', activation='relu'), MaxPooling2D(pool_size=(2,2)),
Flatten(), Dense(2048, activation='relu'), Dense(1024, activation='relu')
"""


def explained(network: Network, language: str = "en") -> Explanation:
    assert network.plan is not None
    return explain(network.plan, network.output, language)


def said(explanation: Explanation, name: str) -> str:
    return "\n".join(next(layer.sentences for layer in explanation.layers if layer.name == name))


@settings(max_examples=60, deadline=None)
@given(stacks, shapes)
def test_the_numbers_are_those_of_the_built_modules(stack: L.Stack, shape: tuple[int, ...]) -> None:
    try:
        network = build(stack, input_shape=shape, outputs=3, seed=0)
    except ModelError:
        return  # shapes that cannot work are the business of other tests
    assert network.plan is not None
    rows, made = summarize(network).rows, steps(network.plan)
    assert [row.name for row in rows] == [step.name for step in made]
    for row, step in zip(rows, made, strict=True):
        assert (row.output_shape, row.level) == (step.output, step.level)
        assert (row.trainable, row.not_trainable) == (step.trainable, step.frozen)
        assert row.multiply_adds == step.multiply_adds
        assert (row.receptive_field, row.stride) == step.after.seen(shape)


@settings(max_examples=60, deadline=None)
@given(stacks, shapes)
def test_every_equation_is_true_in_both_languages(stack: L.Stack, shape: tuple[int, ...]) -> None:
    try:
        network = build(stack, input_shape=shape, outputs=3, seed=0)
    except ModelError:
        return
    rows = summarize(network).rows
    english, korean = (explained(network, language) for language in LANGUAGES)
    for row, one, two in zip(rows, english.layers, korean.layers, strict=True):
        texts = "\n".join(one.sentences), "\n".join(two.sentences)
        results = [result for _, result in equations(texts[0])]
        assert sorted(equations(texts[0])) == sorted(equations(texts[1]))
        if row.parameters:
            assert row.parameters in results
        if row.multiply_adds:
            assert row.multiply_adds in results
        assert not re.search(r"[{}]|None(?!: there)|\bnan|\binf\b", "".join(texts))
    assert sorted(equations("\n".join(english.closing))) == sorted(equations("\n".join(korean.closing)))
    counted = sum(row.parameters for row in rows)
    assert f"{counted:,}." in english.closing[1]


@settings(max_examples=80, deadline=None)
@given(st.one_of(convolutions, separable, depthwise, pools), shapes)
def test_sizes_and_padding_are_those_of_torch(layer: L.Layer, shape: tuple[int, ...]) -> None:
    try:
        network = build([layer], input_shape=shape, outputs=2, seed=0)
    except ModelError:
        return
    name = next(iter(network.layers))
    text = said(explained(network), name)
    results = [result for _, result in equations(text)]
    module = network.module
    x = torch.zeros(1, shape[2], *shape[:2])
    for part in network.layers[name]:
        x = module.get_submodule(part)(x)
    assert {*x.shape[2:]} <= {*results}
    around = re.findall(r"of which (\d+) before and (\d+) after", text)
    if around:
        rows, columns = around[0], around[-1]
        first = module.get_submodule(network.layers[name][0])
        if isinstance(first, nn.ZeroPad2d | nn.ConstantPad2d):
            padded = tuple(first.padding)
        elif isinstance(first.padding, tuple) and len(first.padding) == 4:
            padded = first.padding
        else:
            height, width = first.padding
            padded = (width, width, height, height)
        assert padded == tuple(map(int, (*columns, *rows)))


def test_the_figures_of_the_study_notes() -> None:
    """Their tables: 976, 808, 3216, 4640; 320, 18496, 73856, 1152, 11530; without pooling 61952 and 7×7 pixels."""
    large = explain(plan(parse(NOTES_256), (256, 256, 3)))
    for name, shape, written in (
        ("conv2d", "256×256×4", "(9·9·3 + 1)·4 = 976"),
        ("conv2d_1", "128×128×8", "(5·5·4 + 1)·8 = 808"),
        ("conv2d_2", "64×64×16", "(5·5·8 + 1)·16 = 3,216"),
        ("conv2d_3", "32×32×32", "(3·3·16 + 1)·32 = 4,640"),
        ("flatten", "8,192 values", "16·16·32 = 8,192"),
        ("dense", "2,048 values", "(8,192 + 1)·2,048 = 16,779,264"),
    ):
        assert written in said(large, name)
        assert next(layer for layer in large.layers if layer.name == name).title.endswith(f"→ {shape}")
    assert "ceil(256 / 1) = 256" in said(large, "conv2d")
    valid = explain(plan(L.Stack((L.Conv2D(4, 9),)), (256, 256, 3)))
    assert "floor((256 − 9) / 1) + 1 = 248" in said(valid, "conv2d")

    small = explained(build("three-conv", input_shape=(28, 28, 1), outputs=10, seed=0))
    for name, number in (("conv2d", 320), ("conv2d_1", 18_496), ("conv2d_2", 73_856), ("dense", 11_530)):
        assert f"= {number:,}." in said(small, name)
    flatten = said(small, "flatten")
    assert "3·3·128 = 1,152 values" in flatten
    assert "22·22·128 = 61,952 values instead of 1,152" in flatten
    assert "7×7 input pixels only, not 18×18" in flatten
    assert "= 104,202." in "".join(small.closing)


def test_without_pooling_is_what_torch_gives_without_it() -> None:
    pooled = build("two-conv", input_shape=(28, 28, 1), outputs=10, seed=0)
    assert pooled.plan is not None
    bare = without_pooling(pooled.plan)
    assert bare is not None
    convolutions_only = [node.layer for node in bare.nodes]
    assert not any(isinstance(layer, L.MaxPooling2D) for layer in convolutions_only)
    rows = summarize(build(convolutions_only, input_shape=(28, 28, 1), outputs=10, seed=0)).rows
    assert rows[2].output_shape == bare.nodes[-1].output_shape == (28 * 28 * 64,)
    assert rows[1].receptive_field == steps(bare)[1].after.seen((28, 28, 1))[0] == (5, 5)
    for network in ("resnet18-small", "linear"):
        made = build(network, input_shape=(32, 32, 3), outputs=10, seed=0)
        assert made.plan is not None
        assert without_pooling(made.plan) is None


@pytest.mark.parametrize("size", [2, 3, (1, 3), 5])
def test_the_example_of_pooling_is_right(size: int | tuple[int, int]) -> None:
    for kind, operation in ((L.MaxPooling2D, nn.MaxPool2d), (L.AveragePooling2D, nn.AvgPool2d)):
        text = "\n".join(explain(plan(L.Stack((kind(size),)), (12, 12, 1))).layers[0].sentences)
        block = re.search(r"\[([\d |]+)\]", text)
        assert block is not None
        rows = [[float(number) for number in row.split()] for row in block[1].split("|")]
        expected = operation((len(rows), len(rows[0])))(torch.tensor(rows)[None, None]).item()
        _, given_value = re.findall(r"gives (.+?) = ([\d.]+\d|\d)", text)[0]
        assert float(given_value) == pytest.approx(expected, rel=1e-3)


def test_a_learned_slope_is_counted_beside_the_weights() -> None:
    stack = [L.Conv2D(4, 3, activation="prelu"), L.Activation("prelu"), L.Flatten(), L.Dense(5, activation="prelu")]
    network = build(stack, input_shape=(6, 6, 1), outputs=2, seed=0)
    assert network.plan is not None
    counted = [row.parameters for row in summarize(network).rows]
    assert counted == [step.parameters for step in steps(network.plan)] == [41, 1, 0, 326, 12]
    explanation = explained(network)
    assert "(3·3·1 + 1)·4 = 40." in said(explanation, "conv2d")
    assert "1 more parameter" in said(explanation, "conv2d")
    assert "nothing to learn" not in said(explanation, "activation")
    assert equations("".join(explanation.closing))[0][1] == sum(counted)


def test_graphs_vectors_and_layers_of_ones_own() -> None:
    branches = """
    a = Conv2D(8, 3, padding="same")(input)
    b = Conv2D(8, 5, padding="same")(input)
    sum = Add()(a, b)
    both = Concatenate()(a, sum)
    out = Flatten()(both)
    """
    network = build(branches, input_shape=(9, 9, 3), outputs=4, seed=0)
    assert network.plan is not None
    for row, step in zip(summarize(network).rows, steps(network.plan), strict=True):
        assert (row.receptive_field, row.stride) == step.after.seen((9, 9, 3))
    assert "8 + 8 = 16" in said(explained(network), "both")
    assert "2 inputs are added" in said(explained(network), "sum")
    vectors = explained(build("dense", input_shape=(20,), outputs=2, seed=0))
    assert "already" in said(vectors, "flatten")
    own = explain(plan(L.Stack((L.Conv2D(2, 3), L.Custom(nn.Identity), L.MaxPooling2D(2))), (8, 8, 1)))
    assert "of your own" in own.layers[1].sentences[0]
    assert "Receptive field" not in said(own, "max_pooling2d")  # not known behind foreign code
    assert not own.closing  # a total that leaves something out would be a wrong one


def test_the_check_of_equations_finds_a_wrong_one() -> None:
    assert equations("so (3·3·1 + 1)·32 = 320, or floor((1,000 − 9) / 2) + 1 = 496.") == [
        ("(3*3*1 + 1)*32", 320),
        ("floor((1000 - 9) / 2) + 1", 496),
    ]
    for wrong in ("(3·3·1 + 1)·32 = 321", "max(1, 8, 5) = 7", "31 / 6 = 5.2"):
        with pytest.raises(AssertionError):
            equations(wrong)
