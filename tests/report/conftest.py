"""Run folders, built once: the tests only read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import classifier

from spirula.report.page import render
from spirula.runs.folder import RunFolder


@pytest.fixture(scope="session")
def ten(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run of ten classes on 28 x 28 grey images."""
    return classifier(tmp_path_factory.mktemp("runs") / "ten", counts=(4800, 1200, 1000))


@pytest.fixture(scope="session")
def ten_html(ten: RunFolder) -> str:
    return render(ten)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"
