"""The pictures that excite a filter most, and the patches: planted ones are found where they were put."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import made
from torch import Tensor, nn

from spirula.insight.layers import rows_of
from spirula.insight.units.exciting import (
    Excited,
    exciting,
    exciting_arrays,
    fields_of_rows,
    fitted,
    liveliest,
    seen_box,
    seen_size,
    telling_convolutions,
)
from spirula.insight.units.responses import Filters, responses
from spirula.models.build import Network

SIDE = 24


def looked_at(network: Network, images: Tensor) -> list[Filters]:
    rows = rows_of(network)
    names = [row.name for row in telling_convolutions(network, rows)]
    return [
        f for f in responses(network, rows, images.split(7), len(images), peaks_of=names).filters if f.peaks is not None
    ]


def found(network: Network, images: Tensor, which: int, channels: list[int], count: int) -> list[Excited]:
    filters = looked_at(network, images)[which]
    fields = fields_of_rows(network, [filters.row])[filters.row.name]
    return exciting(filters, fields, (SIDE, SIDE), channels, count)


@torch.no_grad()
def crosses() -> Network:
    """A network whose first filter of the second convolution adds up a cross of 3 × 3, on maps half as large."""
    network = made(
        'Conv2D(2, 1, activation="relu", use_bias=False), MaxPooling2D(2), '
        'Conv2D(4, 3, padding="same", activation="relu", use_bias=False), Flatten()',
        (SIDE, SIDE, 1),
    )
    first, second = (part for part in network.module.modules() if isinstance(part, nn.Conv2d))
    first.weight.fill_(1.0)
    second.weight.zero_()
    second.weight[0, 0] = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])
    second.weight[1, 0] = 1.0
    return network


def test_a_planted_pattern_is_found_in_its_pictures_at_its_place() -> None:
    images = 0.1 * torch.rand(20, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    places = {3: (8, 10), 11: (2, 16), 17: (18, 4)}  # upper left of the middle cell of 2 × 2, strongest first
    for rank, (sample, (y, x)) in enumerate(places.items()):
        for down, right in ((0, 0), (-2, 0), (2, 0), (0, -2), (0, 2)):
            images[sample, 0, y + down, x + right] = 1.0 - 0.1 * rank
    excited = found(crosses(), images, 1, [0], 3)
    assert [entry.sample for entry in excited] == list(places)
    assert [entry.rank for entry in excited] == [0, 1, 2]
    assert [entry.value for entry in excited] == pytest.approx([5.0, 4.5, 4.0], abs=0.1)
    for entry, (y, x) in zip(excited, places.values(), strict=True):
        assert entry.place == (y // 2, x // 2)
        assert entry.box == (y - 2, x - 2, y + 4, x + 4)  # a field of 6, in steps of 2


def test_patches_are_cut_off_at_the_border_and_dead_filters_have_none() -> None:
    images = torch.zeros(5, 1, SIDE, SIDE)
    images[2, 0, 0, 0] = 1.0
    excited = found(crosses(), images, 1, [0, 1, 2], 4)
    assert [(entry.channel, entry.sample, entry.box) for entry in excited] == [
        (0, 2, (0, 0, 4, 4)),
        (1, 2, (0, 0, 4, 4)),
    ]
    assert {entry.sees for entry in excited} == {(6, 6)}  # where no border cuts
    assert liveliest(looked_at(crosses(), images)[1]) == [1, 0]  # of four, two are dead


def test_the_box_is_what_the_gradient_says() -> None:
    """Nothing outside the box moves the answer; its four edges do."""
    network = made(
        'Conv2D(4, 3, strides=2, padding="same", activation="gelu"), Conv2D(4, 3, dilation_rate=2), '
        'BatchNormalization(), Activation("relu"), Flatten()',
        (SIDE, SIDE, 3),
    )
    images = torch.randn(12, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    module = nn.Sequential(*list(network.module.children())[:-2])
    checked = 0
    for entry in found(network, images, 1, [0, 1, 2, 3], 3):
        image = images[entry.sample : entry.sample + 1].clone().requires_grad_()
        value = module(image)[0, entry.channel, entry.place[0], entry.place[1]]
        assert value.item() == pytest.approx(entry.value, rel=1e-4)
        value.backward()
        assert image.grad is not None
        rows, columns = np.nonzero(image.grad[0].abs().sum(0).numpy())
        assert (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1) == entry.box
        checked += 1
    assert checked == 12


def test_through_gates_and_after_pooling_the_box_is_what_can_be_said() -> None:
    network = made('Conv2D(4, 3, activation="relu"), Flatten()', (SIDE, SIDE, 1))
    fields = fields_of_rows(network, rows_of(network)[:1])["conv2d"]
    assert seen_box(fields, 0, 5, (SIDE, SIDE)) == (0, 5, 3, 8)
    unknown = fields.__class__("x", "unknown")
    assert seen_box(unknown, 0, 5, (SIDE, SIDE)) == (0, 0, SIDE, SIDE)
    gated = fields.__class__("x", "whole", np.full((1, 1, 4), 7, np.int32), bare=fields)
    assert seen_box(gated, 0, 5, (SIDE, SIDE)) == (0, 5, 3, 8)
    assert [seen_size(each, (SIDE, SIDE)) for each in (fields, gated, unknown)] == [(3, 3), (3, 3), (SIDE, SIDE)]
    assert seen_size(fields, (2, SIDE)) == (2, 3)


def test_what_is_stored_is_small_and_fits() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (4, 150, 200, 3)).astype(np.uint8)
    entries = [
        Excited("한글", 5, 0, 2, 3.5, (1, 2), (10, 12), (0, 0, 150, 200), (150, 200)),
        Excited("한글", 5, 1, 0, 2.5, (3, 4), (10, 12), (140, 0, 150, 7), (20, 20)),
    ]
    arrays = exciting_arrays(entries, images, list("abcd"), list("wxyz"), 4)
    assert arrays["sees"].tolist() == [[150, 200], [20, 20]]
    assert arrays["files"].tolist() == ["a", "c"]
    assert arrays["pictures"].tolist() == [1, 0]
    assert arrays["contexts"].shape == (2, 54, 72, 3)
    assert arrays["patch_sizes"].tolist() == [[48, 64], [10, 7]]
    np.testing.assert_array_equal(arrays["patches"][1][:10, :7], images[0, 140:, :7])
    assert not arrays["patches"][1][10:].any()
    np.testing.assert_array_equal(fitted(images[0], 300), images[0])
    grey = fitted(images[0][..., :1], 50)
    assert grey.shape == (38, 50, 1)


def test_a_few_layers_are_chosen_evenly() -> None:
    network = made(", ".join(["Conv2D(2, 3, padding='same')"] * 7) + ", Flatten()", (SIDE, SIDE, 1))
    names = [row.name for row in telling_convolutions(network, rows_of(network))]
    assert names == ["conv2d", "conv2d_3", "conv2d_6"]
    assert telling_convolutions(made("Flatten()", (SIDE, SIDE, 1)), rows_of(made("Flatten()", (SIDE, SIDE, 1)))) == []
