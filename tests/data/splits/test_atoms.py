"""Atoms are never cut, by a split or by folds; what the folds hold is even; and the leaks are counted right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linked_samples import labelled, twins_between
from photos import brighter, photo, saved

from spirula.data.dataset import load
from spirula.data.splits.atoms import atoms_of, without_scenes
from spirula.data.splits.duplicates import Pair, Twins, joined
from spirula.data.splits.folds import deal, divided_in_folds, folds_of
from spirula.data.splits.honesty import twin_facts
from spirula.data.splits.split import divide, draw_keys, hold_out, hold_out_groups, named_groups, quotas
from spirula.errors import DataError, UnusableDataError


@st.composite
def linked(draw: st.DrawFn) -> tuple[np.ndarray, list[str] | None, Twins]:
    number = draw(st.integers(12, 80))
    targets = np.array(draw(st.lists(st.integers(0, 3), min_size=number, max_size=number)), dtype=np.int64)
    place = st.integers(0, number - 1)
    links = draw(st.lists(st.tuples(place, place), max_size=number // 2))
    with_groups = draw(st.booleans())
    groups = [f"patient {draw(st.integers(0, number // 3))}" for _ in range(number)] if with_groups else None
    return targets, groups, twins_between(number, links)


def cut(atoms: np.ndarray, parts: np.ndarray) -> int:
    """How many atoms lie in more than one part."""
    return len(np.unique(np.stack([atoms, np.unique(parts, return_inverse=True)[1]]), axis=1).T) - len(np.unique(atoms))


@given(linked(), st.floats(0.05, 0.4), st.integers(0, 4))
@settings(max_examples=120, deadline=None)
def test_no_atom_is_cut_by_a_split(case: tuple[np.ndarray, list[str] | None, Twins], share: float, seed: int) -> None:
    targets, groups, twins = case
    atoms = atoms_of(groups, twins)
    splits = divide(
        task="classification",
        targets=targets,
        ids=[f"{row}" for row in range(len(targets))],
        given=None,
        groups=groups,
        validation=share,
        test=share,
        seed=seed,
        atoms=atoms,
    )
    assert cut(twins.groups, splits) == 0
    if groups is not None:
        assert cut(np.unique(groups, return_inverse=True)[1], splits) == 0
    assert (np.bincount(targets[splits == "train"], minlength=4)[np.unique(targets)] >= 1).all()


@given(linked(), st.integers(2, 6), st.integers(0, 3))
@settings(max_examples=120, deadline=None)
def test_no_atom_is_cut_by_folds_and_they_are_even(
    case: tuple[np.ndarray, list[str] | None, Twins], number: int, seed: int
) -> None:
    targets, groups, twins = case
    names = groups if groups is not None else [str(row) for row in range(len(targets))]
    first, atoms = named_groups(names, atoms_of(groups, twins))
    dealt = folds_of(targets, number, atoms, draw_keys(first, seed, "folds"))
    assert cut(atoms, dealt) == 0
    assert cut(twins.groups, dealt) == 0
    totals = np.bincount(dealt, minlength=number)
    assert totals.max() - totals.min() <= np.bincount(atoms).max()  # so each is within one atom of its share


@given(st.lists(st.integers(0, 4), min_size=10, max_size=120), st.integers(2, 7), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_single_samples_are_dealt_evenly_in_every_class(kinds: list[int], number: int, seed: int) -> None:
    targets = np.unique(kinds, return_inverse=True)[1]
    keys = draw_keys([str(row) for row in range(len(kinds))], seed, "folds")
    dealt = folds_of(targets, number, np.arange(len(kinds)), keys)
    counts = np.zeros((number, targets.max() + 1), dtype=int)
    np.add.at(counts, (dealt, targets), 1)
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_classes_are_spread_when_atoms_are_large() -> None:
    rng = np.random.default_rng(0)
    atoms = np.sort(rng.integers(0, 60, 600))
    targets = (rng.random(60) < 0.3).astype(np.int64)[atoms]
    dealt = folds_of(targets, 5, atoms, draw_keys([str(atom) for atom in range(60)], 0, "folds"))
    shares = [targets[dealt == fold].mean() for fold in range(5)]
    assert max(shares) - min(shares) < 0.06


@given(st.lists(st.integers(0, 5), min_size=4, max_size=150), st.floats(0.02, 0.5), st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_groups_of_one_are_held_out_like_samples(kinds: list[int], share: float, seed: int) -> None:
    """A set without twins is divided exactly as if nobody had looked for them."""
    stratum = np.unique(kinds, return_inverse=True)[1]
    keys = draw_keys([f"{row}.jpg" for row in range(len(kinds))], seed, "test")
    plain = hold_out(stratum, share, keys)
    whole = hold_out_groups(stratum, quotas(stratum, share), np.arange(len(kinds)), keys)
    if plain.any():
        assert (plain == whole).all()


def test_one_copy_moves_few_samples() -> None:
    targets, ids = np.arange(1000) % 10, [f"{row:04d}" for row in range(1000)]
    plain = {"task": "classification", "targets": targets, "ids": ids, "given": None, "groups": None}
    shares = {"validation": 0.2, "test": 0.1, "seed": 0}
    before = divide(**plain, **shares)  # type: ignore[arg-type]
    after = divide(**plain, **shares, atoms=twins_between(1000, [(3, 503), (4, 804), (11, 12)]).groups)  # type: ignore[arg-type]
    assert (before != after).sum() <= 12
    assert [np.count_nonzero(after == split) for split in ("validation", "test")] == pytest.approx([180, 100], abs=3)


def test_groups_and_twins_chain() -> None:
    twins = twins_between(6, [(1, 2), (4, 5)])
    atoms = atoms_of(["a", "a", "b", "b", "c", "d"], twins)
    assert atoms is not None
    assert atoms.tolist() == [0, 0, 0, 0, 4, 4]
    assert atoms_of(["a", "b"], twins_between(2, [])) is None


def test_pictures_of_a_fixed_camera_are_no_copies() -> None:
    stratum = np.repeat([0, 1], 50)
    scene = [(0, row) for row in range(1, 30)]
    apart: list[Pair] = [(60, 61, "near", 0.1), (0, 5, "pixels", 0.0)]
    twins = joined(100, [*((one, two, "near", 0.1) for one, two in scene), *apart])
    left, undone = without_scenes(twins, stratum)
    assert undone == 30
    assert {pair[:3] for pair in left.pairs} == {(60, 61, "near"), (0, 5, "pixels")}
    few = twins_between(100, [(0, row) for row in range(1, 8)])
    assert without_scenes(few, stratum) == (few, 0)
    exact = twins_between(100, scene, "bytes")
    assert without_scenes(exact, stratum) == (exact, 0)


def fill(root: Path, classes: int = 2, number: int = 20) -> None:
    for kind in range(classes):
        folder = root / f"class {kind}"
        folder.mkdir(parents=True)
        for index in range(number):
            picture = photo(100 * kind + index, 64)
            (folder / f"a{index}.jpg").write_bytes(saved(picture, quality=95))
            if index % 4 == 0:
                (folder / f"b{index}.jpg").write_bytes(saved(brighter(picture, 1.05), quality=70))


def test_copies_in_a_folder_stay_together_and_can_be_ignored(tmp_path: Path) -> None:
    fill(tmp_path)
    kept = load(tmp_path, test=0.2)
    assert kept.twins is not None
    assert len(kept.twins.pairs) == 10
    assert cut(kept.twins.groups, kept.manifest.splits) == 0
    assert not [note for note in kept.manifest.notes if "copies" in note]
    facts = twin_facts(kept.manifest, kept.twins, kept.settings)
    assert facts["cross_split"] == {}
    assert facts["naive"]["twins"]["test"]["mean"] > 1
    loose = load(tmp_path, test=0.2, duplicates="ignore")
    assert loose.twins is None
    assert cut(kept.twins.groups, loose.manifest.splits) > 0
    with pytest.raises(DataError, match="not known"):
        load(tmp_path, duplicates="merge")


def test_sets_in_which_nearly_all_is_equal_can_be_trained_on_or_say_what_to_do() -> None:
    labels = np.arange(60) % 2
    blank = load((np.zeros((60, 28, 28), np.uint8), labels), validation=0.2)
    assert blank.manifest.counts() == {"train": 43, "validation": 11, "test": 6}
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 15, dtype=np.float32)  # exclusive or: four different rows
    table = load((corners, corners[:, 0] != corners[:, 1]), folds=5)
    assert len({(row.tobytes(), fold) for row, fold in zip(corners, table.manifest.splits, strict=True)}) == 20
    assert any("60 of 60 samples equal another" in note for note in table.manifest.notes)
    one = np.repeat(np.random.default_rng(0).integers(0, 256, (1, 28, 28), dtype=np.uint8), 60, axis=0)
    for options in ({"validation": 0.2}, {"folds": 5}):
        with pytest.raises(DataError, match=r"60 samples \(1 where copies count once\)[^→]*→.*duplicates = \"ignore\""):
            load((one, labels), **options)  # type: ignore[arg-type]
        assert load((one, labels), duplicates="ignore", **options).manifest.counts()  # type: ignore[arg-type]
    notes = load((one, labels)).manifest.notes
    assert sum("too few samples" in note and "ignore" in note for note in notes) == 2
    assert any(note.startswith("1 picture is there more than once") for note in notes)


def test_few_equal_vectors_stay_together() -> None:
    rows = np.random.default_rng(0).random((60, 4), dtype=np.float32)
    rows[50:55] = rows[:5]
    found = load((rows, np.arange(60) % 2), folds=5)
    assert found.twins is not None
    assert len(found.twins.pairs) == 5
    assert cut(found.twins.groups, found.manifest.splits) == 0


def test_folds_of_a_folder(tmp_path: Path) -> None:
    fill(tmp_path)
    whole = load(tmp_path, folds=4)
    assert set(whole.manifest.counts()) == {"fold-1", "fold-2", "fold-3", "fold-4"}
    assert whole.twins is not None
    assert cut(whole.twins.groups, whole.manifest.splits) == 0
    for fold in range(1, 5):
        part = load(tmp_path, folds=4, fold=fold).manifest
        assert part.ids == whole.manifest.ids
        assert ((part.splits == "test") == (whole.manifest.splits == f"fold-{fold}")).all()
        assert cut(whole.twins.groups, part.splits) == 0
        assert set(part.counts()) == {"train", "validation", "test"}


def test_given_splits_are_joined_but_a_test_split_stays_out() -> None:
    targets = np.arange(40) % 2
    splits = np.array(["train"] * 20 + ["validation"] * 10 + ["test"] * 10, dtype="<U10")
    parts = [divided_in_folds(labelled(targets, splits=splits), None, None, 0, None, 3, fold)[0] for fold in (1, 2, 3)]
    assert all((part[30:] == "apart").all() for part in parts)
    assert (sum((part[:30] == "test").astype(int) for part in parts) == 1).all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"folds": 1, "fold": 1}, DataError, "2 folds or more"),
        ({"fold": 4}, DataError, "does not exist"),
        ({"test": 0.2}, DataError, "tested once"),
        ({"validation": 1.0}, DataError, "not a share"),
        ({"folds": "x"}, DataError, "'x' is not a number of folds"),
        ({"folds": 50, "fold": 1}, UnusableDataError, "fewer folds"),
    ],
)
def test_folds_that_cannot_be(change: dict[str, object], error: type[Exception], words: str) -> None:
    asked = {"validation": None, "test": None, "seed": 0, "atoms": None, "folds": 3, "fold": 1, **change}
    with pytest.raises(error, match=words):
        divided_in_folds(labelled(np.arange(12) % 2), **asked)  # type: ignore[arg-type]


def test_a_class_that_only_one_fold_would_know_is_refused() -> None:
    targets = np.array([0] * 10 + [1] * 3)
    with pytest.raises(UnusableDataError, match='"class 1" are in one fold'):
        deal(labelled(targets), 3, 0, twins_between(13, [(10, 11), (11, 12)]).groups)
