"""Two runs on the same test samples."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import spirula as sp
from spirula.cli.main import run as command
from spirula.errors import InputError


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    runs = tmp_path_factory.mktemp("runs")
    return sp.train("digits", model="linear", epochs=1, runs=runs, name="빈약", progress="quiet")


def test_a_better_network_is_told_from_a_worse_one(
    run: sp.Run, poor: sp.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    told = sp.compare(poor, run)
    assert told.difference.first == pytest.approx(run.results["test"]["accuracy"])
    assert told.difference.second == pytest.approx(poor.results["test"]["accuracy"])
    assert told.difference.interval is not None
    assert told.difference.interval[0] > 0
    assert told.runs[0].verdict == "better"
    assert sp.compare(run, poor).runs[0].verdict == "worse"
    assert "빈약" in str(told)
    assert "0 fixed, 0 broken: not distinguishable" in str(sp.compare(run, run))
    assert command(["compare", str(poor.path), str(run.path), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["runs"][0]["difference"] == pytest.approx(told.difference.difference)
    assert printed["value"] == pytest.approx(poor.results["test"]["accuracy"])


def test_flips_are_the_samples_that_one_has_right_and_the_other_wrong(poor: sp.Run, run: sp.Run) -> None:
    told = sp.compare(poor, run)
    wrong = {
        name: {row["id"] for row in of.evaluate().predictions if row["label"] != row["predicted"]}
        for name, of in (("before", poor), ("after", run))
    }
    flips = told.flips()
    fixed = {row["id"] for row in flips if row["change"] == "fixed"}
    broken = {row["id"] for row in flips if row["change"] == "broken"}
    assert fixed == wrong["before"] - wrong["after"]
    assert broken == wrong["after"] - wrong["before"]
    assert (told.difference.only_first, told.difference.only_second) == (len(fixed), len(broken))
    assert len(fixed) > 0
    assert all(row["label"] == row[run.name] for row in flips if row["change"] == "fixed")


def test_several_runs_are_compared_with_the_first(poor: sp.Run, run: sp.Run) -> None:
    told = sp.compare(poor, run, poor)
    assert [each.name for each in told.runs] == [run.name, poor.name]
    assert told.runs[1].difference.difference == 0
    assert "one in twenty" in str(told)
    with pytest.raises(InputError, match="alone"):
        sp.compare(run)


def test_the_page_shows_each_flip_as_a_picture(poor: sp.Run, run: sp.Run, tmp_path: Path) -> None:
    told = sp.compare(poor, run)
    page = told.save(tmp_path / "flips.html", most=3).read_text(encoding="utf-8")
    fixed = [row for row in told.flips() if row["change"] == "fixed"]
    shown = [row["id"] for row in fixed if row["id"] in page]
    assert shown == [row["id"] for row in fixed[:3]]  # the surest first, no more than asked
    broken = min(3, len(told.flips()) - len(fixed))
    assert page.count("<img ") == 3 + broken
    assert f"Fixed ({len(fixed)})" in page
    assert "빈약" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")
    with pytest.raises(InputError, match=r"\.html"):
        told.save(tmp_path / "flips.txt")


def test_without_its_data_the_page_says_so_and_has_the_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(0, 2, 200)
    given = {"runs": tmp_path, "progress": "quiet"}
    one, other = sp.train((x, y), epochs=1, name="one", **given), sp.train((x, y), epochs=5, name="other", **given)
    page = sp.compare(one, other).save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No pictures" in page
    assert "<img " not in page


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
    told = sp.compare(poor, good)
    assert told.runs[0].verdict == "better"
    growth = [row["change"] for row in told.flips()]
    assert np.mean(growth) == pytest.approx(told.difference.difference, rel=1e-4)
    assert "Nearer to the truth" in told.save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert told.measure == "mean absolute error"
    assert told.difference.first == pytest.approx(good.results["test"]["mae"], rel=1e-5)
    assert told.difference.interval is not None
    assert told.difference.interval[1] < 0


@pytest.mark.parametrize(("lang", "words"), [("en", "that stand alone or belong together"), ("ko", "함께 묶인 것이")])
def test_samples_that_belong_together_are_said_to_tell_less(
    poor: sp.Run, run: sp.Run, tmp_path: Path, lang: str, words: str
) -> None:
    """As if every test sample were there three times over."""
    copied = []
    for each in (poor, run):
        path = shutil.copytree(each.path, tmp_path / each.name)
        with np.load(path / "predictions" / "test.npz") as arrays:
            known = {name: np.repeat(values, 3, axis=0) for name, values in arrays.items()}
        count = len(known["ids"]) // 3
        known["together"] = np.argsort(np.argsort(known["ids"][::3])).repeat(3)
        known["ids"] = np.array([f"{name}-{row % 3}" for row, name in enumerate(known["ids"])])
        np.savez(path / "predictions" / "test.npz", **known)
        copied.append(path)
    told, once = sp.compare(*copied), sp.compare(poor, run)
    assert (told.difference.count, told.atoms, once.atoms) == (3 * count, count, count)
    assert told.to_dict()["atoms"] == count
    assert told.difference.p_value == pytest.approx(once.difference.p_value)
    assert told.difference.interval == pytest.approx(once.difference.interval, abs=0.003)
    assert f"{count:,} that stand alone or belong together" in str(told)
    assert "(sign test p = " in str(told)
    assert "belong together" not in str(once)
    assert words in told.save(tmp_path / "page.html", lang=lang).read_text(encoding="utf-8")
    assert words not in once.save(tmp_path / "once.html", lang=lang).read_text(encoding="utf-8")
