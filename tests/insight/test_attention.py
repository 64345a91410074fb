"""Class-activation maps against the papers' formulas, written again, and against networks whose secret is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import unchanged
from torch import Tensor, nn
from torch.nn import functional

from spirula.errors import InputError
from spirula.insight.attention import METHODS, Looker, Method, maps_of, occlusion, stretched, suited
from spirula.insight.calls import Call
from spirula.insight.faithful import areas, blurred, faithfulness
from spirula.insight.looked import layer_for_maps
from spirula.metrics.faithfulness import Areas, Faithfulness
from spirula.models.build import Network, build

RNG = np.random.default_rng(7)


class Quadrant(nn.Module):
    """Sees colours everywhere and reads only the upper left quarter: class 1 where that is bright, else class 0."""

    def __init__(self, side: int = 16) -> None:
        super().__init__()
        self.see = nn.Conv2d(1, 2, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.read = nn.Linear(2, 2)
        where = torch.zeros(side, side)
        where[: side // 2, : side // 2] = 4.0
        self.register_buffer("where", where)
        kernel = torch.zeros(2, 1, 3, 3)
        kernel[0, 0, 1, 1], kernel[1, 0, 1, 1] = 1.0, -1.0
        self.see.weight.data, self.see.bias.data = kernel, torch.tensor([0.0, 1.0])
        self.read.weight.data = torch.tensor([[-6.0, 6.0], [6.0, -6.0]])
        self.read.bias.data.zero_()

    def forward(self, x: Tensor) -> Tensor:
        maps = self.act(self.see(x))
        found: Tensor = self.read((maps * self.where).mean((2, 3)))
        return found


def looker(network: Network, side: tuple[int, int], channels: int = 1) -> Looker:
    return Looker(network, replace(unchanged(channels, side[0]), height=side[0], width=side[1]), network.spec.outputs)


@pytest.fixture(scope="module")
def planted() -> Looker:
    return looker(build(Quadrant(), input_shape=(16, 16, 1), outputs=2), (16, 16))


@pytest.fixture(scope="module")
def bright() -> np.ndarray:
    """Pictures of noise whose upper left quarter is bright."""
    pixels = RNG.random((24, 16, 16, 1), dtype=np.float32) * 0.6
    pixels[:, :8, :8] = 0.7 + 0.3 * pixels[:, :8, :8]
    return pixels


def tiny() -> tuple[Network, Looker]:
    network = build(
        'Conv2D(4, 3, activation="relu"), Conv2D(5, 3, activation="relu"), MaxPooling2D(2), Flatten(), '
        'Dense(6, activation="tanh")',
        input_shape=(12, 10, 3),
        outputs=3,
        seed=3,
    )
    return network, looker(network, (12, 10), 3)


def by_the_papers(network: Network, picture: np.ndarray, target: int, method: str) -> np.ndarray:
    """The map of one picture, with loops as the papers write them; the whole graph is kept."""
    parts = list(network.module.children())
    at = [name for name, _ in network.module.named_children()].index("conv2d_1_relu")
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].double()
    module = network.module.double()
    maps = nn.Sequential(*parts[: at + 1])(image)
    score = nn.Sequential(*parts[at + 1 :])(maps)[0, target]
    (g,) = torch.autograd.grad(score, maps)
    module.float()
    a, g = maps[0].detach(), g[0]
    total = torch.zeros(a.shape[1:], dtype=torch.float64)
    for k in range(len(a)):
        if method == "gradcam":
            weight: Tensor = g[k].sum() / g[k].numel()
        elif method == "gradcam++":
            weight = torch.zeros((), dtype=torch.float64)
            for i, j in np.ndindex(*a.shape[1:]):
                # All derivatives of exp(score) have the factor exp(score), which a picture's map does not show.
                below = 2 * g[k, i, j] ** 2 + a[k].sum() * g[k, i, j] ** 3
                alpha = g[k, i, j] ** 2 / below if below != 0 else 0.0
                weight += alpha * functional.relu(g[k, i, j])
        else:
            weight = functional.relu(g[k])
        total += weight * a[k]
    return functional.relu(total).numpy()


@pytest.mark.parametrize("method", ["gradcam", "gradcam++", "layercam"])
def test_maps_are_those_of_the_papers(method: Method) -> None:
    network, looking = tiny()
    pictures = RNG.random((5, 12, 10, 3), dtype=np.float32)
    targets = [0, 1, 2, 1, 0]
    layer = layer_for_maps(network)
    assert (layer.name, layer.size) == ("conv2d_1", (8, 6))
    found = maps_of(looking, pictures, targets, method, layer.call)
    assert found.shape == (5, 8, 6)
    assert found.dtype == np.float32
    for picture, target, one in zip(pictures, targets, found, strict=True):
        np.testing.assert_allclose(one, by_the_papers(network, picture, target, method), rtol=2e-4, atol=1e-6)
    assert found.any()


def test_nothing_about_the_network_changes() -> None:
    network, looking = tiny()
    network.module.train()
    maps_of(looking, RNG.random((2, 12, 10, 3), dtype=np.float32), [0, 1], "gradcam", layer_for_maps(network).call)
    assert all(part.training for part in network.module.modules())
    assert all(value.requires_grad and value.grad is None for value in network.module.parameters())
    assert not any(part._forward_hooks for part in network.module.modules())


@pytest.mark.parametrize("method", METHODS)
def test_a_network_that_looks_at_one_quarter_is_seen_through(
    planted: Looker, bright: np.ndarray, method: Method
) -> None:
    layer = layer_for_maps(planted.network)
    assert layer.name == "act"  # what works in place is looked at after it has worked
    targets = np.ones(len(bright), np.int64)
    call = None if method == "occlusion" else layer.call
    found = maps_of(planted, bright, targets, method, call)
    size = stretched(found, (16, 16))
    if method in ("gradcam", "gradcam++"):  # their weights know no place: all that is bright is in the map
        assert size[:, :8, :8].mean() > size[:, 8:, 8:].mean()
    else:
        assert size[:, :8, :8].sum() > 0.8 * size.sum()
    measured = faithfulness(planted, bright, targets, found)
    assert measured.better
    assert measured.deletion.interval is not None
    assert measured.deletion.interval[1] < 0 < measured.gain.difference


def test_maps_that_know_nothing_are_not_called_better(planted: Looker, bright: np.ndarray) -> None:
    targets = np.ones(len(bright), np.int64)
    noise = np.random.default_rng(1).random((len(bright), 16, 16), dtype=np.float32)
    assert faithfulness(planted, bright, targets, noise).better is False
    wrong = np.zeros((len(bright), 16, 16), np.float32)
    wrong[:, 8:, 8:] = 1
    measured = faithfulness(planted, bright, targets, wrong)
    assert measured.better is False
    assert measured.gain.difference < 0


def test_few_pictures_decide_nothing() -> None:
    few = Areas(np.zeros(5), np.ones(5))
    assert Faithfulness(few, Areas(np.ones(5), np.zeros(5))).better is None


def test_areas_are_those_of_the_curves(planted: Looker, bright: np.ndarray) -> None:
    """Deleting the quarter that counts first: the curve is known at each quarter of the way."""
    importance = np.zeros((1, 16, 16), np.float32)
    importance[:, :8, :8] = 1
    found = areas(planted, bright[:1], np.ones(1, np.int64), importance, steps=4)
    image = torch.from_numpy(bright[:1]).permute(0, 3, 1, 2)
    covered, uncovered = image.clone(), blurred(image)
    start = planted.values(image)[0, 1].item(), planted.values(uncovered)[0, 1].item()
    covered[:, :, :8, :8], uncovered[:, :, :8, :8] = image.mean(), image[:, :, :8, :8]
    after = planted.values(covered)[0, 1].item(), planted.values(uncovered)[0, 1].item()
    # The mean colour everywhere, or the whole picture, differ outside of the quarter alone: nothing changes any more.
    assert found.deletion[0] == pytest.approx((start[0] / 2 + 3.5 * after[0]) / 4, abs=1e-5)
    assert found.insertion[0] == pytest.approx((start[1] / 2 + 3.5 * after[1]) / 4, abs=1e-5)


def test_occlusion_is_the_mean_drop_over_the_patches_that_cover_a_place(planted: Looker, bright: np.ndarray) -> None:
    found = occlusion(planted, bright[:1], np.ones(1, np.int64), parts=2)  # patches of 8, moved by 4
    assert found.shape == (1, 4, 4)
    image = torch.from_numpy(bright[:1]).permute(0, 3, 1, 2)
    before = planted.values(image)[0, 1]
    drops = np.zeros((3, 3))
    for row, column in np.ndindex(3, 3):
        covered = image.clone()
        covered[:, :, 4 * row : 4 * row + 8, 4 * column : 4 * column + 8] = image.mean()
        drops[row, column] = float(before - planted.values(covered)[0, 1])
    assert found[0, 0, 0] == pytest.approx(max(drops[0, 0], 0), abs=1e-6)
    assert found[0, 1, 1] == pytest.approx(max(drops[:2, :2].mean(), 0), abs=1e-6)
    assert found[0, 3, 2] == pytest.approx(max(drops[2, 1:].mean(), 0), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [
        ("resnet18", "layer4.1.act2", (3, 2)),
        ("mobilenetv3_small_100", "blocks.5.0.bn1.act", (3, 2)),
        ("convnext_atto", "stages.3.blocks.1", (3, 2)),  # after the shortcut is added, where no layer of its own stands
        ("densenet121", "features.norm5.act", (3, 2)),
    ],
)
def test_the_layer_is_found_in_networks_of_timm(name: str, layer: str, size: tuple[int, int]) -> None:
    network = build(f"timm/{name}", input_shape=(96, 64, 3), outputs=3, seed=0)
    found = layer_for_maps(network)
    assert (found.name, found.size) == (layer, size)
    pictures = RNG.random((2, 96, 64, 3), dtype=np.float32)
    assert maps_of(looker(network, (96, 64), 3), pictures, [0, 2], "layercam", found.call).shape == (2, *size)


def test_any_layer_with_maps_can_be_named() -> None:
    network = build("timm/resnet18", input_shape=(64, 64, 3), outputs=3, seed=0)
    assert layer_for_maps(network, "layer2").call == Call("layer2")
    assert layer_for_maps(network, "layer1.0.act1").size == (16, 16)
    with pytest.raises(InputError, match=r"layer1\.0\.act2"):
        layer_for_maps(network, "layer1.0.act")
    with pytest.raises(InputError, match="no maps of more than one position"):
        layer_for_maps(network, "fc")
    with pytest.raises(InputError, match="vectors"):
        layer_for_maps(build("Dense(4, activation='relu')", input_shape=(6,), outputs=2))
    dense = build("Flatten(), Dense(4, activation='relu')", input_shape=(6, 6, 1), outputs=2)
    with pytest.raises(InputError, match="occlusion"):
        layer_for_maps(dense)


def test_one_logit_for_two_classes_and_regressions() -> None:
    single = build("Conv2D(3, 3), Flatten(), Dense(1, activation='sigmoid')", input_shape=(8, 8, 1), outputs=2, seed=1)
    looking = looker(single, (8, 8))
    images = looking.images(RNG.random((4, 8, 8, 1), dtype=np.float32))
    values = looking.values(images)
    torch.testing.assert_close(values.sum(1), torch.ones(4))
    logits = single.module(images)
    found = looking.scores(logits, torch.tensor([0, 1, 0, 1]))
    torch.testing.assert_close(found, logits[:, 0] * torch.tensor([-1.0, 1.0, -1.0, 1.0]))
    number = build("Conv2D(3, 3), Flatten()", input_shape=(8, 8, 1), outputs=1, seed=1, task="regression")
    value = looker(number, (8, 8))
    torch.testing.assert_close(value.values(images), number.module(images).detach())
    assert maps_of(value, RNG.random((2, 8, 8, 1), dtype=np.float32), [0, 0], "gradcam", Call("conv2d")).any()


def test_the_method_is_chosen_by_what_follows_the_maps() -> None:
    pictures, targets = RNG.random((2, 12, 12, 1), dtype=np.float32), np.array([0, 1])
    for end, method in (("GlobalAveragePooling2D()", "gradcam"), ("Flatten()", "layercam")):
        network = build(f"Conv2D(4, 3, activation='relu'), {end}", input_shape=(12, 12, 1), outputs=3, seed=0)
        assert suited(looker(network, (12, 12)), pictures, targets, Call("conv2d_relu")) == method


class Cut(nn.Module):
    """A user's module that takes its values out of the graph."""

    def __init__(self) -> None:
        super().__init__()
        self.see, self.read = nn.Conv2d(1, 3, 3), nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.read(self.see(x).detach().mean((2, 3)))
        return found


def test_a_network_that_cuts_the_graph_has_empty_maps() -> None:
    network = build(Cut(), input_shape=(8, 8, 1), outputs=2)
    pixels, looking = RNG.random((2, 8, 8, 1), dtype=np.float32), looker(network, (8, 8))
    found = maps_of(looking, pixels, [0, 1], "gradcam", layer_for_maps(network).call)
    assert found.shape == (2, 6, 6)
    assert not found.any()
