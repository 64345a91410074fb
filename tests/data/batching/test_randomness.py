"""The counter-based random numbers: known values, and the statistics that anything built on them relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.data.batching.order import balanced, shuffled
from spirula.data.batching.randomness import Stream, between, bits, epoch_order, splitmix, uniform

ROWS = np.arange(20_000)
counters = st.integers(0, 2**63 - 1)


def test_splitmix_gives_the_published_sequence() -> None:
    # The first outputs of Vigna's reference implementation (splitmix64.c) for the seeds 1234567 and 0.
    outputs = splitmix(np.array([1234567], np.uint64), np.arange(5, dtype=np.uint64))
    assert outputs.tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert int(splitmix(np.array([0], np.uint64), np.array([0], np.uint64))[0]) == 0xE220A8397B1DCDAF


@settings(deadline=None)
@given(counters, counters, st.lists(st.integers(0, 2**62), min_size=1, max_size=20), st.sampled_from(list(Stream)))
def test_a_number_depends_on_its_own_counters_only(seed: int, epoch: int, rows: list[int], stream: Stream) -> None:
    together = uniform(seed, epoch, np.array(rows), stream)
    alone = [uniform(seed, epoch, np.array([row]), stream)[0] for row in rows]
    assert together.tolist() == alone
    assert ((together >= 0) & (together < 1)).all()


def test_numbers_are_uniform() -> None:
    for stream in Stream:
        numbers = uniform(3, 5, ROWS, stream)
        counts = np.histogram(numbers, bins=50, range=(0, 1))[0]
        chi_square = ((counts - 400) ** 2 / 400).sum()
        assert chi_square < 49 + 5 * np.sqrt(2 * 49)  # five deviations


def _columns() -> dict[str, np.ndarray]:
    base = uniform(1, 1, ROWS, Stream.CROP_X)
    return {
        "stream": uniform(1, 1, ROWS, Stream.CROP_Y),
        "epoch": uniform(1, 2, ROWS, Stream.CROP_X),
        "seed": uniform(2, 1, ROWS, Stream.CROP_X),
        "row": np.roll(base, 1),
    }


@pytest.mark.parametrize("other", ["stream", "epoch", "seed", "row"])
def test_neighbouring_counters_are_independent(other: str) -> None:
    base = uniform(1, 1, ROWS, Stream.CROP_X)
    table = np.histogram2d(base, _columns()[other], bins=10, range=((0, 1), (0, 1)))[0]
    chi_square = ((table - 200) ** 2 / 200).sum()
    assert chi_square < 99 + 5 * np.sqrt(2 * 99)
    assert abs(np.corrcoef(base, _columns()[other])[0, 1]) < 5 / np.sqrt(len(ROWS))


def test_counters_do_not_stand_in_for_one_another() -> None:
    one = uniform(1, 2, np.array([3]), Stream(4))
    assert one != uniform(2, 1, np.array([3]), Stream(4))
    assert one != uniform(1, 3, np.array([2]), Stream(4))
    assert one != uniform(1, 2, np.array([4]), Stream(3))


def test_every_bit_is_used() -> None:
    sample = bits(0, 0, ROWS, Stream.ORDER)
    share = [float(((sample >> np.uint64(bit)) & np.uint64(1)).mean()) for bit in range(64)]
    assert np.abs(np.array(share) - 0.5).max() < 5 * 0.5 / np.sqrt(len(ROWS))


def test_streams_keep_their_numbers() -> None:
    # A renumbered stream would silently change every run that is resumed or repeated.
    assert {stream.name: int(stream) for stream in Stream} == {
        "ORDER": 0,
        "CLASS_ORDER": 1,
        "MEMBER_ORDER": 2,
        "FLIP_HORIZONTAL": 3,
        "FLIP_VERTICAL": 4,
        "CROP_X": 5,
        "CROP_Y": 6,
        "SHIFT_X": 7,
        "SHIFT_Y": 8,
        "ROTATE": 9,
        "ZOOM": 10,
        "BRIGHTNESS": 11,
        "CONTRAST": 12,
        "ERASE": 13,
        "ERASE_AREA": 14,
        "ERASE_ASPECT": 15,
        "ERASE_X": 16,
        "ERASE_Y": 17,
        "MIX_SHARE": 18,
        "MIX_KIND": 19,
        "CUTMIX_X": 20,
        "CUTMIX_Y": 21,
        "RESIZED_AREA": 22,
        "RESIZED_ASPECT": 23,
        "RESIZED_X": 24,
        "RESIZED_Y": 25,
        "SATURATION": 26,
        "HUE": 27,
    }


def test_between_covers_its_range() -> None:
    numbers = between(-2.0, 6.0, 0, 0, ROWS, Stream.ROTATE)
    assert numbers.min() >= -2
    assert numbers.max() < 6
    assert numbers.mean() == pytest.approx(2.0, abs=0.1)
    assert numbers.min() < -1.99
    assert numbers.max() > 5.99


@settings(deadline=None)
@given(counters, counters, st.integers(0, 300))
def test_an_order_is_a_permutation(seed: int, epoch: int, n: int) -> None:
    assert sorted(epoch_order(seed, epoch, n).tolist()) == list(range(n))


def test_orders_are_equally_likely() -> None:
    seen = [tuple(epoch_order(0, epoch, 4).tolist()) for epoch in range(4800)]
    counts = np.unique(seen, axis=0, return_counts=True)[1]
    assert len(counts) == 24
    assert ((counts - 200) ** 2 / 200).sum() < 23 + 5 * np.sqrt(2 * 23)


def test_shuffled_names_each_draw_by_its_row() -> None:
    rows = np.array([40, 10, 30])
    order, samples = shuffled(0, 0, rows)
    assert sorted(order.tolist()) == [0, 1, 2]
    assert samples.tolist() == rows[order].tolist()


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=80), st.integers(0, 1000), st.integers(0, 50))
def test_balanced_draws_every_class_equally_often(classes: list[int], seed: int, epoch: int) -> None:
    labels = np.array(classes)
    rows = np.arange(len(labels)) * 7 + 3
    order, samples = balanced(seed, epoch, rows, labels)
    assert len(order) == len(labels)
    counts = [int((labels[order] == kind).sum()) for kind in np.unique(labels)]
    assert max(counts) - min(counts) <= 1
    # No member of a class waits while another is drawn a second time.
    for kind in np.unique(labels):
        times = [int((order == place).sum()) for place in np.flatnonzero(labels == kind)]
        assert max(times) - min(times) <= 1
    # Each draw has randomness of its own, even of the same sample.
    assert len(np.unique(samples)) == len(samples)


def test_balanced_shows_other_members_and_favours_other_classes_in_other_epochs() -> None:
    labels = np.array([0] * 90 + [1] * 11)
    drawn = [balanced(0, epoch, np.arange(101), labels)[0] for epoch in range(40)]
    assert len({tuple(sorted(order[order < 90].tolist())) for order in drawn}) == 40
    assert {int((labels[order] == 0).sum()) for order in drawn} == {50, 51}
    assert set(np.concatenate(drawn).tolist()) == set(range(101))
