"""Coarse heat maps: of every picture while there is time, the mistakes first, where the evidence lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.api.keeping.heat import heated
from spirula.evaluation.pictures import worst_first
from spirula.insight import effort

RNG = np.random.default_rng(4)


def spots(count: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures of 16 × 20 with a bright spot on the left, or on the right."""
    pixels = RNG.integers(0, 50, (count, 16, 20, 1), np.uint8)
    labels = np.arange(count) % 2
    for picture, label in zip(pixels, labels, strict=True):
        picture[5:10, 2 + 12 * label : 7 + 12 * label] = 240
    return pixels, labels


def trained(tmp_path: Path, name: str = "one") -> sp.Run:
    x, y = spots()
    return sp.train(
        (x, np.asarray(["왼쪽", "오른쪽"])[y]),
        model="Conv2D(6, 3, padding='same', activation='relu'), MaxPooling2D(2), Flatten()",
        epochs=4, batch_size=8, seed=1, learning_rate=0.01, runs=tmp_path, name=name, progress="quiet",
    )  # fmt: skip


def test_every_judged_picture_has_a_map_of_where_its_evidence_lies(tmp_path: Path) -> None:
    run = trained(tmp_path)
    heat = run.folder.arrays("heat")
    for split in ("test", "validation"):
        stored, maps = run.folder.predictions(split), heat[f"{split}_maps"]
        assert heat[f"{split}_ids"].tolist() == stored.ids
        assert (maps.shape, maps.dtype) == ((len(stored.ids), 14, 14), np.uint8)
        assert set(maps.max(axis=(1, 2)).tolist()) <= {0, 255}
        said = stored.probabilities.argmax(axis=1)
        np.testing.assert_array_equal(heat[f"{split}_asked"], said)
        # The spot fills columns 2 to 6 of 20 on the left, 14 to 18 on the right.
        lit = maps.max(axis=(1, 2)) > 0
        columns = maps.max(axis=1).argmax(axis=1)[lit]
        left = stored.targets[lit] == run.folder.classes().index("왼쪽")
        assert (columns[left] < 7).mean() > 0.8
        assert (columns[~left] >= 7).mean() > 0.8


def test_the_coarse_maps_are_the_means_of_the_fine_ones(tmp_path: Path) -> None:
    run = trained(tmp_path)
    heat, looks = run.folder.arrays("heat"), run.folder.arrays("looks")
    assert str(heat["method"]) == str(looks["method"])
    places = {name: at for at, name in enumerate(heat["test_ids"].tolist())}
    for name, fine in zip(looks["files"].tolist(), looks["maps"].astype(np.float64), strict=True):
        coarse = heat["test_maps"][places[name]]
        # 16 × 20 places to 14 × 14 overlapping windows, as PyTorch's adaptive pooling divides them.
        rows = [slice(16 * i // 14, -(-16 * (i + 1) // 14)) for i in range(14)]
        columns = [slice(20 * i // 14, -(-20 * (i + 1) // 14)) for i in range(14)]
        means = np.array([[fine[row, column].mean() for column in columns] for row in rows])
        np.testing.assert_allclose(coarse / 255, means / (means.max() or 1.0), atol=0.01)


def test_with_less_time_there_are_fewer_and_the_mistakes_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effort, "HEAT_WORK", 0.0)
    monkeypatch.setattr(effort, "HEAT_SHARE", 0.01)
    run = trained(tmp_path)
    heat = run.folder.arrays("heat")
    samples = run.folder.document()["data"]["counts"]["train"]
    affordable = int(0.01 * samples * 4 * 3 / 3)  # four epochs, there and back, for three passes a picture
    assert 0 < len(heat["test_ids"]) == affordable < len(run.folder.predictions("test").ids)
    assert "validation_ids" not in heat


@pytest.mark.parametrize("most", [0, 3, 7, 30, 1000])
def test_mistakes_are_chosen_before_all_others(most: int) -> None:
    probabilities = RNG.dirichlet(np.ones(3), 40)
    targets = RNG.integers(0, 3, 40)
    wrong = worst_first("classification", targets, probabilities)
    chosen = heated("classification", targets, probabilities, most)
    assert len(chosen) == len(set(chosen.tolist())) == min(most, 40)
    assert chosen[: len(wrong)].tolist() == wrong[:most].tolist()
