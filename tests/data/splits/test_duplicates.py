"""Copies are found, lookalikes are not taken for copies, and what was found is kept."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photos import EXACT, NEAR, photo, plant, reread, saved, scaled
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spirula.data.dataset import load
from spirula.data.splits.alike import near_by_features
from spirula.data.splits.duplicates import FARTHEST, Twins, find_twins, joined
from spirula.data.splits.stored_twins import twins_of


def squashed(pictures: list[Image.Image], side: int = 96) -> np.ndarray:
    return np.stack([np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR)) for picture in pictures])


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    return len(np.unique(np.stack([one, other]), axis=1).T) == len(np.unique(one)) == len(np.unique(other))


def test_planted_copies_are_caught_across_splits(tmp_path: Path) -> None:
    """Promise 7: all exact copies, whatever their bytes, and at least 95 % of near ones; and nothing else."""
    originals = {f"{index:03d}.jpg": saved(photo(index), quality=92) for index in range(160)}
    for index, (name, content) in enumerate(originals.items()):
        folder = tmp_path / "train" / ("고양이" if index % 2 else "강아지")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    names = list(originals)
    exact = {name: originals[name] for name in names[:40]}
    near = {name: originals[name] for name in names[40:120]}
    planted: dict[str, str] = {}
    for position, label in enumerate(("강아지", "고양이")):
        folder = tmp_path / "test" / label
        planted |= plant(folder, dict(list(exact.items())[position::2]), EXACT)
        planted |= plant(folder, dict(list(near.items())[position::2]), NEAR)
        link = folder / "link.jpg"
        link.symlink_to(tmp_path / "train" / label / names[120 + position])
        planted[str(link)] = names[120 + position]
        for extra in range(10):
            (folder / f"new {extra}.jpg").write_bytes(saved(photo(1000 + 10 * position + extra)))

    data = load(tmp_path, image_size=(128, 128), validation=0)
    assert data.twins is not None
    row = {name: place for place, name in enumerate(data.manifest.ids)}
    by_name = {Path(name).name: place for name, place in row.items() if name.startswith("train/")}
    caught = {
        path: data.twins.groups[row[Path(path).relative_to(tmp_path).as_posix()]] == data.twins.groups[by_name[name]]
        for path, name in planted.items()
    }
    missed = [Path(path).name for path, found in caught.items() if not found]
    assert not [name for name in missed if name.split(" of ")[0] in EXACT or name == "link.jpg"], missed
    assert len(missed) <= 0.05 * len(near), missed
    assert int((data.twins.sizes() > 1).sum()) == 2 * (len(planted) - len(missed))  # and nothing that was not planted
    assert f"{len(planted) - len(missed)} test files are copies" in " ".join(data.manifest.notes)


def test_how_each_copy_was_found() -> None:
    pictures = [photo(seed) for seed in range(8)]
    pixels = squashed([*pictures, pictures[0], pictures[1], scaled(pictures[2], 0.5)])
    digests = np.random.default_rng(0).integers(0, 256, (11, 32), dtype=np.uint8)
    digests[8] = digests[0]
    twins = find_twins(pixels, digests)
    assert [(one, two, kind) for one, two, kind, _ in twins.pairs] == [
        (0, 8, "bytes"),
        (1, 9, "pixels"),
        (2, 10, "near"),
    ]
    assert [distance for *_, distance in twins.pairs][:2] == [0.0, 0.0]
    assert 0 < twins.pairs[2][3] <= FARTHEST
    assert twins.groups.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2]
    assert twins.sizes().tolist() == [2, 2, 2, 1, 1, 1, 1, 1, 2, 2, 2]


def test_the_order_of_the_pictures_does_not_matter() -> None:
    pictures = [photo(seed) for seed in range(40)]
    pixels = squashed(pictures + [scaled(picture, 0.6) for picture in pictures[:15]])
    order = np.random.default_rng(3).permutation(len(pixels))
    assert same_partition(find_twins(pixels[order]).groups, find_twins(pixels).groups[order])


def test_bands_propose_what_a_search_through_all_pairs_finds() -> None:
    rng = np.random.default_rng(5)
    pixels = squashed([photo(seed) for seed in range(120)], 64)
    noisy = np.clip(pixels[:60] + rng.normal(0, 12, pixels[:60].shape), 0, 255).astype(np.uint8)
    pixels = np.concatenate([pixels, noisy])
    small = np.stack([np.asarray(Image.fromarray(p).resize((16, 16), Image.Resampling.BOX)) for p in pixels])
    flat = small.reshape(len(small), -1).astype(float)
    distance = np.sqrt(np.maximum(0, 2 - 2 * np.corrcoef(flat)))
    one, two = np.nonzero(np.triu(distance <= 0.9 * FARTHEST, 1))
    assert len(one) == 60
    groups = find_twins(pixels).groups
    assert (groups[one] == groups[two]).all()


def test_what_only_looks_alike_is_no_twin() -> None:
    rows, columns = np.mgrid[:64, :64]
    disc = (np.hypot(rows - 32, columns - 32) < 14)[..., None]
    colours = [np.array(colour, dtype=np.uint8) for colour in ((200, 40, 40), (40, 200, 40))]
    red, green = (np.where(disc, colour, np.uint8(40)) for colour in colours)
    dot = np.hypot(rows - 32, columns - 46) < 6
    scratched = np.where(dot[..., None], np.uint8(90), red)
    blank = [np.full((64, 64, 3), level, dtype=np.uint8) for level in (250, 251)]
    speckled = [np.random.default_rng(seed).integers(250, 254, (64, 64, 3)).astype(np.uint8) for seed in range(2)]
    twins = find_twins(np.stack([red, green, scratched, *blank, *speckled]))
    assert twins.pairs == ()
    assert find_twins(np.stack([blank[0], red, blank[0]])).pairs == ()  # nothing is on it that could be a copy
    files = np.zeros((3, 32), np.uint8)
    assert find_twins(np.stack([blank[0]] * 3), files).pairs == ()
    assert len(find_twins(np.stack([red] * 3), files).pairs) == 2
    night = photo(3).point(lambda value: value // 4)
    assert find_twins(squashed([photo(3), night])).pairs == ()  # much darker: another picture


def test_a_camera_that_stands_still_makes_one_group_in_bounded_time() -> None:
    scene = squashed([photo(1)], 48)[0].astype(np.int16)
    rng = np.random.default_rng(0)
    frames = np.clip(scene + rng.integers(-3, 4, (1000, 48, 48, 3)), 0, 255).astype(np.uint8)
    twins = find_twins(frames)
    assert len(np.unique(twins.groups)) == 1
    assert len(twins.pairs) == 999


@pytest.mark.parametrize(
    "samples",
    [
        np.random.default_rng(0).random((30, 5), dtype=np.float32),
        np.random.default_rng(0).random((30, 8, 8, 3), dtype=np.float32),
        np.random.default_rng(0).integers(0, 2, (30, 8, 8, 1), dtype=np.uint8),
    ],
)
def test_vectors_floats_and_tiny_pictures_are_twins_only_when_equal(samples: np.ndarray) -> None:
    samples[7], samples[21] = samples[2], samples[2]
    samples[9] = samples[3] + np.asarray(1, samples.dtype)
    assert find_twins(samples).pairs == ((2, 7, "pixels", 0.0), (2, 21, "pixels", 0.0))


def test_nothing_and_one_thing_have_no_twins() -> None:
    for number in (0, 1):
        assert find_twins(np.zeros((number, 64, 64, 3), np.uint8)).groups.tolist() == [0] * number


@given(
    st.integers(1, 30).flatmap(
        lambda number: st.tuples(
            st.just(number),
            st.lists(st.tuples(st.integers(0, number - 1), st.integers(0, number - 1), st.floats(0, 1)), max_size=40),
        )
    )
)
@settings(max_examples=100, deadline=None)
def test_groups_are_the_connected_components(case: tuple[int, list[tuple[int, int, float]]]) -> None:
    number, links = case
    links = [(one, two, apart) for one, two, apart in links if one != two]
    found = joined(number, [(one, two, "near", apart) for one, two, apart in links])
    ends = ([one for one, _, _ in links], [two for _, two, _ in links])
    matrix = coo_array((np.ones(len(links)), ends), shape=(number, number))
    count, components = connected_components(matrix, directed=False)
    assert same_partition(found.groups, components)
    assert len(found.pairs) == number - count
    assert all(found.groups[row] <= row for row in range(number))
    nearest: dict[int, float] = {}
    for one, two, apart in links:
        nearest[one], nearest[two] = min(apart, nearest.get(one, 9)), min(apart, nearest.get(two, 9))
    kept: dict[int, float] = {}
    for one, two, _, apart in found.pairs:
        kept[one], kept[two] = min(apart, kept.get(one, 9)), min(apart, kept.get(two, 9))
    assert kept == nearest


def test_what_was_found_is_kept_beside_the_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = squashed([photo(seed) for seed in range(6)] + [photo(2)])
    np.save(tmp_path / "pixels.npy", pixels)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    first = twins_of(mapped, None, "ab" * 32)
    kept = next(tmp_path.glob("twins-*.npz"))
    monkeypatch.setattr("spirula.data.splits.stored_twins.find_twins", lambda *_: pytest.fail("looked again"))
    again = twins_of(mapped, None, "ab" * 32)
    assert again.pairs == first.pairs
    assert (again.groups == first.groups).all()
    monkeypatch.undo()
    for damage in (b"", kept.read_bytes()[:-30], b"PK\x03\x04 nonsense"):
        kept.write_bytes(damage)
        assert twins_of(mapped, None, "ab" * 32).pairs == first.pairs


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    pixels = squashed([photo(0), photo(0)])
    np.save(tmp_path / "pixels.npy", pixels)
    found = twins_of(np.load(tmp_path / "pixels.npy", mmap_mode="r"), None, "cd" * 32)
    assert found.groups.tolist() == [0, 0]


def test_features_that_point_the_same_way() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(5, 1, (1500, 32)).astype(np.float32)
    features[1400] = features[3] + rng.normal(0, 0.02, 32)
    found = near_by_features(features)
    assert [pair[:2] for pair in found] == [(3, 1400)]
    centred = features.astype(np.float64) - features.astype(np.float64).mean(axis=0)
    cosine = centred[3] @ centred[1400] / np.linalg.norm(centred[3]) / np.linalg.norm(centred[1400])
    assert found[0][2] == pytest.approx(1 - cosine, abs=1e-5)
    assert near_by_features(np.zeros((4, 3))) == []
    with pytest.raises(ValueError, match="least"):
        near_by_features(features, least=0)


@pytest.mark.data
def test_real_photos_and_their_copies(real_data: Path) -> None:
    with tarfile.open(real_data / "cats_vs_dogs_originals.tar") as archive:
        members = [member for member in archive if member.name.endswith(".jpg")][::20]
        contents = [archive.extractfile(member).read() for member in members]  # type: ignore[union-attr]
    pictures = [reread(content) for content in contents]
    kinds = list(NEAR.values())
    copies = [reread(kinds[row % len(kinds)](saved(picture, quality=95))) for row, picture in enumerate(pictures)]
    twins = find_twins(squashed(pictures + copies, 180))
    number = len(pictures)
    caught = twins.groups[number:] == twins.groups[:number]
    assert caught.mean() >= 0.95
    assert len(twins.pairs) == caught.sum()


@pytest.mark.data
@pytest.mark.parametrize(("name", "most"), [("mnist", 0), ("fashion-mnist", 12)])
def test_written_digits_and_clothes_are_not_taken_for_copies(name: str, most: int, real_data: Path) -> None:
    """Fashion-MNIST does hold the same garment more than once; MNIST does not hold the same digit."""
    paths = [place / name / "t10k-images-idx3-ubyte.gz" for place in (real_data, Path("/usr/share/datasets"))]
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        pytest.skip(f"{name} is not here")
    pixels = np.frombuffer(gzip.decompress(path.read_bytes())[16:], np.uint8).reshape(-1, 28, 28, 1)
    twins: Twins = find_twins(pixels)
    assert len(twins.pairs) <= most


def test_pictures_of_many_channels() -> None:
    rng = np.random.default_rng(2)
    bands = squashed([photo(seed) for seed in range(10)], 40)
    pixels = np.concatenate([bands, bands[..., ::-1]], axis=3)  # (10, 40, 40, 6)
    noisy = np.clip(pixels[4] + rng.integers(-4, 5, pixels[4].shape), 0, 255).astype(np.uint8)
    assert [pair[:3] for pair in find_twins(np.concatenate([pixels, noisy[None]])).pairs] == [(4, 10, "near")]
