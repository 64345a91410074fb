"""What a report holds for its browser: columns, neighbours, suspected labels, and the words in both languages."""

from __future__ import annotations

import base64
import json
import re
import shlex
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest
from browsed import browsable, labelled, measured
from folders import classifier, interrupted, regression
from reading import read, section
from sklearn.neighbors import NearestNeighbors

from spirula.metrics.multilabel import evaluate_multilabel
from spirula.report.browser.columns import packed
from spirula.report.browser.document import as_json
from spirula.report.browser.listed import is_right, listed_rows, part, sample_loss
from spirula.report.browser.similar import nearest_mistakes, same_mistakes
from spirula.report.browser.words import WORDS
from spirula.report.page import build_report, render
from spirula.runs.folder import Predictions, RunFolder

TYPES = {"f4": "<f4", "i1": "i1", "i2": "<i2", "i4": "<i4", "u1": "u1", "u2": "<u2"}


def document(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="browse-data">(.*?)</script>', html, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def column(stored: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(stored["data"]), TYPES[stored["type"]])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return browsable(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def known(run: RunFolder) -> dict[str, Any]:
    return document(render(run))


def test_every_sample_of_every_split_is_there_as_it_was_stored(run: RunFolder, known: dict[str, Any]) -> None:
    assert [split["name"] for split in known["splits"]] == ["test", "validation"]
    assert known["classes"] == run.classes()
    for split in known["splits"]:
        stored = run.predictions(split["name"])
        assert split["ids"] == stored.ids
        columns = {name: column(values) for name, values in split["columns"].items()}
        order = np.argsort(-stored.probabilities, axis=1, kind="stable")
        rows = np.arange(len(stored.ids))
        np.testing.assert_array_equal(columns["truth"], stored.targets)
        np.testing.assert_array_equal(columns["said"], order[:, 0])
        np.testing.assert_array_equal(columns["second"], order[:, 1])
        np.testing.assert_array_equal(columns["sure"], stored.probabilities.max(axis=1))
        np.testing.assert_array_equal(columns["second_sure"], stored.probabilities[rows, order[:, 1]])
        np.testing.assert_allclose(columns["loss"], -np.log(stored.probabilities[rows, stored.targets]), rtol=1e-6)
        assert (columns["places"] >= 0).all()


def test_labels_are_bits_and_the_loss_is_the_reports(tmp_path: Path) -> None:
    run = labelled(tmp_path / "run")
    stored = run.predictions("test")
    (split,) = document(render(run))["splits"]
    columns = {name: column(values) for name, values in split["columns"].items()}
    bits = np.unpackbits(columns["truth"].reshape(len(stored.ids), -1), axis=1, bitorder="little")[:, :4]
    np.testing.assert_array_equal(bits, stored.targets)
    np.testing.assert_allclose(
        columns["loss"].mean(), evaluate_multilabel(stored.targets, stored.probabilities)["loss"], rtol=1e-5
    )
    np.testing.assert_allclose(columns["probabilities"].reshape(-1, 4) / 65535, stored.probabilities, atol=1e-5)


def test_numbers_have_their_values_and_no_suspected_labels(tmp_path: Path) -> None:
    html = render(measured(tmp_path / "run"))
    (split,) = document(html)["splits"]
    assert set(split["columns"]) == {"truth", "said", "places"}
    assert 'id="labels"' not in html


def test_nearest_mistakes_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(1500, 7))
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    wrong = np.sort(rng.choice(1500, 90, replace=False))
    found = nearest_mistakes(points, wrong, most=6)
    _, expected = NearestNeighbors(n_neighbors=7, metric="cosine").fit(points[wrong]).kneighbors(points)
    for row in range(1500):
        others = [int(wrong[place]) for place in expected[row] if wrong[place] != row][:6]
        assert found[row].tolist() == others


def test_few_or_no_mistakes_leave_places_empty() -> None:
    points = np.eye(4, dtype=np.float32)
    assert nearest_mistakes(points, np.array([2]), most=3).tolist() == [[2, -1, -1], [2, -1, -1], [-1] * 3, [2, -1, -1]]
    assert (nearest_mistakes(points, np.zeros(0, np.int64)) == -1).all()


def test_without_an_embedding_the_same_mistakes_are_alike_the_nearest_in_sureness_first() -> None:
    rng = np.random.default_rng(0)
    kinds, sure = rng.integers(0, 4, 300), rng.random(300)
    wrong = np.flatnonzero(rng.random(300) < 0.5)
    found = same_mistakes(kinds, sure, wrong, most=5)
    assert (found[np.setdiff1d(np.arange(300), wrong)] == -1).all()
    for row in wrong:
        others = wrong[(kinds[wrong] == kinds[row]) & (wrong != row)]
        expected = np.sort(np.abs(sure[others] - sure[row]))[:5]
        np.testing.assert_allclose(np.abs(sure[found[row]] - sure[row]), expected)
        assert (kinds[found[row]] == kinds[row]).all()


@pytest.mark.parametrize(("values", "kind"), [([-1, 127], "i1"), ([128], "i2"), ([-1, 40_000], "i4"), ([], "i1")])
def test_whole_numbers_take_the_room_they_need(values: list[int], kind: str) -> None:
    stored = packed(np.array(values, dtype=np.int64), "i")
    assert stored["type"] == kind
    assert column(stored).tolist() == values


def test_nothing_in_a_document_ends_its_element() -> None:
    text = as_json({"a": "</script><!--<script>", "b": "\u2028한글\x00"})
    assert "<" not in text
    assert json.loads(text) == {"a": "</script><!--<script>", "b": "\u2028한글\x00"}


def test_suspected_labels_are_listed_with_what_to_type(run: RunFolder) -> None:
    html = render(run)
    part = section(read(html), "labels")
    cards = part.all("li", class_="suspect")
    assert cards
    stored = {split: run.predictions(split) for split in ("test", "validation")}
    sure = []
    for card in cards:
        here, row = stored[card.attributes["data-split"]], int(card.attributes["data-row"])
        assert here.ids[row] in card.text
        assert run.classes()[here.targets[row]] in card.text
        assert int(card.attributes["data-said"]) == here.probabilities[row].argmax() != here.targets[row]
        sure.append(here.probabilities[row].max())
    assert sure == sorted(sure, reverse=True)
    commands = [node.text for node in part.all("code")]
    assert commands[0].startswith("spirula train --recipe ")
    assert commands[0].endswith("config.toml --labels patch.csv")
    assert commands[1].startswith("spirula train fashion-mnist --folds 5")
    with (run.path / "config.toml").open("a", encoding="utf-8") as file:
        file.write("")
    again = RunFolder(run.path)
    before = (run.path / "config.toml").read_text(encoding="utf-8")
    try:
        (run.path / "config.toml").write_text(
            before.replace("[data]", '[data]\nlabels = ["first.csv"]'), encoding="utf-8"
        )
        assert "--labels first.csv,patch.csv" in render(again)  # a new patch comes on top of the first
    finally:
        (run.path / "config.toml").write_text(before, encoding="utf-8")


def test_a_run_of_before_there_were_thumbnails_shows_its_mistakes(tmp_path: Path) -> None:
    run = classifier(tmp_path / "run", ["a", "b"], counts=(10, 20, 60))
    arrays = run.arrays("mistakes_test")
    ids = np.array([run.predictions("test").ids[row] for row in arrays["rows"]])
    np.savez(run.insight_path("mistakes_test.npz"), **{**arrays, "files": ids})
    html = render(run)
    known = document(html)
    places = column(known["splits"][0]["columns"]["places"])
    assert set(np.flatnonzero(places >= 0)) == set(arrays["rows"])
    assert "thumbnails of its worst mistakes only" in html
    assert f"{len(ids)} have a picture here" in known["splits"][0]["note"]


def test_what_is_not_there_is_not_shown(tmp_path: Path) -> None:
    assert 'id="browse"' not in render(interrupted(tmp_path / "interrupted"))
    known = document(render(regression(tmp_path / "regression")))
    assert known["pictures"] is False
    assert "alike" not in known["splits"][0]["like"]


def test_damaged_thumbnails_are_named_and_the_rest_stands(tmp_path: Path) -> None:
    run = browsable(tmp_path / "run", count=60)
    run.insight_path("thumbnails.npz").write_bytes(b"no archive at all")
    html = render(run)
    assert "thumbnails.npz cannot be read" in section(read(html), "browse").text
    assert len(document(html)["splits"][0]["ids"]) == 60
    assert section(read(html), "labels").text


@pytest.mark.parametrize("task", ["classification", "multilabel", "regression"])
def test_of_very_many_the_mistakes_are_listed_and_then_others(task: str) -> None:
    rng = np.random.default_rng(0)
    values = rng.random((500, 3 if task != "regression" else 1)).astype(np.float32)
    targets = {
        "classification": rng.integers(0, 3, 500),
        "multilabel": (values + rng.normal(0, 0.3, (500, 3)).clip(-0.4, 0.4) > 0.5),
    }
    stored = Predictions([str(row) for row in range(500)], targets.get(task, rng.random(500)), values)
    wrong = np.flatnonzero(~is_right(task, stored))
    rows = listed_rows(task, stored, most=450)
    assert len(rows) == len(set(rows.tolist())) == 450
    assert np.all(np.diff(rows) > 0)
    assert set(rows.tolist()) >= set(wrong.tolist())
    assert part(stored, rows).ids == [str(row) for row in rows]
    assert listed_rows(task, stored, most=500).tolist() == list(range(500))
    few = listed_rows(task, stored, most=10)
    worst = np.argsort(-sample_loss(task, stored), kind="stable")
    expected = worst[:5] if task == "regression" else worst[np.isin(worst, wrong)][:10]
    assert set(few.tolist()) >= set(expected.tolist())


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_say_the_same(key: str) -> None:
    english, korean = WORDS[key]
    fields = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, korean)]
    if not key.endswith("/1"):
        assert fields[0] == fields[1]
    words = re.search("[a-z]{3}", re.sub(r"\{\w+\}|patch\.csv", "", english))
    assert bool(re.search("[가-힣]", korean)) >= bool(words)


def test_every_word_of_the_script_is_in_the_table() -> None:
    import spirula.report.page as page

    scripts = "".join(path.read_text(encoding="utf-8") for path in (page.TEMPLATES / "browser").glob("*.js"))
    said = set(re.findall(r'say\("([\w-]+)"', scripts)) | {
        name for pair in re.findall(r'say\([^)]*?\? "([\w-]+)" : "([\w-]+)"\)', scripts) for name in pair
    }
    assert said <= set(WORDS)
    assert len(said) > 40


def test_a_file_name_that_is_not_utf_8_stands_in_the_page_as_a_patch_may_name_it(tmp_path: Path) -> None:
    run = browsable(tmp_path / "run", count=5)
    stored = dict(np.load(run.path / "predictions" / "test.npz"))
    ids = [f"dog/\udcff{row}.png" for row in range(5)]
    np.savez(run.path / "predictions" / "test.npz", **{**stored, "ids": np.array(ids)})
    html = build_report(run).read_text(encoding="utf-8")
    assert document(html)["splits"][0]["ids"] == [f"dog/\\xff{row}.png" for row in range(5)]


def test_a_damaged_file_is_named_once(tmp_path: Path) -> None:
    run = browsable(tmp_path / "run", count=5)
    run.insight_path("embedding.npz").write_bytes(b"")
    html = render(run, "en")
    said = section(read(html), "browse").text
    assert said.count("embedding.npz cannot be read") == 1
    assert "do not fit" not in said
    known = document(html)
    assert known["pictures"]
    assert len(known["splits"][0]["ids"]) == 5


def test_what_is_damaged_is_said_in_korean_too(tmp_path: Path) -> None:
    run = browsable(tmp_path / "run", count=5)
    run.insight_path("thumbnails.npz").write_bytes(b"")
    said = section(read(render(run, "ko")), "browse").text
    assert "thumbnails.npz 파일을 읽을 수 없습니다" in said
    assert "cannot" not in said
    assert "its files changed" not in said


def test_commands_go_on_where_they_can(tmp_path: Path) -> None:
    run = browsable(tmp_path / "run's", count=40)
    card = {"spec": {"kind": "stack"}}
    for known, found in (
        (card, {"walk": ["spirula explain", "--walk"], "cam": ["spirula explain", "--cam"]}),
        ({"spec": {"kind": "module"}}, {}),
    ):
        (run.path / "model.json").write_text(json.dumps(known), encoding="utf-8")
        further = document(render(run))["further"]
        assert further.keys() == found.keys()
        for name, (before, after) in found.items():
            assert further[name][0].startswith(before)
            assert shlex.split(further[name][0])[2].endswith("/run's")
            assert further[name][1].startswith(after)
    (run.path / "model.json").unlink()
    assert document(render(run))["further"] == {}
