"""What a training does not import, it does not wait for."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from spirula.start import uncollected
from spirula.training.updates.eager import eager
from spirula.training.updates.optimizers import OPTIMIZERS, UpdateRule

# Each of these takes from a tenth of a second to more than `import torch`, and none is needed to train on digits.
NOT_NEEDED = {
    "torchvision", "timm", "sklearn", "scipy", "pandas", "polars", "matplotlib", "sympy", "triton", "keras",
    "torch._dynamo", "torch._inductor", "torch.distributed.fsdp", "torch.onnx",
}  # fmt: skip


def test_training_on_digits_imports_only_what_it_needs(tmp_path: Path) -> None:
    script = (
        "import json, sys\n"
        "from spirula.cli.main import run\n"
        "code = run(['train', 'digits', '--epochs', '1', '--progress', 'quiet', '--runs', sys.argv[1]])\n"
        "print(json.dumps([code, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    assert not NOT_NEEDED & set(modules)
    (run,) = tmp_path.iterdir()
    assert (run / "report.html").is_file()
    assert json.loads((run / "run.json").read_text())["verification"]["status"] == "verified"


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_is_left_as_it_was(collecting: bool) -> None:
    (gc.enable if collecting else gc.disable)()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() == collecting
    finally:
        gc.enable()


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_an_optimizer_without_the_compiler_takes_the_same_steps(name: str) -> None:
    row = OPTIMIZERS[name]
    options = {"fused": True} if row.fused else {"foreach": True}
    after = []
    for kind in (row.optimizer, eager(row.optimizer)):
        torch.manual_seed(0)
        network = nn.Linear(5, 3)
        optimizer = kind(network.parameters(), lr=0.1, **options)
        for _ in range(3):
            network(torch.randn(4, 5)).square().sum().backward()
            optimizer.step()
            optimizer.zero_grad()
        state = optimizer.state_dict()
        optimizer.load_state_dict(state)
        network(torch.ones(1, 5)).sum().backward()
        optimizer.step()
        after.append(network.weight.detach().clone())
    assert torch.equal(*after)


def test_an_optimizer_of_ours_is_one_of_pytorch_s() -> None:
    optimizer = UpdateRule("adamw").optimizer(nn.Linear(2, 2))
    assert isinstance(optimizer, torch.optim.AdamW)
    assert type(optimizer).__name__ == "AdamW"
    seen: list[str] = []
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    optimizer.step()
    assert seen == ["after"]
