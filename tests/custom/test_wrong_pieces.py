"""Every way in which a piece can be wrong is told with its name, its file and its line, before the training begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spirula as sp
from spirula.errors import SpirulaError

Arrays = tuple[np.ndarray, np.ndarray]
HEAD = "import torch\nfrom torch import nn\nimport math\n\n\n"


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(data: Arrays, code: str, **options: Any) -> str:
    """Train with this code as the file; return the message, having checked that nothing was left behind."""
    Path("조각.py").write_text(HEAD + code, encoding="utf-8")
    settings: dict[str, Any] = {
        "model": "Dense(1)",
        "epochs": 1,
        "progress": "quiet",
        "precision": "float32",
        **options,
    }
    with pytest.raises(SpirulaError) as caught:
        sp.train(data, custom="조각.py", **settings)
    assert caught.value.exit_code == 2
    assert not list(Path("runs").glob("*/run.json"))
    return str(caught.value)


LOSSES = {
    "return None": "returns None, no tensor",
    "return 1.0": "returns a float, no tensor",
    "return (o - t).square().mean().detach()": "cannot be differentiated",
    "return (o - t).abs().numpy().mean()": "RuntimeError",
    "return torch.log(-(o - t).square() - 1).mean()": "returns [nan] at its first call",
    "return (o - t).square()[:, None].expand(-1, 2)": "returns a tensor of (64, 2)",
    "return (o - t).square()[:3]": "returns a tensor of (3,)",
    "return (o > t).sum()": "int64",
    "return o.nonsense()": "AttributeError: 'Tensor' object has no attribute 'nonsense'",
    "return 1 / 0": "line 7, in loss: ZeroDivisionError: division by zero",
    "return torch.ones((), requires_grad=True) * t.mean()": "no finite gradient in the outputs",
    "return (o - o).sqrt().mean()": "no finite gradient",
}


@pytest.mark.parametrize("body", LOSSES)
def test_losses(houses: Arrays, body: str) -> None:
    said = refused(houses, f"def loss(o, t):\n    {body}\n", loss="custom.loss")
    assert LOSSES[body] in said
    assert "custom.loss" in said
    assert "조각.py, line " in said


ACTIVATIONS = {
    "return x.sum(dim=1)": "into a tensor of (2,), float32",
    "return x[:, :2]": "into a tensor of (2, 2), float32",
    "return x.long()": "int64",
    "return x.tolist()": "into a list",
    "return torch.log(x)": "is not finite for numbers between -2 and 2",
    "return x.detach()": "cannot be differentiated",
    "return math.exp(x)": "in f: ",
}


@pytest.mark.parametrize("body", ACTIVATIONS)
def test_activations(houses: Arrays, body: str) -> None:
    said = refused(houses, f"def f(x):\n    {body}\n", model="Dense(4, activation=custom.f), Dense(1)")
    assert ACTIVATIONS[body] in said
    assert "조각.py, line " in said


LAYER = "class F(nn.Module):\n    def forward(self, x):\n        return "
NO_CALL = "class F:\n    def __init__(self, a):\n        self.a = a\n"
PENALTY = "Dense(1, kernel_regularizer=custom."
STACK = {"model": "custom.F(), Dense(1)"}


@pytest.mark.parametrize(
    ("code", "options", "expected"),
    [
        ("def f(w):\n    return w.abs()\n", {"model": PENALTY + "f)"}, "returns a tensor of (1, 8)"),
        ("def f(w):\n    return 0.0\n", {"model": PENALTY + "f)"}, "returns a float"),
        (NO_CALL, {"model": PENALTY + "F(1))"}, "cannot be called"),
        (NO_CALL, {"model": PENALTY + "F)"}, "missing 1 required"),
        ("def f(step, steps):\n    return -1\n", {"schedule": "custom.f"}, "returns -1.0 for step 0"),
        ("def f(step, steps):\n    return 'a'\n", {"schedule": "custom.f"}, "returns 'a'"),
        ("def f(step, steps):\n    return 1 / step\n", {"schedule": "custom.f"}, "line 7, in f: ZeroDivisionError"),
        ("def f(step):\n    return 1\n", {"schedule": "custom.f"}, "TypeError"),
        ("def f(o, t):\n    return o - t\n", {"metrics": "custom.f"}, "returns a tensor of ("),
        ("def f(o, t):\n    return float('nan')\n", {"metrics": "custom.f"}, "returns nan"),
        ("def f(o, t):\n    return 1\nf.mode = 'best'\n", {"metrics": "custom.f"}, "has mode = 'best'"),
        ("def f(x, g):\n    return x[:2]\n", {"augment": "custom.f"}, "turns (32, 8) into (2, 8)"),
        ("def f(x, g):\n    return None\n", {"augment": "custom.f"}, "returns None"),
        ("def f(x, g):\n    return x > 0\n", {"augment": "custom.f"}, "bool"),
        ("def f(x, g):\n    return x / 0\n", {"augment": "custom.f"}, "not finite"),
        ("def f(x, g):\n    return x.foo\n", {"augment": "custom.f"}, "line 7, in f"),
        ("def f(shape, classes):\n    return 3\n", {"model": "custom.f"}, "gives an int, not a module"),
        ("def f(shape, classes):\n    return nn.Linear(8, 2)\n", {"model": "custom.f"}, "into (2, 2), not into (2, 1)"),
        ("def f(shape, classes):\n    return nn.Linear(8)\n", {"model": "custom.f"}, "line 7, in f: TypeError"),
        (LAYER + "3\n", STACK, "into an int"),
        (LAYER + "x @ x\n", STACK, "line 8, in forward"),
        (LAYER + "x.sum()\n", STACK, "a tensor of ()"),
        ("def F():\n    return 3\n", {"model": "custom.F(), Dense(1)"}, "not a layer"),
        ("x = 1\n1 / 0\n", {"loss": "custom.f"}, "조각.py, line 7: ZeroDivisionError"),
        ("def f(:\n", {"loss": "custom.f"}, "조각.py, line 6: "),
        ("raise SystemExit(3)\n", {"loss": "custom.f"}, "line 6: SystemExit"),
        ("import no_such_package\n", {"loss": "custom.f"}, "ModuleNotFoundError"),
    ],
)  # fmt: skip
def test_other_pieces(houses: Arrays, code: str, options: dict[str, Any], expected: str) -> None:
    said = refused(houses, code, **options)
    assert expected in said
    assert "조각.py" in said


def test_a_failure_in_the_middle_of_a_training_has_the_users_line(houses: Arrays) -> None:
    Path("late.py").write_text(
        "calls = []\n\n\ndef loss(outputs, targets):\n    calls.append(1)\n    if len(calls) > 5:\n"
        "        raise ValueError('지금은 아니다')\n    return (outputs - targets).square().mean()\n",
        encoding="utf-8",
    )
    with pytest.raises(SpirulaError, match=r"late\.py, line 7, in loss: ValueError: 지금은 아니다"):
        sp.train(
            houses, model="Dense(1)", epochs=3, loss="custom.loss", custom="late.py", progress="quiet", name="late"
        )
    assert sp.open_run("late").status == "failed"


def test_a_file_that_is_not_there(houses: Arrays) -> None:
    with pytest.raises(SpirulaError, match="cannot be read"):
        sp.train(houses, model="Dense(1)", loss="custom.f", custom="nowhere.py", progress="quiet")
