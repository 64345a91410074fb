"""How numbers are said."""

from __future__ import annotations

import pytest

from spirula.report import wording


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.918, "91.8 %"),
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (0.9997, "99.97 %"),
        (0.0002, "0.02 %"),
        (11999 / 12000, "99.99 %"),
    ],
)
def test_percent_never_claims_all_or_nothing(value: float | None, said: str) -> None:
    assert wording.percent(value).replace("\u202f", " ") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0, "0"),
        (0.29871, "0.299"),
        (1.0, "1.00"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (-0.5, "−0.500"),
        (0.00043, "0.000430"),
        (2.5e-7, "2.50e−7"),
        (9.999, "10.0"),
    ],
)
def test_numbers_keep_three_digits(value: float | None, said: str) -> None:
    assert wording.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0"), (0.2, "0.2"), (1500, "1,500"), (4e-4, "0.0004"), (4e-5, "4e−5"), (-10, "−10")]
)
def test_ticks(value: float, said: str) -> None:
    assert wording.tick(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0.4213, "0.421 s"),
        (12.34, "12.3 s"),
        (59.96, "1 min 00 s"),
        (200.4, "3 min 20 s"),
        (3599.6, "1 h 00 min"),
        (3720, "1 h 02 min"),
    ],
)
def test_durations(seconds: float | None, said: str) -> None:
    assert wording.duration(seconds).replace("\u00a0", " ") == said


def test_sizes_and_large_numbers() -> None:
    assert wording.size(999).replace("\u00a0", " ") == "999 bytes"
    assert wording.size(1_334_104).replace("\u00a0", " ") == "1.33 MB"
    assert wording.large(5_378_832).replace("\u00a0", " ") == "5.38 million"
    assert wording.large(999) == "999"
    assert wording.large(None) == wording.size(None) == wording.count(None) == "–"


def test_ranges() -> None:
    assert wording.percent_range([0.9131, 0.9229]) == "91.3–92.3"
    assert wording.percent_range(None) == wording.number_range(None) == "–"
    assert wording.number_range([-0.5, 0.25]) == "−0.500 to 0.250"


def test_moments() -> None:
    assert wording.moment("2026-11-02T09:05:00+00:00") == "2 November 2026, 09:05 UTC"
    assert wording.moment("yesterday") == "yesterday"
    assert wording.moment(None) == "–"


def test_options_as_in_a_recipe() -> None:
    assert wording.option(True) == "true"
    assert wording.option([28, 28]) == "28, 28"
    assert wording.option({"cat": 2.0}) == "cat = 2.0"
    assert wording.shape([28, 28, 1]).replace("\u00a0", " ") == "28 × 28 × 1"
    assert wording.shape(None) == "–"
