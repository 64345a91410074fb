"""What border, mean colour and file size tell: planted, and not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import Ridge

from spirula.data.dataset import Dataset, load
from spirula.evaluation.baselines import baselines, told_by


def pictures(count: int, seed: int, side: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Noise in colour and classes that nothing tells apart."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, side, side, 3)).astype(np.uint8), rng.integers(0, 4, count)


def loaded(x: np.ndarray, y: np.ndarray) -> Dataset:
    held = len(x) // 2
    arrays = {"x_train": x[:held], "y_train": y[:held], "x_test": x[held:], "y_test": y[held:]}
    return load(arrays, duplicates="ignore")


def share(dataset: Dataset, name: str) -> float:
    found = baselines(dataset)
    assert found is not None
    assert found["split"] == "test"
    return float(found["right"][name] / found["count"])


@pytest.mark.parametrize("name", ["border", "colour"])
def test_noise_tells_nothing(name: str) -> None:
    assert share(loaded(*pictures(1200, 0)), name) < 0.4


def test_a_frame_tells_and_its_mean_colour_hardly() -> None:
    x, y = pictures(1200, 1)
    x[:, :2] = (60 * y)[:, None, None, None]
    assert share(loaded(x, y), "border") > 0.95


def test_a_tint_tells_by_colour_alone() -> None:
    x, y = pictures(1200, 2)
    x = (x // 2 + (15 * y)[:, None, None, None]).astype(np.uint8)
    assert share(loaded(x, y), "colour") > 0.9


def test_a_middle_class_is_told_as_well() -> None:
    values = np.random.default_rng(3).normal(size=(900, 1))
    classes = (np.abs(values[:, 0]) < 0.6).astype(np.int64)
    assert (told_by(values[:600], classes[:600], values[600:], 2) == classes[600:]).mean() > 0.9


def test_the_fit_is_ridge_regression_on_ranks() -> None:
    rng = np.random.default_rng(4)
    x, y, other = rng.normal(size=(300, 3)), rng.integers(0, 3, 300), rng.normal(size=(100, 3))
    edges = np.quantile(x, np.arange(1, 16) / 16, axis=0)

    def ranks(values: np.ndarray) -> np.ndarray:
        places = np.stack([np.searchsorted(edges[:, f], values[:, f]) for f in range(3)], axis=1)
        return (places[:, :, None] == np.arange(16)).reshape(len(values), -1).astype(np.float64)

    target = np.eye(3)[y]
    fitted = Ridge(alpha=1.0, fit_intercept=False).fit(ranks(x), target - target.mean(axis=0))
    expected = (fitted.predict(ranks(other)) + target.mean(axis=0)).argmax(axis=1)
    assert np.array_equal(told_by(x, y, other, 3), expected)


def test_the_size_of_files_tells(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for split in ("train", "test"):
        for name, quality in (("고양이", 95), ("dog", 20)):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for number in range(60):
                pixels = rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.jpg", quality=quality)
    dataset = load(tmp_path, duplicates="ignore")
    assert share(dataset, "file") > 0.95


def test_what_has_no_border_has_none() -> None:
    found = baselines(loaded(*pictures(400, 6, side=16)))
    assert found is not None
    assert set(found["right"]) == {"colour"}


def test_few_samples_and_other_tasks_are_not_judged() -> None:
    x, y = pictures(80, 7)
    assert baselines(loaded(x, y)) is None
    x, y = pictures(400, 8)
    assert baselines(loaded(x, y.astype(np.float32) + 0.5)) is None
    assert baselines(loaded(x.reshape(400, -1).astype(np.float32), y)) is None
