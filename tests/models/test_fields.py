"""Receptive fields against the truth: where the gradient of one position is not zero."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_shapes import built
from torch import nn
from torch.nn import functional

from spirula import layers as L  # noqa: N812
from spirula.models.build import build
from spirula.models.summary import summarize
from spirula.models.trace import trace

SIDE = 90
KERNELS = st.integers(1, 4)
PADDINGS = st.sampled_from(["valid", "same"])
LINEAR = st.one_of(
    st.builds(
        L.Conv2D,
        st.just(2),
        st.tuples(KERNELS, KERNELS),
        st.integers(1, 2),
        PADDINGS,
        dilation_rate=st.sampled_from([1, 2]),
    ),
    st.builds(L.DepthwiseConv2D, KERNELS, st.integers(1, 2), PADDINGS),
    st.builds(L.SeparableConv2D, st.just(2), KERNELS, st.integers(1, 2), PADDINGS),
    st.builds(L.AveragePooling2D, st.tuples(KERNELS, KERNELS), st.sampled_from([None, 1, 2]), PADDINGS),
    st.builds(L.MaxPooling2D, KERNELS, st.sampled_from([None, 2]), st.just("valid")),
    st.builds(L.ZeroPadding2D, st.tuples(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.just((1, 0)))),
    st.builds(lambda size: L.Residual(L.Conv2D(3, size, padding="same"), L.Conv2D(2, 3, 2, "same")), KERNELS),
    st.builds(lambda size: L.Residual(L.Conv2D(2, size, padding="same", dilation_rate=2)), KERNELS),
)


def support(module: nn.Module, channels: int, position: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return first and last row, first and last column that one position of the last map depends on."""
    image = torch.zeros(1, channels, SIDE, SIDE, requires_grad=True)
    module(image)[0, :, position[0], position[1]].sum().backward()
    assert image.grad is not None
    rows = image.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    columns = image.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def body_of(layers: list[L.Layer]) -> nn.Sequential:
    """The maps of a stack, all weights positive and max pooling replaced by a mean, so that nothing cancels."""
    network = built(L.Stack((*layers, L.Flatten())), (SIDE, SIDE, 1))
    body = nn.Sequential(*list(network.module.children())[:-2]) if isinstance(network.module, nn.Sequential) else None
    assert body is not None
    for value in body.parameters():
        value.data.fill_(1.0)
    for name, part in list(body.named_children()):
        if isinstance(part, nn.MaxPool2d):
            setattr(body, name, nn.AvgPool2d(part.kernel_size, part.stride, part.padding))
    return body


@given(st.lists(LINEAR, min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_field_is_the_support_of_the_gradient(layers: list[L.Layer]) -> None:
    body = body_of(layers)
    last = trace(body, (SIDE, SIDE, 1)).calls[-1]
    field, (height, width) = last.field, last.output_shape[:2]
    assert field.known
    position = (height // 2, width // 2)
    expected = [
        (span.start + place * span.stride, span.end + place * span.stride)
        for span, place in zip((field.rows, field.columns), position, strict=True)
    ]
    assume(all(first >= 0 and last < SIDE for first, last in expected))  # at the border padding hides a part
    assert list(support(body, 1, position)) == expected
    row = summarize(build([*layers, L.Flatten()], input_shape=(SIDE, SIDE, 1), outputs=2)).rows[-3]
    assert row.receptive_field == tuple(int(last - first) + 1 for first, last in expected)
    assert row.stride == (field.rows.stride, field.columns.stride)


class Branches(nn.Module):
    """Branches written by hand, with functions instead of modules in places."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(1, 2, 3, padding=1)
        self.b = nn.Conv2d(1, 2, 5, padding=2, dilation=1)
        self.weight = nn.Parameter(torch.ones(2, 4, 3, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([functional.relu(self.a(x)) + 1, self.b(x).mul(2)], 1)
        wide = functional.conv2d(functional.pad(joined, (1, 1, 1, 1)), self.weight, stride=2)
        short = functional.avg_pool2d(x, 2)
        wide += short
        return wide.contiguous()


def test_fields_of_foreign_code_with_branches() -> None:
    module = Branches()
    for value in module.parameters():
        value.data.fill_(1.0)
    field = trace(module, (SIDE, SIDE, 1)).calls[-1].field
    assert (field.rows.size, field.rows.stride) == (7, 2)
    span = (field.rows.start + 20 * 2, field.rows.end + 20 * 2)
    assert support(module, 1, (20, 20)) == (span, span)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, :, ::2, ::2],
        lambda x: x.flip(2),
        lambda x: torch.roll(x, 1, 2),
        lambda x: functional.pixel_unshuffle(x, 2),
        lambda x: x.transpose(2, 3),
        lambda x: x.cumsum(2),
    ],
)
def test_what_cannot_be_followed_is_unknown_not_wrong(function: object) -> None:
    class Strange(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = function(x)  # type: ignore[operator]
            return result

    assert not trace(Strange(), (8, 8, 1)).calls[-1].field.known


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("GlobalAveragePooling2D(keepdims=True)", (9, 12)),
        ("Flatten()", (9, 12)),
        ("Conv2D(3, 3), GlobalMaxPooling2D()", (9, 12)),
    ],
)
def test_global_layers_see_the_whole_input(text: str, field: tuple[int, int]) -> None:
    for row in summarize(build(text, input_shape=(9, 12, 1), outputs=2)).rows[-2:]:
        assert (row.receptive_field, row.stride) == (field, None)


@pytest.mark.parametrize(
    ("text", "side", "field"),
    [
        # Position i of four sees i … i+4 and 2i … 2i+1: most at either end.
        ("a = Conv2D(2, 5)(input); b = AveragePooling2D(2)(input); b = Conv2D(2, 1)(b); e = Add()(a, b)", 8, 5),
        # Position i of eight sees i and 2i … 2i+1 (some of it beyond the image): at the last, 7 … 15.
        (
            "a = Rescaling(2)(input); b = AveragePooling2D(2)(input); b = ZeroPadding2D(((0, 4), (0, 4)))(b); "
            "e = Add()(a, b)",
            8,
            9,
        ),
    ],
)
def test_branches_of_different_strides(text: str, side: int, field: int) -> None:
    network = build(text, input_shape=(side, side, 1), outputs=2)
    row = next(row for row in summarize(network).rows if row.name == "e")
    assert (row.receptive_field, row.stride) == ((field, field), (2, 2))
