"""Ctrl-C while the regularisation of the output layer is chosen: the run ends as interrupted and can go on."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import timm
import torch

import spirula as sp
from doubles import not_reloaded
from spirula.training.transfer import features as features_room
from spirula.training.transfer import head as head_room

TINY = "test_efficientnet"


def test_ctrl_c_while_the_strength_is_chosen_ends_the_run_as_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some strengths are tried before anybody asks; what was computed of the pictures is kept for the next time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("spirula.evaluation.verify.reloading", not_reloaded)  # tested elsewhere
    torch.manual_seed(0)
    weights = tmp_path / "w.safetensors"
    safetensors.torch.save_file(timm.create_model(TINY, num_classes=4).state_dict(), weights)
    data = tmp_path / "data.npz"
    np.savez(data, x=np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), dtype=np.uint8), y=np.arange(60) % 2)
    tried = list[float]()
    solve = head_room.solve

    def solved(problem: head_room.Problem, strength: float, *rest: Any, **more: Any) -> Any:
        tried.append(strength)
        return solve(problem, strength, *rest, **more)

    options = {"strategy": "features", "model": f"timm/{TINY}", "weights": str(weights), "image_size": 32}
    with monkeypatch.context() as patched:
        patched.setattr(head_room, "solve", solved)
        patched.setattr("spirula.api.train.stop_on_signals", lambda: nullcontext(lambda: len(tried) > 6))
        run = sp.train(data, **options, threads=1, runs=tmp_path / "runs", progress="quiet")
    assert run.status == "interrupted"
    assert tried[-1] == head_room.STRENGTHS[1]
    assert not (run.path / "model.safetensors").exists()
    monkeypatch.setattr(features_room, "pooled", None)  # the backbone need not run again
    assert sp.train(resume=run.path, progress="quiet").status == "finished"
