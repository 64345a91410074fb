"""A run folder that somebody sent: it must not choose what is run, and its record may hold anything."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

import spirula as sp
from spirula.errors import RunError

Arrays = tuple[np.ndarray, np.ndarray]


def own_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).abs().mean()


def halting(folder: Path, data: Arrays, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training that failed after its last epoch: everything is there to go on with."""
    options: dict[str, Any] = {"epochs": 1, "runs": folder, "name": "sent", "progress": "quiet"}
    with monkeypatch.context() as patch:
        patch.setattr("spirula.evaluation.verify.reloading", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sp.train(data, model="Dense(4), Dense(1)", loss=own_loss, **options)
    return folder / "sent"


def test_a_resumed_run_does_not_choose_the_code_of_its_own_check(
    houses: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder claims a file; the user gives an object. The check in a fresh process runs neither file nor claim."""
    path, trace = halting(tmp_path, houses, monkeypatch), tmp_path / "was run"
    code = f"open({str(trace)!r}, 'w').close()\ndef own_loss(outputs, targets): ...\n".encode()
    (path / "custom.py").write_bytes(code)
    document = json.loads((path / "run.json").read_text(encoding="utf-8"))
    document["status"] = "interrupted"
    document["custom"] |= {"file": "pieces.py", "sha256": hashlib.sha256(code).hexdigest()}
    (path / "run.json").write_text(json.dumps(document), encoding="utf-8")
    sp.train(houses, resume=path, custom=[own_loss], progress="quiet")
    assert not trace.exists()


@pytest.mark.parametrize(
    "claimed",
    [
        "x",
        1,
        [],
        {},
        {"file": 1, "sha256": 2, "pieces": 3},
        {"file": None, "sha256": None, "pieces": []},
        {"file": "a.py", "sha256": "b", "pieces": [{"part": "layer", "piece": "__import__('os')", "line": 1}]},
        {"file": "a.py", "sha256": "b", "pieces": [{"part": "loss"}]},
    ],
)
def test_a_record_that_no_training_writes(
    claimed: Any, houses: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = halting(tmp_path, houses, monkeypatch)
    document = json.loads((path / "run.json").read_text(encoding="utf-8"))
    (path / "run.json").write_text(json.dumps({**document, "custom": claimed}), encoding="utf-8")
    with pytest.raises(RunError, match="does not say which pieces"):
        sp.train(houses, resume=path, custom=[own_loss], progress="quiet")
    with pytest.raises(RunError, match="does not say which pieces"):
        sp.open_run(path, trust="0" * 64)
