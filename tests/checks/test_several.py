"""Runs beside each other: seeds, samples, and what belongs together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_runs import healthy, said
from scipy import stats

from spirula.checks.check import check_runs
from spirula.checks.facts import RunFacts
from spirula.checks.several import accuracy, grouped
from spirula.metrics.paired import compare_shares


def run(path: Path, share: float, *, seed: int = 0, model: str = "two-conv", samples: int = 1000) -> RunFacts:
    made = healthy(0)
    targets = np.arange(samples) % 10
    made.held = {"test": (targets, said(targets, 10, share, np.random.default_rng([seed, len(model)])))}
    made.config |= {"model": model, "seed": seed, "name": path.name}
    return RunFacts(made.write(path), f"runs/{path.name}")


def test_runs_that_only_the_seed_tells_apart_are_one_group(tmp_path: Path) -> None:
    runs = [run(tmp_path / f"{model}-{seed}", 0.9, seed=seed, model=model) for model in ("a", "bb") for seed in (0, 1)]
    assert [[facts.run.name for facts in group] for group in grouped(runs)] == [["a-0", "a-1"], ["bb-0", "bb-1"]]
    assert check_runs(runs[:2]) == []


def test_the_difference_is_judged_as_students_test_does(tmp_path: Path) -> None:
    for place, shift in enumerate((0.0, 0.02, 0.08, 0.3)):
        first = [run(tmp_path / f"a{place}{s}", 0.6 + 0.02 * s, seed=s, model="a") for s in range(3)]
        second = [run(tmp_path / f"b{place}{s}", 0.6 + shift + 0.02 * s, seed=s, model="bb") for s in range(3)]
        ours, theirs = ([accuracy(facts) for facts in group] for group in (first, second))
        found = check_runs([*first, *second])
        told = stats.ttest_ind(ours, theirs).pvalue
        assert [entry.key for entry in found] == (["E004"] if told > 0.05 else [])
        if found:
            assert found[0].evidence["difference"] == pytest.approx(np.mean(ours) - np.mean(theirs))
            assert "--seed 3" in found[0].command


def test_single_runs_are_judged_by_their_samples(tmp_path: Path) -> None:
    first, second = run(tmp_path / "a", 0.8, samples=200), run(tmp_path / "b", 0.81, model="lenet-55", samples=200)
    (found,) = check_runs([first, second])
    assert found.key == "E007"
    assert first.correct is not None
    assert second.correct is not None
    assert (found.evidence["low"], found.evidence["high"]) == compare_shares(first.correct, second.correct).interval
    assert found.command == "spirula compare runs/a runs/b"
    third = run(tmp_path / "c", 0.97, model="ccc", samples=200)
    (hint,) = check_runs([first, third])
    assert (hint.key, hint.severity) == ("E004/once", "hint")
    assert "--seed 1" in hint.command


def test_other_samples_are_not_compared_one_by_one(tmp_path: Path) -> None:
    (hint,) = check_runs([run(tmp_path / "a", 0.8), run(tmp_path / "b", 0.8, model="bb", samples=500)])
    assert hint.key == "E004/once"
    apart = [run(tmp_path / "c", 0.5), run(tmp_path / "d", 0.9, model="bb")]
    assert check_runs(apart, mute=["E004"]) == []
