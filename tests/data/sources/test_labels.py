from __future__ import annotations

import numpy as np
import pytest

from spirula.data.sources.labels import class_name, encode, match_classes, ordered
from spirula.errors import DataError


def test_whole_numbers_are_classes_sorted_by_value() -> None:
    found = encode(np.array([10, 9, 2, 10]), None)
    assert (found.task, found.classes, found.targets.tolist()) == ("classification", ("2", "9", "10"), [2, 1, 0, 2])
    texts = encode(np.array(["10", "9", "2", "10"]), None)
    assert (texts.classes, texts.targets.tolist()) == (found.classes, found.targets.tolist())
    floats = encode(np.array([10.0, 9.0, 2.0, 10.0]), None)
    assert (floats.task, floats.classes) == ("classification", found.classes)


def test_names_are_nfc_and_sorted() -> None:
    found = encode(np.array([" dog", "Cafe\u0301", "dog", "Café"]), None)
    assert found.classes == ("Café", "dog")
    assert found.targets.tolist() == [1, 0, 1, 0]


def test_booleans_are_classes() -> None:
    assert encode(np.array([True, False]), None).classes == ("False", "True")


def test_fractions_are_a_regression() -> None:
    for values in (np.array([1.5, 2.0]), np.array(["1.5", "2"])):
        found = encode(values, None)
        assert found.task == "regression"
        assert found.targets.dtype == np.float32
        assert found.targets.tolist() == [1.5, 2.0]
    assert encode(np.array(["1.5", "2"]), "classification").classes == ("1.5", "2")
    assert encode(np.array([1, 2]), "regression").targets.tolist() == [1.0, 2.0]


def test_a_matrix_of_zeros_and_ones() -> None:
    hot = np.eye(3)[[2, 0, 1]]
    found = encode(hot, None)
    assert (found.task, found.targets.tolist()) == ("classification", [2, 0, 1])
    assert encode(hot, "multilabel").task == "multilabel"
    several = encode(np.array([[1, 1], [0, 0]]), None)
    assert (several.task, several.targets.dtype) == ("multilabel", np.float32)
    assert encode(np.array([[3], [4]]), None).classes == ("3", "4")


def test_several_names_per_sample() -> None:
    found = encode(np.array(["red;round", "", "round | red", "red"]), "multilabel")
    assert found.classes == ("red", "round")
    assert found.targets.tolist() == [[1, 1], [0, 0], [1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (["a", ""], None, "no label"),
        (["1", "x"], "regression", '"x" is not a number'),
        (["1", "nan"], "regression", "finite"),
        ([1.0, np.nan], None, "finite"),
        ([[1, 2], [3, 4]], None, "zeros and ones"),
        ([[1, 1], [0, 1]], "classification", "several"),
        ([1, 2], "multilabel", "several labels"),
        (np.zeros((2, 2, 2)), None, "shape"),
    ],
)
def test_labels_that_do_not_fit(values: object, task: str | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        encode(np.array(values), task)


def test_given_names_are_kept_in_their_order() -> None:
    found = encode(np.array([1, 0]), None, ["zebra", "ant"])
    assert (found.classes, found.targets.tolist()) == (("zebra", "ant"), [1, 0])
    with pytest.raises(DataError, match=r"\[2\]"):
        encode(np.array([2]), None, ["zebra", "ant"])


def test_classes_of_a_run_are_matched_by_name() -> None:
    used = np.array([True, True, False])
    assert match_classes(["cat", "dog", "eel"], used, ["dog", "fox", "cat"], "DATA").tolist() == [2, 0, -1]
    with pytest.raises(DataError, match=r'"Cat".*Did you mean "cat"'):
        match_classes(["Cat"], np.array([True]), ["cat", "dog"], "DATA")


def test_ordering_and_names() -> None:
    assert ordered(["10", "9", "-1", "007"]) == ("-1", "007", "9", "10")
    assert ordered(["10", "9", "a"]) == ("10", "9", "a")
    assert class_name("caf\udce9") == "caf\\xe9"
