"""Leaks are counted right: what a naive draw would do, and what crosses given splits and labels."""

from __future__ import annotations

import numpy as np
import pytest
from linked_samples import twins_between

from spirula.data.manifest import Manifest
from spirula.data.splits.duplicates import joined
from spirula.data.splits.honesty import across_labels, across_splits, naive_leaks, twin_facts, twin_notes


def manifest_of(targets: np.ndarray, splits: list[str] | np.ndarray, groups: tuple[str, ...] | None = None) -> Manifest:
    names = tuple(f"{row}.jpg" for row in range(len(targets)))
    classes = ("cat", "dog")
    return Manifest("classification", classes, names, targets, np.array(splits, dtype="<U10"), groups)


def test_the_naive_leak_is_what_the_draw_without_order_says() -> None:
    """Of 2 m twins, n of N held out at random, 2 m · n/N · (N - n)/(N - 1) are held out beside a twin in training."""
    number, pairs, held = 1000, 150, 200
    groups = twins_between(number, [(2 * pair, 2 * pair + 1) for pair in range(pairs)]).groups
    manifest = manifest_of(np.zeros(number, dtype=np.int64), ["train"] * number)
    leak = naive_leaks(manifest, groups, {"test": held / number, "validation": 0.0})["test"]
    expected = 2 * pairs * held / number * (number - held) / (number - 1)
    assert leak["of"] == held
    assert leak["mean"] == pytest.approx(expected, abs=4 * leak["std"] / leak["draws"] ** 0.5)
    assert leak["std"] > 0
    in_folds = manifest_of(np.zeros(number, dtype=np.int64), [f"fold-{row % 5 + 1}" for row in range(number)])
    leak = naive_leaks(in_folds, groups, {"validation": 0.2})["out-of-fold"]
    assert leak["mean"] == pytest.approx(2 * pairs * 4 / 5, abs=4 * leak["std"] / leak["draws"] ** 0.5)


def test_without_twins_there_is_no_leak_to_count() -> None:
    manifest = manifest_of(np.arange(20) % 2, ["train"] * 20)
    assert naive_leaks(manifest, np.arange(20), {"test": 0.2}) == {}
    given = manifest_of(np.arange(20) % 2, ["train"] * 10 + ["test"] * 10)
    assert naive_leaks(given, np.zeros(20, dtype=np.int64), {}) == {}


def test_findings_name_what_crosses() -> None:
    targets = np.array([0, 1, 0, 1, 0, 1])
    manifest = manifest_of(targets, ["train", "train", "train", "test", "test", "validation"])
    twins = joined(6, [(0, 4, "bytes", 0.0), (1, 3, "near", 0.1), (2, 5, "near", 0.08)])
    assert across_splits(twins.groups, manifest.splits) == {"validation": 1, "test": 2}
    assert across_labels(twins.groups, manifest.labels()) == [2]
    notes = twin_notes(manifest, twins)
    assert notes[0].startswith("1 validation file is a near copy of training files")
    assert notes[1].startswith("2 test files are copies (1 of them exact) of training files")
    assert "'2.jpg' (cat) and '5.jpg' (dog)" in notes[2]
    facts = twin_facts(manifest, twins, {})
    assert facts["groups"] == 3
    assert facts["samples"] == 6
    assert facts["links"] == {"bytes": 1, "pixels": 0, "near": 2, "features": 0}
    assert facts["cross_split"] == {"validation": 1, "test": 2}
    assert facts["cross_label"] == 1
    assert [pair["ids"] for pair in facts["pairs"]] == [["2.jpg", "5.jpg"], ["0.jpg", "4.jpg"], ["1.jpg", "3.jpg"]]
    assert twin_facts(manifest, None, {}) == {}
