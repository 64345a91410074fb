"""The arithmetic of the measurement beside peers: means over all seeds, who runs when, what is lost."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from benchmarks.time_to_accuracy import run as question  # noqa: E402

CASE = question.Case("case", "mnist", 0.95, question.KERAS, 10)


def ours(seconds: float, accuracy: float) -> dict[str, float]:
    return {"seconds": seconds, "process_seconds": seconds + 5.0, "accuracy": accuracy}


def theirs(*accuracy: float) -> dict[str, object]:
    return {"seconds": [30.0] * len(accuracy), "accuracy": list(accuracy), "process_seconds": 100.0}


def test_the_mean_over_all_seeds_must_have_it_never_the_best() -> None:
    good, _ = question.rows(CASE, [[ours(2.0, 0.94), ours(4.0, 0.97)]], [theirs(0.90, 0.96)])
    assert good.met
    assert (good.theirs, good.ours, good.ratio) == (60.0, 3.0, 20.0)
    assert "mean test accuracy 0.9550" in good.note
    assert "0.9400 to 0.9700 over 2 seeds" in good.note
    assert "0.9600 after epoch 2" in good.note
    short, whole = question.rows(CASE, [[ours(2.0, 0.92), ours(4.0, 0.97)]], [theirs(0.90, 0.96)])
    assert not short.met
    assert not whole.met


def test_the_whole_processes_are_compared_too() -> None:
    _, whole = question.rows(CASE, [[ours(2.0, 0.96)]], [theirs(0.96)])
    assert (whole.theirs, whole.ours) == (100.0, 7.0)
    assert whole.goal is None


def test_a_peer_that_was_stopped_is_said_to_be_short() -> None:
    row, _ = question.rows(CASE, [[ours(2.0, 0.96)]], [theirs(0.90)])
    assert "stopped there, short of 0.950" in row.note


def test_half_of_the_seeds_run_before_the_peer_and_half_after_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    order: list[str] = []

    def mine(case: question.Case, threads: int, seed: int) -> dict[str, object]:
        order.append(str(seed))
        return {**ours(2.0, 0.96), "versions": {}}

    def peer(case: question.Case, folder: Path, threads: int, seed: int, minutes: float) -> dict[str, object]:
        order.append("peer")
        return {**theirs(0.96), "versions": {}}

    monkeypatch.setattr(question, "ours", mine)
    monkeypatch.setattr(question, "theirs", peer)
    monkeypatch.setattr(question, "remembered", lambda question, contestant, run: run())
    options = argparse.Namespace(turns=1, seeds=5, threads=1, minutes=1.0)
    result = question.compared(CASE, tmp_path, options)
    assert order == ["0", "1", "2", "peer", "3", "4"]
    assert len(result.more["ours"]) == 5
    order.clear()
    question.compared(CASE, tmp_path, argparse.Namespace(turns=2, seeds=4, threads=1, minutes=1.0))
    assert order == ["0", "peer", "1", "3", "peer", "2"]
