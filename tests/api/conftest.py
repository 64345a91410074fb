"""Two finished runs on the digits, one with convolutions, and a cache that nobody else uses."""

from __future__ import annotations

from pathlib import Path

import pytest

import spirula as sp

MODEL = (
    'Conv2D(32, 3, padding="same", activation="relu"), BatchNormalization(), MaxPooling2D(2), '
    'Conv2D(64, 3, padding="same", activation="relu"), Flatten(), Dense(16, activation="relu")'
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def run(folder: Path) -> sp.Run:
    return sp.train("digits", model=MODEL, epochs=2, seed=7, runs=folder, name="합성곱", progress="quiet")


@pytest.fixture(scope="session")
def dense(folder: Path) -> sp.Run:
    return sp.train("digits", model="Flatten()", epochs=2, seed=7, runs=folder, name="dense", progress="quiet")


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
