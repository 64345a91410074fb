"""Checks are judged by planted faults: what they find in runs that have one, and what they say of those that do not."""

from __future__ import annotations

import json

import pytest
from collection import (
    MEASURED,
    Case,
    Compared,
    compared_cases,
    found,
    measured,
    rates,
    whole_collection,
)

from spirula.checks.check import CODES


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return whole_collection(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Compared]:
    return list(compared_cases(tmp_path_factory.mktemp("compared")))


@pytest.fixture(scope="session")
def table(cases: list[Case], pairs: list[Compared]) -> dict[str, dict[str, int]]:
    return measured(cases, pairs)


def test_precision_and_recall_are_those_that_the_docs_state(table: dict[str, dict[str, int]]) -> None:
    stated = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert table == stated, "python tests/checks/collection.py writes it anew"


@pytest.mark.parametrize("code", CODES)
def test_each_check_finds_its_fault_and_accuses_few(code: str, table: dict[str, dict[str, int]]) -> None:
    row = table[code]
    precision, recall = rates(row)
    assert row["with"] >= 3
    assert row["without"] >= 7
    assert recall is not None
    assert recall >= 0.8
    assert precision is not None
    assert precision >= 0.8


def test_healthy_trainings_are_left_in_peace(cases: list[Case]) -> None:
    healthy = [case for case in cases if case.name.startswith("trained-healthy")]
    assert len(healthy) >= 5
    assert {case.name: found(case.run) - case.also for case in healthy} == {case.name: set() for case in healthy}


def test_every_trained_fault_is_found(cases: list[Case]) -> None:
    missed = {case.name for case in cases if case.name.startswith("trained-") and not case.planted <= found(case.run)}
    assert not missed
