"""Filter by filter, and when the picture changes: from stored arrays alone, in both languages, damaged or missing."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from folders import Folder
from PIL import Image

from spirula.errors import RunError
from spirula.report.facts import Facts
from spirula.report.figures.exciting import SIDE, ExcitedPatch, exciting_figure
from spirula.report.figures.figure import MARGIN
from spirula.report.figures.raster import to_png
from spirula.report.inside.filters import filters
from spirula.report.inside.idle import Idle, alike_groups, connected, idle_layers, idle_line
from spirula.report.inside.robustness import robustness, strength_words
from spirula.report.inside.words import WORDS
from spirula.report.page import render
from spirula.report.speech import speaker
from spirula.runs.folder import RunFolder

SAY = speaker(WORDS, "en")
RNG = np.random.default_rng(3)
LAYERS = ("합성곱", "<b>conv_2</b>", "conv_3")


def kernels(*, trained: bool) -> dict[str, np.ndarray]:
    return {
        "layers": np.asarray(LAYERS),
        "convolutions": np.asarray(5),
        "kinds": np.asarray(["colours", "matrix", "mean"]),
        "counts": np.asarray([20, 80, 4]),
        "inputs": np.asarray([3, 70, 9]),
        "sizes": np.asarray([[3, 3], [1, 1], [40, 40]]),
        "numbers": np.asarray([[0.5, 0.25], [0.0, 1.5], [0.0, 1.0]]) * (1 if trained else 2),
        "kernels_0": RNG.normal(size=(20, 3, 3, 3)).astype(np.float16),
        "kernels_1": RNG.normal(size=(1, 64, 64, 1)).astype(np.float16),
        **{f"values_{number}": RNG.normal(size=50).astype(np.float16) for number in range(3)},
    }


UNITS = {
    "layers": np.asarray(LAYERS),
    "filters": np.asarray([20, 80, 4]),
    "dead": np.asarray([[0, 7], [0, 12], [1, 70]]),
    "silent": np.asarray([[0, 7]]),
    "pairs": np.asarray([[0, 3, 18], [0, 18, 19], [0, 4, 5]]),
    "pair_counts": np.asarray([3, 0, 0]),
    "correlations": np.asarray([1.0, 0.999, 0.995], np.float32),
    "same": np.asarray([True, True, False]),
    "samples": np.asarray(512),
}


def excited(first: str = "고양이 1.jpg", second: str = "강아지 2.jpg") -> dict[str, np.ndarray]:
    return {
        "layers": np.asarray(["합성곱", "합성곱", "conv_3"]),
        "channels": np.asarray([3, 3, 1]),
        "ranks": np.asarray([0, 1, 0]),
        "values": np.asarray([2.5, 1.5, 9.0], np.float32),
        "places": np.asarray([[1, 2], [0, 0], [0, 1]]),
        "maps": np.asarray([[10, 10], [10, 10], [2, 2]]),
        "boxes": np.asarray([[4, 6, 9, 11], [0, 0, 3, 3], [0, 0, 40, 50]]),
        "sees": np.asarray([[5, 6], [5, 6], [40, 50]]),
        "patches": RNG.integers(0, 255, (3, 32, 40, 3)).astype(np.uint8),
        "patch_sizes": np.asarray([[5, 5], [3, 3], [32, 40]]),
        "pictures": np.asarray([0, 1, 0]),
        "contexts": RNG.integers(0, 255, (2, 32, 40, 3)).astype(np.uint8),
        "files": np.asarray([first, second]),
        "labels": np.asarray(["고양이", "강아지"]),
        "size": np.asarray([40, 50]),
        "samples": np.asarray(512),
    }


def changes(wrong: list[int]) -> dict[str, np.ndarray]:
    right = np.ones((5, 200), np.bool_)
    for row, number in enumerate(wrong):
        right[row, :number] = False
    return {
        "kinds": np.asarray(["none", "rotate", "shift", "contrast", "brightness"]),
        "strengths": np.asarray([0, 15, 5, 0.5, -0.2]),
        "mild": np.asarray([False, True, True, True, True]),
        "right": right,
        "probabilities": np.where(right, 0.9, 0.2).astype(np.float32),
        "split": np.asarray("test"),
    }


def with_everything(folder: Folder) -> None:
    """Put in what these two sections show."""
    folder.arrays("kernels", **kernels(trained=True))
    folder.arrays("kernels_before", **kernels(trained=False))
    folder.arrays("units", **UNITS)
    folder.arrays("exciting", **excited())
    folder.arrays("robustness", **changes([10, 60, 30, 12, 11]))


def made(path: Path, *, config: str = "", **arrays: dict[str, Any]) -> RunFolder:
    folder = Folder(path, data={"task": "classification", "image": [40, 50, 3]}, model={})
    folder.text("config.toml", config)
    for name, values in arrays.items():
        folder.arrays(name, **values)
    return folder.done()


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    stored = {"kernels": kernels(trained=True), "kernels_before": kernels(trained=False), "units": UNITS}
    return made(
        tmp_path / "run", **stored, exciting=excited(second="<script>.jpg"), robustness=changes([10, 60, 30, 12, 11])
    )


def test_dead_and_similar_filters_are_named_in_one_line() -> None:
    first, second, third = idle_layers(UNITS)
    assert idle_line(first, SAY) == "2 of 20 dead (7, 12), 3 pairs alike (3 = 18 = 19, 4 ≈ 5)"
    assert idle_line(second, SAY) == "1 of 80 dead (70)"
    assert idle_line(third, SAY) == "none dead, none alike"
    many = Idle("x", 100, tuple(range(40)), (), 0)
    assert idle_line(many, SAY).endswith("9, 10, and 29 more)")
    assert idle_line(first, speaker(WORDS, "ko")) == "20개 중 2개가 죽음 (7, 12), 닮은 쌍 3개 (3 = 18 = 19, 4 ≈ 5)"


def test_pairs_that_share_a_filter_are_one_group() -> None:
    assert connected([(5, 6), (1, 2), (3, 4), (2, 3)]) == [[1, 2, 3, 4], [5, 6]]
    assert connected([]) == []
    mixed = Idle("x", 9, (), ((1, 2, True), (2, 3, False)), 2)
    assert alike_groups(mixed) == ["1 = 2", "1 ≈ 2 ≈ 3"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_sections_show_everything_once_and_escape_names(run: RunFolder, language: str) -> None:
    html = render(run, language)
    parts = {part: html[html.index(f'<section id="{part}"') :] for part in ("filters", "robustness")}
    section = parts["filters"][: parts["filters"].index("</section>")]
    assert section.count('<details class="layer">') == 3
    assert section.count('class="tiles"') == 4  # two layers, each now and before; the third is too large
    assert section.count('class="outline before"') == 2 + 2 * 3  # dead ones; before, in histograms
    assert "<b>conv_2" not in section
    assert "<script>.jpg" not in section
    assert len(re.findall(r'<use href="#exciting-0"', section)) == 2
    assert section.count('id="exciting-') == 2
    assert "5 × 6" in section  # what a filter sees, whatever the borders cut
    assert section.count('<span class="patch">') == 2  # what sees the whole picture needs no patch
    changes = parts["robustness"][: parts["robustness"].index("</section>")]
    assert "--rotate 15" in changes
    assert "{" not in re.sub(r"<[^>]*>", "", section + changes)


def test_the_remedy_is_what_is_not_there_yet(tmp_path: Path) -> None:
    def after(wrong: list[int], config: str = "") -> str:
        folder = made(tmp_path / f"run-{len(list(tmp_path.iterdir()))}", config=config, robustness=changes(wrong))
        return str(robustness(Facts(folder))["weakest"]["after"])

    assert "--rotate 15 would" in after([10, 60, 30, 12, 11])
    assert after([10, 60, 30, 12, 11], "[augmentation]\nrotate = 20.0\n") == "It was trained with --rotate 20 already."
    assert "--rotate 15 would" in after([10, 60, 30, 12, 11], "[augmentation]\nrotate = 10.0\n")
    assert "--shift 0.12 would" in after([10, 12, 60, 12, 11])
    assert "--contrast 0.5 would" in after([10, 12, 12, 60, 11])
    assert "--brightness 0.2 would" in after([10, 12, 12, 12, 60])
    assert after([10, 60, 12, 12, 11], '[training]\nstrategy = "features"\n') == ""
    assert after([10] * 5) == ""


def test_the_sentence_names_the_weakest_side_with_its_numbers(run: RunFolder) -> None:
    data = robustness(Facts(run))
    text = f"{data['weakest']['before']} {data['weakest']['text']}"
    assert text.startswith(
        "Its weakest side: turned by 15° the accuracy falls from 95.0\u202f% to 70.0\u202f% (difference "
    )
    assert [row["strength"] for row in data["rows"]] == ["–", "15°", "5\u00a0pixels", "0.5", "−20\u202f%"]
    korean = robustness(Facts(run, "ko"))["weakest"]
    assert korean["text"].startswith("15° 돌리면 정확도가 95.0\u202f%에서 70.0\u202f%로 떨어집니다")


def test_what_was_not_measured_names_the_command(tmp_path: Path) -> None:
    html = render(made(tmp_path / "run", units=UNITS))
    part = html[html.index('<section id="robustness"') :]
    assert "spirula explain" in part[: part.index("</section>")]
    assert "--robustness" in part[: part.index("</section>")]
    assert '<section id="filters"' not in render(made(tmp_path / "old"))
    assert '<section id="robustness"' not in render(made(tmp_path / "older"))


@pytest.mark.parametrize("name", ["kernels", "units", "exciting", "robustness"])
def test_arrays_that_do_not_fit_are_a_run_error(run: RunFolder, name: str) -> None:
    path = run.insight_path(f"{name}.npz")
    arrays = dict(np.load(path))
    np.savez(path, **{key: value for key, value in arrays.items() if key not in ("layers", "right", "samples")})
    gather = robustness if name == "robustness" else filters
    with pytest.raises(RunError, match="do not fit"):
        gather(Facts(run))
    assert "do not fit" in render(run)


def test_every_word_is_there_in_both_languages_with_the_same_blanks() -> None:
    for key, (english, korean) in WORDS.items():
        blanks = [sorted(set(re.findall(r"{(\w+)}", text))) for text in (english, korean)]
        assert blanks[0] == blanks[1], key
        assert re.search("[가-힣]|^{", korean), key
        assert not re.search("[가-힣]", english), key
        assert key.removesuffix("/1") in WORDS


def test_strengths_have_units() -> None:
    from spirula.metrics.robustness import Point

    def said(kind: str, strength: float) -> str:
        return strength_words(Point(kind, strength, False, 1, 1, (0, 1), 1, (0, 1)), SAY)

    assert said("shift", 1) == "1\u00a0pixel"
    assert said("blur", 1.6) == "1.6\u00a0pixels"
    assert said("noise", 0.05) == "5\u202f%"
    assert said("brightness", 0.4) == "+40\u202f%"


def test_frames_are_painted_in_a_png_too() -> None:
    black = np.zeros((10, 10, 1), np.uint8)
    patch = ExcitedPatch(black[:2, :2], black, (0.4, 0.2, 0.8, 0.6), "1.5  dog", "a.jpg")
    figure = exciting_figure([("conv2d, filter 3", [patch])], title="What excites conv2d")
    with Image.open(io.BytesIO(to_png(figure.alone(), 96))) as png:
        pixels = np.asarray(png.convert("RGB")).astype(int)
    orange = (pixels[..., 0] > 140) & (pixels[..., 1] < 140) & (pixels[..., 2] < 90)
    rows, columns = np.nonzero(orange)
    left, top = MARGIN + SIDE + 3, MARGIN + 22
    assert (rows.min(), rows.max()) == pytest.approx((top + 0.4 * SIDE, top + 0.8 * SIDE), abs=2)
    assert (columns.min(), columns.max()) == pytest.approx((left + 0.2 * SIDE, left + 0.6 * SIDE), abs=2)
