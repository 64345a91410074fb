"""What a naive division would have claimed: planted groups that a network knows again, and labels it cannot learn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, cross_val_predict

import spirula as sp
from doubles import not_reloaded
from spirula.recipe import make_recipe
from spirula.report.survey.claim import claim_words, differs
from spirula.report.survey.words import speaker
from spirula.training.assemble import assemble
from spirula.training.transfer import claim as room
from spirula.training.transfer.claim import Claim, naive_claim
from spirula.training.transfer.head import Problem, Standard
from spirula.training.transfer.probe import Probe

TINY = "test_efficientnet"
PATIENTS, EACH = 36, 4


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # A second process that loads the network again has tests of its own.
    monkeypatch.setattr("spirula.evaluation.verify.reloading", not_reloaded)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    safetensors.torch.save_file(timm.create_model(TINY, num_classes=4).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of each patient, hardly different; which half of the patients is ill was drawn by lot."""
    rng = np.random.default_rng(5)
    place = tmp_path_factory.mktemp("data") / "환자"
    ill = rng.permutation(PATIENTS) < PATIENTS // 2
    for patient in range(PATIENTS):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        look = np.asarray(coarse.resize((52, 52), Image.Resampling.BICUBIC)).astype(np.int64)
        folder = place / ("아픔" if ill[patient] else "건강")
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(EACH):
            pixels = np.clip(look + rng.integers(-8, 9, look.shape), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"p{patient:02d}-{number}.png")
    return place


SETTINGS = {"strategy": "features", "model": f"timm/{TINY}", "image_size": 48, "threads": 1, "resize": "squash"}


def probe_of(source: object, weights: Path, **options: object) -> Probe:
    named = isinstance(source, Path)
    asked = make_recipe(source=str(source) if named else None, **{**SETTINGS, "weights": str(weights), **options})
    probe = assemble(asked, source=None if named else source).probe
    assert probe is not None
    return probe


def claimed(source: object, weights: Path, strength: float = 1.0, **options: object) -> Claim | None:
    probe = probe_of(source, weights, **options)
    probe.features()
    return naive_claim(probe, strength, test_was_drawn=True)


@pytest.mark.parametrize(
    ("options", "together"),
    [
        ({"group_by": r"p(\d+)", "duplicates": "ignore"}, "groups"),
        ({}, "copies"),
        ({"group_by": r"p(\d+)"}, "both"),
    ],
)
def test_patients_that_are_known_again_flatter_a_naive_division(
    patients: Path, weights: Path, options: dict[str, object], together: str
) -> None:
    claim = claimed(patients, weights, test=0.2, **options)
    assert claim is not None
    assert claim.naive > 0.97
    assert 0.3 < claim.honest < 0.7  # the labels were drawn by lot
    assert claim.difference == pytest.approx(claim.naive - claim.honest)
    assert 0 < claim.spread < 0.15
    assert (claim.samples, claim.folds, claim.draws) == (PATIENTS * EACH, 5, room.DRAWS)
    assert claim.together == together
    assert claim == claimed(patients, weights, test=0.2, **options)


def test_nothing_is_said_where_nothing_belongs_together(patients: Path, weights: Path) -> None:
    assert claimed(patients, weights, duplicates="ignore") is None
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 52, 52, 3), dtype=np.uint8)
    pixels[7] = pixels[3]
    numbers = np.arange(40, dtype=np.float32)
    assert claimed((pixels, numbers), weights, task="regression") is None
    labels = (np.arange(40) % 2)[:, None] == np.arange(2)
    several = claimed((pixels, labels.astype(np.float32)), weights, task="multilabel")
    assert several is not None
    assert several.together == "copies"


def test_a_test_split_of_the_source_has_no_part_in_it(weights: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (60, 52, 52, 3), dtype=np.uint8)
    pixels[50] = pixels[3]
    data = {
        "x_train": pixels[:40], "y_train": np.arange(40) % 2, "x_test": pixels[40:], "y_test": np.arange(20) % 2,
    }  # fmt: skip
    probe = probe_of(data, weights)
    probe.features()
    assert naive_claim(probe, 1.0, test_was_drawn=False) is None  # the only copy is in the test split
    joined = naive_claim(probe, 1.0, test_was_drawn=True)
    assert joined is not None
    assert joined.samples == 60


def test_a_backbone_that_was_trained_on_is_not_asked_again(patients: Path, weights: Path) -> None:
    probe = probe_of(patients, weights)
    assert probe.features_at_hand() is None
    assert naive_claim(probe, 1.0, test_was_drawn=True) is None
    before = probe.features()
    later = replace(probe, _known={})
    with torch.no_grad():
        for parameter in later.network.module.parameters():
            parameter.mul_(1.5)
    found = later.features_at_hand()
    assert found is not None
    assert torch.equal(found, before)


def test_the_accuracy_is_scikit_learns_over_the_same_folds() -> None:
    rng = np.random.default_rng(2)
    targets = rng.integers(0, 2, 150)
    values = rng.normal(0, 1, (150, 6)) + 0.6 * targets[:, None]
    features = Standard.of(torch.from_numpy(values))(torch.from_numpy(values))
    fold = rng.integers(0, 4, 150)
    problem = Problem("softmax", features, torch.from_numpy(targets), torch.ones(150, dtype=torch.float64), 2)
    theirs = cross_val_predict(LogisticRegression(C=0.2), features.numpy(), targets, cv=PredefinedSplit(fold))
    ours = room._accuracy(problem, torch.from_numpy(fold), 0.1)  # two outputs share the penalty
    assert ours == pytest.approx((theirs == targets).mean(), abs=0.007)  # one sample on the line


def test_of_very_many_samples_whole_atoms_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 50)
    atoms = np.repeat(np.arange(60), 3)
    first, second = room._drawn(atoms, 0), room._drawn(atoms, 1)
    assert len(first) == len(second) == 48
    assert not np.array_equal(first, second)
    assert set(np.bincount(atoms[first], minlength=60)) == {0, 3}
    assert room._drawn(atoms[:50], 0).tolist() == list(range(50))


@pytest.mark.parametrize("strategy", ["features", "finetune"])
def test_a_run_says_it_stores_it_and_shows_it(
    patients: Path, weights: Path, tmp_path: Path, strategy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more: dict[str, object] = {"epochs": 1, "batch_size": 32} if strategy == "finetune" else {}
    run = sp.train(
        patients, runs=str(tmp_path), progress="lines",
        **{**SETTINGS, "strategy": strategy, "weights": str(weights), "group_by": r"p(\d+)", "test": 0.2, **more},
    )  # fmt: skip
    document = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    claim = document["data"]["twins"]["claim"]
    assert claim["naive"] > claim["honest"] + 0.1
    assert document["data"]["twins"]["naive"]["groups"]["test"]["mean"] > 0
    printed = capsys.readouterr()
    sentence = f"would have claimed {100 * claim['naive']:.1f}\u202f% accuracy; with copies and groups kept together"
    assert (printed.out + printed.err).count(sentence) == 1
    assert sentence in (run.path / "report.html").read_text(encoding="utf-8")


def test_groups_alone_are_told_in_the_report_too(patients: Path, weights: Path, tmp_path: Path) -> None:
    run = sp.train(
        patients, runs=str(tmp_path), progress="quiet", weights=str(weights), group_by=r"p(\d+)", duplicates="ignore",
        **SETTINGS,
    )  # fmt: skip
    assert "with groups kept together" in (run.path / "report.html").read_text(encoding="utf-8")


def test_the_folds_of_one_set_say_it_once(patients: Path, weights: Path, tmp_path: Path) -> None:
    run = sp.train(
        patients, runs=str(tmp_path), progress="quiet", weights=str(weights), folds=2, **SETTINGS
    )  # fmt: skip
    parts = [json.loads((run.path / "folds" / part / "run.json").read_text(encoding="utf-8")) for part in "12"]
    whole = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    claims = [document["data"]["twins"].get("claim") for document in (whole, *parts)]
    assert claims[0] == claims[1]
    assert claims[0]["samples"] == PATIENTS * EACH
    assert claims[2] is None


NOTHING = Claim(0.9, 0.9, 0.0003, 0.001, 100, 5, 5, "copies").to_dict()


@pytest.mark.parametrize(
    ("difference", "spread", "told"),
    [(0.0, 0.001, False), (0.0004, 0.0, False), (0.004, 0.005, False), (0.004, 0.001, True), (-0.004, 0.001, True)],
)
def test_no_difference_is_no_news(difference: float, spread: float, told: bool) -> None:
    claim = {**NOTHING, "difference": difference, "spread": spread}
    assert differs(claim) is told
    assert ("no difference" in claim_words(claim, speaker("en"))) is not told
    assert ("차이가 없습니다" in claim_words(claim, speaker("ko"))) is not told


def test_without_a_difference_the_terminal_is_silent_and_the_report_says_so(
    patients: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("spirula.api.session.claim.naive_claim", lambda *_, **__: Claim(**NOTHING))
    run = sp.train(
        patients,
        strategy="features",
        model=f"timm/{TINY}",
        weights=str(weights),
        group_by=r"p(\d+)",
        duplicates="ignore",
        image_size=52,
        threads=1,
        runs=tmp_path / "runs",
        progress="lines",
    )
    assert "naive" not in capsys.readouterr().err
    assert run.folder.document()["data"]["twins"]["claim"]["difference"] == NOTHING["difference"]
    assert "no difference (0.0 ± 0.1 points" in (run.path / "report.html").read_text(encoding="utf-8")
