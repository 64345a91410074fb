"""One finished run that the tests of this folder look at."""

from __future__ import annotations

import pytest

import spirula as sp

SMALL = 'Conv2D(8, 3, padding="same", activation="relu"), MaxPooling2D(2), Flatten(), Dense(32, activation="relu")'


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    runs = tmp_path_factory.mktemp("runs")
    return sp.train("digits", model=SMALL, epochs=20, runs=runs, name="digits", progress="quiet", crop=1)
