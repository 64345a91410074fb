"""The SVG writer and the figures: geometry that can be worked out, text that cannot break out."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from folders import epochs
from hypothesis import given
from hypothesis import strategies as st

from spirula.report.figures import learning_curves
from spirula.report.figures.distributions import histogram, scatter
from spirula.report.figures.lines import Line, line_chart
from spirula.report.figures.matrix import matrix_drawing, shades, shorten, width_of
from spirula.report.figures.svg import Scale, decimal, element, nice_ticks

SVG = "{http://www.w3.org/2000/svg}"


def test_elements_escape_what_they_are_given() -> None:
    drawn = element("text", "<b>&\"'", class_='x" onload="y', stroke_width=1.5, missing=None)
    node = ET.fromstring(drawn)
    assert node.text == "<b>&\"'"
    assert node.attrib == {"class": 'x" onload="y', "stroke-width": "1.5"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.001, "0"), (1.0, "1"), (2.5, "2.5"), (1 / 3, "0.33"), (100, "100"), (-4.10, "-4.1")],
)
def test_decimals(value: float, text: str) -> None:
    assert decimal(value) == text


@given(st.floats(-1e6, 1e6), st.floats(1e-2, 1e6), st.integers(2, 8))
def test_ticks_are_few_round_even_and_inside(low: float, width: float, most: int) -> None:
    high = low + width
    ticks = nice_ticks(low, high, most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 * width <= tick <= high + 1e-6 * width for tick in ticks)
    steps = np.diff(ticks)
    if len(steps):
        assert np.allclose(steps, steps[0], rtol=1e-4)
        assert round(steps[0] / 10 ** np.floor(np.log10(steps[0] * 1.0001)), 3) in (1, 2, 5)


def test_ticks_of_a_single_value() -> None:
    assert nice_ticks(3.0, 3.0) == [3.0]
    assert nice_ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_scales() -> None:
    scale = Scale(10, 20, 100, 0)
    assert [scale(10), scale(15), scale(20)] == [100, 50, 0]
    assert Scale(5, 5, 0, 100)(5) == 50


def chart(values: list[float | None], best: int | None = None) -> ET.Element:
    drawn = line_chart(
        [Line("train", values, "train")],
        range(1, len(values) + 1),
        key="k",
        title="Loss",
        wording=str,
        ticks=str,
        best=best,
    )
    return ET.fromstring(drawn)


def curves(svg: ET.Element) -> list[str]:
    return [node.attrib["d"] for node in svg.iter("path") if node.attrib["class"].startswith("curve")]


def test_a_gap_stays_a_gap() -> None:
    assert len(curves(chart([3.0, 2.0, None, 1.5, 1.0]))) == 2
    assert len(curves(chart([None, 2.0, 1.0]))) == 1
    assert curves(chart([None, 2.0, None]))[0].endswith("h0")


def test_falling_values_fall_and_later_epochs_are_further_right() -> None:
    (line,) = curves(chart([3.0, 2.0, 1.0]))
    points = [tuple(map(float, point.split())) for point in line[1:].split("L")]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted(y for _, y in points)  # on paper, down is larger


def test_the_best_epoch_is_marked_and_described() -> None:
    svg = chart([3.0, 2.0, 1.0, 2.0], best=3)
    (mark,) = [node for node in svg.iter("line") if node.attrib["class"] == "best"]
    dots = list(svg.iter("circle"))
    assert mark.attrib["x1"] == dots[2].attrib["cx"]
    assert "The best epoch is 3." in svg.findtext("desc", "")
    assert not [node for node in chart([3.0, 2.0]).iter("line") if node.attrib["class"] == "best"]


def test_constant_and_negative_values_are_inside_the_paper() -> None:
    for values in ([0.0, 0.0], [-5.0, -4.0, -6.0], [1e-9, 2e-9], [1e9, 2e9]):
        for node in chart(values).iter("circle"):
            assert 26 <= float(node.attrib["cy"]) <= 222


def test_curves_that_stand_alone_are_xml_with_their_own_style() -> None:
    svg = ET.fromstring(learning_curves(epochs(5), best={"epoch": 3}))
    assert svg.tag == f"{SVG}svg"
    assert "prefers-color-scheme: dark" in svg.findtext(f"{SVG}style", "")
    assert [node.text for node in svg.iter(f"{SVG}title") if (node.text or "")[0].isupper()] == [
        *("Loss", "Accuracy", "Learning rate")
    ]


def test_no_history_has_curves_that_say_so() -> None:
    assert "No epoch has finished yet." in learning_curves([], best=None)


def test_bars_are_as_high_as_their_counts() -> None:
    svg = ET.fromstring(
        histogram([4, 0, 2], [0, 1, 2, 3], key="h", title="t", description="d", x_title="x", wording=str, ticks=str)
    )
    heights = [float(node.attrib["height"]) for node in svg.iter("rect")]
    assert len(heights) == 2
    assert heights[0] == pytest.approx(2 * heights[1], rel=1e-3)


def test_equal_values_lie_on_the_diagonal() -> None:
    values = np.array([1.0, 2.0, 5.0])
    svg = ET.fromstring(scatter(values, values, key="s", title="t", wording=str, ticks=str))
    (cloud,) = [node for node in svg.iter("path") if node.attrib["class"] == "cloud"]
    for point in cloud.attrib["d"][1:].replace("h0", "").split("M"):
        x, y = map(float, point.split())
        assert (x - 60) / (340 - 60) == pytest.approx((318 - y) / (318 - 30), abs=1e-3)


def test_shades_grow_with_the_share_and_mistakes_have_their_own_scale() -> None:
    share, shade = shades(np.array([[90, 10, 0], [0, 50, 50], [0, 0, 0]]))
    assert share[0].tolist() == [0.9, 0.1, 0.0]
    assert shade.tolist() == [[9, 2, 0], [0, 5, 9], [0, 0, 0]]


def test_a_nearly_perfect_matrix_stays_calm() -> None:
    _, shade = shades(np.array([[999, 1], [0, 1000]]))
    assert shade[0, 1] == 1


def test_only_cells_that_hold_something_are_drawn() -> None:
    confusion = np.diag(np.arange(30))
    confusion[2, 3] = 4
    svg = ET.fromstring(matrix_drawing(confusion, [f"c{i}" for i in range(30)], key="m", title="t"))
    cells = [node for node in svg.iter("rect") if node.attrib["class"].startswith("cell")]
    assert len(cells) == 30  # 29 of the diagonal, whose first is 0, and one mistake
    assert {node.findtext("title") for node in cells} >= {
        "c2 taken for c3: 4 (66.7\u202f%)",
        "c5: 5 recognised (100.0\u202f%)",
    }


def test_wide_letters_count_twice_and_long_names_end_in_dots() -> None:
    assert width_of("고양이 a") == 8
    assert shorten("고양이", 6) == "고양이"
    assert shorten("고양이와 강아지", 8) == "고양이…"
    assert width_of(shorten("아주 긴 이름을 가진 동물", 10)) <= 10
