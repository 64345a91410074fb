"""Every network of the catalogue through the same tests, and golden counts from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from spirula.errors import ModelError
from spirula.models.build import build
from spirula.models.card import load, save
from spirula.models.catalogue import CATALOGUE
from spirula.models.diagram import diagram_png, diagram_svg
from spirula.models.notation import parse, to_text
from spirula.models.summary import summarize

SIDES = {"resnet18": 32, "resnet34": 32, "resnet18-small": 8, "resnet34-small": 8}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_network(name: str, tmp_path: Path) -> None:
    side = SIDES.get(name, 28)
    network = build(name, input_shape=(side, side, 1), outputs=5, seed=0)
    torch.manual_seed(0)
    images = torch.randn(3, 1, side, side)
    logits = network.module.train()(images)
    assert logits.shape == (3, 5)
    nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2])).backward()
    for parameter, value in network.module.named_parameters():
        assert value.grad is not None, parameter
        assert torch.isfinite(value.grad).all(), parameter
        assert value.grad.abs().max() > 0, parameter
    table = summarize(network)
    assert table.parameters == sum(row.parameters for row in table.rows)
    assert table.trainable == sum(value.numel() for value in network.module.parameters())
    assert table.multiply_adds == sum(row.multiply_adds for row in table.rows)
    assert diagram_svg(network).startswith("<svg")
    assert diagram_png(network, dpi=48).startswith(b"\x89PNG")
    save(
        network,
        tmp_path / "model.safetensors",
        tmp_path / "model.json",
        classes=list("abcde"),
        task="classification",
        preprocessing={},
    )
    loaded, card = load(tmp_path)
    assert card["spec"]["name"] == name
    assert torch.equal(loaded(images), network.module.eval()(images))


@pytest.mark.parametrize("name", CATALOGUE)
def test_notation_round_trip(name: str) -> None:
    assert parse(to_text(parse(CATALOGUE[name].notation))) == parse(CATALOGUE[name].notation)


@pytest.mark.parametrize("name", CATALOGUE)
def test_smallest_image_is_the_smallest(name: str) -> None:
    smallest = CATALOGUE[name].smallest
    network = build(name, input_shape=(smallest, smallest, 3), outputs=2, seed=0)
    assert network.module.eval()(torch.zeros(1, 3, smallest, smallest)).shape == (1, 2)
    if smallest > 1:
        with pytest.raises(ModelError, match=f"{name} needs images of at least {smallest}×{smallest}"):
            build(name, input_shape=(smallest - 1, smallest, 3), outputs=2)
        layers = to_text(parse(CATALOGUE[name].notation))
        with pytest.raises(ModelError, match="larger than the map"):
            build(layers, input_shape=(smallest - 1, smallest - 1, 3), outputs=2)


@pytest.mark.parametrize("name", [name for name in CATALOGUE if CATALOGUE[name].smallest <= 8])
def test_digits_of_8_by_8_fit(name: str) -> None:
    network = build(name, input_shape=(8, 8, 1), outputs=10, seed=0)
    assert network.module.eval()(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


@pytest.mark.parametrize("name", ["linear", "dense"])
def test_vectors_fit(name: str) -> None:
    network = build(name, input_shape=(30,), outputs=4, seed=0)
    assert network.module.eval()(torch.zeros(2, 30)).shape == (2, 4)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("linear", 7_850),  # 784 · 10 + 10
        ("two-conv", 333_526),
        ("two-conv-average", 39_478),
        ("three-conv", 104_202),
        # LeCun 1998 with full connections between S2 and C3, as every framework's LeNet-5 has.
        ("lenet5", 61_706),
        # By hand: 25·32 + 9·32·64 + 9·64·(2·64 + 128) + 9·128·(2·128 + 256) + 9·256·2·256 in the convolutions,
        # 4·(32 + 3·64 + 3·128 + 3·256) in the normalizations, 257·10 in the output layer.
        ("photo-resnet", 1_944_234),
        # By hand: 4·24 + 9·(24·64 + 64·64 + 64·256 + 3·256·256) in the convolutions, 3·(2·64 + 4·256) in the
        # normalizations, which have no scale, 257·10 in the output layer.
        ("speed-cnn", 1_973_738),
        # The same behind 9·18 and 9·18·64.
        ("wide-cnn-grey", 1_973_738 - 4 * 24 - 9 * 24 * 64 + 9 * 18 + 9 * 18 * 64),
        # 16·32 + 9·(32·32 + 32·64 + 64·64), 3·(32 + 2·64), and (9·64 + 1)·10 on maps of 3×3.
        ("speed-cnn-grey", 71_274),
    ],
)
def test_golden_counts_on_28_by_28(name: str, parameters: int) -> None:
    assert summarize(build(name, input_shape=(28, 28, 1), outputs=10)).parameters == parameters


@pytest.mark.parametrize(
    ("text", "shape", "rows"),
    [
        (  # teaching networks whose Keras summaries are printed in notes
            "Conv2D(4, 9, padding='same', activation='relu'), MaxPooling2D(2), "
            "Conv2D(8, 5, padding='same', activation='relu'), MaxPooling2D(2), "
            "Conv2D(16, 5, padding='same', activation='relu'), MaxPooling2D(2), "
            "Conv2D(32, 3, padding='same', activation='relu'), MaxPooling2D(2), Flatten()",
            (256, 256, 3),
            [
                *((256, 256, 4), 976, (128, 128, 4), 0, (128, 128, 8), 808, (64, 64, 8), 0),
                *((64, 64, 16), 3216, (32, 32, 16), 0, (32, 32, 32), 4640, (16, 16, 32), 0, (8192,), 0),
            ],
        ),
        (
            "Flatten(), Normalization(), Dense(128, activation='relu'), BatchNormalization()",
            (28, 28, 1),
            [(784,), 0, (784,), 1569, (128,), 100_480, (128,), 512],
        ),
    ],
)
def test_golden_tables(text: str, shape: tuple[int, ...], rows: list[object]) -> None:
    table = summarize(build(text, input_shape=shape, outputs=10)).rows[:-1]
    assert [entry for row in table for entry in (row.output_shape, row.parameters)] == rows


@pytest.mark.parametrize(("name", "parameters"), [("resnet18", 11_689_512), ("resnet34", 21_797_672)])
def test_resnets_are_timms_resnets(name: str, parameters: int) -> None:
    """Same counts, and with timm's weights poured in, the same answers."""
    import timm

    network = build(name, input_shape=(64, 64, 3), outputs=1000)
    other = timm.create_model(name, pretrained=False).eval()
    assert summarize(network).trainable == parameters == sum(value.numel() for value in other.parameters())
    ours, theirs = network.module.state_dict(), other.state_dict()
    assert [value.shape for value in ours.values()] == [value.shape for value in theirs.values()]
    network.module.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))
    images = torch.randn(2, 3, 64, 64)
    assert torch.allclose(network.module.eval()(images), other(images), atol=1e-4)
    assert summarize(network).rows[-3].receptive_field == {"resnet18": (435, 435), "resnet34": (899, 899)}[name]


def test_descriptions_say_something() -> None:
    for name, entry in CATALOGUE.items():
        assert name == name.lower()
        assert 20 < len(entry.description) < 120, name
