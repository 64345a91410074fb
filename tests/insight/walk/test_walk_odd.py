"""Networks that nobody teaches: their walk is whole all the same, or says what it does not draw."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from walked import hooked, walked

from spirula.insight.walk.document import Walk
from spirula.insight.walk.functions import applied

SHAPE = (12, 10, 3)


class Between(nn.Module):
    """A convolution, something in between, the mean of every map, and a last layer."""

    def __init__(self, between: Callable[[Tensor], Tensor], **how: str) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, padding=1, **how)  # type: ignore[arg-type]
        self.between = between
        self.last = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = torch.nan_to_num(self.last(self.between(self.conv(x)).mean((2, 3))))
        return logits


def kinds(found: Walk) -> dict[str, str]:
    return {station["name"]: station["kind"] for station in found.document["stations"]}


def test_a_buffer_that_is_filled_piece_by_piece_still_depends_on_the_picture() -> None:
    made, found = walked(Between(torch.relu, padding_mode="circular"), SHAPE)
    stations = found.document["stations"]
    conv = next(station for station in stations if station["name"] == "conv")
    assert (conv["kind"], conv["operator"]) == ("unknown", "Conv2d")
    assert {stations[index]["name"] for _, index in conv["from"]} == {"input"}
    assert found.document["logits"] == pytest.approx(hooked(made, SHAPE)[""][0].astype(float))


@pytest.mark.parametrize("between", [torch.log, torch.sqrt, lambda x: torch.exp(1000 * x), lambda x: x / 0])
def test_what_is_no_number_does_not_end_the_walk(between: Callable[[Tensor], Tensor]) -> None:
    made, found = walked(Between(between), SHAPE)
    assert found.document["logits"] == pytest.approx(hooked(made, SHAPE)[""][0].astype(float))


def test_a_constant_that_is_larger_than_the_value_is_only_named() -> None:
    position = torch.arange(5.0).reshape(5, 1, 1)
    _, found = walked(Between(lambda x: position * x.amax(1, keepdim=True)), SHAPE)
    assert kinds(found)["mul"] == "unknown"
    assert kinds(found)["conv"] == "convolution"


def test_rsub_with_a_factor_leaves_the_convolution_before_it_alone() -> None:
    _, found = walked(Between(lambda x: torch.rsub(x, 7, alpha=2)), SHAPE)
    assert (kinds(found)["conv"], kinds(found)["rsub"]) == ("convolution", "unknown")


@pytest.mark.parametrize("name", ["exp", "log", "sqrt"])
def test_functions_beyond_their_range_are_those_of_torch(name: str) -> None:
    x = torch.tensor([-math.inf, -1.0, -0.0, 0.0, 1000.0, math.inf, math.nan], dtype=torch.float64)
    np.testing.assert_array_equal(
        [applied({"function": name}, value) for value in x.tolist()], getattr(torch, name)(x).numpy()
    )
