"""The networks of the study notes are read from their code and have the shapes and counts that Keras printed."""

from __future__ import annotations

import pytest
from keras_networks import CODE, PRINTED, SHAPES, TOTALS

from spirula.models.build import build
from spirula.models.description import Description
from spirula.models.keras.code import read_code
from spirula.models.notation import parse, to_text
from spirula.models.summary import Summary, summarize


def summary_of(name: str) -> Summary:
    code = read_code(CODE[name])
    outputs = Description("", code.network).outputs or 10
    shape = code.input_shape or (8,)
    task = "regression" if outputs == 1 else "classification"
    return summarize(build(code.network, input_shape=shape, outputs=outputs, seed=0, task=task))


@pytest.mark.parametrize("name", CODE)
def test_input_shapes_are_those_of_the_code(name: str) -> None:
    assert read_code(CODE[name]).input_shape == SHAPES[name]


@pytest.mark.parametrize("name", PRINTED)
def test_layers_have_the_printed_counts(name: str) -> None:
    assert [row.parameters for row in summary_of(name).rows][: len(PRINTED[name])] == PRINTED[name]


@pytest.mark.parametrize("name", TOTALS)
def test_totals_are_the_printed_ones(name: str) -> None:
    assert summary_of(name).parameters == TOTALS[name]


@pytest.mark.parametrize("name", CODE)
def test_what_was_read_is_our_own_notation(name: str) -> None:
    network = read_code(CODE[name]).network
    assert parse(to_text(network)) == network


@pytest.mark.parametrize("name", CODE)
def test_totals_are_those_of_keras(name: str, keras_counts: dict[str, dict[str, int]]) -> None:
    summary, peer = summary_of(name), keras_counts[name]
    # A network that ends in a hidden layer gets its output layer from the data.
    added = sum(row.parameters for row in summary.rows[-1:]) if name == "TEETH" else 0
    assert summary.parameters - added == peer["total"]
    assert summary.trainable - added == peer["trainable"]


def test_flatten_sizes_of_the_downsampling_story() -> None:
    code = CODE["FUNCTIONAL"]
    without = "\n".join(line for line in code.splitlines() if "MaxPooling2D" not in line)
    for text, size in ((code, 1152), (without, 61952)):
        rows = summarize(build(read_code(text).network, input_shape=(28, 28, 1), outputs=10)).rows
        assert [row.output_shape for row in rows if row.kind == "Flatten"] == [(size,)]
