"""--strategy features, from pictures to a run: a tiny backbone with random weights, given as a file."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression

import spirula as sp
from spirula.data.dataset import load
from spirula.errors import ConfigError, ModelError
from spirula.evaluation.predict import predict
from spirula.models.backbones import build_backbone, pooled, seen_by
from spirula.models.pretrained import find_weights
from spirula.recipe import make_recipe
from spirula.training.assemble import assemble
from spirula.training.assembly import Assembly
from spirula.training.records import EpochRecord, HeadRecord, StoppedRecord
from spirula.training.transfer import features as features_room

TINY = "test_efficientnet"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    network = timm.create_model(TINY, num_classes=4)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    safetensors.torch.save_file(network.state_dict(), path)
    return path


def picture(kind: int, number: int, *, grey: bool = False) -> Image.Image:
    """Stripes, lying or standing, with noise."""
    rng = np.random.default_rng([kind, number])
    pixels = rng.integers(0, 90, (48, 56, 3))
    bright = (np.arange(48)[:, None] if kind else np.arange(56)[None, :]) // (3 + number % 3) % 2
    pixels += (bright * 150)[..., None]
    image = Image.fromarray(pixels.astype(np.uint8))
    return image.convert("L") if grey else image


def folder(place: Path, *, grey: bool = False, counts: tuple[int, int] = (30, 30)) -> Path:
    for kind, name in enumerate(("가로", "세로")):
        (place / name).mkdir(parents=True)
        for number in range(counts[kind]):
            picture(kind, number, grey=grey).save(place / name / f"{number}.png")
    return place


SETTINGS = {"strategy": "features", "model": f"timm/{TINY}", "image_size": 32, "test": 0.25, "threads": 1}


def trained(source: object, weights: Path, place: Path, **options: object) -> sp.Run:
    """A whole run."""
    asked = {**SETTINGS, "weights": str(weights), **options}
    return sp.train(source, runs=str(place / "runs"), progress="quiet", **asked)


def fitted(source: object, weights: Path, **options: object) -> Assembly:
    """Only what comes before the run's evaluation, report and reload test."""
    words = {**SETTINGS, "weights": str(weights), **options}
    named = isinstance(source, Path)
    assembly = assemble(make_recipe(source=str(source) if named else None, **words), source=None if named else source)
    kinds = [type(record) for record in assembly.fit(None)]
    assert kinds == [HeadRecord, EpochRecord, StoppedRecord]
    return assembly


def judged(assembly: Assembly, split: str = "test") -> tuple[np.ndarray, np.ndarray]:
    """Predictions of a split by the network itself, from pixels, and what is right."""
    answers, targets, _ = predict(
        assembly.network.module,
        assembly.batches(split).epoch(0),
        output=assembly.network.output,
        classes=len(assembly.dataset.manifest.classes),
    )
    head, features = assembly.judge()
    again, _, _ = predict(head, features(split).epoch(0), output=assembly.network.output, classes=2)
    np.testing.assert_allclose(again, answers, rtol=1e-3, atol=1e-4)
    return answers, targets


def striped(number: int) -> np.ndarray:
    return np.stack([np.asarray(picture(row % 2, row)) for row in range(number)])


class Stopped:
    """Somebody who asks to stop in the middle of the pass."""

    def __init__(self) -> None:
        self.left = 2

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_a_folder_of_photographs_interrupted_and_gone_on_with(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = folder(tmp_path / "사진")
    with monkeypatch.context() as patched:
        patched.setattr("spirula.api.train.stop_on_signals", lambda: nullcontext(Stopped()))
        assert trained(data, weights, tmp_path, name="나의-실행").status == "interrupted"
    run = sp.train(resume=tmp_path / "runs" / "나의-실행", progress="quiet")
    document = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert run.status == "finished"
    assert document["verification"]["status"] == "verified"
    assert document["results"]["test"]["accuracy"] >= 0.9
    assert document["backbone"]["name"] == TINY
    assert document["backbone"]["weights"] == f"file {weights}"
    assert document["backbone"]["sha256"] == find_weights(TINY, weights).sha256
    assert document["head"]["strength"] in [strength for strength, _ in document["head"]["tried"]]
    card = json.loads((run.path / "model.json").read_text(encoding="utf-8"))
    assert card["backbone"] == document["backbone"]
    assert card["preprocessing"]["mean"] == list(seen_by(TINY).mean)
    assert (card["preprocessing"]["interpolation"], card["preprocessing"]["crop_share"]) == ("bicubic", 0.95)
    assert len(run.history) == 1
    report = (run.path / "report.html").read_text(encoding="utf-8")
    assert f"{document['head']['parameters']:,} parameters were fitted on what <bdi>{TINY}</bdi> makes" in report
    assert document["head"]["reason"] in report
    assert report.count('<span class="tag">chosen</span>') == 1
    # A photograph that is read later gets the very pixels, and so the very answer, that the evaluation stored.
    stored = run.folder.predictions("test")
    again = run.predict([data / name for name in stored.ids[:4]], top=2)
    assert [row["probability"] for row in again] == pytest.approx(stored.probabilities[:4].max(axis=1), abs=1e-4)


def test_the_layer_is_scikit_learns_on_the_same_features(weights: Path, tmp_path: Path) -> None:
    data = folder(tmp_path / "data")
    assembly = fitted(data, weights, normalize="unit", resize="squash")
    dataset = load(data, image_size=(32, 32), resize="squash", interpolation="bicubic", test=0.25)
    backbone = build_backbone(TINY, (32, 32, 3), 2, find_weights(TINY, weights)).eval()
    images = torch.from_numpy(np.array(dataset.pixels)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        values = pooled(backbone, images).numpy()
    rows, test = dataset.rows("train"), dataset.rows("test")
    mean, deviation = values[rows].mean(0), values[rows].std(0)
    strength = next(record.strength for record in assembly.fit(None) if isinstance(record, HeadRecord))
    theirs = LogisticRegression(C=2 * strength, tol=1e-9, max_iter=10_000)  # two outputs share the penalty
    theirs.fit((values[rows] - mean) / deviation, dataset.manifest.targets[rows])
    np.testing.assert_allclose(judged(assembly)[0], theirs.predict_proba((values[test] - mean) / deviation), atol=2e-3)


def test_features_are_kept_whatever_the_seed_and_the_weights_of_the_classes(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = folder(tmp_path / "data", counts=(30, 12))
    first = fitted(data, weights)
    kept = list((tmp_path / "cache" / "spirula" / "features").iterdir())
    assert len(kept) == 1
    index = json.loads((kept[0] / "index.json").read_text(encoding="utf-8"))
    assert index["kind"] == "features"
    assert index["source"] == str(data)
    assert index["bytes"] == (kept[0] / "values.npy").stat().st_size

    def never(*_: object) -> None:
        raise AssertionError("the backbone ran again")

    monkeypatch.setattr(features_room, "pooled", never)
    second = fitted(data, weights, seed=5, class_weights="auto")
    assert not torch.equal(first.network.module.classifier.bias, second.network.module.classifier.bias)
    whole = (kept[0] / "values.npy").read_bytes()
    turned = bytearray(whole)
    turned[-100] ^= 1
    for damaged in (b"short", bytes(turned)):  # the second has the right size and shape, and one wrong bit
        (kept[0] / "values.npy").write_bytes(damaged)
        with pytest.raises(AssertionError, match="ran again"):
            fitted(data, weights)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fitted(data, weights)
    assert (kept[0] / "values.npy").read_bytes() == whole  # computed anew


def test_augmented_views_are_derived_and_change_the_layer(weights: Path, tmp_path: Path) -> None:
    data = folder(tmp_path / "data")
    plain, seen = fitted(data, weights), fitted(data, weights, flip="horizontal", brightness=0.2, views=2)
    derived = fitted(data, weights, flip="horizontal")
    assert derived.recipe.training.views == 4
    assert derived.reasons["views"] == "with augmentation"
    assert not torch.equal(plain.network.module.classifier.weight, seen.network.module.classifier.weight)
    assert len(list((tmp_path / "cache" / "spirula" / "features").iterdir())) == 1 + 2 + 4


def test_grey_pictures(weights: Path, tmp_path: Path) -> None:
    assembly = fitted(folder(tmp_path / "grey", grey=True), weights)
    assert assembly.network.module.conv_stem.weight.shape[1] == 1
    answers, targets = judged(assembly)
    assert (answers.argmax(1) == targets).mean() >= 0.8


def test_many_channels(weights: Path, tmp_path: Path) -> None:
    for row, pixels in enumerate(striped(60)):
        place = tmp_path / "five" / ("lying", "standing")[row % 2]
        place.mkdir(parents=True, exist_ok=True)
        np.save(place / f"{row}.npy", np.concatenate([pixels, 255 - pixels[..., :2]], axis=2))
    assembly = fitted(tmp_path / "five", weights, channels=5)
    assert assembly.network.module.conv_stem.weight.shape[1] == 5
    assert assembly.preprocessing.mean == pytest.approx([np.mean(seen_by(TINY).mean)] * 5)
    answers, targets = judged(assembly)
    assert (answers.argmax(1) == targets).mean() >= 0.8


def test_several_labels(weights: Path) -> None:
    labels = np.stack([np.arange(60) % 2, 1 - np.arange(60) % 2, np.arange(60) % 3 == 0], axis=1)
    assembly = fitted((striped(60), labels.astype(np.float32)), weights, task="multilabel", class_weights="auto")
    answers, targets = judged(assembly)
    assert answers.shape == (15, 3)
    assert ((answers[:, :2] > 0.5) == targets[:, :2]).mean() >= 0.8


def test_one_sigmoid_for_two_classes(weights: Path) -> None:
    assembly = fitted((striped(60), np.arange(60) % 2), weights, loss="binary-cross-entropy")
    assert assembly.network.module.classifier.out_features == 1
    answers, targets = judged(assembly)
    assert (answers.argmax(1) == targets).mean() >= 0.8


def test_numbers(weights: Path) -> None:
    wanted = (1000.0 + 50.0 * (np.arange(80) % 2)).astype(np.float32)
    answers, targets = judged(fitted((striped(80), wanted), weights, task="regression"))
    assert np.abs(answers[:, 0] - targets).mean() < 15.0  # of values 50 apart


def test_rare_classes_weigh_more_with_class_weights(weights: Path, tmp_path: Path) -> None:
    data = folder(tmp_path / "data", counts=(60, 10))
    plain, weighted = (judged(fitted(data, weights, **more))[0] for more in ({}, {"class_weights": "auto"}))
    assert weighted[:, 1].mean() > plain[:, 1].mean()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"epochs": 3}, "epochs = 3 would have no effect on strategy"),
        ({"optimizer": "sgd", "learning_rate": 0.1}, "learning_rate = 0.1 would have no effect on strategy"),
        ({"patience": 2}, "patience = 2 would have no effect on strategy"),
        ({"views": 2}, "views = 2 would have no effect: it needs an augmentation"),
        ({"mixup": 0.2}, "mixup = 0.2 would have no effect on strategy"),
        ({"loss": "mae", "task": "regression"}, "loss = 'mae' cannot be fitted at once"),
        ({"resize": "squash", "crop_share": 0.9}, "crop_share = 0.9 would have no effect"),
        ({"model": "two-conv"}, "needs a pretrained network, and 'two-conv' is none"),
        ({"strategy": "scratch"}, "weights = .* would have no effect: it needs --strategy"),
    ],
)
def test_what_would_have_no_effect_is_named(
    options: dict[str, object], named: str, weights: Path, tmp_path: Path
) -> None:
    pixels = striped(20)
    labels = np.arange(20) % 2 if options.get("task") != "regression" else np.arange(20.0)
    base: dict[str, object] = {"strategy": "features", "model": f"timm/{TINY}", "weights": str(weights)}
    with pytest.raises(ConfigError, match=named):
        sp.train((pixels, labels), runs=str(tmp_path), progress="quiet", image_size=32, **{**base, **options})
    assert not list(tmp_path.glob("*/run.json"))


def test_weights_that_are_missing_or_of_another_network(weights: Path, tmp_path: Path) -> None:
    pixels = striped(20)
    with pytest.raises(ModelError, match="cannot be read"):
        fitted((pixels, np.arange(20) % 2), tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="are not those of test_resnet"):
        fitted((pixels, np.arange(20) % 2), weights, model="timm/test_resnet")
