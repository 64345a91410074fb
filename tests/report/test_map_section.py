"""The map: what its script is given, what is said of it, and who strays."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from embedded import embedded
from folders import classifier
from reading import read

from spirula.report.facts import Facts
from spirula.report.map.drawn import EXTENT, Answers, map_json
from spirula.report.map.section import samples_map
from spirula.report.map.words import WORDS
from spirula.report.page import render
from spirula.runs.folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return embedded(tmp_path_factory.mktemp("map") / "run")


def test_the_script_is_given_every_sample_in_its_place(run: RunFolder) -> None:
    found = json.loads(samples_map(Facts(run))["json"])
    assert found["names"] == ["고양이", "dog"]
    assert found["kinds"] == ["neighbours", "components"]
    shown, train = found["sets"]
    assert (len(shown["ids"]), len(train["ids"])) == (60, 80)
    stored = run.predictions("test")
    assert shown["ids"] == stored.ids
    assert shown["label"] == stored.targets.tolist()
    assert shown["predicted"] == stored.probabilities.argmax(axis=1).tolist()
    assert set(train["predicted"]) == {-1}
    arrays = run.arrays("embedding")
    for number, rows in enumerate(arrays["test_nearest"][:, :3].tolist()):
        known = [found["known"]["ids"][place] for place in found["near"][number]]
        assert known == [f"train/{row:06d}" for row in rows]
    # one scale for both directions: the map keeps its proportions
    places = np.concatenate([np.transpose(part["places"]["neighbours"]) for part in (shown, train)])
    original = np.concatenate([arrays["test_map"], arrays["train_map"]])
    assert places.min() >= 0
    assert places.max() <= EXTENT
    drawn, meant = (np.linalg.norm(values - values[0], axis=1) for values in (places, original))
    np.testing.assert_allclose(drawn / drawn.max(), meant / meant.max(), atol=2e-3)


def test_it_says_how_often_the_nearest_has_the_same_label(run: RunFolder) -> None:
    said = " ".join(samples_map(Facts(run))["sentences"])
    assert "98.3\u202f% of the 60 test pictures" in said  # 59
    assert "80 of 160 training pictures" in said


def test_who_lies_in_the_midst_of_another_class_is_named(run: RunFolder) -> None:
    data = samples_map(Facts(run))
    assert [row["file"] for row in data["strays"]] == ["test/000000"]
    assert (data["strays"][0]["label"], data["strays"][0]["near"]) == ("고양이", "dog")
    assert data["strays_lead"].startswith("One picture")
    assert [(row["name"], row["total"], row["own"]) for row in data["classes"]] == [
        ("고양이", 30, "96.7\u202f%"),
        ("dog", 30, "100.0\u202f%"),
    ]


def test_the_page_has_the_map_its_words_and_its_script_once(run: RunFolder) -> None:
    html = render(run)
    page = read(html)
    assert page.one("section", id="map").one("canvas", class_="map-canvas").attributes["tabindex"] == "0"
    assert html.count("const COLOURS = 10") == 1
    assert len(page.all("script")) == html.count("<script")
    assert json.loads(unescape(html.split('data-words="')[1].split('"')[0]))["truth"] == "Label"
    korean = render(run, "ko")
    assert "다른 클래스 한가운데 있는 사진" in korean
    assert "지도" in korean


def test_large_sets_are_drawn_in_part(tmp_path: Path) -> None:
    run = embedded(tmp_path / "run", counts=(4000, 40, 5000), kind="components")
    data = samples_map(Facts(run))
    found = json.loads(data["json"])
    assert [len(part["ids"]) for part in found["sets"]] == [3000, 1500]
    assert found["kinds"] == ["components"]
    assert any("3,000 of 5,000" in sentence for sentence in data["sentences"])


def test_a_run_without_an_embedding_has_no_map_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    plain = classifier(tmp_path / "plain", ["a", "b"], counts=(20, 10, 10))
    assert 'id="map"' not in render(plain)
    run = embedded(tmp_path / "run")
    arrays = dict(np.load(tmp_path / "run/insight/embedding.npz"))
    arrays["test_ids"] = arrays["test_ids"][::-1]
    np.savez(tmp_path / "run/insight/embedding.npz", **arrays)
    html = render(run)
    assert "does not fit the run" in html
    assert "data-map=" not in html


def test_names_cannot_end_the_data(tmp_path: Path) -> None:
    run = embedded(tmp_path / "run", ["</script><b>", "\"'&"])
    html = render(run)
    assert "</script><b>" not in html.replace("</script>\n<b>", "")
    assert json.loads(unescape(html.split('data-map="')[1].split('"')[0]))["names"] == ["</script><b>", "\"'&"]


def test_every_sentence_is_there_in_both_languages() -> None:
    for english, korean in WORDS.values():
        assert english.strip()
        assert korean.strip()


def test_one_sample_is_a_map_too() -> None:
    found = {
        **{"map_kind": np.asarray("components"), "train_ids": np.asarray(["a"])},
        "train_points": np.zeros((1, 2), np.float16),
    }
    answers = Answers(["x"], np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1))
    assert json.loads(map_json(found, "train", answers, np.zeros(1, np.int64)))["sets"][0]["ids"] == ["a"]
