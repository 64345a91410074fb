"""A training applies a patch of labels, says so in its folder, and goes on only with the same file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.api.own_data import own_data, recipe_of
from spirula.cli.main import run as command
from spirula.errors import DataError, RunError

RNG = np.random.default_rng(0)
CLASSES = np.array(["어둠", "dusk", "light"])
TRUE = np.arange(180) % 3
PICTURES = (RNG.normal(50, 12, (180, 8, 8, 1)) + 75 * TRUE[:, None, None, None]).clip(0, 255).astype(np.uint8)
WRONG = np.arange(5, 180, 17)
GIVEN = np.where(np.isin(np.arange(180), WRONG), (TRUE + 1) % 3, TRUE)
ROWS = [(f"{row:06d}", CLASSES[TRUE[row]], CLASSES[GIVEN[row]]) for row in WRONG]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loop")
    np.savez(folder / "light.npz", x=PICTURES, y=GIVEN, classes=CLASSES)
    lines = ["id,label,old_label", *(",".join(row) for row in ROWS), f"000000,,{CLASSES[0]}"]
    (folder / "patch.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(place: Path) -> sp.Run:
    options = ["--labels", str(place / "patch.csv"), "--model", "linear", "--epochs", "1", "--test", "0.2"]
    data = str(place / "light.npz")
    assert command(["train", data, *options, "--progress", "quiet", "--runs", str(place), "--name", "one"]) == 0
    return sp.open_run(place / "one")


def test_a_training_applies_it_and_says_so(trained: sp.Run, place: Path) -> None:
    columns = trained.folder.manifest()
    labels = dict(zip(columns["id"], columns["label"], strict=True))
    assert [labels[f"{row:06d}"] for row in range(1, 180)] == CLASSES[TRUE[1:]].tolist()
    row = columns["id"].index("000000")
    assert [columns[name][row] for name in ("split", "verdict", "code")] == ["", "refused", "left-out"]
    config = tomllib.loads((trained.path / "config.toml").read_text(encoding="utf-8"))
    assert config["data"]["labels"] == [str(place / "patch.csv")]
    (done,) = trained.folder.document()["data"]["labels"]
    assert (done["file"], done["changed"], done["left_out"]) == (str(place / "patch.csv"), len(WRONG), 1)
    assert len(done["sha256"]) == 64
    html = (trained.path / "report.html").read_text(encoding="utf-8")
    assert f"{len(WRONG)} labels changed, 1 sample left out" in html


def test_a_run_goes_on_only_with_the_same_patch(trained: sp.Run, place: Path) -> None:
    document = json.loads((trained.path / "run.json").read_text(encoding="utf-8"))
    patch = place / "patch.csv"
    before = patch.read_bytes()
    assert own_data(trained.folder).manifest.fingerprint == document["data"]["fingerprint"]
    try:
        (trained.path / "run.json").write_text(json.dumps({**document, "status": "interrupted"}), encoding="utf-8")
        patch.write_bytes(before + b"\n")
        with pytest.raises(RunError, match=r"patch\.csv has changed since .*one was trained with it"):
            sp.train(resume=trained.path, progress="quiet")
        with pytest.raises(RunError, match="has changed"):
            own_data(trained.folder)
        patch.unlink()
        with pytest.raises(DataError, match="cannot be read: No such file"):
            recipe_of(trained.folder)
    finally:
        patch.write_bytes(before)
        (trained.path / "run.json").write_text(json.dumps(document), encoding="utf-8")


def test_every_fold_uses_it_and_what_is_doubted_is_listed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {"model": "linear", "epochs": 1, "progress": "quiet", "labels": [place / "patch.csv"]}
    whole = sp.train(place / "light.npz", folds=2, runs=place, name="folds", **options)
    for run in (whole, sp.open_run(whole.path / "folds" / "1"), sp.open_run(whole.path / "folds" / "2")):
        assert run.folder.document()["data"]["labels"][0]["changed"] == len(WRONG)
    assert set(whole.folder.arrays("thumbnails")["ids"]) == set(whole.folder.predictions("out-of-fold").ids)
    assert command(["labels", str(whole.path), "--out", str(place / "own.csv"), "--json"]) == 0
    shown = capsys.readouterr()
    rows = json.loads(shown.out)
    assert [row["id"] for row in rows] == [row["id"] for row in whole.label_suspects()]
    assert {row["split"] for row in rows} <= {"out-of-fold"}
    assert (place / "own.csv").read_text(encoding="utf-8").count("\n") == len(rows) + 1
    assert "own.csv" in shown.err


def test_an_inspection_shows_the_labels_as_they_would_be(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["inspect", str(place / "light.npz"), "--labels", str(place / "patch.csv"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert any(f"{len(WRONG)} labels changed" in note for note in document["notes"])
    assert sp.inspect(place / "light.npz", labels=place / "patch.csv").dataset.corrections[0].left_out == 1


def test_a_mistake_is_said_before_a_run_folder_is_made(place: Path, tmp_path: Path) -> None:
    (tmp_path / "patch.csv").write_text("id,label\n000001,twilight\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'line 2: there is no class "twilight"'):
        sp.train(place / "light.npz", labels=tmp_path / "patch.csv", runs=tmp_path / "runs", progress="quiet")
    assert not (tmp_path / "runs").exists()
