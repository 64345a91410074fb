"""The summary's rows, totals and looks, for built networks and for anybody's modules."""

from __future__ import annotations

import json
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from spirula.errors import ModelError
from spirula.models.build import build
from spirula.models.summary import summarize
from spirula.models.table import text_width


def test_rows_are_the_layers_of_the_notation() -> None:
    table = summarize(
        build(
            "Conv2D(32, 2, padding='same', activation='relu'), MaxPooling2D(2), SeparableConv2D(4, 3), "
            "BatchNormalization(), GlobalAveragePooling2D()",
            input_shape=(28, 28, 1),
            outputs=10,
        )
    )
    assert [(row.name, row.kind, row.output_shape, row.multiply_adds) for row in table.rows] == [
        ("conv2d", "Conv2D", (28, 28, 32), 28 * 28 * 32 * 4),
        ("max_pooling2d", "MaxPooling2D", (14, 14, 32), 0),
        ("separable_conv2d", "SeparableConv2D", (12, 12, 4), 12 * 12 * 32 * 9 + 12 * 12 * 4 * 32),
        ("batch_normalization", "BatchNormalization", (12, 12, 4), 0),
        ("global_average_pooling2d", "GlobalAveragePooling2D", (4,), 0),
        ("dense", "Dense", (10,), 40),
    ]
    assert (table.parameters, table.trainable, table.not_trainable) == (
        sum(row.parameters for row in table.rows),
        160 + 32 * 9 + 32 * 4 + 4 + 8 + 50,
        8,
    )
    assert table.bytes == (table.parameters) * 4 + 8  # and BatchNormalization's counter


def test_frozen_parameters_are_not_trainable() -> None:
    network = build("Conv2D(4, 3), Flatten()", input_shape=(5, 5, 1), outputs=2)
    network.module.get_submodule("conv2d").requires_grad_(False)
    table = summarize(network)
    assert (table.rows[0].trainable, table.rows[0].not_trainable) == (0, 40)
    assert table.not_trainable == 40


def test_looking_changes_nothing() -> None:
    network = build("vgg-small", input_shape=(12, 12, 3), outputs=2, seed=0)
    network.module.train()
    network.module.get_submodule("dropout").eval()
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    modes = [part.training for part in network.module.modules()]
    state = torch.get_rng_state()
    first, second = str(summarize(network)), str(summarize(network))
    assert first == second
    assert all(torch.equal(value, before[name]) for name, value in network.module.state_dict().items())
    assert [part.training for part in network.module.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.module.modules())
    assert all(value.grad is None for value in network.module.parameters())


def test_text_is_aligned_also_with_wide_letters() -> None:
    network = build(
        "넓은층 = Conv2D(4, 3, padding='same')(input); b = Concatenate()(넓은층, input)",
        input_shape=(5, 5, 1),
        outputs=2,
    )
    lines = str(summarize(network)).splitlines()
    ends = {text_width(line[: line.index("×5×")]) for line in lines if "×5×" in line and "per input" not in line}
    assert len(ends) == 1
    assert len({text_width(line) for line in lines if set(line) == {"─"}}) == 1
    assert text_width("한글 a") == 6
    assert text_width("e\u0301") == 1


def test_html_escapes_and_json_holds_everything() -> None:
    table = summarize(build("two-conv", input_shape=(8, 8, 1), outputs=3))
    assert json.loads(json.dumps(table.to_dicts()))[0] == {
        "name": "conv2d",
        "kind": "Conv2D",
        "output_shape": [8, 8, 32],
        "parameters": 320,
        "trainable": 320,
        "not_trainable": 0,
        "multiply_adds": 18432,
        "receptive_field": [3, 3],
        "stride": [1, 1],
        "level": 0,
        "modules": ["conv2d", "conv2d_relu"],
    }
    named = nn.Sequential()
    named.add_module("<b>", nn.Flatten())
    assert "&lt;b&gt;" in summarize(named, (4, 4, 1))._repr_html_()
    assert "<b>" not in summarize(named, (4, 4, 1))._repr_html_()
    assert "<table>" in build("linear", input_shape=(4,), outputs=2)._repr_html_()


def test_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    table = summarize(build("two-conv", input_shape=(8, 8, 1), outputs=3))
    assert int(table.to_pandas()["parameters"].sum()) == table.parameters
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModelError, match="pandas"):
        table.to_pandas()


def test_vectors_have_no_fields() -> None:
    table = summarize(build("dense", input_shape=(30,), outputs=2))
    assert {(row.receptive_field, row.stride) for row in table.rows} == {(None, None)}
    assert "receptive" not in str(table)


class Foreign(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.ModuleDict({"conv": nn.Conv2d(3, 4, 3, bias=False), "norm": nn.BatchNorm2d(4)})
        self.act = nn.ReLU()
        self.line = nn.Linear(4, 4)
        self.free = nn.Parameter(torch.ones(7))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.inner["norm"](self.act(self.inner["conv"](x))))
        x = functional.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.line(self.line(x)) * self.free.sum()


def test_any_module_nested_repeated_and_functional() -> None:
    table = summarize(Foreign(), (6, 6, 3))
    assert [(row.name, row.output_shape, row.parameters, row.multiply_adds) for row in table.rows] == [
        ("inner.conv", (4, 4, 4), 108, 4 * 4 * 4 * 27),
        ("act", (4, 4, 4), 0, 0),
        ("inner.norm", (4, 4, 4), 16, 0),
        ("act (call 2)", (4, 4, 4), 0, 0),
        ("line", (4,), 20, 16),
        ("line (call 2)", (4,), 0, 16),
        ("Foreign", (4,), 7, 0),
    ]
    assert (table.parameters, table.trainable, table.not_trainable) == (151, 143, 8)
    assert table.multiply_adds == 4 * 4 * 4 * 27 + 32


def test_shared_weights_count_once() -> None:
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    assert summarize(nn.Sequential(first, second), (4,)).parameters == 16 + 4 + 4


def test_mistakes() -> None:
    network = build("two-conv", input_shape=(8, 8, 1), outputs=3)
    with pytest.raises(ModelError, match="8×8×1, not 9×9×1"):
        summarize(network, (9, 9, 1))
    with pytest.raises(ModelError, match="input_shape"):
        summarize(network.module)
    with pytest.raises(ModelError, match="Sequential fails on an input of 8×8×2"):
        summarize(network.module, (8, 8, 2))
