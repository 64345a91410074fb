"""Convolutions that begin by passing on what they get."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from spirula.errors import ModelError
from spirula.models.identity import begin_as_identity


def test_the_first_channels_come_out_as_they_went_in():
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 8, 3, padding=1, bias=False)
    random = layer.weight.detach().clone()
    assert begin_as_identity(nn.Sequential(layer)) == ["0"]
    images = torch.randn(2, 3, 7, 7)
    outputs = layer(images)
    torch.testing.assert_close(outputs[:, :3], images)
    assert torch.equal(layer.weight[3:], random[3:])


def test_a_layer_that_narrows_keeps_as_many_channels_as_it_has():
    layer = nn.Conv2d(6, 4, (3, 5), padding=(1, 2), bias=False)
    begin_as_identity(layer)
    images = torch.randn(2, 6, 9, 9)
    torch.testing.assert_close(layer(images), images[:, :4])


def test_others_are_left_alone():
    torch.manual_seed(0)
    frozen = nn.Conv2d(2, 2, 3).requires_grad_(False)
    module = nn.Sequential(
        nn.Conv2d(2, 2, 2), nn.Conv2d(2, 2, 3, groups=2), nn.Conv2d(2, 2, 3), frozen, nn.Conv2d(2, 4, 1)
    )
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert begin_as_identity(module, apart=["2"]) == ["4"]
    changed = {name for name, value in module.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"4.weight"}


def test_a_network_without_such_layers_is_refused():
    with pytest.raises(ModelError, match="dirac would have no effect"):
        begin_as_identity(nn.Sequential(nn.Conv2d(1, 8, 2), nn.Flatten(), nn.Linear(8, 2)))
