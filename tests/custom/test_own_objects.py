"""Pieces of the user's own as Python objects: in place of words, and refused where they are not the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from own_runs import FILE, Arrays, train
from torch import nn
from torch.nn import functional

import spirula as sp
from spirula.errors import ConfigError, CustomError, RunError
from spirula.layers import Custom, Dense


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make_huber(delta: float) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return functional.huber_loss(outputs, targets, delta=delta)

    return loss


def soft(z: torch.Tensor) -> torch.Tensor:
    return functional.softplus(z)


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


def test_python_objects_in_place_of_words(houses: Arrays) -> None:
    def absolute(weight: torch.Tensor) -> torch.Tensor:
        return 0.01 * weight.abs().sum()

    options: dict[str, Any] = {
        "model": [Dense(6, activation=soft, kernel_regularizer=absolute), Custom(Times, 2.0), Dense(1)],
        "loss": make_huber(2.0),
        "metrics": {"worst": lambda outputs, targets: (outputs - targets).abs().max()},
        "schedule": lambda_free_schedule,
        "augment": jitter,
        "monitor": "val_worst",
        "monitor_mode": "min",
    }
    run = train(houses, **options)
    document = run.folder.document()
    assert document["verification"]["status"] == "not possible"
    entries = {entry["part"]: entry for entry in document["custom"]["pieces"]}
    assert entries["loss"]["settings"] == {"delta": 2.0}
    assert "functional.huber_loss" in entries["loss"]["source"]
    assert entries["layer"]["piece"] == "custom.Times(2.0)"
    assert entries["metric"]["piece"] == "custom.worst"
    x = houses[0][:5]
    with pytest.raises(RunError, match="Pass the same objects"):
        sp.open_run(run.path).predict(x)
    again = sp.open_run(run.path, custom=[soft, Times])
    assert (again.predict_proba(x) == run.predict_proba(x)).all()
    assert not (run.path / "custom.py").exists()


def test_an_object_that_is_not_the_same_is_refused(houses: Arrays) -> None:
    class Bent(nn.Module):
        def __init__(self, slope: float = 0.5) -> None:
            super().__init__()
            self.slope = slope

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.where(x > 0, x, self.slope * x)

    run = train(houses, model=[Dense(4, activation=Bent(0.25)), Dense(1)])  # type: ignore[arg-type]
    x = houses[0][:3]
    assert (sp.open_run(run.path, custom=[Bent(0.25)]).predict_proba(x) == run.predict_proba(x)).all()
    for other in (Bent(), Bent):
        with pytest.raises(RunError, match="Bent is not what"):
            sp.open_run(run.path, custom=[other])


def lambda_free_schedule(step: int, steps: int) -> float:
    return 1 - step / steps


def jitter(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return images + 0.01 * torch.randn(images.shape, generator=generator)


def test_a_network_function_of_python(pictures: Arrays) -> None:
    def dense(input_shape: tuple[int, ...], classes: int) -> nn.Module:
        assert input_shape == (8, 8, 1)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))

    run = train(pictures, model=dense)
    assert run.folder.card()["spec"]["notation"] == "custom.dense"
    assert len(sp.open_run(run.path, custom=dense).predict(pictures[0][:2])) == 2


def test_estimators_take_pieces_too(houses: Arrays) -> None:
    options = {"loss": make_huber(2.0), "schedule": "custom.steps_down", "custom": FILE}
    fitted = sp.ImageRegressor([Dense(4, activation=soft), Dense(1)], epochs=2, options=options).fit(*houses)
    assert fitted.predict(houses[0][:3]).shape == (3,)
    assert fitted.history_[0]["learning_rate"] != fitted.history_[1]["learning_rate"]


def test_an_unused_file_and_pieces_without_effect_are_refused(houses: Arrays) -> None:
    with pytest.raises(ConfigError, match="no effect"):
        train(houses, model="Dense(1)", custom=FILE)
    with pytest.raises(ConfigError, match="validation"):
        train(houses, model="Dense(1)", metrics="custom.rank_correlation", custom=FILE, validation=0.0)
    with pytest.raises(ConfigError, match="Nobody says"):
        train(houses, model="Dense(1)", metrics="worst=custom.create_huber(1.0)", custom=FILE, monitor="val_worst")
    with pytest.raises(ConfigError, match="monitor_mode"):
        train(houses, model="Dense(1)", monitor="val_loss", monitor_mode="max")
    with pytest.raises(ConfigError, match="trust"):
        train(houses, model="Dense(1)", trust="abc")
    with pytest.raises(CustomError, match=r"--custom FILE\.py"):
        train(houses, model="Dense(1)", loss="custom.create_huber(2.0)")
    with pytest.raises(CustomError, match='Did you mean "create_huber"'):
        train(houses, model="Dense(1)", loss="custom.create_hubr(2.0)", custom=FILE)
    plain = train(houses, model="Dense(1)", epochs=1)
    with pytest.raises(RunError, match="no effect"):
        sp.open_run(plain.path, custom=FILE)
    assert not [path for path in Path("runs").iterdir() if path != plain.path]
