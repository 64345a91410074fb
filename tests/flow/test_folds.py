"""Cross-validation: every sample is predicted once by a network that never saw it, and what is left is one run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

import spirula as sp
from doubles import not_reloaded
from spirula.api.own_data import own_data
from spirula.cli.main import run as command
from spirula.errors import ConfigError, DataError, RunError
from spirula.metrics.score import score
from spirula.report.wording import percent_range

RNG = np.random.default_rng(0)
LABELS = np.arange(120) % 3
PICTURES = (RNG.normal(90, 30, (120, 12, 12)) + 45 * LABELS[:, None, None]).clip(0, 255).astype(np.uint8)
OPTIONS = {"model": "linear", "epochs": 3, "learning_rate": 0.01, "progress": "quiet"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    runs = tmp_path_factory.mktemp("runs")
    return sp.train((PICTURES, LABELS), folds=2, runs=runs, name="교차", **OPTIONS)


def folds(run: sp.Run) -> list[sp.Run]:
    return [sp.open_run(run.path / "folds" / str(fold)) for fold in (1, 2)]


def test_every_sample_is_predicted_once_by_a_network_that_never_saw_it(whole: sp.Run) -> None:
    pooled = whole.folder.predictions("out-of-fold")
    assert sorted(pooled.ids) == sorted(f"{row:06d}" for row in range(120))
    said = dict(zip(pooled.ids, pooled.probabilities, strict=True))
    for number, part in enumerate(folds(whole), 1):
        columns = part.folder.manifest()
        tested = {name for name, split in zip(columns["id"], columns["split"], strict=True) if split == "test"}
        own = part.folder.predictions("test")
        assert set(own.ids) == tested
        assert len(tested) == 60
        assert all((said[name] == row).all() for name, row in zip(own.ids, own.probabilities, strict=True))
        manifest = whole.folder.manifest()
        dealt = {n for n, split in zip(manifest["id"], manifest["split"], strict=True) if split == f"fold-{number}"}
        assert dealt == tested
        assert np.ptp(np.bincount(LABELS[[int(name) for name in tested]])) <= 2


def test_the_numbers_are_those_of_all_samples_together(whole: sp.Run) -> None:
    pooled = whole.folder.predictions("out-of-fold")
    assert (pooled.targets == LABELS[[int(name) for name in pooled.ids]]).all()
    assert whole.results["out-of-fold"] == score("classification", pooled.targets, pooled.probabilities)
    values = [part.results["test"]["accuracy"] for part in folds(whole)]
    assert whole.results["out-of-fold"]["accuracy"] == pytest.approx(np.mean(values))  # the folds are of one size
    spread = whole.folder.document()["folds"]["spread"]["accuracy"]
    assert spread["mean"] == pytest.approx(np.mean(values))
    assert spread["std"] == pytest.approx(np.std(values, ddof=1))
    assert whole.verified
    assert whole.status == "finished"
    assert whole.evaluate()["count"] == 120


def test_what_belongs_together_counts_as_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty patients of four nearly equal samples, divided by patient: the intervals know that they are thirty."""
    monkeypatch.setattr("spirula.evaluation.verify.reloading", not_reloaded)  # tested elsewhere
    rng = np.random.default_rng(4)
    x = np.repeat(rng.normal(size=(30, 6)), 4, axis=0).astype(np.float32) + 0.01
    y, groups = np.repeat(rng.integers(0, 2, 30), 4), np.repeat(np.arange(30), 4)
    data = {"x": x, "y": y, "groups": groups}
    run = sp.train(data, folds=2, duplicates="ignore", runs=tmp_path, name="환자", **OPTIONS)
    known, results = run.folder.document()["folds"], run.results["out-of-fold"]
    pooled = run.folder.predictions("out-of-fold")
    plain = score("classification", pooled.targets, pooled.probabilities)
    assert known["samples"] == 120
    assert pooled.together is not None
    assert len(np.unique(pooled.together)) == 30
    low, high = results["accuracy_interval"]
    assert high - low > 1.8 * (plain["accuracy_interval"][1] - plain["accuracy_interval"][0])
    assert results["atoms"] == 30
    assert "30 where copies and groups count once; 95 % interval" in str(run)
    assert {name for name in plain if plain[name] != results[name]} == {name for name in plain if "_interval" in name}
    report = run.report().read_text(encoding="utf-8")
    assert "the 120 samples are 30 that stand alone or belong together" in report
    assert (
        "They count as 26.6 for the interval of the accuracy" in report
    )  # whole patients are right or wrong: 29, with t for z
    assert percent_range([low, high]) in report
    assert percent_range(plain["accuracy_interval"]) not in report
    for part in folds(run):
        own = part.folder.predictions("test")
        counted = score("classification", own.targets, own.probabilities)["accuracy_interval"]
        low, high = part.results["test"]["accuracy_interval"]
        assert high - low > 1.5 * (counted[1] - counted[0])


def test_the_run_of_the_whole_opens_like_any_other(whole: sp.Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["runs", str(whole.path.parent), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["run"], row["status"]) for row in rows] == [("교차", "finished")]
    assert rows[0]["measure"] == "out-of-fold accuracy"
    told = sp.compare(whole, whole)
    assert told.difference.count == 120
    pooled = whole.folder.predictions("out-of-fold")
    assert len(whole.mistakes()) == (pooled.probabilities.argmax(axis=1) != pooled.targets).sum()
    report = (whole.path / "report.html").read_text(encoding="utf-8")
    assert "Results: out-of-fold" in report
    assert "The folds" in report
    assert "folds/2" in report
    assert "belong together" not in report
    assert "± " in report
    with pytest.raises(RunError, match="network for each fold"):
        whole.predict(PICTURES)
    assert len(folds(whole)[0].predict(PICTURES[:5])) == 5
    assert command(["more-photos", str(whole.path)]) == 2
    assert "Ask one of its folds" in capsys.readouterr().err


def test_a_fold_says_of_which_run_it_is(whole: sp.Run) -> None:
    second = folds(whole)[1]
    assert second.name == "교차/folds/2"
    report = (second.path / "report.html").read_text(encoding="utf-8")
    assert f"spirula predict &#39;{whole.path.parent.name}/교차/folds/2&#39;" in report
    assert "교차/folds/1" in str(sp.compare(folds(whole)[0], folds(whole)[0]))


def test_the_report_of_the_whole_says_what_a_naive_split_would_have_done(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (60, 24, 24), dtype=np.uint8)
    pictures[40:50] = pictures[:10]
    run = sp.train((pictures, np.arange(60) % 2), folds=2, runs=tmp_path, name="cv", **{**OPTIONS, "epochs": 1})
    report = run.report().read_text(encoding="utf-8")
    assert "of the 60 out-of-fold pictures into training" in report
    assert "No sample pictures were stored" not in report
    # Killed before the first fold, and before all was written:
    shutil.rmtree(run.path / "folds")
    for name in ("classes.json", "manifest.csv", "insight/survey.json"):
        (run.path / name).unlink()
    (run.path / "run.json").write_text((run.path / "run.json").read_text().replace('"finished"', '"running"'))
    again = sp.train((pictures, np.arange(60) % 2), resume=run.path, progress="quiet")
    assert again.status == "finished"
    assert again.classes == run.classes
    assert len(again.folder.manifest()["id"]) == 60


def test_a_run_from_before_copies_were_looked_for_knows_its_data_again(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (60, 24, 24), dtype=np.uint8)
    pictures[40:50] = pictures[:10]
    np.savez(tmp_path / "data.npz", x=pictures, y=np.arange(60) % 2)
    run = sp.train(tmp_path / "data.npz", duplicates="ignore", runs=tmp_path, name="old", **OPTIONS)
    config, document = run.path / "config.toml", json.loads((run.path / "run.json").read_text())
    config.write_text(config.read_text().replace('duplicates = "ignore"', ""))
    del document["data"]["twins"]
    (run.path / "run.json").write_text(json.dumps({**document, "status": "interrupted"}))
    found = own_data(run.folder)
    assert (found.manifest.splits == np.array(run.folder.manifest()["split"])).all()
    assert sp.train(resume=run.path, progress="quiet").status == "finished"


def test_mistakes_point_at_the_pooled_predictions(whole: sp.Run) -> None:
    pooled = whole.folder.predictions("out-of-fold")
    for row in whole.mistakes():
        assert pooled.ids[row["row"]] == row["file"]
        assert whole.classes[pooled.targets[row["row"]]] == row["label"]


def test_a_network_of_the_users_own_begins_anew_in_every_fold(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(144, 3))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    options = {**OPTIONS, "model": network, "runs": tmp_path}
    run = sp.train((PICTURES, LABELS), folds=2, name="cv", **options)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    alone = sp.train((PICTURES, LABELS), folds=2, fold=2, name="second", **options)
    second = sp.open_run(run.path / "folds" / "2")
    assert (second.folder.predictions("test").probabilities == alone.folder.predictions("test").probabilities).all()


def stopping_after(calls: int) -> Callable[[], object]:
    """Stands for Ctrl-C: the wish to stop comes at the given question whether there is one."""
    left = [calls]

    def wished() -> bool:
        left[0] -= 1
        return left[0] < 0

    @contextmanager
    def asked() -> Iterator[Callable[[], bool]]:
        yield wished

    return asked


def test_an_interrupted_cross_validation_goes_on_where_it_was(
    whole: sp.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spirula.api.train.stop_on_signals", stopping_after(12))  # within the second fold
    run = sp.train((PICTURES, LABELS), folds=2, runs=tmp_path, name="cv", **OPTIONS)
    monkeypatch.undo()
    assert run.status == "interrupted"
    statuses = {path.name: sp.open_run(path).status for path in (run.path / "folds").iterdir()}
    assert statuses == {"1": "finished", "2": "interrupted"}
    first = run.path / "folds" / "1" / "run.json"
    document = json.loads(first.read_text(encoding="utf-8"))
    document["timing"]["total_seconds"] += 100  # as if it had taken longer than all that is to come
    first.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(RunError, match="changed"):
        sp.train((PICTURES[::-1], LABELS[::-1]), resume=run.path, progress="quiet")
    went_on = sp.train((PICTURES, LABELS), resume=run.path, progress="quiet")
    assert went_on.status == "finished"
    one, other = (each.folder.predictions("out-of-fold") for each in (whole, went_on))
    assert one.ids == other.ids
    assert (one.probabilities == other.probabilities).all()
    timing, rows = went_on.folder.document()["timing"], went_on.folder.document()["folds"]["rows"]
    assert rows[0]["seconds"] >= 100  # the first fold was trained in the session before
    assert timing["total_seconds"] >= sum(row["seconds"] for row in rows)
    with pytest.raises(RunError, match="finished already"):
        sp.train((PICTURES, LABELS), resume=run.path, progress="quiet")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"folds": 1}, "folds"),
        ({"fold": 2}, "needs --folds"),
        ({"folds": 3, "fold": 4}, "there are 3 folds"),
        ({"folds": 3, "test": 0.2}, "test"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        sp.train((PICTURES, LABELS), runs=tmp_path, **OPTIONS, **options)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_dealt_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="fewer folds"):
        sp.train((PICTURES, LABELS), folds=200, runs=tmp_path, name="cv", **OPTIONS)
    assert not list(tmp_path.iterdir())
