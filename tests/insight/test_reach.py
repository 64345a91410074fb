"""What every position can see against the support of its gradient, exactly: all boxes, at borders and in the middle."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from supports import box, corners, positive, same_boxes, supports
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from spirula.insight.receptive import Fields, fields_of
from spirula.models.modules import AveragePoolingSame
from spirula.models.summary import Row

SHAPE = (40, 31, 2)
WHOLE = Row("all", "Module", (1,), 0, 0, 0, 0, None, None, 0, ("",))


def fields(module: nn.Module, shape: tuple[int, int, int] = SHAPE, *, gates: bool = True) -> Fields:
    return fields_of(module, shape, [WHOLE], gates=gates)[0][0]


class Computes(nn.Module):
    """A user's module: its parts, and a function of them and the picture."""

    def __init__(self, function: Callable[..., Tensor], *parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.parts)


def assert_agrees(module: nn.Module, shape: tuple[int, int, int] = SHAPE) -> Fields:
    """Require every corner's and the middle's box to be the support of the gradient; return the fields."""
    found = fields(module, shape)
    assert found.boxes is not None
    places = corners(*found.maps)
    assert same_boxes(found.boxes, supports(positive(copy.deepcopy(module)), shape, places), places)
    return found


def conv(inputs: int, outputs: int, kernel: int | tuple[int, int], **options: object) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, **options)  # type: ignore[arg-type]


SIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))
STEPS = st.tuples(st.integers(1, 2), st.integers(1, 2))
LAYERS = st.one_of(
    st.builds(
        lambda k, s, p, d: conv(2, 2, k, stride=s, padding=p, dilation=d), SIDES, STEPS, st.integers(0, 4), STEPS
    ),
    st.builds(lambda k, s: conv(2, 2, k, stride=s, padding=1, groups=2), SIDES, STEPS),
    st.builds(lambda k, s, c: nn.MaxPool2d(k, s, k // 2, ceil_mode=c), st.integers(2, 3), STEPS, st.booleans()),
    st.builds(lambda k, c: nn.AvgPool2d(k, padding=0, ceil_mode=c), SIDES, st.booleans()),
    st.builds(lambda k, s, p: nn.ConvTranspose2d(2, 2, k, s, p), SIDES, STEPS, st.integers(0, 1)),
    st.builds(lambda *pads: nn.ZeroPad2d(pads), *[st.integers(-1, 3)] * 4),
    st.builds(lambda side: nn.AdaptiveAvgPool2d((side, 5)), st.integers(2, 7)),
    st.builds(lambda mode: nn.Upsample(scale_factor=1.5, mode=mode), st.sampled_from(["nearest", "bilinear"])),
    st.just(nn.ReflectionPad2d((1, 0, 2, 1))),
    st.builds(lambda k: Computes(lambda x, a: a(x) + x, conv(2, 2, k, padding="same")), st.sampled_from([1, 3, 5])),
)


@given(st.lists(LAYERS, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_boxes_are_the_support_of_the_gradient(layers: list[nn.Module]) -> None:
    module = nn.Sequential(*layers)
    try:
        module(torch.zeros(1, 2, *SHAPE[:2]))
    except RuntimeError:
        assume(False)  # a kernel larger than its map
    assert_agrees(module)


BRANCHES: dict[str, nn.Module] = {
    "branches of different fields": Computes(
        lambda x, a, b, c: torch.cat([a(x), b(x), c(x)], 1), conv(2, 1, 1), conv(2, 1, 7, padding=3), nn.Identity()
    ),
    "different strides meet": Computes(
        lambda x, a, b, c: a(x) + b(c(x)), conv(2, 2, 1, stride=2), conv(2, 2, 3, padding=1), nn.MaxPool2d(3, 2, 1)
    ),
    "a channel keeps its own field": Computes(
        lambda x, a, b, c: b(torch.cat([a(x), x], 1))[:, 1:] + c(x),
        conv(2, 1, 9, padding=4),
        conv(3, 3, 3, padding=1, groups=3),
        conv(2, 1, 1),
    ),
    "channels are shuffled and split": Computes(
        lambda x, a: torch.cat([F.channel_shuffle(x, 2).chunk(2, 1)[0], a(x)], 1), conv(2, 1, 5, padding=2)
    ),
    "channels last inside": Computes(
        lambda x, a, b: b(a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2), conv(2, 3, 5), nn.Linear(3, 3)
    ),
    "channels last at the end": Computes(lambda x, a: a(x).permute(0, 2, 3, 1), conv(2, 3, 5, padding=2)),
    "pixels to channels": Computes(
        lambda x, a: F.pixel_unshuffle(a(F.pad(x, (0, 1))), 2), conv(2, 2, 3, padding=1)
    ),
    "flipped and rolled": Computes(lambda x, a: a(x.flip(-1)).roll(3, 2), conv(2, 2, (1, 5), padding=(0, 2))),
    "sliced": Computes(lambda x, a: a(x)[:, :, 3:-2:2], conv(2, 2, 3)),
    "in place": Computes(lambda x, a, b: b(a(x).add_(1).relu_()), conv(2, 2, 3), conv(2, 2, 3)),
    "a loop over the data": Computes(
        lambda x, a: a(x) if float(x.detach().sum()) > 1e9 else a(a(x)), conv(2, 2, 3, padding=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BRANCHES)
def test_what_fx_cannot_trace_and_branches_are_followed(name: str) -> None:
    module = BRANCHES[name]
    found = fields(module)
    assert found.boxes is not None
    places = corners(*found.maps)
    truth = copy.deepcopy(module)
    wanted = positive(truth)
    image = torch.rand(1, 2, *SHAPE[:2], dtype=torch.float64, requires_grad=True)
    result = wanted(image)
    last = name == "channels last at the end"
    boxes = [box(image, (result[0, r, c] if last else result[0, :, r, c]).sum()) for r, c in places]
    assert same_boxes(found.boxes, boxes, places)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.flatten(1),
        lambda x: x.mean((2, 3), keepdim=True),
        lambda x: F.adaptive_max_pool2d(x, 1),
        lambda x: x * x.amax((2, 3), keepdim=True).sigmoid(),
        lambda x: F.scaled_dot_product_attention(*[x.flatten(2).transpose(1, 2)] * 3).transpose(1, 2).view_as(x),
        lambda x: (x.flatten(2).transpose(1, 2) @ x.flatten(2)).softmax(-1),
    ],
)
def test_what_sees_everything_says_so(function: Callable[[Tensor], Tensor]) -> None:
    assert fields(Computes(function)).sight == "whole"


def test_a_gate_opens_every_position_to_the_picture_and_can_be_left_out() -> None:
    module = Computes(lambda x, a: a(x) * x.mean((2, 3), keepdim=True).sigmoid(), conv(2, 2, 5, padding=2))
    assert fields(module).sight == "whole"
    assert fields(module, gates=False).size == (5, 5)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.einsum("nchw,nchw->nchw", torch.special.bessel_j0(x), x).cumprod(2),  # not in the table
        lambda x: x[:, :, (x[0, 0, :, 0] * 0).long()],  # positions chosen by the picture
        lambda x: F.conv2d(x, x.mean((2, 3), keepdim=True).expand(2, 2, 3, 3) * 1.0),  # kernels made of the picture
        lambda x: _written(x),
    ],
)
def test_what_cannot_be_said_is_unknown(function: Callable[[Tensor], Tensor]) -> None:
    found = fields(Computes(function))
    assert found.sight == "unknown"
    assert found.boxes is None
    assert found.maps == (0, 0)


def _written(x: Tensor) -> Tensor:
    """Write into a part of another tensor: who holds the whole of it must not be taken for a constant."""
    held = torch.zeros_like(x)
    held[:, :, 1:] = x[:, :, :-1]
    return held


def test_constants_see_nothing() -> None:
    assert fields(Computes(lambda x: torch.ones(1, 3, 4, 4))).sight == "nothing"


def test_nothing_about_the_module_changes() -> None:
    module = nn.Sequential(conv(2, 3, 3), nn.BatchNorm2d(3), nn.Dropout(0.5)).train()
    before = copy.deepcopy(module.state_dict())
    torch.manual_seed(3)
    state = torch.get_rng_state()
    fields(module)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(part.training for part in module.modules())
    assert all(value.requires_grad for value in module.parameters())
    assert not module[0]._forward_hooks
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("function", [nn.Hardswish(), nn.PReLU(2), nn.LogSigmoid(), nn.ReLU6(), nn.Mish(), nn.GELU()])
def test_activations_keep_what_is_seen(function: nn.Module) -> None:
    plain = conv(2, 2, 3, stride=2, padding=1)
    assert same_boxes_of(nn.Sequential(plain, function), plain)


def same_boxes_of(one: nn.Module, other: nn.Module) -> bool:
    boxes = [fields(module).boxes for module in (one, other)]
    return boxes[0] is not None and boxes[1] is not None and bool((boxes[0] == boxes[1]).all())


def test_a_new_tensor_of_a_shape_sees_nothing_of_the_value_that_gave_it() -> None:
    """Average pooling with unequal padding divides by how many values were inside: ones of its input's type."""
    assert_agrees(AveragePoolingSame((2, 2), (2, 2), (0, 1, 0, 1)))
    assert_agrees(Computes(lambda x, a: a(x) * torch.full_like(x, 2.0), conv(2, 2, 3, padding=1)))
