"""Two runs on the same test samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import InputError


def test_a_better_network_is_told_from_a_worse_one(
    run: sp.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poor = sp.train("digits", model="linear", epochs=1, runs=tmp_path, name="빈약", progress="quiet")
    told = sp.compare(run, poor)
    assert told.difference.first == pytest.approx(run.results["test"]["accuracy"])
    assert told.difference.second == pytest.approx(poor.results["test"]["accuracy"])
    assert told.difference.interval is not None
    assert told.difference.interval[0] > 0
    assert "They differ" in str(told)
    assert "빈약" in str(told)
    assert "cannot be told apart" in str(sp.compare(run, run))
    assert command(["compare", str(run.path), str(poor.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["difference"] == pytest.approx(told.difference.difference)


def test_other_samples_are_refused(run: sp.Run, tmp_path: Path) -> None:
    other = sp.train("digits", model="linear", epochs=1, seed=5, runs=tmp_path, progress="quiet")
    with pytest.raises(InputError, match="not the same"):
        sp.compare(run, other)


def test_regressions_are_compared_by_their_errors(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3)).astype(np.float32)
    y = x[:, 0] * 5 + 1
    given = {"task": "regression", "runs": tmp_path, "progress": "quiet"}
    good, poor = sp.train((x, y), epochs=20, **given), sp.train((x, y), epochs=1, learning_rate=1e-5, **given)
    told = sp.compare(good, poor)
    assert told.measure == "mean absolute error"
    assert told.difference.first == pytest.approx(good.results["test"]["mae"], rel=1e-5)
    assert told.difference.interval is not None
    assert told.difference.interval[1] < 0
