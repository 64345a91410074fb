"""What a cross-validation says of single samples: their neighbours and their honest probabilities, by the network that
had not seen them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.metrics.classification import log_loss
from spirula.metrics.temperature import tempered
from spirula.report import wording
from spirula.report.facts import Facts
from spirula.report.trust.section import trust

RNG = np.random.default_rng(5)
LABELS = np.arange(240) % 3
PICTURES = (RNG.normal(90, 40, (240, 12, 12)) + 25 * LABELS[:, None, None]).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    model = "Conv2D(4, 3, activation='relu'), GlobalAveragePooling2D()"
    return sp.train(
        (PICTURES, LABELS), folds=2, model=model, validation=0.4, epochs=3, learning_rate=0.05, name="교차",
        runs=tmp_path_factory.mktemp("runs"), progress="quiet",
    )  # fmt: skip


def fold(whole: sp.Run, number: int) -> sp.Run:
    return sp.open_run(whole.path / "folds" / str(number))


def test_neighbours_are_those_of_the_network_that_had_not_seen_the_sample(whole: sp.Run) -> None:
    joined = whole.folder.arrays("nearest")
    assert joined["out-of-fold_ids"].tolist() == whole.folder.predictions("out-of-fold").ids
    place = {name: row for row, name in enumerate(joined["out-of-fold_ids"].tolist())}
    label_of = dict(zip(joined["train_ids"].tolist(), joined["train_labels"].tolist(), strict=True))
    for number in (1, 2):
        own = fold(whole, number).folder.arrays("embedding")
        for row in range(0, len(own["test_ids"]), 7):
            at = place[str(own["test_ids"][row])]
            names = own["train_ids"][own["test_nearest"][row]].tolist()
            assert joined["train_ids"][joined["out-of-fold_nearest"][at]].tolist() == names
            assert joined["out-of-fold_similarity"][at].tolist() == own["test_similarity"][row].tolist()
            assert str(own["test_ids"][row]) not in names
    assert all(label == str(LABELS[int(name)]) for name, label in label_of.items())


def test_heat_maps_are_those_of_the_network_that_had_not_seen_the_sample(whole: sp.Run) -> None:
    joined = whole.folder.arrays("heat")
    assert sorted(joined["out-of-fold_ids"].tolist()) == sorted(whole.folder.predictions("out-of-fold").ids)
    place = {name: row for row, name in enumerate(joined["out-of-fold_ids"].tolist())}
    for number in (1, 2):
        own = fold(whole, number).folder.arrays("heat")
        rows = [place[str(name)] for name in own["test_ids"]]
        np.testing.assert_array_equal(joined["out-of-fold_maps"][rows], own["test_maps"])
        np.testing.assert_array_equal(joined["out-of-fold_asked"][rows], own["test_asked"])
    html = (whole.path / "report.html").read_text(encoding="utf-8")
    found = re.search(r'id="browse-data">(.*?)</script>', html, re.DOTALL)
    assert found
    assert json.loads(found[1])["splits"][0]["heat"]["height"] == joined["out-of-fold_maps"].shape[1]


def test_the_report_shows_them_with_their_pictures(whole: sp.Run) -> None:
    html = (whole.path / "report.html").read_text(encoding="utf-8")
    found = re.search(r'id="browse-data">(.*?)</script>', html, re.DOTALL)
    assert found
    document = json.loads(found[1])
    split = document["splits"][0]
    assert {"alike", "nearest", "similarity"} <= split["like"].keys()
    assert len(document["trained"]["ids"]) == len(whole.folder.arrays("nearest")["train_ids"])


def test_each_sample_has_the_temperature_of_its_fold(whole: sp.Run) -> None:
    stored = whole.folder.predictions("out-of-fold")
    columns = whole.folder.manifest()
    split_of = dict(zip(columns["id"], columns["split"], strict=True))
    after = stored.probabilities.astype(np.float64)
    values = []
    for number in (1, 2):
        card = fold(whole, number).folder.card()["temperature"]
        assert whole.folder.document()["folds"]["rows"][number - 1]["temperature"] == card
        rows = [row for row, name in enumerate(stored.ids) if split_of[name] == f"fold-{number}"]
        after[rows] = tempered(stored.probabilities[rows], card["value"], apart=False)
        values.append(wording.number(card["value"]))
    said = trust(Facts(whole.folder))["temperature"]
    assert ", ".join(values) in said["words"]
    assert said["rows"][0]["cells"][1][0] == wording.number(log_loss(stored.targets, after))
    assert said["command"] == ""  # the whole has no network to predict with


def test_without_a_temperature_in_any_fold_none_is_told(whole: sp.Run, tmp_path: Path) -> None:
    document = whole.folder.document()
    for row in document["folds"]["rows"]:
        del row["temperature"]  # of before they were kept
    facts = Facts(whole.folder)
    facts.__dict__["document"] = document
    assert trust(facts)["temperature"] is None
