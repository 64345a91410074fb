"""A run that knows how far to trust it: what a training leaves, what the card holds, what predict does with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import InputError, RunError
from spirula.metrics.classification import log_loss
from spirula.metrics.temperature import tempered

MODEL = "Conv2D(6, 3, activation='relu'), MaxPooling2D(2), Flatten(), Dense(12, activation='relu')"
NAMES = ("왼쪽", "오른쪽 | <b>")


def halves(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a brighter left or right half; some too faint to be told."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 120, (count, 12, 12, 3))
    labels = np.arange(count) % 2
    for picture, label, strength in zip(pixels, labels, rng.integers(0, 60, count), strict=True):
        picture[:, 6 * label : 6 * label + 6] += strength
    return pixels.astype(np.uint8), labels


def trained(folder: Path, x: np.ndarray, y: Any, **options: Any) -> sp.Run:
    settings = {"epochs": 3, "batch_size": 16, "seed": 1, "runs": folder, "progress": "quiet", "validation": 0.3}
    return sp.train((x, y), model=MODEL, **{**settings, **options})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("사진")
    x, y = halves(240)
    for number, (picture, label) in enumerate(zip(x, y, strict=True)):
        (folder / ("left", "오른쪽")[label]).mkdir(exist_ok=True)
        Image.fromarray(picture).save(folder / ("left", "오른쪽")[label] / f"{number:03d}.png")
    return folder


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    return sp.train(
        data, model=MODEL, epochs=3, batch_size=16, seed=1, validation=0.3, test=0.2, duplicates="ignore",
        runs=tmp_path_factory.mktemp("runs"), name="반쪽", progress="quiet",
    )  # fmt: skip


def test_a_training_leaves_its_embedding_in_the_order_of_its_predictions(run: sp.Run) -> None:
    found = run.folder.arrays("embedding")
    assert found["splits"].tolist() == ["train", "validation", "test"]
    for split in ("validation", "test"):
        assert found[f"{split}_ids"].tolist() == run.folder.predictions(split).ids
        assert found[f"{split}_nearest"].shape == (len(found[f"{split}_ids"]), 5)
    columns = run.folder.manifest()
    label_of = dict(zip(columns["id"], columns["label"], strict=True))
    split_of = dict(zip(columns["id"], columns["split"], strict=True))
    assert {split_of[name] for name in found["train_ids"].tolist()} == {"train"}
    assert [label_of[name] for name in found["train_ids"].tolist()] == found["train_labels"].tolist()
    assert int(found["training_samples"]) == list(split_of.values()).count("train")


def test_the_temperature_is_fitted_on_validation_and_lowers_its_loss(run: sp.Run) -> None:
    card = run.folder.card()
    stored = run.folder.predictions("validation")
    after = tempered(stored.probabilities, card["temperature"]["value"], apart=False)
    assert card["temperature"]["samples"] == len(stored.ids)
    assert log_loss(stored.targets, after) < log_loss(stored.targets, stored.probabilities)
    assert run.verified


def test_predict_gives_calibrated_probabilities_when_asked(run: sp.Run) -> None:
    x, _ = halves(20, seed=5)
    plain, asked = run.predict(x, top=2), run.predict(x, top=2, calibrated=True)
    assert [row["predicted"] for row in plain] == [row["predicted"] for row in asked]
    expected = tempered(run.predict_proba(x), run.folder.card()["temperature"]["value"], apart=False)
    np.testing.assert_allclose(run.predict_proba(x, calibrated=True), expected)
    assert [row["probability"] for row in asked] == pytest.approx(expected.max(axis=1))
    assert asked[0]["top"][1][1] == pytest.approx(expected.min(axis=1)[0])
    assert plain[0]["probability"] != asked[0]["probability"]


def test_what_is_refused_is_chosen_on_validation_and_honoured_by_predict(run: sp.Run) -> None:
    assert "refused" not in run.predict(halves(2)[0])[0]
    found = run.calibrate(refuse=0.05)
    validation = run.folder.arrays("embedding")["validation_likeness"]
    assert found.refusal is not None
    assert (validation < found.refusal.threshold).sum() == int(0.05 * len(validation))
    assert (found.split, found.count) == ("test", len(run.folder.predictions("test").ids))
    assert "likeness" in str(found)
    # its own test pictures once more: as many are refused as the report says
    test = run.folder.predictions("test")
    source = Path(run.folder.document()["data"]["source"])
    rows = run.predict([source / name for name in test.ids])
    assert sum(row["predicted"] == "unknown" for row in rows) == found.refused
    run.calibrate(refuse=0.5)
    refused = next(row for row in run.predict([source / name for name in test.ids], top=1) if row["refused"])
    assert (refused["predicted"], refused["probability"]) == ("unknown", None)
    assert "unlike the training pictures" in refused["refused"]
    assert refused["top"][0][0] in run.classes
    assert "50.0" in (run.path / "report.html").read_text(encoding="utf-8")
    unreadable = source / "none.png"
    unreadable.write_bytes(b"none")
    columns = [list(row) for row in run.predict([unreadable, source / test.ids[0]])]
    assert columns[0][:-1] == columns[1] == ["file", "predicted", "probability", "refused"]  # whichever comes first
    unreadable.unlink()
    assert run.calibrate(refuse="none").refusal is None
    assert run.predict(refused["file"])[0]["predicted"] == refused["top"][0][0]


def test_the_command_line_says_the_same(run: sp.Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["calibrate", str(run.path), "--refuse", "0.9", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["refusal"]["target"] == 0.9
    test = run.folder.arrays("embedding")
    name = Path(run.folder.document()["data"]["source"]) / test["test_ids"][test["test_likeness"].argmin()]
    assert command(["predict", str(run.path), str(name), "--calibrated", "--format", "csv"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header == "file,predicted,probability,refused"
    assert row.startswith(f"{name},unknown,,")
    assert command(["calibrate", str(run.path), "--refuse", "none"]) == 0
    assert "nothing is refused" in capsys.readouterr().out
    for wrong in ("2", "many"):
        assert command(["calibrate", str(run.path), "--refuse", wrong]) == 2
        assert wrong in capsys.readouterr().err


def test_neighbours_are_training_pictures_and_never_the_picture_itself(run: sp.Run, tmp_path: Path) -> None:
    trained_on = run.folder.arrays("embedding")["train_ids"].tolist()
    found = run.neighbours(trained_on[0], k=3)
    assert [row["rank"] for row in found] == [1, 2, 3]
    assert trained_on[0] not in [row["file"] for row in found]
    assert {row["file"] for row in found} <= set(trained_on)
    assert found[0]["similarity"] >= found[2]["similarity"]
    assert found.images.shape == (3, 12, 12, 3)
    # those of a test picture are those that the training has stored
    arrays = run.folder.arrays("embedding")
    several = run.neighbours(arrays["test_ids"].tolist()[:2])
    assert len(several) == 10
    stored = [[trained_on[row] for row in rows] for rows in arrays["test_nearest"][:2].tolist()]
    assert [row["file"] for row in several] == stored[0] + stored[1]
    sheet = several.save(tmp_path / "이웃.html").read_text(encoding="utf-8")
    assert sheet.count("<image") == 12
    assert {row["label"] for row in several} <= set(re.findall("[\\w]+", sheet))
    array = halves(1)[0][0]
    assert len(run.neighbours(array, k=1)) == 1
    for k in (0, 1000, "x", True):
        with pytest.raises(InputError, match="k ="):
            run.neighbours(array, k=k)  # type: ignore[arg-type]


def test_a_run_of_before_gets_its_map_and_its_neighbours_when_asked(
    run: sp.Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run.calibrate(refuse=0.1)
    card = json.loads((run.path / "model.json").read_text(encoding="utf-8"))
    card["refusal"]["threshold"] = -0.9  # chosen by another embedding
    (run.path / "model.json").write_text(json.dumps(card), encoding="utf-8")
    path = run.folder.insight_path("embedding.npz")
    before = run.folder.arrays("embedding")
    path.unlink()
    picture = Path(run.folder.document()["data"]["source"]) / before["test_ids"].tolist()[0]
    with pytest.raises(RunError, match="no embedding"):
        run.neighbours(picture)
    with pytest.raises(RunError, match="does not know"):
        run.calibrate(refuse=0.1)
    assert command(["explain", str(run.path), "--map"]) == 0
    after = run.folder.arrays("embedding")
    np.testing.assert_array_equal(after["test_ids"], before["test_ids"])
    np.testing.assert_array_equal(after["train_ids"], before["train_ids"])
    np.testing.assert_allclose(after["test_likeness"], before["test_likeness"], atol=1e-3)
    again = json.loads((run.path / "model.json").read_text(encoding="utf-8"))["refusal"]
    assert again["target"] == 0.1
    assert (after["validation_likeness"] < again["threshold"]).sum() == int(0.1 * len(after["validation_likeness"]))
    assert run.calibrate(refuse="none").refusal is None
    capsys.readouterr()
    assert command(["explain", str(run.path), str(picture), "--neighbours", "--out", str(tmp_path)]) == 0
    assert "similarity" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"neighbours.csv", "neighbours.html"}
    assert command(["explain", str(run.path), "--map", "--cam", "gradcam"]) == 2
    assert "would have no effect" in capsys.readouterr().err


def test_a_regression_has_no_temperature_and_refuses_nothing(tmp_path: Path) -> None:
    x, y = halves(80)
    run = trained(tmp_path, x, y.astype(np.float32) + 0.5, epochs=1, task="regression")
    assert "temperature" not in run.folder.card()
    assert run.folder.arrays("embedding")["train_labels"][0] in ("0.5", "1.5")
    with pytest.raises(InputError, match="regression"):
        run.calibrate()
    with pytest.raises(InputError, match="calibrated would have no effect"):
        run.predict(x[:2], calibrated=True)


def test_vectors_and_a_run_without_validation_have_none(tmp_path: Path) -> None:
    x, y = halves(60)
    vectors = sp.train(
        (x.reshape(60, -1).astype(np.float32), y),
        model="Dense(4, activation='relu')",
        epochs=1,
        runs=tmp_path,
        progress="quiet",
    )
    assert vectors.folder.arrays("embedding") == {}
    with pytest.raises(RunError, match="no embedding"):
        vectors.neighbours(0)
    whole = trained(tmp_path, x, y, epochs=1, validation=0.0, test=0.3)
    assert "temperature" not in whole.folder.card()
    with pytest.raises(RunError, match="no validation pictures"):
        whole.calibrate(refuse=0.1)
    with pytest.raises(InputError, match="no temperature"):
        whole.predict(x[:2], calibrated=True)


def test_several_views_and_one_logit_for_two_classes_are_heard_once(tmp_path: Path) -> None:
    x, y = halves(120)
    model = MODEL + ", Dense(1, activation='sigmoid')"
    run = sp.train(
        (x, y), model=model, epochs=2, seed=1, validation=0.4, runs=tmp_path, progress="quiet", test_views="flip"
    )
    found = run.folder.arrays("embedding")
    assert found["validation_ids"].tolist() == run.folder.predictions("validation").ids
    assert found["mean"].shape == (12,)
    assert run.verified
