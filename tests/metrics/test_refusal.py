"""A threshold that refuses as many as was asked for, and never more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spirula.errors import InputError, RunError
from spirula.metrics.refusal import Refusal, chosen, unknown_word


def test_five_of_a_hundred() -> None:
    likeness = np.random.default_rng(0).permutation(100) / 100
    found = chosen(likeness, 0.05)
    assert found == Refusal(0.05, 0.05, 100)
    assert sorted(likeness[found.refuses(likeness)]) == [0.0, 0.01, 0.02, 0.03, 0.04]


@given(arrays(np.float32, st.integers(20, 200), elements=st.floats(-1, 1, width=32)), st.floats(0.05, 0.9))
def test_never_more_than_asked_for(likeness: np.ndarray, target: float) -> None:
    found = chosen(likeness, target)
    refused = int(found.refuses(likeness).sum())
    assert refused <= target * len(likeness) + 1e-6
    # the next higher threshold would refuse too many
    higher = likeness[likeness > found.threshold]
    if len(higher):
        assert (likeness < higher.min()).sum() > np.floor(target * len(likeness) + 1e-9)


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, float("nan")])
def test_shares_that_are_none(target: float) -> None:
    with pytest.raises(InputError, match="cannot work"):
        chosen(np.zeros(100), target)


def test_too_few_to_choose_by() -> None:
    with pytest.raises(InputError, match="less than one"):
        chosen(np.zeros(19), 0.05)
    assert chosen(np.zeros(20), 0.05).samples == 20


def test_a_class_that_is_called_unknown_keeps_its_name() -> None:
    assert unknown_word(["cat", "dog"]) == "unknown"
    assert unknown_word(["cat", "unknown"]) == "none of the classes"


def test_what_the_card_holds_is_read_back_or_refused() -> None:
    known = Refusal(0.7, 0.05, 300)
    assert Refusal.from_dict(known.to_dict()) == known
    assert Refusal.from_dict(None) is None
    for damaged in ({"threshold": 1}, {**known.to_dict(), "target": 2.0}, {**known.to_dict(), "threshold": "x"}, 3):
        with pytest.raises(RunError, match="refusal"):
            Refusal.from_dict(damaged)


def test_what_is_not_a_number_is_refused() -> None:
    assert Refusal(0.5, 0.05, 100).refuses(np.array([np.nan, 0.6, 0.4], np.float32)).tolist() == [True, False, True]
