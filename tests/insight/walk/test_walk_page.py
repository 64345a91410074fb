"""The walk's page as text: what is not drawn is said, both languages say the same, and no page is too large."""

from __future__ import annotations

import base64
import re
from string import Formatter

import numpy as np
import pytest
from walked import any_walk, pixels

from spirula.api.insight.walk import probabilities_of
from spirula.insight.walk.document import Walk
from spirula.insight.walk.keeping import MOST_BYTES
from spirula.report.page import TEMPLATES
from spirula.report.walk.page import SCRIPTS, Shown, render_walk
from spirula.report.walk.words import WORDS

CLASSES = ["고양이", "dog", "<b>bold</b>", "נמר"]


def page(found: Walk, shape: tuple[int, int, int], language: str = "en") -> str:
    shown = Shown("run", "</script>.png", pixels(shape), probabilities_of(found.document, 4), CLASSES, views=True)
    return render_walk(found.document, found.arrays, shown, language)


def test_what_is_not_drawn_is_said_by_name_with_its_shapes() -> None:
    _, found, shape = any_walk("own")
    html = page(found, shape)
    assert "<bdi>upsample_bilinear2d</bdi>: upsample_bilinear2d, 6 × 5 × 6 → 5 × 5 × 6" in html
    assert "gates that are one number for a whole map" in html
    assert "averaged over several views" in html
    _, whole, shape = any_walk("two conv")
    assert "Every operation of this network is taken apart." in page(whole, shape)


def test_what_was_too_large_is_said() -> None:
    _, found, shape = any_walk("own")
    for station in found.document["stations"]:
        station["reason"] = "large" if station["kind"] == "unknown" else ""
    assert "→ 5 × 5 × 6 (too large for this page)" in page(found, shape)


def test_arrays_are_in_the_page_bit_for_bit() -> None:
    _, found, shape = any_walk("separable, concatenated")
    blocks = dict(re.findall(r'id="array-(\w+)" data-type="\w+">([^<]*)<', page(found, shape)))
    assert set(blocks) == set(found.arrays)
    for name, array in found.arrays.items():
        assert base64.b64decode(blocks[name]) == array.astype("<i4" if array.dtype == np.int32 else "<f4").tobytes()


def test_a_hostile_name_ends_nothing() -> None:
    _, found, shape = any_walk("two conv")
    html = page(found, shape)
    assert "<b>bold" not in html
    assert html.count("</script>") == html.count("<script")


def test_a_name_from_right_to_left_turns_nothing_around() -> None:
    _, found, shape = any_walk("two conv")
    surest = int(np.argmax(probabilities_of(found.document, 4)))
    classes = ["نمر" if number == surest else "dog" for number in range(4)]
    shown = Shown("run", "a.png", pixels(shape), probabilities_of(found.document, 4), classes, views=False)
    lead = re.search(r'class="lead">([^<]*)<', render_walk(found.document, found.arrays, shown, "en"))
    assert lead is not None
    assert "\u2068نمر\u2069" in lead[1]


def test_numbers_that_fit_make_a_page_below_25_megabytes() -> None:
    frame = sum((TEMPLATES / "walk" / name).stat().st_size for name in SCRIPTS)
    assert MOST_BYTES * 4 / 3 + frame + 1_500_000 < 25_000_000


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_fill_in_the_same(key: str) -> None:
    english, korean = ({field for _, field, *_ in Formatter().parse(text) if field} for text in WORDS[key])
    assert english == korean
    assert re.search("[가-힣]", WORDS[key][1])


def test_every_word_that_the_script_says_is_there() -> None:
    script = "".join((TEMPLATES / "walk" / name).read_text(encoding="utf-8") for name in (*SCRIPTS, "page.html"))
    said = set(re.findall(r'say\("(\w+)"', script))
    assert {key for key in said if not key.endswith("_")} <= set(WORDS)
    for prefix in (key for key in said if key.endswith("_") and key not in WORDS):
        assert any(key.startswith(prefix) for key in WORDS)
