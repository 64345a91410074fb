"""Copies that only a network finds: never divided, rare where nothing is a copy, refused where it is blind."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from photos import photo, saved
from PIL import Image

import spirula as sp
from spirula.cli.main import main
from spirula.config import Recipe
from spirula.data.dataset import Dataset, load
from spirula.data.splits.alike import NEIGHBOUR, near_by_features, with_alike
from spirula.data.splits.duplicates import KINDS, find_twins
from spirula.errors import ConfigError, DataError
from spirula.models.pretrained import package_file
from spirula.report.survey.words import WORDS
from spirula.training.transfer.embedding import embedder

packaged = pytest.mark.skipif(package_file() is None, reason="the package with the weights is not installed")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def mirrored(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def fill(root: Path, number: int = 30, copies: int = 6) -> Path:
    """Pictures of two classes; of the first ones in each there is a mirror image."""
    for kind in ("고양이", "강아지"):
        (root / kind).mkdir(parents=True)
        for index in range(number):
            picture = photo(index + (1000 if kind == "강아지" else 0), 120)
            (root / kind / f"{index:02d}.jpg").write_bytes(saved(picture, quality=92))
            if index < copies:
                (root / kind / f"mirror{index:02d}.jpg").write_bytes(saved(mirrored(picture), quality=88))
    return root


def by_name(dataset: Dataset) -> np.ndarray:
    """Features that know a picture by the number in its name, whichever way it lies."""
    numbers = [int(name.rpartition("/")[2].removeprefix("mirror")[:2]) for name in dataset.manifest.ids]
    classes = dataset.manifest.targets
    return np.eye(128, dtype=np.float32)[np.array(numbers) + 64 * classes] + 0.01


def test_pairs_that_a_network_finds_are_not_divided(tmp_path: Path) -> None:
    data = load(fill(tmp_path / "data"), image_size=(64, 64), test=0.3, duplicates="features", embed=by_name)
    assert data.twins is not None
    assert [pair[2] for pair in data.twins.pairs] == ["features"] * 12
    assert all(abs(pair[3]) < 1e-4 for pair in data.twins.pairs)
    for one, two, *_ in data.twins.pairs:
        assert data.manifest.splits[one] == data.manifest.splits[two]
    without = load(tmp_path / "data", image_size=(64, 64), test=0.3)
    assert without.twins is not None
    assert without.twins.pairs == ()


def test_what_is_the_same_picture_anyway_keeps_its_kind() -> None:
    pixels = np.stack([np.asarray(photo(seed).resize((96, 96))) for seed in (0, 1, 2, 0, 3)])
    pixels = np.concatenate([pixels, pixels[1:2, :, ::-1]])
    twins = with_alike(find_twins(pixels), pixels, lambda: np.eye(5)[[0, 1, 2, 0, 3, 1]])
    assert [(one, two, kind) for one, two, kind, _ in twins.pairs] == [(0, 3, "pixels"), (1, 5, "features")]


def test_pictures_with_nothing_on_them_are_nobodys_copies() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
    pixels[4:] = np.arange(4)[:, None, None, None] * 60 + rng.integers(0, 3, (4, 64, 64, 3))
    features = np.eye(8)[[0, 1, 2, 2, 7, 7, 7, 7]]
    assert [pair[:3] for pair in with_alike(find_twins(pixels), pixels, lambda: features).pairs] == [(2, 3, "features")]


def test_where_all_are_alike_a_pair_must_be_much_closer_than_the_others() -> None:
    rng = np.random.default_rng(4)
    crowd = rng.normal(0, 1, 64) + rng.normal(0, 0.1, (40, 64))
    scattered = rng.normal(0, 1, (2000, 64)) + 3.0
    features = np.concatenate([crowd + 3.0, scattered])
    features[1999] = features[700] + rng.normal(0, 0.05, 64)
    assert [pair[:2] for pair in near_by_features(features)] == [(700, 1999)]
    features[5] = features[9] + rng.normal(0, 0.01, 64)  # of the crowd, but a copy
    assert {pair[:2] for pair in near_by_features(features)} == {(700, 1999), (5, 9)}
    few = features[[5, 9, *range(100, 100 + NEIGHBOUR - 2)]]
    assert [pair[:2] for pair in near_by_features(few)] == [(0, 1)]
    assert near_by_features(features, most=1)[0][:2] == (5, 9)


def test_what_no_network_can_see() -> None:
    twins = find_twins(np.zeros((4, 3), np.float32))
    for pixels, words in (
        (np.zeros((4, 3), np.float32), "needs pictures of 0…255"),
        (np.zeros((4, 28, 28, 1), np.uint8), "64 pixels a side, and these are 28×28"),
        (np.zeros((4, 64, 64, 3), np.uint8), "needs a pretrained network"),
    ):
        with pytest.raises(DataError, match=words):
            with_alike(twins, pixels, None)


def test_every_kind_of_copy_has_words() -> None:
    assert {f"kind_{kind}" for kind in KINDS} == {key for key in WORDS if key.startswith("kind_")}


def test_without_weights_there_is_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spirula.training.transfer.embedding.at_hand", lambda _: "")
    for look in (sp.inspect, sp.load, sp.train):
        with pytest.raises(ConfigError, match=r"no weights of efficientnet-lite0(?s:.)*spirula\[offline\]"):
            look(fill(tmp_path / look.__name__, 3, 1), duplicates="features")


@packaged
@pytest.mark.skipif("SPIRULA_DATA" not in os.environ, reason="needs SPIRULA_DATA")
def test_mirrored_photographs_are_found_by_the_default_network(tmp_path: Path) -> None:
    """Forty photographs and the mirror images of half of them, looked at from the shell and from Python."""
    folder = tmp_path / "사진"
    with tarfile.open(Path(os.environ["SPIRULA_DATA"]) / "cats_vs_dogs_originals.tar") as archive:
        files = [member for member in archive if member.isfile() and member.name.endswith(".jpg")]
        for number, member in enumerate(files[::60] + files[30::300]):
            content = archive.extractfile(member)
            assert content is not None
            picture = Image.open(content).convert("RGB")
            place = folder / Path(member.name).parent.name
            place.mkdir(parents=True, exist_ok=True)
            picture.save(place / f"{number:02d}.jpg", quality=92)
            if number % 2:
                mirrored(picture).save(place / f"mirror{number:02d}.jpg", quality=88)
    page = tmp_path / "page.html"
    with pytest.raises(SystemExit) as left:
        main(["inspect", str(folder), "--duplicates", "features", "--image-size", "160", "--out", str(page)])
    assert not left.value.code
    assert "alike to a network" in page.read_text(encoding="utf-8")
    seen = sp.inspect(folder, duplicates="features", image_size=160)
    planted = len(list(folder.rglob("mirror*")))
    pairs = [{Path(row[key]).name.removeprefix("mirror") for key in ("file", "copy")} for row in seen.copies]
    assert all(len(pair) == 1 for pair in pairs)  # nothing else is taken for a copy
    assert planted >= 15
    assert len(pairs) >= 0.85 * planted
    # The same network makes the same of the same pixels, and the second time without running.
    assert embedder(Recipe())(seen.dataset).shape == (len(seen.dataset), 1280)
    assert len(list((tmp_path / "cache" / "spirula" / "features").iterdir())) == 1
