"""Which samples get a thumbnail, how large, and that a report of 10,000 stays below 40 MB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spirula.api.keeping.thumbnails import (
    JUDGED,
    OTHERS,
    ROOM,
    Wanted,
    drawer,
    fitted,
    joined_thumbnails,
    some,
    wanted_rows,
)
from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest
from spirula.data.sources.named_sets import read_named
from spirula.report.page import build_report
from spirula.runs.folder import RunFolder
from spirula.runs.sprites import Sheet, make_sheet, sheet_arrays


def made(path: Path, counts: dict[str, int], accuracy: float = 0.8, classes: int = 3) -> tuple[RunFolder, Dataset]:
    """A run with predictions of every split but train, and its data: 4×4 pictures."""
    rng = np.random.default_rng(0)
    (path / "predictions").mkdir(parents=True)
    (path / "insight").mkdir()
    (path / "classes.json").write_text(str([f"c{k}" for k in range(classes)]).replace("'", '"'))
    (path / "config.toml").write_text("")
    (path / "manifest.csv").write_text("id,label,split,group,refused\n")
    shape = '{"task": "classification", "source": "x", "image": [4, 4, 1], "counts": {"test": 1}}'
    (path / "run.json").write_text('{"schema": 1, "name": "r", "status": "finished", "data": ' + shape + "}")
    splits = np.repeat(list(counts), list(counts.values()))
    ids = tuple(f"{split}/{row:05d}" for row, split in enumerate(splits))
    targets = np.arange(len(ids)) % classes
    for split in counts:
        if split == "train":
            continue
        rows = np.flatnonzero(splits == split)
        said = np.where(rng.random(len(rows)) < accuracy, targets[rows], (targets[rows] + 1) % classes)
        values = rng.random((len(rows), classes)) / classes
        values[np.arange(len(rows)), said] += 1
        values = (values / values.sum(axis=1, keepdims=True)).astype(np.float32)
        names = np.array([ids[row] for row in rows])
        np.savez(path / "predictions" / f"{split}.npz", ids=names, targets=targets[rows], probabilities=values)
    manifest = Manifest("classification", tuple(f"c{k}" for k in range(classes)), ids, targets, splits)
    pixels = np.random.default_rng(1).integers(0, 256, (len(ids), 4, 4, 1), np.uint8)
    return RunFolder(path), Dataset(manifest, pixels)


def wrong_of(run: RunFolder, split: str) -> list[str]:
    stored = run.predictions(split)
    rows = np.flatnonzero(stored.probabilities.argmax(axis=1) != stored.targets)
    rows = rows[np.argsort(-stored.probabilities[rows].max(axis=1), kind="stable")]
    return [stored.ids[row] for row in rows]


def test_every_judged_sample_and_the_mistakes_of_the_other_split(tmp_path: Path) -> None:
    run, data = made(tmp_path / "run", {"train": 50, "validation": 40, "test": 60})
    wanted = wanted_rows(run, data)
    judged, others = ([data.manifest.ids[row] for row in group] for group in wanted.groups)
    assert sorted(judged) == sorted(run.predictions("test").ids)
    assert judged[: len(wrong_of(run, "test"))] == wrong_of(run, "test")
    assert others == wrong_of(run, "validation")
    assert not len(wanted.neighbours)


def test_neighbours_of_mistakes_come_before_those_of_others(tmp_path: Path) -> None:
    run, data = made(tmp_path / "run", {"train": 80, "test": 60})
    stored = run.predictions("test")
    nearest = np.random.default_rng(2).integers(0, 80, (60, 5)).astype(np.int32)
    trained = np.array(data.manifest.ids[:80])
    np.savez(run.insight_path("embedding.npz"), train_ids=trained, test_nearest=nearest)
    wanted = wanted_rows(run, data)
    names = [data.manifest.ids[row] for row in wanted.neighbours]
    assert len(names) == len(set(names))
    wrong = [stored.ids.index(name) for name in wrong_of(run, "test")]
    assert set(names[: wanted.needed]) == set(trained[nearest[wrong]].ravel())
    assert set(names) == set(trained[nearest].ravel())


def test_beyond_the_bound_all_mistakes_come_first_then_a_sample() -> None:
    worst = np.array([7, 3, 90])
    chosen = some(worst, 100, 13)
    assert chosen[:3].tolist() == [7, 3, 90]
    assert len(set(chosen.tolist())) == 13
    assert np.ptp(np.diff(chosen[3:])) <= 3  # evenly
    assert some(np.arange(20), 100, 5).tolist() == [0, 1, 2, 3, 4]
    assert sorted(some(worst, 100, 1000).tolist()) == list(range(100))


def test_of_very_many_the_bounds_hold(tmp_path: Path) -> None:
    run, data = made(tmp_path / "run", {"validation": 6000, "test": JUDGED + 2000}, accuracy=0.5)
    judged, others = wanted_rows(run, data).groups
    assert (len(judged), len(others)) == (JUDGED, OTHERS)
    assert {data.manifest.ids[row] for row in judged} >= set(wrong_of(run, "test"))
    judged, others = wanted_rows(run, data, share=0.2).groups
    assert (len(judged), len(others)) == (JUDGED // 5, OTHERS // 5)


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [
        ((28, 28, 1), np.uint8, (28, 28, True)),
        ((32, 32, 3), np.uint8, (32, 32, True)),
        ((60, 40, 3), np.uint8, (60, 40, False)),
        ((300, 150, 3), np.uint8, (160, 80, False)),
        ((20, 20, 5), np.float32, (20, 20, True)),
    ],
)
def test_sizes(shape: tuple[int, ...], dtype: Any, expected: tuple[int, int, bool]) -> None:
    pixels = (np.random.default_rng(0).random((70, *shape)) * (255 if dtype == np.uint8 else 1)).astype(dtype)
    wanted = Wanted((np.arange(70),), np.zeros(0, np.int64), 0)
    sheets = fitted(wanted, [f"{i}" for i in range(70)], drawer(pixels), ROOM)
    assert [len(sheet.ids) for sheet in sheets] == [64, 6]
    assert {(sheet.height, sheet.width, sheet.exact) for sheet in sheets} == {expected}


def test_the_room_is_never_passed_and_what_is_least_wanted_is_left_out() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (600, 90, 90, 3), np.uint8)
    ids = [f"{i}" for i in range(600)]
    wanted = Wanted((np.arange(300), np.arange(300, 400)), np.arange(400, 600), 100)
    for room in (2_000_000, 400_000, 30_000):
        sheets = fitted(wanted, ids, drawer(pixels), room)
        assert sum(len(sheet.content) for sheet in sheets) <= room
        names = [name for sheet in sheets for name in sheet.ids]
        assert names == ids[: len(names)]
    assert len(sheets) * 64 < 400  # the last room is too small for all, even at the smallest size


def test_folds_are_joined_by_what_each_has_judged(tmp_path: Path) -> None:
    folds = []
    for number in range(2):
        run, data = made(tmp_path / str(number), {"validation": 10, "test": 10})
        sheets = [
            make_sheet(run.predictions(split).ids, data.pixels[:10], lossless=True) for split in ("test", "validation")
        ]
        np.savez(run.insight_path("thumbnails.npz"), **sheet_arrays(sheets))
        folds.append(run)
    arrays = joined_thumbnails(folds)
    assert arrays["ids"].tolist() == [*folds[0].predictions("test").ids, *folds[1].predictions("test").ids]


def report_of(tmp_path: Path, pixels: np.ndarray, count: int) -> tuple[int, list[Sheet]]:
    """Return the bytes of the report on so many samples that show these pictures in turn, and its sheets."""
    run, _ = made(tmp_path / "run", {"test": count}, accuracy=0.7)
    plain = drawer(pixels)
    wanted = Wanted((np.arange(count),), np.zeros(0, np.int64), 0)
    ids = run.predictions("test").ids
    sheets = fitted(wanted, ids, lambda rows, side: plain(rows % len(pixels), side), ROOM)
    np.savez(run.insight_path("thumbnails.npz"), **sheet_arrays(sheets))
    return build_report(run).stat().st_size, sheets


def test_a_report_of_10_000_pictures_of_noise_stays_below_40_mb(tmp_path: Path) -> None:
    """Nothing compresses worse than noise: any photographs of this size need less."""
    pixels = np.random.default_rng(0).integers(0, 256, (512, 64, 64, 3), np.uint8)
    size, sheets = report_of(tmp_path, pixels, 10_000)
    assert sum(len(sheet.ids) for sheet in sheets) == 10_000
    assert sheets[0].height >= 48
    assert 10_000_000 < size < 40_000_000


@pytest.mark.data
def test_fashion_mnist_is_kept_exactly_and_stays_below_40_mb(tmp_path: Path) -> None:
    if not os.environ.get("SPIRULA_DATA"):
        pytest.skip("SPIRULA_DATA is not set")
    pixels = read_named("fashion-mnist", None).pixels
    assert pixels is not None
    size, sheets = report_of(tmp_path, pixels[-10_000:], 10_000)
    assert sum(len(sheet.ids) for sheet in sheets) == 10_000
    assert all(sheet.exact for sheet in sheets)
    assert size < 10_000_000
