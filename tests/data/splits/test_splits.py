from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.data.splits.split import divide, draw_keys, split_name
from spirula.errors import DataError

shares = st.floats(0.0, 0.45)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[np.ndarray, list[str]]:
    sizes = draw(st.lists(st.integers(1, 30), min_size=1, max_size=6))
    targets = np.repeat(np.arange(len(sizes)), sizes)
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(targets))
    return targets[order].astype(np.int64), [f"img-{row}.png" for row in range(len(targets))]


def cut(targets: np.ndarray, ids: list[str], **options: object) -> np.ndarray:
    plain = {"task": "classification", "given": None, "groups": None, "validation": 0.2, "test": 0.1, "seed": 0}
    return divide(targets=targets, ids=ids, **{**plain, **options})  # type: ignore[arg-type]


@given(labelled(), shares, shares, st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_a_split_covers_every_sample_once_and_keeps_proportions(
    data: tuple[np.ndarray, list[str]], validation: float, test: float, seed: int
) -> None:
    targets, ids = data
    splits = cut(targets, ids, validation=validation, test=test, seed=seed)
    assert set(splits) <= {"train", "validation", "test"}
    sizes = np.bincount(targets)
    held = np.bincount(targets[splits == "test"], minlength=len(sizes))
    rest = sizes - held
    chosen = np.bincount(targets[splits == "validation"], minlength=len(sizes))
    for counts, of, share in ((held, sizes, test), (chosen, rest, validation)):
        below_one = np.where(of * share < 1, 1.0, of * share)  # a share below one sample may round either way
        assert (counts <= below_one + 1).all()
        assert (counts >= np.minimum(np.floor(of * share), of - 1)).all()
        if share == 0:
            assert counts.sum() == 0
        elif counts.sum():
            assert counts.sum() <= max(1, round(float(of.sum()) * share))
    assert (np.bincount(targets[splits == "train"], minlength=len(sizes)) >= 1).all()


@given(labelled(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_split_does_not_depend_on_the_order_of_listing(data: tuple[np.ndarray, list[str]], shuffle: int) -> None:
    targets, ids = data
    splits = cut(targets, ids)
    order = np.random.default_rng(shuffle).permutation(len(ids))
    again = cut(targets[order], [ids[row] for row in order])
    assert (again == splits[order]).all()


def test_the_seed_decides() -> None:
    targets, ids = np.repeat(np.arange(4), 50), [str(row) for row in range(200)]
    assert (cut(targets, ids, seed=3) == cut(targets, ids, seed=3)).all()
    assert (cut(targets, ids, seed=3) != cut(targets, ids, seed=4)).any()


def test_the_draw_is_what_blake2b_says() -> None:
    import hashlib

    expected = int.from_bytes(hashlib.blake2b(b"7\x00test\x00a/b.png", digest_size=8).digest(), "little")
    assert draw_keys(["a/b.png"], 7, "test").tolist() == [expected]


def test_adding_files_moves_few_others() -> None:
    ids = [str(row) for row in range(1000)]
    targets = np.zeros(1000, dtype=np.int64)
    before = cut(targets, ids)
    after = cut(np.zeros(1010, dtype=np.int64), ids + [f"new-{row}" for row in range(10)])[:1000]
    assert (before != after).sum() <= 12


@given(labelled(), st.integers(1, 12), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_a_group_is_never_divided(data: tuple[np.ndarray, list[str]], number: int, seed: int) -> None:
    targets, ids = data
    groups = [f"g{row % number}" for row in range(len(ids))]
    splits = cut(targets, ids, groups=groups, seed=seed, validation=0.3, test=0.2)
    for group in set(groups):
        assert len({split for split, own in zip(splits, groups, strict=True) if own == group}) == 1
    assert (np.bincount(targets[splits == "train"], minlength=targets.max() + 1) >= 1).all()


def test_groups_come_close_to_the_share() -> None:
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 3, 900)
    groups = [f"video-{number}" for number in rng.integers(0, 90, 900)]
    splits = cut(targets, [str(row) for row in range(900)], groups=groups, validation=0.2, test=0.1)
    assert 0.07 <= np.mean(splits == "test") <= 0.13
    assert 0.14 <= np.mean(splits == "validation") <= 0.22
    for label in range(3):
        assert 0.05 <= np.mean(splits[targets == label] == "test") <= 0.15


def test_given_splits_that_cut_a_group_are_refused() -> None:
    with pytest.raises(DataError, match=r'"video-1"'):
        cut(
            np.array([0, 1, 0, 1]),
            list("abcd"),
            given=np.array(["train", "train", "test", "test"]),
            groups=["video-1", "video-2", "video-1", "video-3"],
        )


def test_given_splits_are_kept_and_only_train_is_divided() -> None:
    given = np.array(["train"] * 80 + ["test"] * 20)
    splits = cut(np.tile([0, 1], 50), [str(row) for row in range(100)], given=given, test=0.0)
    assert (splits[80:] == "test").all()
    assert (splits[:80] == "validation").sum() == 16


def test_multilabel_keeps_the_rarest_label_in_both_parts() -> None:
    targets = np.zeros((200, 3), dtype=np.float32)
    targets[:, 0] = 1
    targets[:10, 2] = 1
    splits = cut(targets, [str(row) for row in range(200)], task="multilabel", validation=0.2, test=0.0)
    assert targets[splits == "validation", 2].sum() == 2


@pytest.mark.parametrize("share", [0.2, 0.1])
def test_regression_holds_out_the_share(share: float) -> None:
    targets = np.linspace(0, 1, 50, dtype=np.float32)
    splits = cut(targets, [str(row) for row in range(50)], task="regression", validation=share, test=0.0)
    assert (splits == "validation").sum() == round(50 * share)


def test_names_of_splits() -> None:
    assert [split_name(word) for word in ("VAL", "valid", "Validation", "Training", "testing", "eval")] == [
        "validation",
        "validation",
        "validation",
        "train",
        "test",
        None,
    ]
