"""What it learned, drawn: colours that mean something, grids that are complete, the same picture as SVG and PNG."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from folders import Folder, classifier, epochs
from PIL import Image

from spirula.errors import InputError, RunError
from spirula.report.facts import Facts
from spirula.report.figures import learning_curves
from spirula.report.figures.cascade import Cascade
from spirula.report.figures.colours import coloured, limit_of, rising, signed, strong_of
from spirula.report.figures.figure import Figure
from spirula.report.figures.kernels import KernelSet, kernel_figure, map_figure
from spirula.report.figures.raster import to_png
from spirula.report.figures.shifts import ShiftCurve, shift_figure
from spirula.report.figures.svg import element, text
from spirula.report.figures.weights import WeightSet, weight_figure
from spirula.report.page import render
from spirula.report.sections.learned import learned

SVG = "{http://www.w3.org/2000/svg}"
RANDOM = np.random.default_rng(0)


def parsed(figure: Figure) -> ET.Element:
    root = ET.fromstring(figure.alone())
    assert root.findtext(f"{SVG}title") == figure.title
    assert root.findtext(f"{SVG}desc") == figure.description
    inside = ET.fromstring(figure.inside("k"))
    assert inside.attrib["aria-labelledby"] == "k-title k-desc"
    return root


def tiles(root: ET.Element) -> list[ET.Element]:
    return [node for node in root.iter(f"{SVG}image") if node.get("class") == "tile"]


def pixels_of(node: ET.Element) -> np.ndarray:
    data = base64.b64decode(node.attrib["href"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def lightness(colours: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB (IEC 61966-2-1)."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def test_lightness_alone_tells_the_order() -> None:
    assert (np.diff(lightness(rising(np.linspace(0, 1, 200), 1.0))) >= 0).all()
    light = lightness(signed(np.linspace(-1, 1, 201), 1.0))
    assert (np.diff(light[:101]) >= 0).all()
    assert (np.diff(light[100:]) <= 0).all()
    assert light[100] > 0.9


def test_colours_are_symmetric_clipped_and_survive_what_is_not_finite() -> None:
    below, zero, above = signed(np.array([-0.5, 0.0, 0.5]), 0.5)
    assert below[2] > below[0]  # blue
    assert above[0] > above[2]  # orange
    assert zero.min() > 240
    assert np.array_equal(signed(np.array([9.0]), 0.5)[0], above)
    assert signed(np.array([np.nan, np.inf]), 1.0).shape == (2, 3)
    assert coloured(np.array([-1.0, 0.0, 2.0]), 1.0).tolist() == [0, 128, 255]
    assert limit_of(np.array([np.nan, -3.0, 2.0]), np.array([np.inf])) == 3.0
    assert limit_of(np.zeros(4)) == 1.0
    assert strong_of(np.append(np.zeros(900), np.arange(-50, 51))) == pytest.approx(50, abs=0.5)
    assert strong_of(np.zeros(4)) == 1.0


def test_a_legend_says_where_values_lie_beyond_it() -> None:
    values = np.linspace(0, 1, 9).reshape(1, 3, 3, 1)
    ends = {
        limit: kernel_figure([KernelSet("t", values)], layer="c", shown="w", limit=limit).alone() for limit in (0.5, 2)
    }
    assert "≥ 0.50" in ends[0.5]
    assert "≥" not in ends[2]


def test_each_kernel_has_a_tile_with_its_own_pixels() -> None:
    values = RANDOM.normal(size=(32, 3, 3, 1)).astype(np.float32)
    before = 0.1 * values
    figure = kernel_figure(
        [KernelSet("trained", values), KernelSet("before training", before)], layer="합성곱", shown="weights"
    )
    root = parsed(figure)
    found = tiles(root)
    assert len(found) == 64
    assert np.array_equal(pixels_of(found[7]), signed(values[7, :, :, 0], float(np.abs(values).max())))
    assert np.array_equal(pixels_of(found[32]), signed(before[0, :, :, 0], float(np.abs(values).max())))
    places = [(node.attrib["x"], node.attrib["y"]) for node in found]
    assert len({y for _, y in places}) == 4  # 2 × 16, twice
    assert "합성곱: 32\u00a0kernels of 3 × 3" in figure.title
    assert "mean" in figure.description
    wide = kernel_figure([KernelSet("trained", RANDOM.normal(size=(300, 1, 7, 1)))], layer="x", shown="w", total=300)
    assert len(tiles(parsed(wide))) == 256
    assert "the first 256" in wide.alone()


def test_kernels_on_colours_are_in_colour() -> None:
    values = RANDOM.normal(size=(2, 5, 5, 3))
    root = parsed(kernel_figure([KernelSet("trained", values)], layer="c", shown="weights of red", limit=2.0))
    assert np.array_equal(pixels_of(tiles(root)[1]), coloured(values[1], 2.0))


@pytest.mark.parametrize(("count", "columns", "rows"), [(32, 8, 4), (64, 8, 8), (128, 16, 8), (3, 3, 1)])
def test_maps_are_a_grid_beside_the_picture(count: int, columns: int, rows: int) -> None:
    maps = np.abs(RANDOM.normal(size=(count, 14, 14)))
    maps[1] = 0
    picture = RANDOM.integers(0, 255, (28, 28, 1)).astype(np.uint8)
    figure = map_figure(maps, layer="conv2d", total=count, size=(14, 14), picture=picture, caption="앵클 부츠")
    root = parsed(figure)
    found = tiles(root)
    assert len({node.attrib["x"] for node in found}) == columns
    assert len({node.attrib["y"] for node in found}) == rows
    assert found[1].findtext(f"{SVG}title") == "map 1: 0 everywhere"
    assert np.array_equal(pixels_of(found[0]), rising(maps[0].astype(np.float32), strong_of(maps.astype(np.float32))))
    assert "앵클 부츠" in figure.description
    assert "1\u00a0map is 0 everywhere" in figure.description
    right = max(float(node.attrib["x"]) + float(node.attrib["width"]) for node in found)
    assert right <= figure.width + 0.01


def test_maps_below_zero_are_coloured_around_it() -> None:
    maps = RANDOM.normal(size=(4, 6, 6)).astype(np.float32)
    root = parsed(map_figure(maps, layer="c", total=9, size=(6, 6), channels=[0, 3, 5, 8]))
    found = tiles(root)
    assert np.array_equal(pixels_of(found[2]), signed(maps[2], strong_of(maps)))
    assert (found[3].findtext(f"{SVG}title") or "").startswith("map 8: ")
    assert "4 of them" in "".join(root.itertext())


def test_bars_and_outline_count_every_weight() -> None:
    trained, initial = RANDOM.normal(size=288), RANDOM.uniform(-0.1, 0.1, 288)
    figure = weight_figure([WeightSet("conv2d", "3 × 3 × 1 × 32", 288, trained, (0.01, 0.2), initial, (0.0, 0.08))])
    root = parsed(figure)
    bars = [node.findtext(f"{SVG}title") or "" for node in root.iter(f"{SVG}rect") if node.get("class") == "bar"]
    assert sum(int(match[1]) for words in bars if (match := re.search(r": (\d+) trained", words))) == 288
    assert "trained: mean 0.0100, std 0.200; before: mean 0, std 0.0800" in figure.description
    assert [node for node in root.iter(f"{SVG}path") if node.get("class") == "outline before"]
    empty = WeightSet("x", "2", 2, np.array([np.nan, np.nan]), (float("nan"), float("nan")))
    assert "3 kernels" in weight_figure([empty], of=3).alone()


def test_shifts_are_drawn_with_their_bands_and_told() -> None:
    curves = [
        ShiftCurve("합성곱 <b>", [0.9, 0.99, 0.8], [0.88, 0.97, 0.75], [0.92, 1.0, 0.85]),
        ShiftCurve("dense", [0.2, 0.97, 0.1], [0.18, 0.95, 0.08], [0.24, 0.98, 0.13]),
    ]
    figure = shift_figure(curves, [-2, 0, 2], direction="right", samples=500, fill="the border is repeated")
    root = parsed(figure)
    assert len([n for n in root.iter(f"{SVG}path") if (n.get("class") or "").startswith("band")]) == 2
    assert len(list(root.iter(f"{SVG}circle"))) == 6
    assert "합성곱 <b>: unmoved 99.0\u202f%, worst 80.0\u202f% at +2." in figure.description
    assert "the border is repeated" in figure.description


def test_the_style_sheet_is_understood_as_a_browser_does() -> None:
    cascade = Cascade.light()
    assert cascade.look("rect", "bar").fill == (0, 103, 163)
    assert cascade.look("rect", "bar").fill_opacity == 0.7
    assert cascade.look("path", "curve series-1").fill is None
    assert cascade.look("path", "curve series-1").dashes == (7, 4)
    assert cascade.look("text", "curve-name").bold
    assert cascade.look("text", "tick").fill != cascade.look("text", "").fill
    assert cascade.look("rect", "hover").fill is None


def test_a_png_is_the_svg_painted() -> None:
    marks = (
        element("rect", x=10, y=10, width=20, height=20, class_="bar"),
        element("g", text("한글 abc", 40, 30), transform="translate(5 0)"),
    )
    image = np.asarray(Image.open(io.BytesIO(to_png(Figure(100, 50, marks, "t", "d").alone(), 192))).convert("RGB"))
    assert image.shape == (148, 248, 3)  # (100 + 2 × 12) × 2
    inside = image[(12 + 20) * 2, (12 + 20) * 2].astype(int)
    assert np.abs(inside - (255 - 0.7 * (255 - np.array([0, 103, 163])))).max() <= 2
    assert (image[(12 + 5) * 2, (12 + 5) * 2] == 255).all()
    assert image[60:90, (12 + 45) * 2 :].min() < 100  # the text
    figure = kernel_figure([KernelSet("trained", RANDOM.normal(size=(4, 2, 2, 1)))], layer="c", shown="w")
    tile = tiles(ET.fromstring(figure.alone()))[0]
    painted = np.asarray(Image.open(io.BytesIO(to_png(figure.alone(), 96))).convert("RGB"))
    x, y, side = (float(tile.attrib[name]) for name in ("x", "y", "width"))
    assert np.array_equal(painted[int(y + 12 + side / 4), int(x + 12 + side / 4)], pixels_of(tile)[0, 0])


def test_learning_curves_become_a_png_and_mistakes_are_said() -> None:
    svg = learning_curves(epochs(5), best={"epoch": 3})
    assert Image.open(io.BytesIO(to_png(svg, 48))).size == (600, 150)
    with pytest.raises(InputError, match="dpi = 9999"):
        to_png(svg, 9999)
    with pytest.raises(InputError, match="pixels"):
        to_png(Figure(20_000, 9_000, (), "t", "d").alone(), 192)


def arrays(folder: Folder, kernels: np.ndarray, *, initial: bool = True) -> None:
    numbers = [[288, 0.01, 0.2, -0.5, 0.6, 0.0], [32, 0.0, 0.1, 0.0, 0.1, 0.5]]
    weights = {
        "layers": ["합성곱", "합성곱"],
        "tensors": ["kernel", "bias"],
        "shapes": ["3×3×1×32", "32"],
        "numbers": numbers,
        "sampled": [0],
        "kernel_count": 1,
        "values_0": kernels.ravel(),
        "kernels": kernels,
        "kernels_layer": "합성곱",
        "kernels_shown": "weights",
        "kernels_count": 32,
    }
    folder.arrays("weights", **weights)
    if initial:
        folder.arrays("initial", **{**weights, "kernels": 0.3 * kernels, "values_0": 0.3 * kernels.ravel()})
    folder.arrays(
        "maps",
        layers=["합성곱"],
        channels=[32],
        sizes=[[28, 28]],
        maps_0=np.abs(RANDOM.normal(size=(32, 28, 28))).astype(np.float16),
        images=RANDOM.integers(0, 255, (1, 28, 28, 1)).astype(np.uint8),
        labels=["앵클 부츠"],
    )


def test_the_section_shows_what_the_run_left(tmp_path: Path) -> None:
    run = classifier(tmp_path / "run", counts=(100, 50, 40))
    folder = Folder.__new__(Folder)
    folder.path = run.path
    arrays(folder, RANDOM.normal(size=(32, 3, 3, 1)))
    html = render(run)
    section = html[html.index('<section id="learned"') :]
    section = section[: section.index("</section>")]
    assert section.count('class="tile"') == 32 + 32 + 32
    assert "앵클 부츠" in section
    assert "PICTURE --walk</code>" in section
    assert section.count("<tr>") == 3
    assert '<a href="#learned">What it learned</a>' in html


def test_without_the_weights_before_training_the_trained_ones_stand_alone(tmp_path: Path) -> None:
    run = classifier(tmp_path / "run", counts=(100, 50, 40))
    folder = Folder.__new__(Folder)
    folder.path = run.path
    arrays(folder, RANDOM.normal(size=(32, 3, 3, 1)), initial=False)
    data = learned(Facts(run))
    assert str(data["kernels"]).count('class="tile"') == 32
    assert data["rows"][0]["mean_before"] == "–"
    assert data["walk"] == f"spirula explain {tmp_path.name}/run PICTURE --walk"


def test_an_unfinished_or_damaged_run_says_so(tmp_path: Path) -> None:
    run = classifier(tmp_path / "run", counts=(100, 50, 40))
    assert "when the training has ended" in learned(Facts(run))["missing"]
    folder = Folder.__new__(Folder)
    folder.path = run.path
    folder.arrays("weights", layers=["a"])
    with pytest.raises(RunError, match="do not fit"):
        learned(Facts(run))
    assert "do not fit" in render(run)
