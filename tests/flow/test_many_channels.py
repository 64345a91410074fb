"""A run on pictures of five channels, from training to prediction and report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import spirula as sp


def test_five_channels_all_the_way(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for place, name in enumerate(("crop", "weed")):
        (tmp_path / "data" / name).mkdir(parents=True)
        for row in range(16):
            array = rng.integers(0, 100, (8, 8, 5), dtype=np.uint8)
            array[:, :, 4] += np.uint8(120 * place)  # only the last channel tells the two apart
            np.save(tmp_path / "data" / name / f"{row:02d}.npy", array)
    run = sp.train(
        tmp_path / "data", channels=5, model="Flatten(), Dense(2)", epochs=60, learning_rate=0.05, test=0.25,
        optimizer="adam", runs=str(tmp_path / "runs"), progress="quiet",
    )  # fmt: skip
    assert run.evaluate()["accuracy"] == 1.0
    predicted = run.predict(tmp_path / "data" / "weed")
    assert {row["predicted"] for row in predicted} == {"weed"}
    assert len(predicted) == 16
    assert Path(run.report()).stat().st_size > 1000
