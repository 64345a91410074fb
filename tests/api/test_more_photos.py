"""``more_photos``: from a finished run to an answer in the run and its report."""

import json
import shutil

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

import spirula as sp
from doubles import not_reloaded
from spirula.cli.main import run as command
from spirula.errors import InputError, RunError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of pictures of two classes, told apart by stripes in noise."""
    from PIL import Image

    random, root = np.random.default_rng(0), tmp_path_factory.mktemp("pictures")
    for split, count in (("train", 160), ("test", 80)):
        for number in range(count):
            pixels = random.integers(0, 256, (32, 32, 3))
            if number % 2:
                pixels[::2] -= 30
            place = root / split / ("줄무늬" if number % 2 else "plain")
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(place / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def features(folder, tmp_path_factory):
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("run")
    save_file(timm.create_model("test_efficientnet", num_classes=3).state_dict(), root / "w.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        yield sp.train(
            str(folder), strategy="features", model="timm/test_efficientnet", weights=str(root / "w.safetensors"),
            image_size=32, validation=0.0, threads=1, runs=str(root / "runs"), progress="quiet",
        )  # fmt: skip


def test_it_answers_stores_and_shows(features, capsys):
    growth = sp.more_photos(features)
    assert growth.sizes[-1] == 160
    assert (growth.split, growth.held_out) == ("test", 80)
    assert growth.accuracy[-1] == pytest.approx(features.results["test"]["accuracy"], abs=0.03)
    assert {row.name for row in growth.classes} == {"줄무늬", "plain"}
    assert growth.gain is not None
    assert "Twice as many" in str(growth)
    stored = json.loads((features.folder.path / "insight" / "growth.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(growth.to_dict()))
    assert "Will more help?" in (features.folder.path / "report.html").read_text(encoding="utf-8")
    assert command(["more-photos", str(features.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == stored  # asked again, it says the same


def test_runs_that_cannot_be_asked_say_why(features, folder, tmp_path):
    with pytest.raises(InputError, match="no held-out samples in validation"):
        sp.more_photos(features, split="validation")
    scratch = shutil.copytree(features.path, tmp_path / "scratch")
    (scratch / "config.toml").write_text('source = "digits"\n[training]\nepochs = 1\n', encoding="utf-8")
    with pytest.raises(InputError, match="--strategy features"):
        sp.more_photos(scratch)
    moved = next((folder / "train" / "plain").glob("*.png"))
    content = moved.read_bytes()
    moved.unlink()
    try:
        with pytest.raises(RunError, match="have changed"):
            sp.more_photos(features)
    finally:
        moved.write_bytes(content)


@pytest.mark.parametrize(("validation", "said"), [(60, "--split validation"), (12, "--folds 5")])
def test_few_held_out_samples_are_told_what_would_tell_more(features, folder, tmp_path, monkeypatch, validation, said):
    """With a tiny test split the larger validation split is named; without one, what to train with."""
    from PIL import Image

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("spirula.evaluation.verify.reloading", not_reloaded)  # tested elsewhere
    random = np.random.default_rng(1)
    for split, count in (("train", 80), ("validation", validation), ("test", 12)):
        for number in range(count):
            place = tmp_path / "few" / split / "ab"[number % 2]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(place / f"{number}.png")
    run = sp.train(
        str(tmp_path / "few"), strategy="features", model="timm/test_efficientnet",
        weights=features.folder.config()["model"]["weights"], image_size=32, threads=1, runs=str(tmp_path / "runs"),
        progress="quiet",
    )  # fmt: skip
    growth = sp.more_photos(run)
    assert growth.gain is None
    assert "12 held-out samples are too few" in growth.notes[0]
    assert said in growth.notes[-1]
    assert said in (run.path / "report.html").read_text(encoding="utf-8")
