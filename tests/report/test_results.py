"""The summary and the results show the numbers that were planted in the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from folders import Folder, multilabel, regression
from reading import Node, read, section, table

from spirula.metrics.score import score
from spirula.report.page import render
from spirula.runs.folder import RunFolder


@pytest.fixture(scope="module")
def page(ten_html: str) -> Node:
    return read(ten_html)


def planted(
    folder: Path, confusion: np.ndarray, classes: list[str], split: str = "test", **document: object
) -> RunFolder:
    """A run with exactly this confusion matrix; every prediction is 75 % sure."""
    size = len(classes)
    cells = [(i, j) for i in range(size) for j in range(size) for _ in range(confusion[i, j])]
    targets = np.array([i for i, _ in cells])
    probabilities = np.full((len(cells), size), 0.25 / (size - 1))
    probabilities[np.arange(len(cells)), [j for _, j in cells]] = 0.75
    data = {"source": "zoo/", "task": "classification", "counts": {split: len(cells)}, "image": [8, 8, 1]}
    made = Folder(folder, data=data, model={"name": "net", "parameters": 12}, **document)
    made.json("classes.json", classes)
    made.predictions(split, targets, probabilities)
    return made.done()


ZOO = np.array([[80, 20, 0], [5, 95, 0], [0, 0, 100]])


def test_the_headline_says_what_how_much_and_how_sure(folder: Path) -> None:
    root = read(render(planted(folder, ZOO, ["cat", "dog", "owl"])))
    head = root.one("header")
    assert head.one("h1").text == "net learned zoo"
    # 275 of 300; Wilson's interval by the formula: 0.88002 to 0.94285
    assert head.one("p", class_="verdict").text == "91.7 % of 300 test images right 95 % interval 88.0–94.3"


def test_the_points_name_the_weakest_class_and_the_mix_up_and_lead_there(folder: Path) -> None:
    points = read(render(planted(folder, ZOO, ["cat", "dog", "owl"]))).one("ul", class_="points")
    assert [node.text for node in points.all("a")] == [
        "Weakest class: cat, F1 86.5 %",  # 160 / 185
        "Most frequent mix-up: cat taken for dog, 20 times (20.0 %)",
        "Its confidence is off by 16.7 points on average",
    ]
    assert [node.attributes["href"] for node in points.all("a")] == [
        "#test-classes",
        "#test-confusion",
        "#test-calibration",
    ]


def test_the_confusion_matrix_is_a_table_with_its_counts(folder: Path) -> None:
    root = read(render(planted(folder, ZOO, ["cat", "dog", "owl"])))
    assert table(root, "Rows: the true class") == [
        ["cat", "80", "20", ""],
        ["dog", "5", "95", ""],
        ["owl", "", "", "100"],
    ]
    cells = [cell.attributes for cell in root.one("table", class_="confusion").all("td")]
    assert cells[1]["title"] == "cat taken for dog: 20 (20.0\u202f%)"
    assert cells[1]["class"] == "wrong s9"  # the largest mistake
    assert cells[0]["class"] == "right s8"
    assert cells[8]["class"] == "right s9"
    assert cells[2]["class"] == "wrong s0"


def test_the_mix_ups_and_the_classes_one_by_one(folder: Path) -> None:
    root = read(render(planted(folder, ZOO, ["cat", "dog", "owl"])))
    assert table(root, "Most frequent mix-ups") == [
        ["cat", "dog", "20", "20.0 %"],
        ["dog", "cat", "5", "5.0 %"],
    ]
    cat, _, owl = table(root, "Precision: how often")
    assert cat[:2] == ["cat", "100"]
    assert cat[2].startswith("94.1 %")  # 80 of 85
    assert cat[3] == "80.0 % 71.1–86.7"  # Wilson, 80 of 100
    assert owl[3] == "100.0 % 96.3–100.0"  # Wilson, 100 of 100


def test_the_numbers_hold_the_comparison_with_guessing(folder: Path) -> None:
    confusion = np.array([[80, 10], [5, 5]])
    rows = {
        row[0].split(" ")[0]: row for row in table(read(render(planted(folder, confusion, ["a", "b"]))), "Each with")
    }
    assert rows["Accuracy"][1:] == ["85.0 %", "76.7–90.7"]
    assert rows["For"][1] == "90.0 %"
    assert "Top-5" not in rows
    assert "ROC" in rows


def test_calibration_in_words_picture_and_table(folder: Path) -> None:
    root = read(render(planted(folder, ZOO, ["cat", "dog", "owl"])))
    part = section(root, "test")
    assert "On average it is 75.0 % sure and 91.7 % right: it is too modest." in part.text
    assert table(root, "Predictions by confidence") == [["73–80 %", "300", "75.0 %", "91.7 %"]]
    titles = [svg.children[0].text for svg in part.all("svg")]
    assert titles == ["Right as often as it is sure?", "How sure it is"]


def test_no_mistakes_is_said(folder: Path) -> None:
    root = read(render(planted(folder, np.diag([5, 5, 5]), ["cat", "dog", "owl"])))
    assert "No mix-ups: every one of these images was recognised." in section(root, "test").text
    assert "100.0 %" in root.one("header").text


def test_both_splits_are_shown_the_untouched_one_first(page: Node, ten: RunFolder) -> None:
    keys = [node.attributes["id"] for node in page.all("section")]
    assert keys[:3] == ["verdict", "test", "validation"]
    for split in ("test", "validation"):
        stored = ten.predictions(split)
        numbers = score("classification", stored.targets, stored.probabilities)
        assert f"{100 * numbers['accuracy']:.1f} %" in section(page, split).text


def test_one_split_only(folder: Path) -> None:
    root = read(render(planted(folder, ZOO, ["cat", "dog", "owl"], split="validation")))
    assert "300 validation images right" in root.one("header").text
    assert [node.attributes["id"] for node in root.all("section")][:3] == ["verdict", "validation", "browse"]


def test_an_empty_split_is_said(folder: Path) -> None:
    made = Folder(folder, data={"task": "classification", "counts": {}, "image": [8, 8, 1]})
    made.json("classes.json", ["a", "b"])
    made.predictions("test", np.zeros(0, np.int64), np.zeros((0, 2)))
    root = read(render(made.done()))
    assert "There is nothing in this split." in section(root, "test").text
    assert "No split has been evaluated yet." in root.one("header").text


def test_many_classes_are_drawn_and_too_many_are_chosen(folder: Path) -> None:
    classes = [f"class-{index:03d}" for index in range(120)]
    confusion = 9 * np.eye(120, dtype=int)
    confusion[7, 90] = 30
    root = read(render(planted(folder, confusion, classes)))
    part = section(root, "test")
    assert "The 100 of 120 classes with the most mix-ups" in part.text
    drawing = part.one("svg", class_="matrix")
    assert any("class-007 taken for class-090: 30" in node.text for node in drawing.all("title"))
    assert len(table(root, "Precision: how often")) == 120


@pytest.mark.parametrize(
    ("verification", "title", "kind"),
    [
        ({"status": "verified", "detail": "accuracy 0.9167 after reloading"}, "Verified", "good"),
        ({"status": "failed", "detail": "accuracy 0.1 after reloading"}, "Verification failed", "bad"),
        (None, "Not verified", "open"),
    ],
)
def test_the_badge_says_whether_the_saved_model_was_reloaded(
    folder: Path, verification: dict[str, str] | None, title: str, kind: str
) -> None:
    badge = read(render(planted(folder, ZOO, ["a", "b", "c"], verification=verification))).one("p", class_="badge")
    assert badge.one("strong").text == title
    assert kind in badge.attributes["class"]
    assert (verification or {"detail": ""})["detail"] in badge.text


def test_the_mistakes_gallery(page: Node, ten: RunFolder) -> None:
    arrays = ten.arrays("mistakes_test")
    cards = section(page, "test").all("li", class_="card")
    assert len(cards) == len(arrays["files"])
    for index in (0, len(cards) - 1):
        true, predicted, file = (str(arrays[name][index]) for name in ("labels", "predicted", "files"))
        assert cards[index].one("p", class_="labels").text == f"{true} | {predicted}"
        assert cards[index].one("p", class_="file").text == file
        assert f"{100 * arrays['confidence'][index]:.1f} %" in cards[index].text
        image = cards[index].one("img")
        assert image.attributes["alt"] == f"True: {true}, predicted: {predicted}"
        assert image.attributes["class"] == "pixelated"
    assert len(section(page, "test").one("details", class_="more").all("li")) == len(cards) - 18


def test_mistakes_of_vectors_have_no_picture(folder: Path) -> None:
    run = planted(folder, ZOO, ["cat", "dog", "owl"])
    np.savez(
        run.insight_path("mistakes_test.npz"),
        rows=[4],
        images=np.zeros((0, 1, 1, 1), np.uint8),
        labels=["cat"],
        predicted=["dog"],
        confidence=np.float32([0.75]),
        files=["test/000004"],
    )
    (card,) = section(read(render(run)), "test").all("li", class_="card")
    assert not card.all("img")
    assert card.one("p", class_="file").text == "test/000004"


def test_regression(folder: Path) -> None:
    run = regression(folder)
    stored = run.predictions("test")
    numbers = score("regression", stored.targets, stored.probabilities)
    root = read(render(run))
    assert f"{numbers['mae']:.2f} average error over 3,000 test images" in root.one("p", class_="verdict").text
    rows = {row[0].split(" ")[0]: row[1:] for row in table(root, "Each with")}
    low, high = numbers["rmse_interval"]
    assert rows["Root"] == [f"{numbers['rmse']:.2f}", f"{low:.2f} to {high:.2f}"]
    assert rows["R²"][0] == f"{numbers['r2']:.3f}"
    part = section(root, "test")
    assert [svg.children[0].text for svg in part.all("svg")] == ["Predicted against true", "How far off"]
    assert "2,000 of 3,000 are drawn" in part.all("svg")[0].children[1].text
    arrays = run.arrays("mistakes_test")
    assert part.all("p", class_="labels")[0].text == f"{arrays['labels'][0]} | {arrays['predicted'][0]}"
    assert "Its values are too high" in root.one("header").text


def test_multilabel(folder: Path) -> None:
    run = multilabel(folder)
    stored = run.predictions("test")
    numbers = score("multilabel", stored.targets, stored.probabilities)
    root = read(render(run))
    assert f"{100 * numbers['exact_match']:.1f} % of 800 test images with every label right" in root.text
    rows = table(root, "Precision: how often")
    assert [row[0] for row in rows] == ["beach", "forest", "바다", "people"]
    assert rows[0][1] == str(int(stored.targets[:, 0].sum()))
    assert rows[0][5].endswith("%")
    assert not root.all("table", class_="confusion")
    assert root.one("h1").text == "resnet18 learned scenes.csv"
