"""Several views of one picture, averaged: against the definition, and without a word from the neighbours."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from spirula.errors import RunError
from spirula.evaluation.predict import answers
from spirula.evaluation.views import UNSURE, VIEWS, View, ViewSet, averaged, confidence, seen, settled
from spirula.wording import TestViews as NamedViews
from spirula.wording import test_views_words as words_for

NAMES = sorted(VIEWS)


def network(outputs: int, side: int = 32, scale: float = 1.0) -> nn.Module:
    torch.manual_seed(5)
    layers = (nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * (side - 2) ** 2, outputs))
    module = nn.Sequential(*layers).eval()
    with torch.no_grad():
        layers[3].weight *= scale
    return module


def pictures(number: int = 40, side: int = 32) -> Tensor:
    return torch.randn(number, 3, side, side, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def answered(module: nn.Module, images: Tensor, views: ViewSet | None, output: Any = "softmax") -> Tensor:
    return answers(module, images, output, 3, views)


def test_the_recipe_knows_exactly_these_sets() -> None:
    assert set(get_args(NamedViews)) == {"none", *NAMES, *(name + UNSURE for name in NAMES)}
    said = [words_for(name) for name in get_args(NamedViews) if name != "none"]
    assert len(set(said)) == len(said)
    assert "several" not in " ".join(said)


@pytest.mark.parametrize("name", NAMES)
def test_weights_add_up_and_the_picture_itself_is_first(name: str) -> None:
    views = VIEWS[name]
    assert sum(view.weight for view in views) == 1
    assert (views[0].mirrored, views[0].moved) == (False, 0)
    assert len({(view.mirrored, view.moved) for view in views}) == len(views)


def test_six_views_are_those_of_airbench() -> None:
    """Its six views by their definition: pad by one pixel, cut out two corners, mirror; half the weight is unmoved."""
    images, module = pictures(), network(3)
    padded = pad(images, (1,) * 4, "replicate")  # of one pixel, the reflection about the outer edge is this
    corners = [padded[:, :, 0:32, 0:32], padded[:, :, 2:34, 2:34]]

    def both(x: Tensor) -> Tensor:
        with torch.inference_mode():
            return (module(x).softmax(1) + module(x.flip(3)).softmax(1)) / 2

    expected = both(images) / 2 + (both(corners[0]) + both(corners[1])) / 4
    torch.testing.assert_close(answered(module, images, ViewSet("flip-shift")), expected)


@pytest.mark.parametrize(("side", "step"), [(8, 1), (32, 1), (64, 2), (180, 6)])
def test_pictures_move_by_a_share_of_their_side_and_their_edges_are_reflected(side: int, step: int) -> None:
    images = pictures(2, side)
    array = np.pad(images.numpy(), ((0, 0), (0, 0), (step, step), (step, step)), "symmetric")
    down = seen(images, View(1, moved=1)).numpy()
    np.testing.assert_array_equal(down, array[:, :, :side, :side])
    up = seen(images, View(1, moved=-1, mirrored=True)).numpy()
    np.testing.assert_array_equal(up, array[:, :, 2 * step :, 2 * step :][:, :, :, ::-1])


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_views_keep_the_memory_format(layout: torch.memory_format) -> None:
    images = pictures(4).contiguous(memory_format=layout)
    for view in VIEWS["flip-shift"]:
        assert seen(images, view).is_contiguous(memory_format=layout)


def test_with_its_mirror_image_a_picture_and_its_mirror_image_get_one_answer() -> None:
    images, module = pictures(), network(3)
    views = ViewSet("flip")
    torch.testing.assert_close(answered(module, images, views), answered(module, images.flip(3), views))
    assert not torch.allclose(answered(module, images, None), answered(module, images.flip(3), None), atol=1e-3)


@pytest.mark.parametrize(("output", "outputs"), [("softmax", 3), ("sigmoid", 3), ("linear", 1)])
def test_probabilities_are_averaged_and_values_of_a_regression(output: Any, outputs: int) -> None:
    images, module = pictures(), network(outputs)
    with torch.inference_mode():
        logits = [module(images), module(images.flip(3))]
    read = {"softmax": lambda x: x.softmax(1), "sigmoid": torch.sigmoid, "linear": lambda x: x}[output]
    expected = (read(logits[0]) + read(logits[1])) / 2
    torch.testing.assert_close(answered(module, images, ViewSet("flip"), output), expected)


# Only where the picture alone leaves doubt.


def unsure(name: str, module: nn.Module, images: Tensor) -> ViewSet:
    return settled(name, answered(module, images, None).numpy(), apart=False)


@pytest.mark.parametrize("name", NAMES)
def test_the_least_sure_quarter_gets_all_views_and_the_sure_ones_none(name: str) -> None:
    images, module = pictures(400, 16), network(3, 16, 3.0)
    chosen = unsure(name + UNSURE, module, images)
    alone, several = answered(module, images, None), answered(module, images, ViewSet(name))
    mixed = answered(module, images, chosen)
    sure = confidence(alone, apart=False)
    assert chosen.unsure_below is not None
    below = sure <= chosen.unsure_below
    assert int(below.sum()) == 100
    torch.testing.assert_close(mixed[below], several[below])
    assert not torch.allclose(several[~below], alone[~below], atol=1e-2)
    between = ~below & (1 - sure > 0.95 * (1 - chosen.unsure_below))
    assert torch.equal(mixed[~below & ~between], alone[~below & ~between])
    assert int(between.sum()) < 40  # few are asked for more views without getting all of their weight
    assert (mixed.sum(1) - 1).abs().max() < 1e-6


def test_only_they_are_asked_about_again() -> None:
    images, module = pictures(400, 16), network(3, 16, 3.0)
    chosen = unsure("flip" + UNSURE, module, images)
    asked: list[int] = []

    def ask(x: Tensor) -> Tensor:
        asked.append(len(x))
        with torch.inference_mode():
            result: Tensor = module(x).softmax(1)
        return result

    averaged(ask, images, chosen, apart=False)
    assert asked[0] == 400
    assert 100 <= sum(asked[1:]) < 140
    averaged(ask, images[:0], chosen, apart=False)
    assert asked[-1] == 0


@pytest.mark.parametrize("name", ["flip-shift", "flip-unsure", "flip-shift-unsure"])
def test_an_answer_does_not_depend_on_the_other_pictures(name: str) -> None:
    images, module = pictures(60), network(3)
    chosen = unsure(name, module, images)
    together = answered(module, images, chosen)
    apart = torch.cat([answered(module, images[i : i + 1], chosen) for i in range(60)])
    torch.testing.assert_close(apart, together, rtol=0, atol=1e-5)


@pytest.mark.parametrize("scale", [0.3, 3.0, 30.0])
def test_the_last_digit_decides_nothing(scale: float) -> None:
    """Another machine rounds otherwise: an answer at the edge of doubt must not jump by that."""
    images, module = pictures(400, 16), network(3, 16, scale)
    noise = torch.randn(400, 3, generator=torch.Generator().manual_seed(2)) * 1e-5

    def ask(shift: Tensor | float, x: Tensor) -> Tensor:
        with torch.inference_mode():
            logits = module(x)
            return (logits + (shift if len(logits) == 400 else 0.0)).softmax(1)

    for edge in confidence(answered(module, images, None), apart=False)[:20].tolist():
        chosen = ViewSet("flip-unsure", edge)
        one, other = (averaged(lambda x, by=by: ask(by, x), images, chosen, apart=False) for by in (0.0, noise))
        assert float((one - other).abs().max()) < 5e-4


def test_how_sure_an_answer_is() -> None:
    whole = torch.tensor([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]])
    torch.testing.assert_close(confidence(whole, apart=False), torch.tensor([0.7, 0.4]))
    labels = torch.tensor([[0.99, 0.02, 0.4], [0.01, 0.9, 0.97]])
    torch.testing.assert_close(confidence(labels, apart=True), torch.tensor([0.6, 0.9]))
    pair = torch.tensor([[0.8, 0.2]])
    torch.testing.assert_close(confidence(pair, apart=True), confidence(pair, apart=False))


def test_a_network_that_is_always_sure_is_hardly_asked_again() -> None:
    chosen = settled("flip-unsure", np.array([[1.0, 0.0]] * 8, np.float32), apart=False)
    assert chosen.unsure_below == 1.0
    images, module = pictures(8), network(3, scale=1e4)
    torch.testing.assert_close(answered(module, images, chosen).sum(1), torch.ones(8))


# In the model card.


def test_a_set_survives_its_json() -> None:
    for chosen in (ViewSet("flip"), ViewSet("flip-shift-unsure", 0.875)):
        assert ViewSet.from_dict(chosen.to_dict()) == chosen
    assert ViewSet.from_dict(None) is None


BROKEN = [
    "flip", 3, [], {}, {"name": "turn"}, {"name": None}, {"name": "none"}, {"name": "flip-unsure"},
    {"name": "flip", "unsure_below": 0.5}, {"name": "-unsure", "unsure_below": 0.5}, {"name": ["flip"]},
    *({"name": "flip-unsure", "unsure_below": value} for value in (1.5, -0.1, "0.5", True, float("nan"))),
]  # fmt: skip


@pytest.mark.parametrize("values", BROKEN, ids=map(str, itertools.count()))
def test_a_damaged_card_is_refused(values: Any) -> None:
    with pytest.raises(RunError, match="test views that are not known"):
        ViewSet.from_dict(values)
