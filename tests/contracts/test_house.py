"""The house's rules, as tests: who may import whom is in pyproject; here are sizes, names and start-up."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import spirula

SOURCE = Path(spirula.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))

# A file beyond this asks to be two. Files already beyond it may only shrink: lower their number with them.
LARGEST = 300
LARGER: dict[str, int] = {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_file_is_small_enough_to_read(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LARGER.get(str(path.relative_to(SOURCE)), LARGEST)


def test_no_room_is_called_utils() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core"}
    assert not [path for path in FILES if path.stem in vague or path.parent.name in vague]


def test_public_names_are_sorted_exist_and_are_documented() -> None:
    names = [name for name in spirula.__all__ if not name.startswith("__")]
    assert names == sorted(names)
    for name in names:
        assert getattr(spirula, name).__doc__, name
    assert set(spirula.__all__) <= set(dir(spirula))
    with pytest.raises(AttributeError, match="nonsense"):
        spirula.nonsense  # noqa: B018


def _modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


HEAVY = {"torch", "torchvision", "timm", "sklearn", "polars", "PIL", "numpy"}


def test_importing_spirula_imports_nothing_heavy() -> None:
    assert not _modules_after("import spirula") & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["inspect", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = f"from spirula.cli.main import run\ntry:\n    run({arguments!r})\nexcept SystemExit:\n    pass"
    assert not _modules_after(code) & HEAVY


TORCH_FREE = [
    "spirula.runs.folder", "spirula.runs.writer", "spirula.runs.provenance", "spirula.recipe", "spirula.layers",
    "spirula.report.page", "spirula.metrics.score", "spirula.progress", "spirula.training.records",
    "spirula.training.deciding.defaults", "spirula.data.manifest", "spirula.models.notation", "spirula.api.run",
    "spirula.models.explain", "spirula.data.sources.subset", "spirula.data.sources.pool", "spirula.api.subset",
    "spirula.api.inspect", "spirula.data.survey.survey", "spirula.report.survey.page", "spirula.checks.check",
    "spirula.api.check",
]  # fmt: skip


@pytest.mark.parametrize("module", TORCH_FREE)
def test_what_shows_does_not_import_torch(module: str) -> None:
    assert not _modules_after(f"import {module}") & {"torch", "torchvision", "timm", "sklearn"}


def test_training_a_catalogue_network_does_not_import_timm_or_torchvision() -> None:
    code = (
        "import spirula.training.assemble, spirula.evaluation.verify, spirula.evaluation.evaluate, spirula.api.train\n"
        "from spirula.models.build import build\n"
        "build('two-conv', input_shape=(28, 28, 1), outputs=10, seed=0)"
    )
    assert not _modules_after(code) & {"timm", "torchvision"}


def test_nothing_is_pickled_or_evaluated() -> None:
    """Opening a run or a data set must not be able to run code, so the doors to that are not in the house."""
    forbidden_calls = {"eval", "exec", "__import__"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in forbidden_calls, f"{path}:{node.lineno}"
            if isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & {"pickle", "dill", "joblib", "shelve"}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = f"{ast.unparse(node.func)}"
                if path.name == "pretrained.py" and name == "torch.load":  # others' checkpoints, as tensors only
                    assert "weights_only=True" in ast.unparse(node), f"{path}:{node.lineno}"
                else:
                    assert name not in {"torch.load", "torch.save"}, f"{path}:{node.lineno}"
                for keyword in node.keywords:
                    if keyword.arg == "allow_pickle":
                        assert ast.unparse(keyword.value) == "False", f"{path}:{node.lineno}"
