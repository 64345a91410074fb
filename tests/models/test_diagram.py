"""The diagram: well-formed, complete, nothing on top of anything, the same in both paints."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from PIL import Image
from stacks import shapes, stacks
from test_shapes import built

from spirula import layers as L  # noqa: N812
from spirula.errors import ModelError
from spirula.models.boxes import boxes
from spirula.models.build import Network, build
from spirula.models.catalogue import CATALOGUE
from spirula.models.diagram import diagram_png, diagram_svg, texts, write_diagram
from spirula.models.layout import Layout, arrange
from spirula.models.summary import summarize

GRAPH = (
    "stem = Conv2D(8, 3, padding='same')(input); 좁은 = Conv2D(4, 1)(stem); wide = Conv2D(4, 5, padding='same')(stem); "
    "b = BatchNormalization()(wide); pool = MaxPooling2D(3, strides=1, padding='same')(stem); "
    "all = Concatenate()(좁은, b, pool, input)"
)


def layout_of(network: Network) -> Layout:
    return arrange(boxes(network, summarize(network)))


def check(network: Network) -> None:
    layout = layout_of(network)
    for place in layout.places:
        assert place.x >= 0
        assert place.x + place.width <= layout.width
        assert place.y >= 0
        assert place.y + place.height <= layout.height
    for i, one in enumerate(layout.places):
        for other in layout.places[i + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart = apart or one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart, (one.box.name, other.box.name)
    for arrow in layout.arrows:
        for (x0, y0), (x1, y1) in pairwise(arrow):
            assert abs(x0 - x1) < 1e-6 or abs(y0 - y1) < 1e-6  # right angles only
            assert min(x0, x1) >= 0
            assert max(x0, x1) <= layout.width
            assert min(y0, y1) >= 0
            assert max(y0, y1) <= layout.height
            for place in layout.places:  # an arrow never runs through a box
                inside_x = max(x0, x1) > place.x + 1 and min(x0, x1) < place.x + place.width - 1
                inside_y = max(y0, y1) > place.y + 1 and min(y0, y1) < place.y + place.height - 1
                assert not (inside_x and inside_y), (place.box.name, arrow)
    counted = sum(place.box.parameters for place in layout.places)
    assert counted == summarize(network).parameters
    names = [place.box.name for place in layout.places]
    assert len(set(names)) == len(names)
    assert len(layout.arrows) == sum(len(place.box.sources) for place in layout.places)


@pytest.mark.parametrize("name", [*CATALOGUE, "graph"])
def test_nothing_overlaps_and_nothing_is_missing(name: str) -> None:
    check(build(GRAPH if name == "graph" else name, input_shape=(32, 32, 3), outputs=4, seed=0))


@given(stacks, shapes)
@settings(max_examples=60, deadline=None)
def test_random_stacks_can_be_drawn(stack: L.Stack, shape: tuple[int, int, int]) -> None:
    network = built(stack, shape)
    check(network)
    ElementTree.fromstring(diagram_svg(network))


def test_svg_says_what_the_layers_are() -> None:
    svg = diagram_svg(build("two-conv", input_shape=(28, 28, 1), outputs=10))
    root = ElementTree.fromstring(svg)
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[:5] == ["Input", "28×28×1", "28×28×32", "Conv2D", "32 of 3×3, same, relu"]
    assert "313,700" in words
    spoken = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert spoken[1] == "Conv2D, 32 of 3×3, same, relu, gives 28×28×32, 320 parameters"
    assert root.get("role") == "img"
    assert "two-conv" in str(root.get("aria-label"))
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_companions_stand_in_the_box_of_their_layer() -> None:
    network = build(
        "ZeroPadding2D(2), Conv2D(8, 3), BatchNormalization(), ReLU(), Flatten(), ReLU()",
        input_shape=(9, 9, 1),
        outputs=2,
    )
    found = boxes(network, summarize(network))
    assert [box.title for box in found] == ["Input", "Conv2D", "Flatten", "Dense"]
    assert (found[1].detail, found[1].extra) == ("8 of 3×3, pad 2", ("BatchNormalization", "ReLU"))
    assert found[1].parameters == 80 + 32


def test_a_layer_that_others_read_before_its_norm_keeps_its_own_box() -> None:
    network = build(
        "a = Conv2D(4, 1)(input); b = BatchNormalization()(a); c = Add()(a, b)", input_shape=(5, 5, 4), outputs=2
    )
    assert [box.title for box in boxes(network, summarize(network))] == ["Input", "a", "b", "c", "Flatten", "Dense"]


def test_long_words_are_cut_to_their_box() -> None:
    network = build(
        "a_very_long_name_for_a_layer_that_nobody_would_type = "
        "Conv2D(1000, 3, padding='same', activation='leaky_relu')(input)",
        input_shape=(5, 5, 4),
        outputs=2,
    )
    lines = texts(layout_of(network).places[1])
    assert any(line.words.endswith("…") for line in lines)
    assert all(len(line.words) < 40 for line in lines)


def test_markup_in_names_is_escaped() -> None:
    network = build("linear", input_shape=(4,), outputs=2)
    object.__setattr__(network.spec, "name", '"><script>')
    assert "<script>" not in diagram_svg(network)
    ElementTree.fromstring(diagram_svg(network))


@pytest.mark.parametrize("dpi", [48, 96, 200])
def test_png_has_the_layouts_size_and_colours(dpi: int) -> None:
    network = build(GRAPH, input_shape=(16, 16, 3), outputs=4)
    layout = layout_of(network)
    image = Image.open(io.BytesIO(diagram_png(network, dpi)))
    assert image.width == pytest.approx(layout.width * dpi / 96, abs=1)
    assert image.height == pytest.approx(layout.height * dpi / 96, abs=1)
    assert round(image.info["dpi"][0]) == dpi
    place = layout.places[1]
    pixel = image.getpixel((int((place.x + 6.5) * dpi / 96), int((place.y + place.height / 2) * dpi / 96)))
    assert pixel == (0x3B, 0x82, 0xF6)  # the bar of a convolution
    assert image.getpixel((1, image.height - 2)) == (255, 255, 255)


def test_files(tmp_path: Path) -> None:
    network = build("linear", input_shape=(4,), outputs=2)
    assert write_diagram(network, tmp_path / "망.SVG").read_text(encoding="utf-8").startswith("<svg")
    assert write_diagram(network, tmp_path / "net.png", dpi=30).read_bytes().startswith(b"\x89PNG")
    for path, words in ((tmp_path / "net.pdf", "neither an SVG nor a PNG"), (tmp_path / "none" / "net.svg", "written")):
        with pytest.raises(ModelError, match=words):
            write_diagram(network, path)
    for dpi in (0, 23, 5000):
        with pytest.raises(ModelError, match=f"dpi = {dpi}"):
            diagram_png(network, dpi)


def test_foreign_networks_are_drawn_from_their_children() -> None:
    network = build("timm/resnet18", input_shape=(32, 32, 3), outputs=4)
    found = boxes(network, summarize(network))
    assert [box.title for box in found][:4] == ["Input", "conv1", "bn1", "maxpool"]
    assert sum(box.parameters for box in found) == summarize(network).trainable
    ElementTree.fromstring(diagram_svg(network))
