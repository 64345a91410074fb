"""Whole trainings on every kind of data and task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_network import SMALL

import spirula as sp
from spirula.errors import InputError, RunError


def test_own_module_and_arrays(tmp_path: Path) -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    images = np.random.default_rng(0).integers(0, 255, (60, 6, 6, 1), dtype=np.uint8)
    labels = np.array(["가", "나"])[(images.mean(axis=(1, 2, 3)) > 127).astype(int)]
    module = nn.Sequential(nn.Flatten(), nn.Linear(36, 2))
    run = sp.train((images, labels), model=module, epochs=2, runs=tmp_path, progress="quiet")
    assert run.status == "finished"
    assert run.classes == ["가", "나"]
    assert run.predict(images[:3])[0]["predicted"] in ("가", "나")
    # A class of the user's own cannot be rebuilt from a folder without running its code: said, not hidden.
    assert not run.verified
    assert run.folder.document()["verification"]["status"] == "not possible"
    with pytest.raises(RunError, match="own module"):
        sp.open_run(run.path).predict(images[:3])


def test_regression(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 5)).astype(np.float32)
    y = (1000 * x[:, 0] - 500 * x[:, 1] + 20_000).astype(np.float32)
    run = sp.train((x, y), task="regression", epochs=30, runs=tmp_path, progress="quiet")
    assert run.verified
    assert run.results["test"]["r2"] > 0.8
    assert run.predict(x[:2])[0].keys() == {"file", "value"}
    assert run.mistakes("test")[0]["error"] >= run.mistakes("test")[1]["error"] > 0


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_unit_of_the_targets_does_not_change_what_is_learned(loss: str, optimizer: str, tmp_path: Path) -> None:
    """Gradients are those of a loss in standard deviations: metres or millimetres, the same network comes out."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 5)).astype(np.float32)
    y = (x[:, 0] - 0.5 * x[:, 1] + 3).astype(np.float32)
    given = {"task": "regression", "loss": loss, "optimizer": optimizer, "precision": "float32", "epochs": 5}
    predicted = []
    for number, factor in enumerate((1, 1024, 1 / 1024)):
        unit = {"huber_delta": factor * 0.5} if loss == "huber" else {}
        run = sp.train((x, y * np.float32(factor)), runs=tmp_path / str(number), progress="quiet", **given, **unit)
        predicted.append(run.predict_proba(x[:20])[:, 0] / factor)
        assert run.results["test"]["r2"] > 0.5
    np.testing.assert_allclose(predicted[1], predicted[0], rtol=1e-4)
    np.testing.assert_allclose(predicted[2], predicted[0], rtol=1e-4)


def test_multilabel(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 4)).astype(np.float32)
    y = (x[:, :3] > 0).astype(np.uint8)
    run = sp.train((x, y), epochs=15, runs=tmp_path, progress="quiet")
    assert run.folder.document()["data"]["task"] == "multilabel"
    assert run.results["test"]["accuracy"] > 0.85
    assert len(run.evaluate().per_class) == 3


def test_one_sigmoid_output(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 4)).astype(np.float32)
    y = np.where(x[:, 0] > 0, "yes", "no")
    network = 'Dense(8, activation="relu"), Dense(1, activation="sigmoid")'
    run = sp.train((x, y), model=network, epochs=100, runs=tmp_path, progress="quiet")
    assert run.folder.config()["training"]["loss"] == "binary-cross-entropy"
    assert run.results["test"]["accuracy"] > 0.85
    assert run.predict_proba(x[:5]).sum(axis=1) == pytest.approx(np.ones(5))
    assert run.verified


def test_a_folder_of_korean_classes(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    for name, level in (("고양이", 60), ("강아지", 180)):
        (tmp_path / "사진" / name).mkdir(parents=True)
        for number in range(30):
            pixels = np.clip(rng.normal(level, 20, (20, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "사진" / name / f"그림 {number}.png")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "사진").rglob("*")}
    run = sp.train(
        tmp_path / "사진", model=SMALL, epochs=15, runs=tmp_path / "runs", flip="horizontal", progress="quiet"
    )
    assert run.classes == ["강아지", "고양이"]
    assert run.results["test"]["accuracy"] > 0.8
    assert run.verified
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "사진").rglob("*")}
    html = (run.path / "report.html").read_text(encoding="utf-8")
    assert "고양이" in html
    table = run.predict([tmp_path / "사진" / "고양이" / "그림 3.png"])
    assert table[0]["predicted"] == "고양이"


def test_a_table_with_its_own_splits(tmp_path: Path) -> None:
    lines = ["file,what,part"]
    for number in range(60):
        level = 40 + 150 * (number % 2)
        Image.new("L", (10, 10), level + number % 7).save(tmp_path / f"{number}.png")
        part = ("train", "train", "train", "val", "test")[number // 12]
        lines.append(f"{number}.png,{'bright' if number % 2 else 'dark'},{part}")
    table = tmp_path / "table.csv"
    table.write_text("\n".join(lines))
    columns = {"path_column": "file", "label_column": "what", "split_column": "part"}
    run = sp.train(table, model="linear", epochs=40, runs=tmp_path / "runs", progress="quiet", **columns)
    assert run.folder.document()["data"]["counts"] == {"train": 36, "validation": 12, "test": 12}
    assert run.results["test"]["accuracy"] == 1.0
    with pytest.raises(InputError, match="validation"):
        sp.train(table, model="linear", validation=0.2, runs=tmp_path / "runs", progress="quiet", **columns)


def test_a_timm_network(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (40, 64, 64, 3), dtype=np.uint8)
    labels = np.arange(40) % 2
    options = {"epochs": 1, "runs": tmp_path, "progress": "quiet", "threads": 1}
    run = sp.train((images, labels), model="timm/test_resnet", **options)
    assert run.folder.card()["spec"]["kind"] == "timm"
    assert run.verified
    assert type(run.network()).__module__.startswith("timm")
