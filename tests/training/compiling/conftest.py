"""A cache of its own for what is compiled, shared by the tests of this folder: compiling takes seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from spirula.training.compiling.store import PLACE


@pytest.fixture(scope="session")
def compiler_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        folder = str(tmp_path_factory.mktemp("cache"))
        patch.setenv("XDG_CACHE_HOME", folder)
        patch.setenv(PLACE, "")  # so that what the tests set is taken back
        del os.environ[PLACE]
        yield folder
