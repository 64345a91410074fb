"""Waiting threads give way, unless the user's environment says otherwise or it is too late."""

from __future__ import annotations

import os
import sys

import pytest

from spirula.threads import SPIN, share_the_processor


@pytest.mark.parametrize(("before", "after"), [(None, str(SPIN)), ("5", "5")])
def test_the_environment_wins(before: str | None, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if before is not None:
        monkeypatch.setenv("GOMP_SPINCOUNT", before)
    share_the_processor()
    assert os.environ["GOMP_SPINCOUNT"] == after


def test_nothing_is_changed_once_torch_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", sys)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    share_the_processor()
    assert "GOMP_SPINCOUNT" not in os.environ
