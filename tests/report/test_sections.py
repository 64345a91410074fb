"""Curves, data, network, provenance: each section shows what was planted in the run, and says what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from folders import FASHION, Folder, classifier, epochs, interrupted, pictures
from reading import Node, read, section, table

from spirula.report.page import render


@pytest.fixture(scope="module")
def page(ten_html: str) -> Node:
    return read(ten_html)


def test_learning_curves_and_the_table_of_epochs(page: Node) -> None:
    part = section(page, "learning")
    assert [svg.children[0].text for svg in part.all("svg")] == ["Loss", "Accuracy", "Learning rate"]
    assert "Epoch 6 is the best by val_loss" in part.text
    assert "the monitored metric no longer improved" in part.text
    rows = table(page, "One row per epoch")
    assert len(rows) == 8
    assert rows[5][0] == "6 best"
    last = epochs(8)[-1]
    assert rows[7][1:3] == [f"{last['loss']:.3f}", f"{last['val_loss']:.3f}"]
    hovers = [node.text for node in part.all("svg")[0].all("rect", class_="hover")]
    assert len(hovers) == 8
    assert hovers[7] == f"epoch 8: train {last['loss']:.3f}, validation {last['val_loss']:.3f}"


@pytest.mark.parametrize("count", [1, 2, 300])
def test_any_number_of_epochs_without_validation_and_with_gaps(folder: Path, count: int) -> None:
    rows = epochs(count, validation=False)
    rows[0]["loss"] = None  # what a NaN becomes in JSON
    made = Folder(folder, data={"task": "classification", "counts": {"train": 5}})
    made.history(rows)
    root = read(render(made.done()))
    part = section(root, "learning")
    assert "There was no validation split to watch." in part.text
    drawn = [svg.children[0].text for svg in part.all("svg")]
    assert drawn == (["Accuracy", "Learning rate"] if count == 1 else ["Loss", "Accuracy", "Learning rate"])
    assert len(table(root, "One row per epoch")) == count
    assert "nan" not in part.text.lower()


def test_the_data_at_a_glance(page: Node) -> None:
    part = section(page, "data")
    assert "7,000 images of 28 × 28 × 1" in part.text
    assert "4,800 train, 1,200 validation, 1,000 test." in part.text
    rows = table(page, "Samples of each class")
    assert [row[0] for row in rows] == FASHION
    assert rows[0][1:] == ["480", "120", "100"]
    assert "stratified by class" in part.text
    strips = part.all("div", class_="row")
    assert [strip.attributes["aria-label"] for strip in strips] == [f"6 of {name}" for name in FASHION]
    assert all(len(strip.all("img")) == 6 for strip in strips)
    assert table(page, "Left out, and why") == [["broken/사진.jpg", "truncated"]]


def test_the_network_as_a_table(page: Node) -> None:
    rows = table(page, "Layer by layer")
    assert rows[0] == ["conv2d", "Conv2D", "28 × 28 × 32", "832", "627,200", "5", "1"]
    assert rows[6][5:] == ["–", "–"]
    assert "333,526" in section(page, "network").one("dl").text
    assert "1.33 MB" in section(page, "network").one("dl").text


def test_receptive_fields_as_pairs(folder: Path) -> None:
    run = classifier(folder, counts=(20, 20, 20))
    rows = [
        {"name": "a", "receptive_field": [3, 3], "stride": [1, 1], "output_shape": [8, 8, 4]},
        {"name": "b", "receptive_field": [3, 5], "stride": [1, 2], "output_shape": [8, 4, 4], "level": 1},
        {"name": "c", "receptive_field": [8, 8], "stride": None, "output_shape": [10]},
    ]
    run.insight_path("network.json").write_text(json.dumps(rows), encoding="utf-8")
    shown = [row[5:] for row in table(read(render(run)), "Layer by layer")]
    assert shown == [["3", "1"], ["3 × 5", "1 × 2"], ["all", "–"]]


def test_what_the_network_gets(folder: Path, page: Node) -> None:
    assert "no augmentation was asked for" in section(page, "inputs").text
    assert len(section(page, "inputs").all("img")) == 24
    run = classifier(folder, counts=(20, 20, 20), size=96, channels=3)
    (run.path / "config.toml").write_text(
        '[augmentation]\nflip = "horizontal"\nrotate = 10.0\ncrop = 0\n', encoding="utf-8"
    )
    root = read(render(run))
    assert "augmentation (flip horizontal, rotate 10.0)" in section(root, "inputs").text
    image = section(root, "inputs").all("img")[0].attributes
    assert image["src"].startswith("data:image/webp")
    assert "class" not in image


def test_time_machine_and_provenance(page: Node) -> None:
    assert table(page, "Where the time went") == [
        ["Total", "5 min 52 s"],
        ["Training", "5 min 30 s"],
        ["Images per second", "1,163"],
        ["Waiting for data", "1.3 %"],
        ["Peak memory", "1.23 GB"],
    ]
    assert ["Processor", "Example CPU 9000"] in table(page, "The machine")
    this = dict(table(page, "This run"))
    assert this["Command"] == "spirula train fashion-mnist --model two-conv --name 'a b'"
    assert this["Seed"] == "0"
    assert this["Data fingerprint (SHA-256)"] == "feedc0de" * 8
    assert "0123456789abcdef" in this["Code"]
    assert ["torch", "2.15.0"] in table(page, "Versions")
    options = {row[1]: row[2:] for row in table(page, "As in config.toml")}
    assert options["learning_rate"] == ["0.001", "adam's usual rate"]
    assert options["epochs"] == ["10", "asked for"]


def test_the_source_above_the_sections_of_a_recipe_is_an_option_too(folder: Path) -> None:
    made = Folder(folder, derived={"test": "there is none"})
    made.text("config.toml", 'source = "digits"\n\n[data]\ntest = 0.1\n')
    assert table(read(render(made.done())), "As in config.toml") == [
        ["data", "source", "digits", "asked for"],
        ["data", "test", "0.1", "there is none"],
    ]


def test_the_commands_quote_the_name_of_the_run(tmp_path: Path) -> None:
    run = interrupted(tmp_path / "runs" / "my run; rm -rf")
    commands = [node.text for node in section(read(render(run)), "use").all("code")]
    assert commands[0] == "spirula train --resume 'runs/my run; rm -rf'"
    assert "spirula predict 'runs/my run; rm -rf' PATH…" in commands


def test_an_interrupted_run_says_so_and_how_to_go_on(folder: Path) -> None:
    root = read(render(interrupted(folder)))
    assert "Interrupted" in root.one("p", class_="badge").text
    assert root.one("header").one("code").text == f"spirula train --resume {folder.parent.name}/run"
    assert "No split has been evaluated yet." in section(root, "results").text
    assert "1 epoch" in section(root, "learning").text
    assert "No sample pictures were stored." in section(root, "data").text
    assert "No description of the network was stored." in section(root, "network").text


def test_a_failed_run_shows_its_failure(folder: Path) -> None:
    run = Folder(folder, status="failed", failure="The loss is not a number").done()
    badge = read(render(run)).one("p", class_="badge")
    assert "The loss is not a number" in badge.text


def test_images_of_other_channel_counts_are_shown(folder: Path) -> None:
    run = classifier(folder, counts=(20, 20, 20))
    np.savez(run.insight_path("inputs.npz"), images=pictures(3, 28, 5), labels=["a", "b", "c"])
    assert len(section(read(render(run)), "inputs").all("img")) == 3
